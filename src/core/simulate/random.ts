// Random numbers for simulations: a seeded generator and the distributions drawn from it. Never for
// anything that an attacker might guess.

/** A number from 0, below 1. */
export type Random = () => number

/**
 * A generator that gives the same numbers for the same seed and stream on every machine: sfc32
 * (from PractRand by Chris Doty-Humphrey), 128 bits of state, two draws for 53 bits. Streams allow
 * single runs to be repeated.
 */
export function seededRandom(seed: number, stream = 0): Random {
  let [a, b, c, counter] = [seed | 0, stream | 0, 0x9e3779b9, 1]
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 15; i++) next()
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53
}

/** From this variance on, a normal variable is close enough to a count for made-up traffic. */
const NORMAL_FROM_VARIANCE = 400

/**
 * How many of `trials` succeed. Exact while the variance is below 400, because the gaps between
 * successes are geometric.
 */
export function drawBinomial(random: Random, trials: number, probability: number): number {
  if (probability > 0.5) return trials - drawBinomial(random, trials, 1 - probability)
  if (!(probability > 0) || trials <= 0) return 0
  const variance = trials * probability * (1 - probability)
  if (variance > NORMAL_FROM_VARIANCE) {
    const drawn = Math.round(trials * probability + Math.sqrt(variance) * drawNormal(random))
    return Math.min(Math.max(drawn, 0), trials)
  }
  const logMiss = Math.log1p(-probability)
  let successes = 0
  let at = 0
  for (;;) {
    at += 1 + Math.floor(Math.log(1 - random()) / logMiss)
    if (at > trials) return successes
    successes += 1
  }
}

/**
 * How many arrive when `mean` arrive on average. Exact below a mean of 400: Knuth's product of
 * uniforms.
 */
export function drawPoisson(random: Random, mean: number): number {
  if (mean > NORMAL_FROM_VARIANCE) {
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(random)))
  }
  const none = Math.exp(-mean)
  let arrivals = 0
  for (let left = 1 - random(); left > none; left *= 1 - random()) arrivals += 1
  return arrivals
}

/** A standard normal variable, by the method of Box and Muller. */
export function drawNormal(random: Random): number {
  return Math.sqrt(2 * drawExponential(random)) * Math.cos(2 * Math.PI * random())
}

function drawExponential(random: Random): number {
  return -Math.log(1 - random())
}

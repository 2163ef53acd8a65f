// Logarithms that JavaScript lacks: of the gamma function, and of sums of exponentials.

const HALF_LN_2_PI = Math.log(2 * Math.PI) / 2

/** From here on eight terms of the series are exact to the last digits of a double. */
const SERIES_FROM = 15

/** B_2k / (2k (2k - 1)), k = 1..8, of Bernoulli's numbers B. */
const TERMS = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360_360,
  1 / 156,
  -3617 / 122_400,
]

/**
 * ln Γ(x) for x > 0, with an error of at most about 1e-14 or, where the result is large, of its
 * last digits.
 *
 * Source: Stirling's series, Abramowitz & Stegun 6.1.40, after
 * Γ(x) = Γ(x + n) / (x (x + 1) … (x + n - 1)).
 *
 * @throws TypeError when x is not a finite number above 0.
 */
export function logGamma(x: number): number {
  if (!(x > 0 && Number.isFinite(x))) throw new TypeError(`x: a number above 0, not ${x}`)
  let shifted = x
  let product = 1
  while (shifted < SERIES_FROM) {
    product *= shifted
    shifted += 1
  }
  let power = 1 / shifted
  let series = 0
  for (const term of TERMS) {
    series += term * power
    power /= shifted * shifted
  }
  return (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LN_2_PI + series - Math.log(product)
}

/**
 * ln(sum(exp(x)) / `divisor`), for finite x of any size; there must be at least one. The result is
 * exact also where exp(x) would overflow.
 */
export function logSumExp(logs: readonly number[], divisor = 1): number {
  const largest = Math.max(...logs)
  let sum = 0
  for (const log of logs) sum += Math.exp(log - largest)
  return largest + Math.log(sum / divisor)
}

/** ln(mean(exp(x))), for finite x of any size; there must be at least one. */
export function logMeanExp(logs: readonly number[]): number {
  return logSumExp(logs, logs.length)
}

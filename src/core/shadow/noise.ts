// Subtracts what the base differs from itself: a number of the day, a random order, a slow moment are no
// difference of the shadow.

/** Standard errors by which a rate must exceed that of the noise. */
const SIGNIFICANT_ERRORS = 2

export type NoiseCounts = {
  /** Comparisons with the shadow, and how many of them had the difference. */
  readonly compared: number
  readonly count: number
  /** Comparisons of the base with itself, and how many of them had it. */
  readonly baselines: number
  readonly noise: number
}

/** What is left of a difference: how many comparisons have it beyond the noise, and which share that is. */
export type NetDifference = {
  readonly net: number
  /** 0 to 1. */
  readonly rate: number
  /** Whether the base differs from itself about as often, so that the difference says nothing. */
  readonly isNoise: boolean
}

/** A difference that the base never had to itself counts in full, however often it was asked twice. */
export function subtractNoise({ compared, count, baselines, noise }: NoiseCounts): NetDifference {
  const noiseRate = baselines === 0 ? 0 : noise / baselines
  const net = Math.max(0, count - compared * noiseRate)
  const rate = compared === 0 ? 0 : net / compared
  if (noise === 0 || compared === 0) return { net, rate, isNoise: count === 0 }
  const pooled = (count + noise) / (compared + baselines)
  const error = Math.sqrt(Math.max(0, pooled * (1 - pooled)) * (1 / compared + 1 / baselines))
  return { net, rate, isNoise: net === 0 || rate <= SIGNIFICANT_ERRORS * error }
}

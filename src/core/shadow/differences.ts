// The rate at which the answers of a shadow differ, as a metric of a pair of versions, and what it means for a
// plan that bounds it. Visitors do not meet it, so the judge has no evidence by visitor: it is a bound with counts.

import { subtractNoise } from './noise.ts'
import type { ShadowCounts } from './reports.ts'

/** What of the counts a rate is made of. */
export type ComparedCounts = Pick<ShadowCounts, 'compared' | 'differing' | 'baselines' | 'noisy'>

/** What a plan says about the rate. */
export type DifferenceBound = {
  /** The share of the compared copies that may differ, without the noise: 0 to 1. */
  readonly atMost: number
  /** Fewer compared copies say nothing. */
  readonly minCopies: number
}

/** What a bound asks for if it does not say how many copies. */
export const DEFAULT_MIN_COPIES = 200

/** Noise that fewer comparisons of the base with itself have shown is not known well enough to be subtracted. */
export const LEAST_BASELINES = 100

/** Standard errors by which a rate is above the bound before that counts against a release. */
const SIGNIFICANT_ERRORS = 2

/** The share of copies that differ, without the share of the base's own differences. 0 to 1. */
export function toDifferenceRate({
  compared,
  differing,
  baselines,
  noisy,
}: ComparedCounts): number {
  return subtractNoise({ compared, count: differing, baselines, noise: noisy }).rate
}

/** What a rate says about a bound; the text is for people. */
type BoundFinding = { readonly outcome: 'pass' | 'fail' | 'unknown'; readonly text: string }

/**
 * Whether the rate is within its bound. `unknown`, which is no pass: nothing was compared, too little, the base
 * differs from itself and nobody knows how often, or the rate is above the bound by no more than chance.
 */
export function readDifferences(
  { atMost, minCopies }: DifferenceBound,
  counts: ComparedCounts | undefined,
): BoundFinding {
  const { compared, differing, baselines, noisy } = counts ?? NOTHING
  const has = `${compared} ${compared === 1 ? 'copy was' : 'copies were'} compared`
  if (compared < Math.max(1, minCopies)) {
    return { outcome: 'unknown', text: `${has} in the last hour, and ${minCopies} are needed` }
  }
  if (noisy > 0 && baselines < LEAST_BASELINES) {
    const text = `the base differs from itself, and was compared with itself ${baselines} times in the last hour; ${LEAST_BASELINES} are needed to know how often`
    return { outcome: 'unknown', text }
  }
  const rate = toDifferenceRate({ compared, differing, baselines, noisy })
  const noise = noisy === 0 ? '' : ` without the noise (${noisy} of ${baselines})`
  const text = `${differing} of ${compared} compared copies differ, ${toPercent(rate)}${noise}; at most ${toPercent(atMost)} may`
  if (rate <= atMost) return { outcome: 'pass', text }
  const error = Math.sqrt(toVariance(differing, compared) + toVariance(noisy, baselines))
  if (rate - atMost > SIGNIFICANT_ERRORS * error) return { outcome: 'fail', text }
  return { outcome: 'unknown', text: `${text}, which so few copies do not decide` }
}

const NOTHING: ComparedCounts = { compared: 0, differing: 0, baselines: 0, noisy: 0 }

/** Of a share. */
function toVariance(count: number, of: number): number {
  return of === 0 ? 0 : ((count / of) * (1 - count / of)) / of
}

function toPercent(rate: number): string {
  return `${Number((rate * 100).toFixed(2))} %`
}

import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  addCounts,
  type Counts,
  noEvidence,
  toHypothesis,
  toLogE,
  WORSE,
  withinMargin,
} from '../../../src/core/judge/counts.ts'
import { addToLikelihood, NO_LIKELIHOOD, toRatioRange } from '../../../src/core/judge/ratio.ts'
import { drawBinomial, seededRandom } from '../../../src/core/simulate/random.ts'
import { anyCounts } from './any-counts.ts'

const ALPHA = 0.01

function rangeOf(windows: readonly Counts[]) {
  return toRatioRange(windows.reduce(addToLikelihood, NO_LIKELIHOOD), ALPHA)
}

it('knows nothing before the first failure', () => {
  expect(rangeOf([])).toEqual({ low: 0, high: null })
  expect(rangeOf([[1000, 0, 1000, 0]])).toEqual({ low: 0, high: null })
})

it('strikes out only ratios that the judge itself would strike out, and almost all of these', () => {
  const windows = fc.array(fc.oneof(anyCounts(50), anyCounts(3000)), { maxLength: 10 })
  const ratio = fc.double({ min: -2.9, max: 2.9, noNaN: true }).map(Math.exp)
  fc.assert(
    fc.property(windows, ratio, (counts, m) => {
      const { low, high } = rangeOf(counts)
      const isStruckOut = (hypothesis: ReturnType<typeof withinMargin>) =>
        toLogE(
          counts.reduce((sum, one) => addCounts(hypothesis, sum, one), noEvidence(hypothesis)),
        ) >= Math.log(1 / ALPHA)
      const higher = toHypothesis(
        m,
        WORSE.map((multiple) => multiple * m),
      )
      if (m < low / 1.2) expect(isStruckOut(higher)).toBe(true)
      if (high !== null && m > high * 1.2) expect(isStruckOut(withinMargin(m))).toBe(true)
    }),
    { numRuns: 300 },
  )
})

it('holds the true ratio at every one of 500 looks, and closes in on it', () => {
  const runs = 100
  let wrong = 0
  for (let run = 0; run < runs; run++) {
    const random = seededRandom(7, run)
    let likelihood = NO_LIKELIHOOD
    let isWrong = false
    for (let look = 0; look < 500; look++) {
      const failures = [drawBinomial(random, 100, 0.02), drawBinomial(random, 100, 0.04)] as const
      likelihood = addToLikelihood(likelihood, [100, failures[0], 100, failures[1]])
      const { low, high } = toRatioRange(likelihood, ALPHA)
      isWrong ||= low > 2 || (high ?? 2) < 2
    }
    if (isWrong) wrong += 1
    const { low, high } = toRatioRange(likelihood, ALPHA)
    expect(low).toBeGreaterThan(1.4)
    expect(high ?? Infinity).toBeLessThan(3)
  }
  expect(wrong).toBeLessThanOrEqual(2 * ALPHA * runs)
})

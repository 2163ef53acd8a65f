import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Tally, toEvidence, toLogE, toWorse } from '../../../src/core/judge/evidence.ts'
import { toRatioRange } from '../../../src/core/judge/ratio.ts'
import { drawBinomial, seededRandom } from '../../../src/core/simulate/random.ts'
import { anyTally } from './any-tallies.ts'

const ALPHA = 0.01

it('knows nothing before the first failure', () => {
  expect(toRatioRange([], ALPHA)).toEqual({ low: 0, high: null })
  expect(toRatioRange([{ share: 0.5, base: 0, canary: 0 }], ALPHA)).toEqual({
    low: 0,
    high: null,
  })
})

it('strikes out only ratios that the judge itself would strike out, and almost all of these', () => {
  const anyTallies = fc.array(fc.oneof(anyTally(50), anyTally(3000)), { maxLength: 10 })
  const ratio = fc.double({ min: -2.9, max: 2.9, noNaN: true }).map(Math.exp)
  fc.assert(
    fc.property(anyTallies, ratio, (tallies, m) => {
      const { low, high } = toRatioRange(tallies, ALPHA)
      const isStruckOut = (bad: 'more' | 'fewer') => {
        const hypothesis = toWorse(bad, bad === 'more' ? m : 1 / m)
        return toLogE(hypothesis, toEvidence(hypothesis, tallies)) >= Math.log(1 / ALPHA)
      }
      if (m < low / 1.2) expect(isStruckOut('more')).toBe(true)
      if (high !== null && m > high * 1.2) expect(isStruckOut('fewer')).toBe(true)
    }),
    { numRuns: 300 },
  )
})

it('holds the true ratio at every one of 500 looks, and closes in on it', () => {
  const runs = 50
  let wrong = 0
  for (let run = 0; run < runs; run++) {
    const random = seededRandom(7, run)
    let tally: Tally = { share: 0.5, base: 0, canary: 0 }
    let isWrong = false
    for (let look = 0; look < 500; look++) {
      const [base, canary] = [drawBinomial(random, 100, 0.02), drawBinomial(random, 100, 0.04)]
      tally = { share: 0.5, base: tally.base + base, canary: tally.canary + canary }
      const { low, high } = toRatioRange([tally], ALPHA)
      isWrong ||= low > 2 || (high ?? 2) < 2
    }
    if (isWrong) wrong += 1
    const { low, high } = toRatioRange([tally], ALPHA)
    expect(low).toBeGreaterThan(1.4)
    expect(high ?? Infinity).toBeLessThan(3)
  }
  // One of 50 at most: each end is wrong in at most one of 100.
  expect(wrong).toBeLessThanOrEqual(1)
})

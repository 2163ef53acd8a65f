import { expect, it } from 'vitest'
import { toLogFew } from '../../../src/core/judge/evidence.ts'
import { drawBinomial, seededRandom } from '../../../src/core/simulate/random.ts'

const FLOOR = 0.002

it('adds up to what the formula says', () => {
  // ln((e^(4000 * .002 * .95) + e^(… * .8) + e^(… * .6) + e^(… * .4)) / 4)
  const sum = [0.95, 0.8, 0.6, 0.4].reduce((all, part) => all + Math.exp(8 * part), 0)
  expect(toLogFew(FLOOR, 0, 4000)).toBeCloseTo(Math.log(sum / 4), 9)
  expect(toLogFew(FLOOR, 0, 0)).toBe(0)
})

it('counts visitors, and says less with each who fails', () => {
  for (let met = 0; met < 20; met++) {
    expect(toLogFew(FLOOR, met + 1, 4000)).toBeLessThan(toLogFew(FLOOR, met, 4000))
  }
  expect(toLogFew(FLOOR, 8, 4000)).toBeLessThan(0)
})

it('is rarely fooled by a canary that fails for just as many as the floor', () => {
  const runs = 400
  let fooled = 0
  for (let run = 0; run < runs; run++) {
    const random = seededRandom(1, run)
    let met = 0
    for (let look = 1; look <= 500; look++) {
      met += drawBinomial(random, 500, FLOOR)
      if (toLogFew(FLOOR, met, 500 * look) < Math.log(100)) continue
      fooled++
      break
    }
  }
  // At most 1 % by the threshold; 10 of 400 is far out.
  expect(fooled).toBeLessThan(10)
})

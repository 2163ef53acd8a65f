import { expect, it } from 'vitest'
import { addFew, type Counts, eitherOf, NO_FEW } from '../../../src/core/judge/counts.ts'
import { drawBinomial, seededRandom } from '../../../src/core/simulate/random.ts'

const FLOOR = 0.002
const add = (...windows: Counts[]) =>
  windows.reduce((evidence, counts) => addFew(FLOOR, evidence, counts), NO_FEW)

it('adds up to what the formula says', () => {
  // ln((e^(4000 * .002 * .95) + e^(… * .8) + e^(… * .6) + e^(… * .4)) / 4)
  const sum = [0.95, 0.8, 0.6, 0.4].reduce((all, part) => all + Math.exp(8 * part), 0)
  expect(eitherOf(Number.NEGATIVE_INFINITY, add([9000, 0, 4000, 0]))).toBeCloseTo(
    Math.log(sum / 8),
    9,
  )
  expect(add([10, 0, 1000, 2])[1]).toBeCloseTo(2 * Math.log(0.2) + 2 * 0.8, 9)
})

it('learns nothing from a window in which a side is silent', () => {
  expect(add([0, 0, 4000, 0], [4000, 0, 0, 0])).toEqual(NO_FEW)
})

it('is rarely fooled by a canary that fails for just as many as the floor', () => {
  const runs = 400
  let fooled = 0
  for (let run = 0; run < runs; run++) {
    const random = seededRandom(1, run)
    let evidence = NO_FEW
    for (let window = 0; window < 500; window++) {
      const failures = drawBinomial(random, 500, FLOOR)
      evidence = addFew(FLOOR, evidence, [500, 0, 500, failures])
      if (eitherOf(Number.NEGATIVE_INFINITY, evidence) < Math.log(100)) continue
      fooled++
      break
    }
  }
  // At most 1 % by the threshold and half of that by the mean; 10 of 400 is far out.
  expect(fooled).toBeLessThan(10)
})

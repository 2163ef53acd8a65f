import fc from 'fast-check'
import { expect, it } from 'vitest'
import { logGamma } from '../../../src/core/judge/logarithms.ts'

/** Made with mpmath at 40 digits. */
const REFERENCES: readonly [number, number][] = [
  [0.001, 6.907178885383853],
  [0.1, 2.252712651734206],
  [0.5, 0.5723649429247001],
  [1.0, 0.0],
  [1.5, -0.12078223763524522],
  [2.0, 0.0],
  [3.0, Math.LN2],
  [7.25, 7.0521854507385395],
  [14.999, 25.18854687054693],
  [15.0, 25.19122118273868],
  [100.0, 359.1342053695754],
  [9500.0, 77507.28666085834],
  [12345.678, 103959.91990554606],
  [1000000.0, 12815504.569147611],
  [1000000000000.0, 26631021115915.652],
]

it.each(REFERENCES)('knows ln of gamma of %d', (x, expected) => {
  expect(Math.abs(logGamma(x) - expected)).toBeLessThan(1e-13 + Math.abs(expected) * 1e-15 * 4)
})

it('keeps the recurrence ln of gamma of x + 1 = ln of gamma of x, plus ln x', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (x) => {
      const next = logGamma(x + 1)
      const scale = Math.max(1, Math.abs(next))
      expect(Math.abs(next - logGamma(x) - Math.log(x)) / scale).toBeLessThan(1e-12)
    }),
    { numRuns: 1000 },
  )
})

it('takes finite numbers above 0', () => {
  for (const x of [0, -1, Number.NaN, Infinity]) expect(() => logGamma(x)).toThrow(TypeError)
})

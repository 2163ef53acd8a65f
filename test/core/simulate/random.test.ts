import { expect, it } from 'vitest'
import {
  drawBinomial,
  drawNormal,
  drawPoisson,
  seededRandom,
} from '../../../src/core/simulate/random.ts'

const DRAWS = 40_000

function describeDraws(draw: () => number) {
  const drawn = Array.from({ length: DRAWS }, draw)
  const mean = drawn.reduce((sum, one) => sum + one, 0) / DRAWS
  const variance = drawn.reduce((sum, one) => sum + (one - mean) ** 2, 0) / DRAWS
  return { mean, variance, min: Math.min(...drawn.slice(0, 10_000)) }
}

it('gives the same numbers for the same seed and stream, and others for others', () => {
  const first = (seed: number, stream?: number) => seededRandom(seed, stream)()
  expect(first(1, 2)).toBe(first(1, 2))
  expect(new Set([first(1), first(2), first(1, 1), first(2, 1)]).size).toBe(4)
  expect(seededRandom(1)()).toBeCloseTo(0.5374428291184112, 12)
})

it.each([
  [100, 0.01],
  [30, 0.5],
  [100, 0.97],
  [100_000, 0.3],
])('draws how many of %i succeed with chance %d', (trials, chance) => {
  const random = seededRandom(11)
  const { mean, variance } = describeDraws(() => drawBinomial(random, trials, chance))
  const expected = trials * chance * (1 - chance)
  expect(Math.abs(mean - trials * chance)).toBeLessThan(5 * Math.sqrt(expected / DRAWS))
  expect(Math.abs(variance / expected - 1)).toBeLessThan(0.05)
})

it('knows the ends: nobody, everybody, no trials', () => {
  const random = seededRandom(1)
  expect(drawBinomial(random, 10, 0)).toBe(0)
  expect(drawBinomial(random, 10, 1)).toBe(10)
  expect(drawBinomial(random, 0, 0.5)).toBe(0)
  expect(drawPoisson(random, 0)).toBe(0)
})

it.each([0.3, 12, 300, 5000])('draws how many arrive when %d do on average', (expected) => {
  const random = seededRandom(12)
  const { mean, variance, min } = describeDraws(() => drawPoisson(random, expected))
  expect(Math.abs(mean - expected)).toBeLessThan(5 * Math.sqrt(expected / DRAWS))
  expect(Math.abs(variance / expected - 1)).toBeLessThan(0.05)
  expect(min).toBeGreaterThanOrEqual(0)
})

it('draws from a normal of mean 0 and variance 1', () => {
  const random = seededRandom(13)
  const { mean, variance } = describeDraws(() => drawNormal(random))
  expect(Math.abs(mean)).toBeLessThan(0.03)
  expect(Math.abs(variance - 1)).toBeLessThan(0.05)
})

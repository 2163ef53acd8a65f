import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  addToExperiment,
  type Experiment,
  judgeExperiment,
  startExperiment,
} from '../../../src/core/experiments/experiment.ts'
import type { Window } from '../../../src/core/rollout/events.ts'
import { toSet } from '../judge/sets.ts'

const NAMES = { base: 'off', variant: 'on' }
const WINDOW_MS = 30_000
const METRICS = ['goal.order', 'errors']

/** A generator with a fixed sequence: mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Rates = { readonly order: readonly [number, number]; readonly lost?: number }

/** So many windows of 100 exposed visitors, half of whom get each variant. */
function run(seed: number, windows: number, { order, lost = 0 }: Rates): Experiment {
  const random = createRandom(seed)
  let state = startExperiment(METRICS, 0)
  for (let id = 1; id <= windows; id++) {
    const came: [number, number] = [0, 0]
    const met: [number, number] = [0, 0]
    const failed: [number, number] = [0, 0]
    for (let i = 0; i < 100; i++) {
      const side = random() < 0.5 ? 0 : 1
      if (side === 1 && random() < lost) continue
      came[side] += 1
      if (random() < order[side]) met[side] += 1
      if (random() < 0.01) failed[side] += 1
    }
    state = addToExperiment(state, toWindow(id, came, met, failed), id * WINDOW_MS)
  }
  return state
}

type Counts = readonly [number, number]

/** @param share the variant's share of visitors, of whom those with this share are told apart. */
function toWindow(id: number, came: Counts, met: Counts, failed: Counts, share = 0.5): Window {
  return {
    id,
    generation: 1,
    visitors: came,
    crowd: 0,
    present: [{ share, base: came[0], canary: came[1] }],
    assigned: [{ id: share * 100, shares: [1 - share, share], visitors: came }],
    sets: [
      toSet(...met, { metric: 'goal.order', weights: met, share }),
      toSet(...failed, { metric: 'errors', weights: failed, share }),
    ],
  }
}

describe('an experiment', () => {
  it.each([
    ['even', () => 0.5],
    ['uneven', () => 0.1],
    ['changed', (id: number) => (id <= 15 ? 0.1 : id <= 30 ? 0.5 : 0.9)],
  ])(
    'says of equal variants in at most 5 % of all cases that they differ, with a look at every window: weights that are %s',
    (_, shareAt) => {
      let wrong = 0
      for (let seed = 1; seed <= 200; seed++) {
        const random = createRandom(seed)
        let state = startExperiment(METRICS, 0)
        let isWrong = false
        for (let id = 1; id <= 40 && !isWrong; id++) {
          const toPair = (count: number): [number, number] => {
            const variant = Array.from({ length: count }, random).filter(
              (at) => at < shareAt(id),
            ).length
            return [count - variant, variant]
          }
          const window = toWindow(id, toPair(100), toPair(10), toPair(2), shareAt(id))
          state = addToExperiment(state, window, id * WINDOW_MS)
          isWrong = judgeExperiment(state, NAMES, 1).outcome !== 'unknown'
        }
        if (isWrong) wrong += 1
      }
      expect(wrong).toBeLessThanOrEqual(10)
    },
  )

  it('finds that more visitors of a variant reach a goal', () => {
    const { outcome, sentence } = judgeExperiment(run(1, 60, { order: [0.1, 0.2] }), NAMES, 1)
    expect(outcome).toBe('better')
    expect(sentence).toMatch(
      /^"on" is better than "off": [\d,]+ of [\d,]+ visitors of "on" reached the goal "order", [\d,]+ of [\d,]+ of "off"; by chance alone: less than 1 in/,
    )
  })

  it('finds that fewer visitors of a variant reach a goal', () => {
    const { outcome, sentence } = judgeExperiment(run(2, 60, { order: [0.2, 0.1] }), NAMES, 1)
    expect(outcome).toBe('worse')
    expect(sentence).toMatch(/^"on" is worse than "off": .* reached the goal "order"/)
  })

  it('finds an effect with three variants, whose comparisons share the chance of an error', () => {
    expect(judgeExperiment(run(3, 60, { order: [0.1, 0.2] }), NAMES, 2).outcome).toBe('better')
  })

  it('says the sentence that docs/flags.md shows', () => {
    const page = readFileSync(new URL('../../../docs/flags.md', import.meta.url), 'utf8')
    const window = toWindow(1, [1985, 2010], [300, 412], [0, 0])
    const state = addToExperiment(startExperiment(METRICS, 0), window, WINDOW_MS)
    const { sentence } = judgeExperiment(state, NAMES, 1)
    expect(page.replaceAll(/\s+/g, ' ')).toContain(`\`${sentence}\``)
  })

  it('says nothing of variants whose visitors get lost', () => {
    const state = run(4, 60, { order: [0.1, 0.2], lost: 0.3 })
    const { outcome, sentence } = judgeExperiment(state, NAMES, 1)
    expect(outcome).toBe('uneven')
    expect(sentence).toContain('visitors do not arrive in the shares of "on" and "off"')
  })

  it('says before anybody came that nobody was exposed', () => {
    const { sentence } = judgeExperiment(startExperiment(METRICS, 0), NAMES, 1)
    expect(sentence).toBe('no visitor was exposed yet')
  })

  it('adds no window twice, and is the same after it was stored and read', () => {
    const state = run(5, 3, { order: [0.1, 0.1] })
    const window = toWindow(3, [50, 50], [9, 9], [1, 1])
    expect(addToExperiment(state, window, 200_000)).toBe(state)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  })

  it('goes on when the clock goes back', () => {
    const state = addToExperiment(
      run(6, 3, { order: [0.1, 0.1] }),
      toWindow(4, [5, 5], [1, 1], [0, 0]),
      0,
    )
    expect(state.lastWindow).toBe(4)
    expect(state.block.at).toBe(2)
  })
})

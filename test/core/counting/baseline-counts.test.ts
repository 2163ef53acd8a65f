// What is counted for a rollout with a baseline: the canary against the baseline, and the baseline
// against the base, of which failures alone count.

import { describe, expect, it } from 'vitest'
import type { Group } from '../../../src/core/counting/batch.ts'
import { toCollected } from '../../../src/core/counting/counted.ts'
import { WINDOW_MS } from '../../../src/core/counting/limits.ts'
import { RolloutCounter } from '../../../src/core/counting/rollout-counter.ts'
import { NOW, toGroup, type Visit } from './groups.ts'

const WARM_UP_MS = 120_000

const ASKED = {
  rollout: 'r1',
  generation: 1,
  control: { environment: 'baseline', version: '1b' },
  canary: { environment: 'canary', version: '2' },
  base: { environment: 'main', version: '1' },
  metrics: [
    { name: 'errors', tolerance: 1 },
    { name: 'latency', tolerance: 1.2 },
  ],
  warmUpMs: WARM_UP_MS,
}

function begin(since = 0): RolloutCounter {
  const counter = RolloutCounter.begin(ASKED, 'key')
  counter.beginStratum({ id: 1, shares: [0.5, 0.5], baselineShare: 0.1, since })
  return counter
}

const onBase = (visits: readonly Visit[]): Group => toGroup({ visits })
const onCanary = (visits: readonly Visit[]): Group => toGroup({ side: 'canary', visits })
const onBaseline = (visits: readonly Visit[]): Group => ({
  ...toGroup({ visits, version: '1b' }),
  environment: 'baseline',
})

const fails = (hash: number, more: Partial<Visit> = {}): Visit => ({
  hash,
  failed: 'GET /a',
  client: hash,
  assigned: true,
  ...more,
})

describe('counting with a baseline', () => {
  it('compares the canary with the baseline, whatever the base does', () => {
    const counter = begin()
    counter.receive(onBase([fails(1), fails(2), { hash: 3, edgesBelow: 4 }]), NOW)
    counter.receive(onBaseline([fails(4), { hash: 5, assigned: true }]), NOW)
    counter.receive(onCanary([fails(6), fails(7)]), NOW)
    const window = counter.next(0)?.window
    expect(window?.visitors).toEqual([2, 2])
    expect(window?.assigned).toEqual([{ id: 1, shares: [0.5, 0.5], visitors: [2, 2] }])
    const all = window?.sets.filter(({ route }) => route === '') ?? []
    expect(all).toMatchObject([{ metric: 'errors', share: 0.5, visitors: [1, 2] }])
  })

  it('holds the failures of the baseline against those of the base, each visitor once', () => {
    const counter = begin()
    counter.receive(onBase([fails(1), fails(1), fails(2)]), NOW)
    counter.receive(onBaseline([fails(3), fails(3), fails(2)]), NOW)
    expect(counter.next(0)?.window.baseline).toMatchObject([
      { metric: 'errors', share: 0.1, visitors: [2, 1], weights: [2, 1] },
    ])
    counter.confirm()
    expect(counter.peek(1)).toBeUndefined()
  })

  it('weighs many visitors of one client as little as everywhere', () => {
    const counter = begin()
    const office = Array.from({ length: 50 }, (_, i) => fails(10 + i, { client: 7, site: 7 }))
    counter.receive(onBaseline(office), NOW)
    const [counts] = counter.next(0)?.window.baseline ?? []
    expect(counts?.visitors).toEqual([0, 50])
    expect(counts?.weights[1]).toBeLessThan(4)
  })

  it('does not hold what fails in the warm-up against it: the baseline starts, and the base does not', () => {
    const counter = begin(NOW - WARM_UP_MS - WINDOW_MS + 1)
    counter.receive(onBase([fails(1)]), NOW)
    counter.receive(onBaseline([fails(2), fails(3, { refused: true })]), NOW)
    expect(counter.next(0)?.window.baseline).toBeUndefined()
    counter.confirm()
    counter.receive(onBaseline([fails(4)]), NOW + 1)
    expect(counter.next(1)?.window.baseline).toMatchObject([{ visitors: [0, 1] }])
  })

  it('says nothing of a baseline where the base is compared', () => {
    const { base, ...asked } = ASKED
    const counter = RolloutCounter.begin({ ...asked, control: base }, 'key')
    counter.beginStratum({ id: 1, shares: [0.5, 0.5], since: 0 })
    counter.receive(onBase([fails(1)]), NOW)
    expect(counter.receive(onBaseline([fails(2)]), NOW)).toBe(false)
    expect(counter.next(0)?.window).not.toHaveProperty('baseline')
    const collected = toCollected([counter.counted])
    expect(collected?.main?.other).toBe('canary')
    expect(collected?.canary?.other).toBe('main')
  })

  it('has isolates report all metrics of the two sides, and failures alone of the base', () => {
    const collected = toCollected([begin().counted])
    const toNames = (name: string) => Object.keys(collected?.[name]?.metrics ?? {})
    expect(toNames('baseline')).toEqual(['errors', 'latency'])
    expect(toNames('canary')).toEqual(['errors', 'latency'])
    expect(toNames('main')).toEqual(['errors'])
    expect(collected?.canary).not.toHaveProperty('other')
    expect(collected?.canary?.allowance).toEqual({ latency: 1.2 })
    expect(collected?.baseline?.allowance).toEqual({})
  })

  it('goes on after a control starts anew, with what is stored', () => {
    const before = begin()
    before.receive(onBase([fails(1)]), NOW)
    const given = before.next(0)
    const stored = JSON.parse(JSON.stringify(before.counted))
    const after = new RolloutCounter(stored, given ? [given.changes] : [])
    after.receive(onBase([fails(1), fails(2)]), NOW)
    after.receive(onBaseline([fails(3)]), NOW)
    expect(after.next(1)?.window.baseline).toMatchObject([{ share: 0.1, visitors: [1, 1] }])
  })
})

import { describe, expect, it } from 'vitest'
import { MAX_SAMPLED_VISITORS, MAX_STRATA } from '../../../src/control/counting/limits.ts'
import { OpenWindows } from '../../../src/control/counting/open-windows.ts'
import { RolloutCounter } from '../../../src/control/counting/rollout-counter.ts'
import { CLOSE_AFTER_MS, EVERYBODY, WINDOW_MS } from '../../../src/core/counting/limits.ts'
import type { Counts } from '../../../src/core/judge/counts.ts'
import { START, type ToGroup, toBatch, type Visit } from './batches.ts'

const ASKED = {
  rollout: 'r1',
  generation: 3,
  control: { environment: 'main', version: '1' },
  canary: { environment: 'canary', version: '2' },
}

/** Begun before the first window, with one stratum. */
function begin(): RolloutCounter {
  const counter = RolloutCounter.begin(ASKED, START - 1)
  counter.beginStratum({ id: 1, shares: [0.5, 0.5] })
  return counter
}

/** One window after the other: what each of them gives. */
function countAll(counter: RolloutCounter, ...windows: (readonly ToGroup[])[]) {
  return windows.map((groups, offset) => {
    const open = new OpenWindows()
    open.add(toBatch('a', 1, { [offset]: groups }), START + offset * WINDOW_MS)
    const [closed] = open.close(START + (offset + 1) * WINDOW_MS + CLOSE_AFTER_MS)
    return closed && counter.count(closed)
  })
}

const errorsOf = (counted: ReturnType<typeof countAll>[number]) =>
  (counted?.window.metrics.errors as readonly Counts[] | undefined)?.[0]
const latencyOf = (counted: ReturnType<typeof countAll>[number]) =>
  counted?.window.metrics.latency as readonly Counts[]
const both = (control: readonly Visit[], canary: readonly Visit[]): ToGroup[] => [
  { side: 'control', visits: control },
  { side: 'canary', visits: canary },
]

describe('errors', () => {
  it('leave out who only goes on in a tab from before a change of weights, until they come again', () => {
    const counter = begin()
    const tab = { hash: 1, unpinned: false }
    const come = { assigned: true }
    const [first] = countAll(counter, both([{ hash: 1, ...come }], [{ hash: 2, ...come }]))
    counter.beginStratum({ id: 2, shares: [0.2, 0.8] })
    const groups: ToGroup[] = [
      { side: 'control', revision: 2, visits: [{ ...tab, failed: true, edgesBelow: 1 }] },
      { side: 'canary', revision: 2, visits: [{ hash: 3, ...come }] },
    ]
    const again: ToGroup = { side: 'control', revision: 2, visits: [{ ...tab, ...come }] }
    const [, second, third, fourth] = countAll(
      counter,
      [],
      groups,
      [again],
      [{ ...again, visits: [{ ...tab, failed: true }] }],
    )
    expect(errorsOf(first)).toEqual([1, 0, 1, 0])
    expect(errorsOf(second)).toEqual([0, 0, 1, 0])
    expect(latencyOf(second)[0]).toEqual([0, 0, 0, 0])
    expect(errorsOf(third)).toEqual([1, 0, 0, 0])
    expect(errorsOf(fourth)).toEqual([1, 1, 0, 0])
  })

  it('count visitors, and of each the first failure of this rollout', () => {
    const [first, second, third] = countAll(
      begin(),
      both([{ hash: 1 }, { hash: 2, failed: true }], [{ hash: 3, failed: true }, { hash: 4 }]),
      both(
        [{ hash: 1 }, { hash: 2, failed: true }],
        [
          { hash: 3, failed: true },
          { hash: 4, failed: true },
        ],
      ),
      both([{ hash: 1 }], [{ hash: 3 }, { hash: 4 }]),
    )
    expect(errorsOf(first)).toEqual([2, 1, 2, 1])
    expect(errorsOf(second)).toEqual([1, 0, 1, 1])
    expect(errorsOf(third)).toEqual([1, 0, 0, 0])
  })

  it('leave a visitor out who failed on the other version before', () => {
    const [, second] = countAll(
      begin(),
      both([{ hash: 1, failed: true }], []),
      both([], [{ hash: 1, failed: true }, { hash: 2 }]),
    )
    expect(errorsOf(second)).toEqual([0, 0, 1, 0])
  })

  it('count nobody on either side who was on both within one window, but remember the failure', () => {
    const [first, second] = countAll(
      begin(),
      both([{ hash: 1, failed: true }, { hash: 2 }], [{ hash: 1 }]),
      both([], [{ hash: 1 }]),
    )
    expect(errorsOf(first)).toEqual([1, 0, 0, 0])
    expect(errorsOf(second)).toEqual([0, 0, 0, 0])
  })

  it('are those of the two versions alone', () => {
    const [counted] = countAll(begin(), [
      { side: 'control', visits: [{ hash: 1 }] },
      { side: 'control', version: '0', visits: [{ hash: 2 }] },
      { side: 'canary', version: '1', visits: [{ hash: 3, failed: true }] },
    ])
    expect(errorsOf(counted)).toEqual([1, 0, 0, 0])
    expect(counted?.window.generation).toBe(3)
  })
})

describe('latency', () => {
  it('counts at each edge whoever had a sample, until the first that was slower', () => {
    const [first, second] = countAll(
      begin(),
      both([{ hash: 1, edgesBelow: 2 }, { hash: 2 }], [{ hash: 3, edgesBelow: 0 }]),
      both([{ hash: 1, edgesBelow: 4 }], [{ hash: 3, edgesBelow: 8 }]),
    )
    expect(latencyOf(first)?.slice(0, 4)).toEqual([
      [1, 1, 1, 0],
      [1, 1, 1, 0],
      [1, 0, 1, 0],
      [1, 0, 1, 0],
    ])
    expect(latencyOf(second)).toEqual([
      ...[
        [0, 0, 1, 1],
        [0, 0, 1, 1],
      ],
      ...[
        [1, 1, 1, 1],
        [1, 1, 1, 1],
      ],
      ...[
        [1, 0, 1, 1],
        [1, 0, 1, 1],
        [1, 0, 1, 1],
        [1, 0, 1, 1],
      ],
    ])
  })
})

describe('assignments', () => {
  it('count a visitor once in each stratum, by the revision of its document', () => {
    const counter = begin()
    const assigned = (hash: number) => ({ hash, assigned: true })
    const [first, second] = countAll(
      counter,
      both([assigned(1), assigned(2)], [assigned(3), { hash: 4 }]),
      both([assigned(1)], [assigned(3), assigned(4)]),
    )
    expect(first?.window.assigned).toEqual([{ id: 1, shares: [0.5, 0.5], visitors: [2, 1] }])
    expect(second?.window.assigned).toEqual([{ id: 1, shares: [0.5, 0.5], visitors: [0, 1] }])
    counter.beginStratum({ id: 7, shares: [0.1, 0.9] })
    const [third] = countAll(counter, [
      { side: 'control', revision: 6, visits: [assigned(1), assigned(5)] },
      { side: 'control', revision: 7, visits: [assigned(2)] },
      { side: 'canary', revision: 9, visits: [assigned(3)] },
    ])
    expect(third?.window.assigned).toEqual([
      { id: 1, shares: [0.5, 0.5], visitors: [1, 0] },
      { id: 7, shares: [0.1, 0.9], visitors: [1, 1] },
    ])
  })

  it('of documents older than the rollout are none, and strata are bounded', () => {
    const counter = begin()
    for (let id = 2; id < 3 * MAX_STRATA; id++) counter.beginStratum({ id, shares: [0.5, 0.5] })
    const visits = [{ hash: 1, assigned: true }]
    const [first, second] = countAll(
      counter,
      [{ revision: 2, visits }],
      [{ revision: 3 * MAX_STRATA - 1, visits }],
    )
    expect(first?.window.assigned).toEqual([])
    expect(second?.window.assigned).toMatchObject([{ visitors: [1, 0] }])
    expect(counter.counted.strata).toHaveLength(MAX_STRATA)
  })
})

describe('one client with many visitors', () => {
  it('counts as three, where it has an address that means anything', () => {
    const many = (address: number) =>
      Array.from({ length: 50 }, (_, hash) => ({ hash, address, failed: true }))
    const [first, second] = countAll(begin(), both([], many(7)), both([], many(7)))
    expect(errorsOf(first)).toEqual([0, 0, 3, 3])
    expect(errorsOf(second)).toEqual([0, 0, 0, 0])
    const [local] = countAll(begin(), both([], many(0)))
    expect(errorsOf(local)).toEqual([0, 0, 50, 50])
  })
})

describe('the sample', () => {
  it('is halved when the rollout has more visitors than it needs, and memory stays bounded', () => {
    const counter = begin()
    const step = Math.floor(EVERYBODY / 50_000)
    const visits = Array.from({ length: 50_000 }, (_, i) => ({ hash: i * step }))
    const [first, second] = countAll(counter, both(visits, []), both(visits, []))
    expect(errorsOf(first)).toEqual([50_000, 0, 0, 0])
    expect(counter.counted.bound).toBe(EVERYBODY / 4)
    expect(counter.size).toBeLessThanOrEqual(MAX_SAMPLED_VISITORS)
    expect(errorsOf(second)?.[0]).toBe(counter.size)
  })
})

describe('a control that starts anew', () => {
  it('goes on exactly as if it had not, from what its windows changed', () => {
    const windows = Array.from({ length: 12 }, (_, w) =>
      both(
        Array.from({ length: 40 }, (_, i) => ({
          hash: (w * 7 + i * 3) % 90,
          address: i % 30,
          failed: (w + i) % 11 === 0,
          edgesBelow: (w * i) % 9,
        })),
        Array.from({ length: 40 }, (_, i) => ({
          hash: 100 + ((w * 5 + i) % 90),
          address: i % 30,
          assigned: i % 2 === 0,
        })),
      ),
    )
    const lasting = begin()
    const expected = countAll(lasting, ...windows)
    const stored: Uint32Array[] = []
    const seen: unknown[] = []
    let counted = begin().counted
    for (const [offset] of windows.entries()) {
      const fresh = new RolloutCounter(counted, stored)
      const padded = windows.map((groups, w) => (w === offset ? groups : []))
      const one = countAll(fresh, ...padded)[offset]
      if (one) stored.push(one.changes)
      seen.push(one?.window)
      counted = fresh.counted
    }
    expect(seen).toEqual(expected.map((one) => one?.window))
  })

  it('counts no window that had begun before its generation', () => {
    const counter = RolloutCounter.begin(ASKED, START)
    const [first, second] = countAll(counter, both([{ hash: 1 }], []), both([{ hash: 1 }], []))
    expect([first, errorsOf(second)]).toEqual([undefined, [1, 0, 0, 0]])
  })

  it('counts on when it began by a clock that was ahead for a day', () => {
    const counter = RolloutCounter.begin(ASKED, START + 86_400_000)
    const [first] = countAll(counter, both([{ hash: 1 }], []))
    expect(errorsOf(first)).toEqual([1, 0, 0, 0])
  })
})

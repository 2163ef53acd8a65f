import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toCollected } from '../../../src/core/counting/counted.ts'
import {
  EVERYBODY,
  MAX_MET_ENTRIES,
  MAX_SAMPLED_VISITORS,
  MAX_STRATA,
  WINDOW_MS,
} from '../../../src/core/counting/limits.ts'
import { type CountedWindow, RolloutCounter } from '../../../src/core/counting/rollout-counter.ts'
import { MAX_JUDGED_ROUTES, type SetCounts } from '../../../src/core/judge/sets.ts'
import { NOW, type ToGroup, toGroup, type Visit } from './groups.ts'

const WARM_UP_MS = 120_000

const ASKED = {
  rollout: 'r1',
  generation: 1,
  control: { environment: 'main', version: '1' },
  canary: { environment: 'canary', version: '2' },
  metrics: ['errors', 'latency', 'asks'].map((name) => ({ name, tolerance: 1 })),
  warmUpMs: WARM_UP_MS,
}

/** Long before anything is received, with one stratum in which each side has half. */
function begin(since = 0): RolloutCounter {
  const counter = RolloutCounter.begin(ASKED, 'key')
  counter.beginStratum({ id: 1, shares: [0.5, 0.5], since })
  return counter
}

/** What each report by itself leads to. */
function countAll(counter: RolloutCounter, ...reports: readonly (readonly ToGroup[])[]) {
  return reports.map((groups, id) => {
    for (const group of groups) counter.receive(toGroup(group), NOW)
    const counted = counter.next(id)
    counter.confirm()
    return counted
  })
}

type Which = Partial<Pick<SetCounts, 'metric' | 'edge' | 'route' | 'warmUp'>>

function setOf(counted: CountedWindow | undefined, which: Which = {}): SetCounts | undefined {
  const { metric = 'errors', edge = 0, route = '', warmUp = false } = which
  return counted?.window.sets.find(
    (set) =>
      set.metric === metric && set.edge === edge && set.route === route && set.warmUp === warmUp,
  )
}

const visitorsOf = (counted: CountedWindow | undefined, which?: Which) =>
  setOf(counted, which)?.visitors ?? [0, 0]

const both = (control: readonly Visit[], canary: readonly Visit[]): ToGroup[] => [
  { side: 'control', visits: control },
  { side: 'canary', visits: canary },
]
const fails = (hash: number, more: Partial<Visit> = {}): Visit => ({
  hash,
  failed: 'GET /a',
  ...more,
})

describe('failures', () => {
  it('count visitors: the first of each in this rollout, over all routes and on each', () => {
    const [first, second, third] = countAll(
      begin(),
      both([{ hash: 1 }, fails(2)], [fails(3, { failed: 'GET /b' }), { hash: 4 }]),
      both([fails(2)], [fails(3), fails(4)]),
      both([{ hash: 1 }], [fails(3)]),
    )
    expect(visitorsOf(first)).toEqual([1, 1])
    expect(visitorsOf(first, { route: 'GET /b' })).toEqual([0, 1])
    // The third visitor meets its first failure on this route, and not its first of all.
    expect(visitorsOf(second)).toEqual([0, 1])
    expect(visitorsOf(second, { route: 'GET /a' })).toEqual([0, 2])
    expect(third?.window.sets).toEqual([])
  })

  it('leave a visitor out who failed on the other version before', () => {
    const [, second] = countAll(begin(), both([fails(1)], []), both([], [fails(1)]))
    expect(second).toBeUndefined()
  })

  it('are those of the two versions alone', () => {
    const [counted] = countAll(begin(), [
      { side: 'control', visits: [{ hash: 1 }] },
      { side: 'control', version: '0', visits: [fails(2)] },
      { side: 'canary', version: '1', visits: [fails(3)] },
    ])
    expect(counted?.window).toMatchObject({ generation: 1, sets: [], visitors: [1, 0] })
  })

  it('carry the share of buckets with which they were decided, and what the canary gave', () => {
    const counter = begin()
    counter.beginStratum({ id: 5, shares: [0.2, 0.8], since: 1 })
    const [counted] = countAll(counter, [
      { side: 'canary', revision: 4, visits: [fails(1)] },
      { side: 'canary', revision: 5, visits: [fails(2), fails(3, { code: '500' })] },
      { side: 'control', revision: 6, visits: [fails(4)] },
    ])
    const all = counted?.window.sets.filter(({ route }) => route === '')
    expect(all).toMatchObject([
      { share: 0.5, visitors: [0, 1], codes: { 503: 1 } },
      { share: 0.8, visitors: [1, 2], codes: { 503: 1, 500: 1 } },
    ])
  })

  it(`beyond ${MAX_JUDGED_ROUTES} routes are one set together`, () => {
    const visits = Array.from({ length: MAX_JUDGED_ROUTES + 5 }, (_, i) =>
      fails(i, { failed: `GET /${i}` }),
    )
    const [counted] = countAll(begin(), both([], visits))
    expect(visitorsOf(counted)).toEqual([0, MAX_JUDGED_ROUTES + 5])
    expect(visitorsOf(counted, { route: '*' })).toEqual([0, 5])
    expect(visitorsOf(counted, { route: `GET /${MAX_JUDGED_ROUTES}` })).toEqual([0, 0])
    // A visitor who met another of these routes before has met them.
    const [again] = countAll(
      begin(),
      both([], [...visits, fails(MAX_JUDGED_ROUTES, { failed: 'GET /x' })]),
    )
    expect(visitorsOf(again, { route: '*' })).toEqual([0, 5])
  })
})

describe('latency', () => {
  it('counts at each edge the first time that a visitor was slower', () => {
    const [first, second] = countAll(
      begin(),
      both([{ hash: 1, edgesBelow: 2 }, { hash: 2 }], [{ hash: 3, edgesBelow: 1 }]),
      both([{ hash: 1, edgesBelow: 3 }], [{ hash: 3, edgesBelow: 8 }]),
    )
    const at = (counted: typeof first) =>
      [0, 1, 2, 3, 7].map((edge) => visitorsOf(counted, { metric: 'latency', edge }))
    expect(at(first)).toEqual([
      [1, 1],
      [1, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ])
    expect(at(second)).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
      [0, 1],
      [0, 1],
    ])
  })
})

describe('just after a step', () => {
  it('slow and refused requests are a set of their own, and other failures are not', () => {
    const counter = begin(NOW - WARM_UP_MS - WINDOW_MS + 1)
    const [counted] = countAll(
      counter,
      both([], [fails(1), fails(2, { refused: true }), { hash: 3, edgesBelow: 1 }]),
    )
    expect(visitorsOf(counted)).toEqual([0, 1])
    expect(visitorsOf(counted, { warmUp: true })).toEqual([0, 1])
    expect(visitorsOf(counted, { metric: 'latency', warmUp: true })).toEqual([0, 1])
    expect(visitorsOf(counted, { metric: 'latency' })).toEqual([0, 0])
  })

  it('ends when its time is over and all requests of it have been reported', () => {
    const counter = begin(NOW - WARM_UP_MS - WINDOW_MS)
    const [counted] = countAll(counter, both([], [fails(2, { refused: true })]))
    expect(visitorsOf(counted)).toEqual([0, 1])
  })
})

describe('what fewer shall not do', () => {
  const asks = (hash: number, more: Partial<Visit> = {}): Visit => ({ hash, met: 'asks', ...more })

  it('counts only for visitors who came since the last change of weights', () => {
    const counter = begin()
    const [first] = countAll(counter, both([asks(1, { assigned: true })], [asks(2)]))
    expect(visitorsOf(first, { metric: 'asks' })).toEqual([1, 0])
    counter.beginStratum({ id: 2, shares: [0.2, 0.8], since: 1 })
    const later = (visits: readonly Visit[]): ToGroup => ({ revision: 2, visits })
    const [second, third] = countAll(
      counter,
      [later([{ hash: 3, assigned: true }, asks(4)])],
      [later([asks(3), asks(4, { assigned: true })])],
    )
    expect(visitorsOf(second, { metric: 'asks' })).toEqual([0, 0])
    expect(visitorsOf(third, { metric: 'asks' })).toEqual([2, 0])
  })

  it('counts also where it is told before the page that the visitor opened', () => {
    const counter = begin()
    const [early, page, again] = countAll(
      counter,
      both([asks(1)], []),
      both([{ hash: 1, assigned: true }], []),
      both([asks(1)], []),
    )
    expect(visitorsOf(early, { metric: 'asks' })).toEqual([0, 0])
    expect(visitorsOf(page, { metric: 'asks' })).toEqual([1, 0])
    expect(visitorsOf(again, { metric: 'asks' })).toEqual([0, 0])
  })
})

describe('tabs that are missing on one side', () => {
  const assigned = true

  it('make nobody count who has not opened a page since a side got another version', () => {
    const counter = RolloutCounter.begin({ ...ASKED, generation: 2 }, 'key')
    counter.beginStratum({ id: 1, shares: [0.5, 0.5], since: 0 })
    const [tabs, pages] = countAll(
      counter,
      both([{ hash: 1 }], [fails(2), { hash: 3 }]),
      both([fails(1, { assigned })], [{ hash: 2, assigned }, fails(3)]),
    )
    expect(tabs).toBeUndefined()
    // What the second did in its old tab does not count later either.
    expect([visitorsOf(pages), pages?.window.visitors]).toEqual([
      [1, 0],
      [1, 1],
    ])
  })

  it('make nobody count who has not opened a page since buckets went back to the base', () => {
    const counter = begin()
    countAll(counter, both([{ hash: 1, assigned }], [{ hash: 2, assigned }]))
    counter.beginStratum({ id: 2, shares: [0.9, 0.1], since: 1 })
    counter.beginStratum({ id: 3, shares: [0.8, 0.2], since: 2 })
    const later = (side: 'control' | 'canary', visits: readonly Visit[], revision = 3) => ({
      side,
      revision,
      visits,
    })
    const [before, after] = countAll(
      counter,
      [later('control', [fails(1)]), later('canary', [fails(2), { hash: 3, assigned }], 2)],
      [later('control', [fails(1, { assigned })]), later('canary', [fails(3)])],
    )
    expect(visitorsOf(before)).toEqual([0, 0])
    expect(visitorsOf(after)).toEqual([1, 1])
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
    counter.beginStratum({ id: 7, shares: [0.1, 0.9], since: 1 })
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
    for (let id = 2; id < 3 * MAX_STRATA; id++) {
      counter.beginStratum({ id, shares: [0.5, 0.5], since: id })
    }
    const visits = [{ hash: 1, assigned: true }]
    const [first, second] = countAll(
      counter,
      [{ revision: 2, visits }],
      [{ revision: 3 * MAX_STRATA - 1, visits }],
    )
    expect(first).toBeUndefined()
    expect(second?.window.assigned).toMatchObject([{ visitors: [1, 0] }])
    expect(counter.counted.strata).toHaveLength(MAX_STRATA)
  })

  it('of one client count three times, so that it cannot trip the alarm', () => {
    const visits = Array.from({ length: 50 }, (_, hash) => ({ hash, client: 7, assigned: true }))
    const [counted] = countAll(begin(), both(visits, []))
    expect(counted?.window).toMatchObject({
      visitors: [50, 0],
      crowd: 1,
      assigned: [{ visitors: [3, 0] }],
    })
  })
})

describe('reports', () => {
  const anyVisit = fc
    .record({
      hash: fc.nat({ max: 40 }),
      failed: fc.option(fc.constantFrom('GET /a', 'GET /b'), { nil: undefined }),
      edgesBelow: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
      assigned: fc.boolean(),
    })
    .map((visit): Visit => ({ ...visit, client: visit.hash % 5 }))
  // A visitor has one side: its bucket chose it.
  const anyReports = fc.array(
    fc.array(anyVisit, { maxLength: 6 }).map((visits) =>
      both(
        visits.filter(({ hash }) => hash % 2 === 0),
        visits.filter(({ hash }) => hash % 2 === 1),
      ),
    ),
    { maxLength: 8 },
  )
  const windowOf = (reports: readonly (readonly ToGroup[])[]) => {
    const counter = begin()
    for (const group of reports.flat()) counter.receive(toGroup(group), NOW)
    return counter.peek(0)
  }
  /** What does not depend on the order. Weights do: of one client the first counts for most. */
  const toPlain = (window: ReturnType<typeof windowOf>) => ({
    visitors: window?.visitors,
    crowd: window?.crowd,
    sets: window?.sets
      .map(({ metric, edge, route, visitors, weights }) => ({
        name: `${metric} ${edge} ${route}`,
        visitors,
        weight: Math.round(1e9 * (weights[0] + weights[1])),
      }))
      .sort((one, other) => one.name.localeCompare(other.name)),
  })

  it('may come in any order', () => {
    fc.assert(
      fc.property(anyReports, (reports) => {
        expect(toPlain(windowOf(reports.toReversed()))).toEqual(toPlain(windowOf(reports)))
      }),
    )
  })

  it('that come twice add nothing', () => {
    fc.assert(
      fc.property(anyReports, (reports) => {
        expect(windowOf([...reports, ...reports])).toEqual(windowOf(reports))
      }),
    )
  })

  it('lead to the same windows in a control that starts anew, from what each window changed', () => {
    fc.assert(
      fc.property(anyReports, (reports) => {
        const expected = countAll(begin(), ...reports).map((one) => one?.window)
        const stored: Uint32Array[] = []
        let counted = begin().counted
        const seen = reports.map((report, id) => {
          const fresh = new RolloutCounter(counted, stored)
          for (const group of report) fresh.receive(toGroup(group), NOW)
          const one = fresh.next(id)
          if (one) stored.push(one.changes)
          counted = fresh.counted
          return one?.window
        })
        expect(seen).toEqual(expected)
      }),
    )
  })
})

describe('a window', () => {
  it('is the same until it is confirmed, and nothing is changed by a look at the next', () => {
    const counter = begin()
    counter.receive(toGroup({ side: 'canary', visits: [fails(1)] }), NOW)
    expect(counter.peek(4)).toEqual(counter.peek(4))
    const given = counter.next(4)
    expect(given?.window.id).toBe(5)
    counter.receive(toGroup({ side: 'canary', visits: [fails(2)] }), NOW)
    expect(counter.next(4)).toBe(given)
    counter.confirm()
    expect(visitorsOf(counter.next(5))).toEqual([0, 1])
    counter.confirm()
    expect(counter.next(6)).toBeUndefined()
  })
})

describe('memory', () => {
  const spread = (count: number) => Math.floor(EVERYBODY / count)

  it('has a sample of those who are there, which is halved when it is too large', () => {
    const counter = begin()
    const visits = Array.from({ length: 50_000 }, (_, i) => ({ hash: i * spread(50_000) }))
    const [first, second] = countAll(counter, both(visits, []), both(visits, []))
    expect(first?.window.visitors).toEqual([50_000, 0])
    expect(counter.counted.bound).toBe(EVERYBODY / 4)
    expect(counter.size).toBeLessThanOrEqual(MAX_SAMPLED_VISITORS)
    // Nobody is new; those who are there are estimated from the sample.
    expect(second?.window.visitors).toEqual([0, 0])
    expect(second?.window.present).toEqual([{ share: 0.5, base: 4 * counter.size, canary: 0 }])
  })

  it('has a sample of those who met the most frequent metric, and all who met others', () => {
    const counter = begin()
    const count = MAX_MET_ENTRIES
    const step = spread(count)
    const slow = Array.from({ length: count }, (_, i) => ({ hash: i * step, edgesBelow: 1 }))
    for (let at = 0; at < count; at += 10_000) {
      counter.receive(toGroup({ visits: slow.slice(at, at + 10_000) }), NOW)
    }
    const { bounds } = counter.counted
    expect(bounds.latency?.[0]).toBeLessThan(EVERYBODY)
    expect(bounds.latency?.slice(1)).toEqual(Array.from({ length: 7 }, () => EVERYBODY))
    expect(bounds.errors).toEqual([EVERYBODY])
    const [counted] = countAll(counter, both([], [fails(EVERYBODY - 1)]))
    expect(visitorsOf(counted)).toEqual([0, 1])
  })
})

describe('the rollout of a flag', () => {
  const place = 'flag cart'
  const counter = RolloutCounter.begin(
    {
      ...ASKED,
      control: { environment: place, version: 'off' },
      canary: { environment: place, version: 'on' },
      metrics: [{ name: 'latency', tolerance: 1.2 }],
    },
    'key',
  )

  it('is collected in one place, with what is allowed to the new variant alone', () => {
    expect(toCollected([counter.counted])).toMatchObject({
      [place]: { allowance: { latency: 1.2 }, allowedTo: 'on' },
    })
    expect(toCollected([counter.counted])?.[place]?.other).toBeUndefined()
  })

  it('counts nothing of who was not exposed, from the first generation on', () => {
    expect(counter.counted.assignedFrom).toBe(0)
  })
})

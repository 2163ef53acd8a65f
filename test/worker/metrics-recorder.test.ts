import { describe, expect, it, vi } from 'vitest'
import {
  type Batch,
  COUNTING_FORM,
  type Collected,
  isBatch,
} from '../../src/core/counting/batch.ts'
import { estimateVisitors, mergeSketch, newSketch } from '../../src/core/counting/distinct.ts'
import {
  MAX_BATCH_VISITORS,
  MAX_BATCH_WINDOWS,
  MAX_GROUPS,
  WINDOW_MS,
} from '../../src/core/counting/limits.ts'
import { readMarks } from '../../src/core/counting/marks.ts'
import { readOutcomes, toVisitorHash } from '../../src/core/counting/outcomes.ts'
import { IN_FLIGHT_MS } from '../../src/metrics/outgoing.ts'
import { Recorder } from '../../src/metrics/recorder.ts'
import { collectedOf, DOCUMENT, served, toAnswered, toAsked, visitorOf } from './metrics-asked.ts'

const NOW = 1_700_000_000_000
const ALL: Collected = { main: collectedOf(), canary: collectedOf() }

function setUp(collected: Collected | undefined = ALL) {
  const clock = { now: NOW }
  const recorder = new Recorder({ now: () => clock.now, toIsolate: () => 'isolate' })
  recorder.outgoing.collect(collected)
  return { clock, recorder, take: () => recorder.outgoing.take(clock.now) as Batch }
}

const groupsOf = (batch: Batch) => batch.windows.flatMap(({ groups }) => groups)
const marksOf = (batch: Batch) =>
  groupsOf(batch).flatMap(({ visitors }) =>
    [...visitors].filter((_, i) => i % 2 === 1).map(readMarks),
  )

const outcomesOf = (batch: Batch) =>
  groupsOf(batch).flatMap(({ kinds, outcomes }) =>
    [...readOutcomes(outcomes)].map(({ kind, level }) => ({ ...kinds[kind], level })),
  )

describe('the sketch of visitors', () => {
  const count = (batch: Batch) => {
    const all = newSketch()
    for (const { distinct } of groupsOf(batch)) if (distinct) mergeSketch(all, distinct)
    return estimateVisitors(all)
  }

  it('are estimated at any time, also those of rules and hosts, and programs are none', () => {
    const { recorder, take } = setUp(undefined)
    for (let i = 0; i < 5; i++) {
      recorder.record(toAsked({ visitor: visitorOf('main', 1000 * i) }), toAnswered())
      recorder.record(toAsked({ visitor: visitorOf('main', 1000 * i) }), toAnswered())
    }
    const bot = { 'user-agent': 'curl/8.0' }
    recorder.record(toAsked({ visitor: visitorOf('main', 9000), headers: bot }), toAnswered())
    recorder.record(toAsked({ visitor: null, url: '/a.png' }), toAnswered())
    recorder.record(toAsked({ visitor: visitorOf('main', 9500), by: 'shadow' }), toAnswered())
    const batch = take()
    expect(isBatch(structuredClone(batch))).toBe(true)
    expect(count(batch)).toBe(5)
  })
})

describe('a record', () => {
  it('is one for each request, against the version that was chosen', () => {
    const { recorder, take } = setUp()
    const asked = toAsked({ url: '/api/x' })
    recorder.record(asked, toAnswered())
    recorder.record(asked, toAnswered({ source: 'fallback', ...served({ status: 503 }) }))
    recorder.record(toAsked({ headers: DOCUMENT, visitor: visitorOf('main') }), toAnswered())
    const batch = take()
    expect(batch.form).toBe(COUNTING_FORM)
    expect(isBatch(structuredClone(batch))).toBe(true)
    expect(groupsOf(batch)).toMatchObject([
      {
        environment: 'canary',
        version: '0.0.5',
        revision: 42,
        totals: {
          requests: 2,
          judged: 2,
          failed: 1,
          statuses: [0, 2, 0, 0, 0],
          failures: { status_5xx: 1 },
          outcomes: { errors: 1, asks: 2 },
          sources: { service: 1, fallback: 1 },
          latency: [2, 0, 0, 0, 0, 0, 0, 0, 0],
          latencyMs: 80,
          bytes: 200,
        },
      },
      { environment: 'main', version: '0.0.3', totals: { requests: 1 } },
    ])
  })

  it.each([
    [50, 0],
    [51, 1],
    [5001, 8],
  ])('puts %i ms above %i edges', (waitedMs, edges) => {
    const { recorder, take } = setUp()
    recorder.record(toAsked({}), toAnswered(served({ waitedMs })))
    const batch = take()
    expect(groupsOf(batch)[0]?.totals.latency[edges]).toBe(1)
    const levels = outcomesOf(batch).filter(({ metric }) => metric === 'latency')
    expect(levels.map(({ level }) => level)).toEqual(edges === 0 ? [] : [edges])
  })

  it('is none of somebody who is in a preview', () => {
    const { recorder, take } = setUp()
    for (const headers of [DOCUMENT, {}]) {
      const asked = toAsked({ url: '/api/x', headers, by: 'preview' })
      recorder.recordAssigned(asked)
      expect(recorder.watchBody(asked)).toBeUndefined()
      recorder.record(asked, toAnswered(served({ status: 503 })))
    }
    expect(recorder.outgoing.isEmpty).toBe(true)
    expect(take()).toBeUndefined()
    expect(recorder.losses).toMatchObject({ requests: 0, errors: 0 })
  })

  it('has the latency of a timeout, and none of what was never reached or is a file', () => {
    const { recorder, take } = setUp()
    const asked = toAsked({})
    recorder.record(asked, toAnswered(served({ status: undefined, failure: 'origin_unreachable' })))
    recorder.record(asked, toAnswered({ source: 'memory', service: undefined }))
    const missed = take()
    expect(groupsOf(missed)[0]?.totals.latency).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(outcomesOf(missed)).toEqual([
      { metric: 'errors', route: 'GET /', code: 'origin_unreachable', level: 2 },
    ])
    const other = setUp()
    const timeout = { status: undefined, failure: 'origin_timeout', waitedMs: 3000 }
    other.recorder.record(asked, toAnswered(served(timeout)))
    expect(outcomesOf(other.take())).toEqual([
      { metric: 'errors', route: 'GET /', code: 'origin_timeout', level: 2 },
      { metric: 'latency', route: 'GET /', level: 7 },
    ])
  })
})

describe('visitors', () => {
  it('are not collected while nobody compares environments', () => {
    const { recorder, take } = setUp({})
    const asked = toAsked({ headers: DOCUMENT })
    recorder.recordAssigned(asked)
    recorder.record(asked, toAnswered())
    const [group] = groupsOf(take())
    expect(group).toMatchObject({ kinds: [] })
    expect([group?.visitors.length, group?.outcomes.length]).toEqual([0, 0])
    expect(group?.totals).toMatchObject({ requests: 1, judged: 1, assigned: 1 })
  })

  it('are those below the bound of the hash that the key makes, each once', () => {
    const visitor = visitorOf('canary')
    const hash = toVisitorHash('secret', visitor)
    for (const [bound, count] of [
      [hash, 0],
      [hash + 1, 1],
    ] as const) {
      const { recorder, take } = setUp({ canary: collectedOf({ bound }) })
      for (let i = 0; i < 3; i++) recorder.record(toAsked({ visitor }), toAnswered())
      expect(groupsOf(take())[0]?.visitors).toHaveLength(2 * count)
    }
  })

  it('are assigned before anybody answers', () => {
    const { recorder, take } = setUp()
    recorder.recordAssigned(toAsked({ headers: DOCUMENT }))
    const batch = take()
    expect(marksOf(batch)).toMatchObject([{ assigned: true, unpinned: false }])
    expect(groupsOf(batch)[0]?.totals).toMatchObject({ requests: 0, assigned: 1 })
  })

  it('tell their address where that means anything', () => {
    const { recorder, take } = setUp()
    const from = (address: string, i: number) =>
      recorder.record(
        toAsked({ visitor: visitorOf('canary', i), headers: { 'cf-connecting-ip': address } }),
        toAnswered(),
      )
    from('203.0.113.7', 0)
    from('8.8.8.8', 100)
    from('2606:4700:0:1::1', 200)
    from('2606:4700:0:1:ffff::2', 300)
    from('127.0.0.1', 400)
    from('10.1.2.3', 500)
    const [, google, v6, sameV6, local, intern] = marksOf(take()).map(({ client }) => client)
    expect(google).toBeGreaterThan(0)
    expect(v6).toBe(sameV6)
    expect([local, intern]).toEqual([0, 0])
  })
})

describe('a batch', () => {
  it('is sent again as it was when its call failed, and the next one has the next number', () => {
    const { recorder, take, clock } = setUp()
    recorder.record(toAsked({}), toAnswered())
    const first = take()
    expect(take()).toBeUndefined()
    recorder.outgoing.failed(first)
    recorder.record(toAsked({}), toAnswered())
    expect(recorder.outgoing.isEmpty).toBe(false)
    expect(take()).toBe(first)
    recorder.outgoing.arrived(first, ALL)
    expect(take().sequence).toBe(first.sequence + 1)
    clock.now += IN_FLIGHT_MS
    // That call's request was ended: nobody will ever say what became of it.
    expect(take()).toMatchObject({ sequence: first.sequence + 1 })
  })

  it('is dropped, and the next one says so, when its windows have closed meanwhile', () => {
    const { recorder, take, clock } = setUp()
    recorder.record(toAsked({}), toAnswered())
    recorder.outgoing.failed(take())
    recorder.record(toAsked({}), toAnswered())
    clock.now += 4 * WINDOW_MS
    recorder.record(toAsked({}), toAnswered())
    const batch = take()
    expect(batch).toMatchObject({ sequence: 2, dropped: 2 })
    expect(batch.windows).toHaveLength(1)
    expect(recorder.losses.requests).toBe(2)
  })
})

describe('memory', () => {
  it('is bounded: windows, groups and visitors', () => {
    const { recorder, take, clock } = setUp()
    const asked = toAsked({})
    for (let revision = 0; revision < MAX_GROUPS + 10; revision++) {
      const decision = { ...asked.decision, revision }
      recorder.record({ ...asked, decision }, toAnswered())
    }
    for (let i = 0; i < MAX_BATCH_VISITORS + 100; i++) {
      const facts = { ...asked.facts, visitor: `v${i}` }
      const decision = { ...asked.decision, revision: 0 }
      recorder.record({ ...asked, facts, decision }, toAnswered())
    }
    const batch = take()
    expect(groupsOf(batch)).toHaveLength(MAX_GROUPS)
    expect(isBatch(batch)).toBe(true)
    expect(recorder.losses).toMatchObject({ requests: 10 })
    expect(recorder.losses.visitors).toBeGreaterThanOrEqual(100)
    recorder.outgoing.arrived(batch, ALL)
    for (let i = 0; i < 100; i++) {
      clock.now += WINDOW_MS
      recorder.record(asked, toAnswered())
    }
    expect(take().windows.length).toBeLessThanOrEqual(MAX_BATCH_WINDOWS)
  })
})

describe('a recorder whose parts throw', () => {
  it('throws nothing, and counts it', () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const recorder = new Recorder({
      now: () => {
        throw new Error('no clock')
      },
      toIsolate: () => 'isolate',
    })
    recorder.record(toAsked({}), toAnswered())
    recorder.recordAssigned(toAsked({ headers: DOCUMENT }))
    expect(recorder.losses.errors).toBe(2)
    vi.restoreAllMocks()
  })

  it('hands a batch out though its copy could not be written', () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const recorder = new Recorder({
      now: () => NOW,
      toIsolate: () => 'isolate',
      copy: () => {
        throw new Error('no data set')
      },
    })
    recorder.record(toAsked({}), toAnswered())
    expect(recorder.outgoing.take(NOW)).toMatchObject({ sequence: 1 })
    vi.restoreAllMocks()
  })
})

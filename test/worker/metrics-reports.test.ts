import { describe, expect, it } from 'vitest'
import { type Batch, type CollectedEnvironment, isBatch } from '../../src/core/counting/batch.ts'
import {
  EVERYBODY,
  MAX_BATCH_OUTCOMES,
  MAX_GROUPS,
  MAX_OPERATORS,
  WINDOW_MS,
} from '../../src/core/counting/limits.ts'
import {
  CONNECTION_LEVEL,
  MAX_KINDS,
  readOutcomes,
  toVisitorHash,
} from '../../src/core/counting/outcomes.ts'
import { OTHER_ROUTE } from '../../src/core/counting/routes.ts'
import { BROWSERS, DEVICES, MAX_SEGMENT_VALUES } from '../../src/core/counting/segments.ts'
import { MAX_NETWORK_KINDS } from '../../src/metrics/page.ts'
import { MAX_NETWORK_ENTRIES } from '../../src/metrics/pages.ts'
import { Recorder } from '../../src/metrics/recorder.ts'
import { type PlacedSegments, placeSegment } from '../../src/metrics/segments.ts'
import { MAX_TOLD, MAX_TOLD_KINDS, TELL_AGAIN_MS } from '../../src/metrics/told.ts'
import {
  answeredWith,
  collectedOf,
  DOCUMENT,
  served,
  toAnswered,
  toAsked,
  visitorOf,
  type Way,
} from './metrics-asked.ts'

const NOW = 1_700_000_000_000

function setUp(environment: CollectedEnvironment = collectedOf()) {
  const clock = { now: NOW }
  const recorder = new Recorder({ now: () => clock.now, toIsolate: () => 'isolate' })
  recorder.outgoing.collect({ main: environment, canary: environment })
  const take = () => {
    const batch = recorder.outgoing.take(clock.now)
    if (batch) recorder.outgoing.arrived(batch, { main: environment, canary: environment })
    return batch
  }
  return {
    clock,
    recorder,
    take,
    takeOutcomes: () => outcomesOf(take()),
    fail: (way: Way = {}) => recorder.record(toAsked({ url: '/api/x', ...way }), answeredWith(500)),
    wait: (waitedMs: number, way: Way = {}) =>
      recorder.record(toAsked({ url: '/api/x', ...way }), toAnswered(served({ waitedMs }))),
  }
}

function outcomesOf(batch: Batch | undefined) {
  expect(batch === undefined || isBatch(structuredClone(batch))).toBe(true)
  return (batch?.windows ?? []).flatMap(({ groups }) =>
    groups.flatMap(({ environment, version, kinds, outcomes }) =>
      [...readOutcomes(outcomes)].map(({ kind, ...rest }) => ({
        environment,
        version,
        ...kinds[kind],
        ...rest,
      })),
    ),
  )
}

const only = (...names: string[]): Partial<CollectedEnvironment> => ({
  metrics: Object.fromEntries(names.map((name) => [name, [EVERYBODY]])),
})

const none = (failure: string) => toAnswered(served({ status: undefined, failure }))

describe('an outcome', () => {
  it('says who met what on which route, and which client it was', () => {
    const { fail, takeOutcomes } = setUp(collectedOf(only('errors')))
    const visitor = visitorOf('canary')
    fail({ visitor, url: '/api/orders/17', headers: { 'cf-connecting-ip': '8.8.8.8' } })
    const [outcome, ...rest] = takeOutcomes()
    expect(rest).toEqual([])
    expect(outcome).toMatchObject({
      environment: 'canary',
      version: '0.0.5',
      metric: 'errors',
      route: 'GET /api/orders/:id',
      code: '500',
      visitor: toVisitorHash('secret', visitor),
      level: 1,
    })
    expect(outcome?.site).toBeGreaterThan(0)
    expect(outcome?.network).toBe(outcome?.site)
  })

  it('says who operates the network that the visitor came from, where that is known', () => {
    const { fail, takeOutcomes } = setUp(collectedOf(only('errors')))
    const from = (address: string, asn?: number) => ({
      headers: { 'cf-connecting-ip': address },
      ...(asn === undefined ? {} : { cf: { asn } as IncomingRequestCfProperties }),
    })
    fail({ visitor: visitorOf('canary'), ...from('8.8.8.8', 15169) })
    fail({ visitor: visitorOf('canary', 100), ...from('8.8.4.4', 15169) })
    fail({ visitor: visitorOf('canary', 200), ...from('9.9.9.9') })
    const [one, other, unknown] = takeOutcomes().map(({ operator }) => operator)
    expect(one).toBeGreaterThan(0)
    expect(one).toBeLessThan(MAX_OPERATORS)
    expect(other).toBe(one)
    expect(unknown).toBe(0)
  })

  it('is told once of a visitor, however often it is met and however many batches there are', () => {
    const { fail, takeOutcomes } = setUp(collectedOf(only('errors')))
    for (let i = 0; i < 5; i++) fail()
    expect(takeOutcomes()).toHaveLength(1)
    fail()
    expect(takeOutcomes()).toEqual([])
    fail({ url: '/api/y' })
    fail({ visitor: visitorOf('canary', 100) })
    fail({ visitor: visitorOf('main') })
    expect(takeOutcomes()).toHaveLength(3)
  })

  it('is told again of another version of the environment', () => {
    const { recorder, takeOutcomes } = setUp(collectedOf(only('errors')))
    const asked = toAsked({ url: '/api/x' })
    const old = { ...asked.decision.version, id: '0.0.4' }
    const own = asked.assignments.buckets.map((environment) => ({ ...environment, version: old }))
    const assignments = { ...asked.assignments, buckets: own }
    recorder.record(
      { ...asked, assignments, decision: { ...asked.decision, version: old } },
      answeredWith(500),
    )
    recorder.record(asked, answeredWith(500))
    expect(takeOutcomes().map(({ version }) => version)).toEqual(['0.0.4', '0.0.5'])
  })

  it('is told again when another revision decides, because weights may have changed', () => {
    const { recorder, takeOutcomes } = setUp(collectedOf(only('errors')))
    const asked = toAsked({ url: '/api/x' })
    for (const revision of [42, 42, 43]) {
      recorder.record({ ...asked, decision: { ...asked.decision, revision } }, answeredWith(500))
    }
    expect(takeOutcomes()).toHaveLength(2)
  })

  it.each([
    ['a status', answeredWith(503), '503', 1],
    ['no connection', none('origin_unreachable'), 'origin_unreachable', CONNECTION_LEVEL],
    ['a timeout', none('origin_timeout'), 'origin_timeout', CONNECTION_LEVEL],
    ['a reply that is none', none('origin_bad_response'), 'origin_bad_response', 1],
  ])('says what the visitor got: %s', (_, answered, code, level) => {
    const { recorder, takeOutcomes } = setUp(collectedOf(only('errors')))
    recorder.record(toAsked({ url: '/api/x' }), answered)
    expect(takeOutcomes()).toMatchObject([{ metric: 'errors', code, level }])
  })

  it('of a backend that starts does not hide a failure that comes later', () => {
    const { recorder, takeOutcomes } = setUp(collectedOf(only('errors')))
    for (const answered of [none('origin_timeout'), answeredWith(500), none('origin_timeout')]) {
      recorder.record(toAsked({ url: '/api/x' }), answered)
    }
    expect(takeOutcomes().map(({ level }) => level)).toEqual([CONNECTION_LEVEL, 1])
  })

  it('has the route that the team declares, the one of files, or none', () => {
    const { recorder, takeOutcomes } = setUp()
    recorder.record(toAsked({ url: '/api/users/anna' }), answeredWith(404))
    recorder.record(
      toAsked({ url: '/app.js' }),
      toAnswered({ status: 404, source: 'none', service: undefined, isNamed: true }),
    )
    recorder.record(toAsked({ url: '/api/orders', method: 'POST' }), answeredWith(201))
    expect(takeOutcomes().map(({ metric, route }) => [metric, route])).toEqual([
      ['asks', ''],
      ['notFound', 'GET /api/users/*'],
      ['errors', 'files'],
      ['goal.order', ''],
    ])
  })

  it('is told of the metrics that are named, and of no other', () => {
    const { recorder, takeOutcomes } = setUp(collectedOf(only('notFound', 'constructor')))
    recorder.record(toAsked({ url: '/api/x' }), answeredWith(404))
    recorder.record(toAsked({ url: '/api/x' }), answeredWith(500))
    expect(takeOutcomes().map(({ metric }) => metric)).toEqual(['notFound'])
  })

  it('is told of visitors whose hash is below the bound of the metric', () => {
    const hash = toVisitorHash('secret', visitorOf('canary'))
    for (const [bound, count] of [
      [hash, 0],
      [hash + 1, 1],
    ] as const) {
      const { fail, takeOutcomes } = setUp(collectedOf({ metrics: { errors: [bound] } }))
      fail()
      expect(takeOutcomes()).toHaveLength(count)
    }
  })

  it('is told of no one while the environment is not collected', () => {
    const { recorder, fail, take } = setUp()
    recorder.outgoing.collect({ main: collectedOf() })
    fail()
    const batch = take()
    expect(outcomesOf(batch)).toEqual([])
    expect(batch?.windows[0]?.groups[0]?.totals.outcomes).toEqual({ errors: 1, asks: 1 })
  })

  it('is hashed with the secret of the control, and not with what visitors can know', () => {
    const hashes = ['secret', 'another'].map((key) => {
      const { fail, takeOutcomes } = setUp(collectedOf({ key, ...only('errors') }))
      fail({ headers: { 'cf-connecting-ip': '2606:4700:1:2::3' } })
      return takeOutcomes().flatMap(({ visitor, site, network }) => [visitor, site, network])
    })
    const [one = [], other = []] = hashes
    expect(one).toHaveLength(3)
    for (const [at, hash] of one.entries()) expect(hash).not.toBe(other[at])
  })
})

describe('a measurement', () => {
  const LATENCY = [0, 1, 2, 3, 4, 5, 6, 7].map(() => EVERYBODY)

  it('is told again when it lies above more edges, and not when it does not', () => {
    const { wait, takeOutcomes } = setUp(collectedOf({ metrics: { latency: LATENCY } }))
    for (const ms of [40, 120, 60, 110, 2500, 1000]) wait(ms)
    expect(takeOutcomes().map(({ level }) => level)).toEqual([2, 7])
  })

  it('is told if one of the edges below it is collected of the visitor', () => {
    const metrics = { latency: [0, 0, EVERYBODY, 0, 0, 0, 0, 0] }
    const { wait, takeOutcomes } = setUp(collectedOf({ metrics }))
    for (const ms of [150, 250, 6000]) wait(ms)
    expect(takeOutcomes().map(({ level }) => level)).toEqual([3])
  })

  it.each([
    ['below the first edge as it is', 50, 0],
    ['above it after what is allowed', 110, 1],
    ['above it after what is allowed', 130, 2],
    ['far above it', 6001, 8],
    ['far above it', 5999, 7],
  ])('counts %s: %s ms', (_, ms, level) => {
    const environment = collectedOf({ metrics: { latency: LATENCY }, allowance: { latency: 1.2 } })
    const { wait, take } = setUp(environment)
    wait(ms)
    const batch = take()
    expect(outcomesOf(batch).map((outcome) => outcome.level)).toEqual(level ? [level] : [])
    // What people are shown is the time as it was.
    expect(batch?.windows[0]?.groups[0]?.totals.latencyMs).toBe(ms)
  })

  it.each([
    ['0.0.5', 1],
    ['another', 2],
  ])('allow it to one version alone, where an environment has both: %s', (allowedTo, level) => {
    const allowance = { latency: 1.2 }
    const environment = collectedOf({ metrics: { latency: LATENCY }, allowance, allowedTo })
    const { wait, takeOutcomes } = setUp(environment)
    wait(110)
    expect(takeOutcomes().map((outcome) => outcome.level)).toEqual([level])
  })
})

describe('clients', () => {
  const hashesOf = (addresses: readonly string[]) => {
    const { fail, takeOutcomes } = setUp(collectedOf(only('errors')))
    for (const [i, address] of addresses.entries()) {
      fail({ visitor: visitorOf('canary', i * 100), headers: { 'cf-connecting-ip': address } })
    }
    return takeOutcomes()
  }

  it.each([
    ['an address that is mapped into IPv6', '::ffff:8.8.8.8'],
    ['6to4', '2002:808:808::1'],
    ['6to4 with another rest', '2002:808:808:9:8:7:6:5'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:f7f7:f7f7'],
    ['NAT64', '64:ff9b::808:808'],
  ])('%s is the IPv4 address that it wraps', (_, address) => {
    const [plain, wrapped] = hashesOf(['8.8.8.8', address])
    expect(wrapped?.site).toBe(plain?.site)
    expect(wrapped?.network).toBe(plain?.network)
  })

  it('of one customer have one /56 and one /48 of IPv6, whatever /64 they use', () => {
    const [a, sameClient, sameSite, sameNetwork, other] = hashesOf([
      '2606:4700:1:200::1',
      '2606:4700:1:200:ffff::2',
      '2606:4700:1:201::1',
      '2606:4700:1:300::1',
      '2606:4700:2:200::1',
    ])
    expect(sameClient?.site).toBe(a?.site)
    expect(sameSite?.site).toBe(a?.site)
    expect(sameNetwork?.site).not.toBe(a?.site)
    expect(sameNetwork?.network).toBe(a?.network)
    expect(other?.network).not.toBe(a?.network)
  })

  it.each([
    '10.1.2.3',
    '127.0.0.1',
    '192.168.0.1',
    '::1',
    'fc00::1',
    '2002:a00:1::1',
    'no address',
    '',
  ])('at %s are nobody in particular', (address) => {
    expect(hashesOf([address])).toMatchObject([{ site: 0, network: 0 }])
  })
})

describe('one client', () => {
  const FROM_ONE = { 'cf-connecting-ip': '2606:4700:1:200::1' }
  const FROM_OTHER = { 'cf-connecting-ip': '8.8.8.8' }

  it('cannot keep the outcomes and the presence of others from being told', () => {
    const { recorder, fail, take } = setUp(collectedOf(only('errors')))
    const base = toAsked({ url: '/api/x', headers: FROM_ONE })
    for (let i = 0; i < 2 * MAX_BATCH_OUTCOMES; i++) {
      // As many /64 as it likes, and as many ids.
      const address = `2606:4700:1:${(i % 65_536).toString(16)}::1`
      const request = new Request(base.request, { headers: { 'cf-connecting-ip': address } })
      const facts = { ...base.facts, visitor: `attacker-${i}` }
      recorder.record({ ...base, request, facts }, answeredWith(500))
    }
    fail({ headers: FROM_OTHER })
    const batch = take()
    const outcomes = outcomesOf(batch)
    expect(outcomes).toHaveLength(MAX_NETWORK_ENTRIES + 1)
    const visitor = toVisitorHash('secret', visitorOf('canary'))
    expect(outcomes.at(-1)?.visitor).toBe(visitor)
    expect(batch?.windows[0]?.groups[0]?.visitors).toHaveLength(2 * (MAX_NETWORK_ENTRIES + 1))
    expect(recorder.losses.outcomes).toBeGreaterThan(0)
  })

  it('cannot take the routes of others', () => {
    const { fail, takeOutcomes } = setUp(collectedOf(only('errors')))
    for (let i = 0; i < 500; i++) {
      fail({ url: `/api/${toWord(i)}`, headers: FROM_ONE })
    }
    fail({ url: '/api/checkout', headers: FROM_OTHER })
    const routes = takeOutcomes().map(({ route }) => route)
    expect(routes.at(-1)).toBe('GET /api/checkout')
    expect(new Set(routes).size).toBe(MAX_NETWORK_KINDS + 2)
    expect(routes).toContain(OTHER_ROUTE)
  })

  it('cannot take the places of versions that have visitors, with pins to old ones', () => {
    const { recorder, fail, takeOutcomes } = setUp(collectedOf(only('errors')))
    const asked = toAsked({ url: '/api/x' })
    for (let i = 0; i < 2 * MAX_GROUPS; i++) {
      const version = { ...asked.decision.version, id: `old-${i}` }
      const decision = { ...asked.decision, version, reason: 'pin' as const }
      recorder.record({ ...asked, decision }, toAnswered())
    }
    fail()
    expect(takeOutcomes()).toHaveLength(1)
  })

  it('can send any path and any id', () => {
    const { recorder, fail, take } = setUp()
    for (const url of [
      `/api/${'a'.repeat(9000)}`,
      `/api/${'a/'.repeat(4000)}`,
      '/api/%00',
      '/api/%ff%fe',
      '/api/\n',
      '/api/__proto__/constructor',
      `/api/${'%25'.repeat(2000)}`,
    ]) {
      if (URL.canParse(url, 'https://x.example') && !url.includes('%00')) fail({ url })
    }
    const asked = toAsked({ url: '/api/x' })
    for (const visitor of ['', '\u0000', 'x'.repeat(100_000), '__proto__', '\ud800', '💥']) {
      recorder.record({ ...asked, facts: { ...asked.facts, visitor } }, answeredWith(500))
    }
    expect(outcomesOf(take()).length).toBeGreaterThan(5)
    expect(recorder.losses.errors).toBe(0)
  })
})

describe('many clients', () => {
  it('make at most as many kinds as an entry can name; what is left has the route "*"', () => {
    const { fail, take } = setUp(collectedOf(only('errors', 'asks')))
    for (let i = 0; i < 600; i++) {
      fail({ url: `/api/${toWord(i)}`, headers: { 'cf-connecting-ip': `8.8.${i >> 4}.8` } })
    }
    const batch = take()
    const kinds = batch?.windows[0]?.groups[0]?.kinds ?? []
    expect(kinds.length).toBeLessThanOrEqual(MAX_KINDS)
    expect(outcomesOf(batch)).toHaveLength(601)
    expect(kinds).toContainEqual({ metric: 'errors', route: OTHER_ROUTE, code: '500' })
  })
})

describe('the memory of what was told', () => {
  it('is bounded: when it is full, what is met again is told again', () => {
    const { recorder, take, takeOutcomes, fail } = setUp(collectedOf(only('errors')))
    const asked = toAsked({ url: '/api/x' })
    fail()
    for (let i = 0; i <= MAX_TOLD; i++) {
      if (i % MAX_BATCH_OUTCOMES === 0) take()
      const facts = { ...asked.facts, visitor: `visitor-${i}` }
      recorder.record({ ...asked, facts }, answeredWith(500))
    }
    take()
    fail()
    expect(takeOutcomes()).toHaveLength(1)
  })

  it('is bounded also where visitors ask for very many routes', () => {
    const { take, takeOutcomes, fail } = setUp(collectedOf(only('errors')))
    fail()
    for (let i = 0; i <= MAX_TOLD_KINDS; i++) {
      if (i % MAX_NETWORK_ENTRIES === 0) take()
      fail({ url: `/api/${toWord(i)}` })
    }
    take()
    fail()
    expect(takeOutcomes()).toHaveLength(1)
  })

  it('ends after a while, because the control may have lost what it was told', () => {
    const { clock, fail, takeOutcomes } = setUp(collectedOf(only('errors')))
    fail()
    expect(takeOutcomes()).toHaveLength(1)
    clock.now += TELL_AGAIN_MS
    fail()
    expect(takeOutcomes()).toHaveLength(1)
  })

  it('ends when the control has another key, which is for another rollout', () => {
    const { recorder, fail, takeOutcomes } = setUp(collectedOf(only('errors')))
    fail()
    expect(takeOutcomes()).toHaveLength(1)
    recorder.outgoing.collect({ canary: collectedOf({ key: 'next', ...only('errors') }) })
    fail()
    expect(takeOutcomes()).toHaveLength(1)
  })

  it.each([
    ['a batch that was never sent', (_: Recorder) => undefined],
    [
      'a batch whose call failed',
      (recorder: Recorder) => {
        const batch = recorder.outgoing.take(NOW)
        if (batch) recorder.outgoing.failed(batch)
      },
    ],
  ])('ends when %s came too late', (_, lose) => {
    const { clock, recorder, fail, takeOutcomes } = setUp(collectedOf(only('errors')))
    fail()
    lose(recorder)
    clock.now += 4 * WINDOW_MS
    expect(takeOutcomes()).toEqual([])
    fail()
    expect(takeOutcomes()).toHaveLength(1)
  })
})

describe('what is urgent', () => {
  it.each([
    ['a failure', (recorder: Recorder) => recorder.record(toAsked({}), answeredWith(500)), true],
    ['a 404', (recorder: Recorder) => recorder.record(toAsked({}), answeredWith(404)), true],
    [
      'a body that broke off',
      (recorder: Recorder) => recorder.recordBody(toAsked({}), 'brokenBodies'),
      true,
    ],
    ['a good answer', (recorder: Recorder) => recorder.record(toAsked({}), toAnswered()), false],
    [
      'a goal',
      (recorder: Recorder) =>
        recorder.record(toAsked({ url: '/api/orders', method: 'POST' }), answeredWith(201)),
      false,
    ],
    [
      'a slow answer',
      (recorder: Recorder) => recorder.record(toAsked({}), toAnswered(served({ waitedMs: 9000 }))),
      false,
    ],
    [
      'a document',
      (recorder: Recorder) => recorder.recordAssigned(toAsked({ headers: DOCUMENT })),
      false,
    ],
  ])('%s: %s', (_, record, isUrgent) => {
    const { recorder, take } = setUp()
    record(recorder)
    expect(recorder.outgoing.isUrgent).toBe(isUrgent)
    take()
    expect(recorder.outgoing.isUrgent).toBe(false)
    // What was told before makes no hurry.
    record(recorder)
    expect(recorder.outgoing.isUrgent).toBe(false)
  })

  it('is nothing while nobody compares environments', () => {
    const { recorder, fail } = setUp()
    recorder.outgoing.collect(undefined)
    fail()
    expect(recorder.outgoing.isUrgent).toBe(false)
  })
})

/** Words without digits, each another: a, b, …, aa, ab, … */
function toWord(number: number): string {
  const letter = String.fromCharCode(97 + (number % 26))
  return number < 26 ? letter : toWord(Math.floor(number / 26) - 1) + letter
}

describe('segments', () => {
  const SAFARI =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1'
  const groupOf = (environment: CollectedEnvironment) => {
    const { recorder, fail, take } = setUp(environment)
    const headers = { ...DOCUMENT, 'user-agent': SAFARI }
    recorder.recordAssigned(toAsked({ headers }))
    fail({ headers: { 'user-agent': SAFARI } })
    const batch = take()
    expect(isBatch(structuredClone(batch))).toBe(true)
    return batch?.windows[0]?.groups[0]
  }

  it('are told of visitors and of what they met, folded, where a rollout wants them', () => {
    const group = groupOf(collectedOf({ segments: true }))
    expect(group?.segments).toEqual([{ browser: 'Safari', device: 'phone', country: '' }])
    expect([...(group?.visitorSegments ?? [])].map((word) => word >>> 24)).toEqual([1])
    const [outcome] = readOutcomes(group?.outcomes ?? new Uint32Array())
    expect(outcome?.segment).toBe(1)
    expect(JSON.stringify(group)).not.toContain('iPhone')
  })

  it('are not told where none does', () => {
    const group = groupOf(collectedOf())
    expect(group).not.toHaveProperty('segments')
    const [outcome] = readOutcomes(group?.outcomes ?? new Uint32Array())
    expect(outcome?.segment).toBe(0)
  })

  it('leave the country out where there are too many different clients', () => {
    const list: PlacedSegments = new Map()
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
    const places = letters.flatMap((one) =>
      letters.map((other) =>
        placeSegment(list, { browser: 'Chrome', device: 'phone', country: one + other }),
      ),
    )
    expect(Math.max(...places)).toBeLessThanOrEqual(MAX_SEGMENT_VALUES)
    expect([...list.values()].at(-1)).toMatchObject({ browser: 'Chrome', country: '' })
    for (const browser of BROWSERS) {
      for (const device of DEVICES) {
        const place = placeSegment(list, { browser, device, country: 'ZZ' })
        expect([...list.values()][place - 1]).toMatchObject({ browser, device, country: '' })
      }
    }
    expect(list.size).toBeLessThanOrEqual(MAX_SEGMENT_VALUES)
  })
})

// What both versions of a rollout do with the same request is no failure of either: a stranger may ask
// for what fails everywhere, from as many addresses as it likes.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ASK_OTHER_MS, COPIES_WINDOW_MS, MAX_COPIES_OF_SERVICE } from '../../src/metrics/copies.ts'
import { FAILURES_TO_EJECT } from '../../src/proxy/origins.ts'
import {
  type Backend,
  closedOrigin,
  type Received,
  startBackend,
  valuesOf,
} from '../support/backend.ts'
import {
  type Reply,
  type RollingEdge,
  type Side,
  startRollingEdge,
} from '../support/rolling-edge.ts'

/** Beside much other work. */
const WAIT = { timeout: 30_000, interval: 50 }
const SIDES = ['base', 'canary'] as const
const isFor = (path: string) => (request: Received) => request.url.startsWith(path)
const counted = (side: Side) => (side === 'base' ? [1, 0] : [0, 1])

/** What each group below does before its tests. They wait for windows to close, all at the same time. */
const preparations: (() => Promise<void>)[] = []
beforeAll(async () => {
  await Promise.all(preparations.map((prepare) => prepare()))
})

describe('a stranger with many addresses', () => {
  let holo: RollingEdge
  const FAILURES = [
    ['errors', 500, '/api/both/broken'],
    ['errors', 503, '/api/both/busy'],
    ['notFound', 404, '/api/both/missing'],
    ['unauthorized', 401, '/api/both/private'],
  ] as const
  const FLOOD = '/api/flood'
  /** Backends of their own, so that nothing else makes Holo leave them out. */
  const out: Partial<Record<Side, Backend>> = {}
  const isOut = { base: false, canary: false }
  const ALONE = [
    ['a POST', '/api/posted', { method: 'POST' }],
    ['a request with a body', '/api/searched', { body: 'x', headers: { 'content-length': '1' } }],
    ['a path that the document keeps from the other version', '/api/kept/link', {}],
  ] as const

  preparations.push(async () => {
    for (const side of SIDES) {
      out[side] = await startBackend((request, response) => {
        response.writeHead(isOut[side] ? 503 : 200).end(request.url)
      })
    }
    const service = (side: Side) => [{ prefix: '/out/', origins: [out[side]?.origin ?? ''] }]
    holo = await startRollingEdge({
      measure: { keepFromOther: ['/api/kept/**'] },
      services: { base: service('base'), canary: service('canary') },
    })
    for (const [, status, path] of FAILURES) {
      holo.answers[path] = { base: status, canary: status }
      for (let i = 0; i < 10; i++) {
        const { fetch } = await holo.visitor('canary')
        expect((await fetch(path)).status).toBe(status)
      }
    }
    for (const [, path, asked] of ALONE) {
      holo.answers[path] = { base: 500, canary: 500 }
      const { fetch } = await holo.visitor('base')
      expect((await fetch(path, asked)).status).toBe(500)
    }
    await sleep(COPIES_WINDOW_MS)
    holo.answers[FLOOD] = { base: 500, canary: 500 }
    const crowd = await Promise.all(Array.from({ length: 60 }, () => holo.visitor('canary')))
    for (const { fetch } of crowd) await fetch(FLOOD)
    await holo.settle()
  })
  afterAll(async () => {
    await holo.stop()
    for (const side of SIDES) await out[side]?.stop()
  })

  it.each(FAILURES)(
    'that asks for what fails on both sides costs no evidence: %s, %i',
    async (...about) => {
      const [metric, , path] = about
      expect(await holo.countMet(metric, path)).toEqual([0, 0])
      expect((await holo.status()).phase).toBe('step')
    },
  )

  it('gets few requests through to the other backend, however many fail at once', async () => {
    const copies = holo.backends.base.received.filter(isFor(FLOOD)).length
    expect(copies).toBeGreaterThan(0)
    // Those of two windows, where the flood lay across a border.
    expect(copies).toBeLessThanOrEqual(2 * MAX_COPIES_OF_SERVICE)
    expect(await holo.countMet('errors', FLOOD)).toEqual([0, 0])
  })

  it.each(ALONE)(
    'has the failure of %s counted, about which the other version is not asked',
    async (_, path) => {
      expect(holo.backends.canary.received.filter(isFor(path))).toEqual([])
      expect(await holo.countMet('errors', path)).toEqual([1, 0])
    },
  )

  it('meets nothing in an outage of both, and an origin that is left out gets no copies', async () => {
    const ask = async (side: Side, path: string) => {
      const { fetch } = await holo.visitor(side)
      expect((await fetch(path)).status).toBe(503)
    }
    isOut.base = true
    for (let i = 0; i < FAILURES_TO_EJECT; i++) await ask('base', '/out/base')
    await vi.waitFor(() => {
      expect(out.canary?.received.filter(isFor('/out/base'))).toHaveLength(FAILURES_TO_EJECT)
    }, WAIT)
    isOut.canary = true
    for (let i = 0; i < FAILURES_TO_EJECT; i++) await ask('canary', '/out/canary')
    const copies = () => out.base?.received.filter(isFor('/out/canary'))
    await ask('canary', '/out/both-canary')
    await ask('base', '/out/both-base')
    await holo.settle()
    expect(copies()).toEqual([])
    expect(await holo.countMet('errors', '/out/base')).toEqual([3, 0])
    expect((await holo.countMet('errors', '/out/canary'))[1]).toBeGreaterThan(1)
    expect(await holo.countMet('errors', '/out/both-canary')).toEqual([0, 0])
    expect(await holo.countMet('errors', '/out/both-base')).toEqual([0, 0])
  })

  it('has no good release taken back; one that fails where the base does not is, after all that', async () => {
    const path = '/api/half'
    holo.answers[path] = { base: 200, canary: 503 }
    await vi.waitFor(
      async () => {
        const visitor = await holo.visitor('canary').catch(() => undefined)
        await visitor?.fetch(path)
        const { phase, reason } = await holo.status()
        expect(phase).toBe('rolledBack')
        expect(reason).toContain('visitors of v2 got 503 from GET /api/half')
      },
      { timeout: 40_000, interval: 50 },
    )
  })
})

describe('a failure of one side', () => {
  let holo: RollingEdge
  const hung: (() => void)[] = []
  const slow: Reply = (_, response) => void hung.push(() => response.end())
  const breakOff: Reply = (_, response) => void response.destroy()
  const withCookie: Reply = (_, response) =>
    void response.writeHead(200, { 'set-cookie': 'session=of-the-base' }).end()

  const GOOD = { ok: 200, moved: 302, refused: 403, missing: 404, many: 429, unknown: 501, slow }
  const BAD = { fails: 500, gateway: 502, broken: breakOff }
  const own: Record<string, number> = {}
  let failures = 0
  const fail = async (side: Side, path: string, other: Reply, asked = {}) => {
    // Each is asked about: there are never more than one isolate asks about in a while.
    if (++failures % MAX_COPIES_OF_SERVICE === 0) await sleep(COPIES_WINDOW_MS)
    holo.answers[path] = { base: other, canary: other, [side]: 500 }
    const { fetch } = await holo.visitor(side)
    own[path] = (await fetch(path, asked)).status
  }

  preparations.push(async () => {
    const down = { prefix: '/closed/', origins: [await closedOrigin()] }
    holo = await startRollingEdge({
      services: { base: [down], canary: [down] },
    })
    // Nothing is taken back while most are well.
    for (let i = 0; i < 20; i++) await holo.visitor('canary')
    for (const side of SIDES) {
      for (const [name, reply] of Object.entries(GOOD))
        await fail(side, `/api/${side}/${name}`, reply)
      for (const [name, reply] of Object.entries(BAD)) {
        await fail(side, `/api/also/${side}/${name}`, reply)
      }
      const { fetch } = await holo.visitor(side)
      own.closed = (await fetch('/closed/both')).status
    }
    await fail('base', '/api/head', 500, { method: 'HEAD' })
    // Those that hang are given up by then.
    await sleep(ASK_OTHER_MS)
    await holo.settle()
  })
  afterAll(() => {
    for (const end of hung) end()
    return holo.stop()
  })

  it.each(SIDES)('counts on the %s, whatever the other answers but a failure', async (side) => {
    for (const name of Object.keys(GOOD)) {
      const path = `/api/${side}/${name}`
      expect([name, own[path], await holo.countMet('errors', path)]).toEqual([
        name,
        500,
        counted(side),
      ])
    }
  })

  it.each(SIDES)('of the %s that the other has as well is none', async (side) => {
    for (const name of Object.keys(BAD)) {
      const path = `/api/also/${side}/${name}`
      expect([name, own[path], await holo.countMet('errors', path)]).toEqual([name, 500, [0, 0]])
    }
    expect([own.closed, await holo.countMet('errors', '/closed/both')]).toEqual([502, [0, 0]])
  })

  it('of a HEAD is asked about with a HEAD', async () => {
    const copies = holo.backends.canary.received.filter(isFor('/api/head'))
    expect(copies).toMatchObject([{ method: 'HEAD' }])
    expect(await holo.countMet('errors', '/api/head')).toEqual([0, 0])
  })

  it('is asked about once, as the same visitor, marked as a copy, and leaves no trace', async () => {
    const path = '/api/marked'
    holo.answers[path] = { base: withCookie, canary: 500 }
    const { fetch, profile, address } = await holo.visitor('canary')
    profile.cookies.session = 'mine'
    const { cookies } = await fetch(`${path}?a=1`, { headers: { accept: 'application/json' } })
    expect(cookies).not.toHaveProperty('session')
    const copies = () => holo.backends.base.received.filter(isFor(path))
    await vi.waitFor(() => expect(copies()).toHaveLength(1), WAIT)
    await holo.settle()
    expect(copies()).toMatchObject([{ method: 'GET', url: `${path}?a=1` }])
    const [asked] = holo.backends.canary.received.filter(isFor(path))
    const said = (request: Received | undefined, name: string) =>
      valuesOf(request?.rawHeaders ?? [], name).join()
    const [copy] = copies()
    expect(said(copy, 'cookie')).toContain('session=mine')
    for (const name of ['cookie', 'accept', 'holo-visitor']) {
      expect([name, said(copy, name)]).toEqual([name, said(asked, name)])
    }
    expect(said(copy, 'x-forwarded-for')).toBe(address)
    expect([said(copy, 'holo-version'), said(copy, 'holo-environment')]).toEqual(['v1', 'main'])
    expect([said(copy, 'holo-copy'), said(asked, 'holo-copy')]).toEqual(['1', ''])
  })

  it('leaves no origin out, however often copies fail', async () => {
    const path = '/api/unwell'
    holo.answers[path] = { base: 503, canary: 500 }
    for (let i = 0; i < 5; i++) await (await holo.visitor('canary')).fetch(path)
    await vi.waitFor(() => {
      expect(holo.backends.base.received.filter(isFor(path)).length).toBeGreaterThan(3)
    }, WAIT)
    const { fetch } = await holo.visitor('base')
    expect((await fetch('/api/well')).status).toBe(200)
  })
})

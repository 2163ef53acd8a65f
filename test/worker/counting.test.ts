import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { Counting } from '../../src/control/counting/counting.ts'
import { CLOSE_AFTER_MS, WINDOW_MS } from '../../src/core/counting/limits.ts'
import { DEFAULT_METRICS } from '../../src/core/rollout/plan.ts'
import { bucketOf } from '../../src/core/traffic.ts'
import { Pages } from '../../src/metrics/pages.ts'
import { createRouter, type Router } from '../../src/router.ts'
import { exampleDocument } from '../support/document.ts'
import { publishVersion } from '../support/published.ts'
import { env, type Life, World } from './control-world.ts'

const DOCUMENT = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
const ROLLOUT = {
  rollout: 'r1',
  generation: 1,
  control: { environment: 'main', version: '0.0.3' },
  canary: { environment: 'canary', version: '0.0.5' },
  metrics: DEFAULT_METRICS,
  warmUpMs: 0,
}
const PAST = WINDOW_MS + CLOSE_AFTER_MS

/** Ids of Holo's own form, half of them of each environment at 50 %. */
const visitorsOf = (environment: 'main' | 'canary', count: number): string[] => {
  const found: string[] = []
  for (let i = 0; found.length < count; i++) {
    const id = `visitor${String(i).padStart(15, '0')}`
    if (bucketOf('shop', id) < 5000 === (environment === 'main')) found.push(id)
  }
  return found
}

/** The canary's fails for whoever says so; the base is asked as well, and does not. */
const backend = {
  fetch: async (_: string, init: RequestInit) => {
    const headers = new Headers(init.headers)
    const fails = headers.has('x-fail') && headers.get('holo-version') === '0.0.5'
    return new Response('done', { status: fails ? 500 : 200 })
  },
}

beforeAll(async () => {
  const document = exampleDocument()
  document.traffic = { main: 50, canary: 50 }
  for (const [id, version] of Object.entries(document.versions)) {
    const { manifest } = await publishVersion(env.STORE, id, {
      '/index.html': { body: `<h1>${id}</h1>`, type: 'text/html; charset=utf-8' },
    })
    version.manifest = manifest
    version.services = [{ prefix: '/api/', origins: ['service:BACKEND'] }]
  }
  await env.ASSIGNMENTS.put('assignments', JSON.stringify(document))
})

/** An isolate whose control sets it no brake. */
function createEdge(sync: Life['control']['sync'], more: object = {}) {
  return createRouter({
    ...env,
    BACKEND: backend,
    CONTROL_REFRESH_MS: '100',
    ...more,
    CONTROL: {
      getByName: () => ({ sync: async (r: never) => ({ ...(await sync(r)), nextMs: 0 }) }),
    },
  } as never)
}

async function ask(router: Router, path: string, visitor: string, headers = {}) {
  const ctx = createExecutionContext()
  const cookie = `holo-visitor=${visitor}`
  const request = new Request(`https://shop.example.com${path}`, {
    headers: { cookie, ...headers },
  })
  const response = await router(request, ctx)
  await response.arrayBuffer()
  await waitOnExecutionContext(ctx)
  return response
}

/** Another one over the same tables. */
function countingOf(world: World, storage: DurableObjectStorage): Counting {
  return new Counting({
    storage,
    now: () => world.now,
    later: () => undefined,
    toKey: () => 'key',
  })
}

/** A control that counts the rollout, in the middle of a window of real time. */
async function live(during: (life: Life, counting: () => Counting) => Promise<void>) {
  const world = await World.create()
  world.now = Date.now() - PAST
  await world.live(async ({ state }) => {
    const counting = countingOf(world, state.storage)
    counting.begin(ROLLOUT, -1)
    counting.beginStratum('r1', { id: 1, shares: [0.5, 0.5] })
  })
  await env.ASSIGNMENTS.put('assignments', document)
  world.now = Date.now()
  await world.live((life) => during(life, () => countingOf(world, life.state.storage)))
}
let document = ''
beforeAll(async () => {
  document = (await env.ASSIGNMENTS.get('assignments')) ?? ''
})

/** Asks until the isolate's counts have gone to the control with a call that was due. */
async function settle(life: Life, router: Router, takes: () => number) {
  const before = takes()
  await vi.waitFor(
    async () => {
      await ask(router, '/favicon.ico', 'nobody0000000000000000')
      expect(takes()).toBeGreaterThan(before)
    },
    { timeout: 30_000 },
  )
  life.world.now = Date.now() + PAST
}

describe('requests through the router', () => {
  it('become the windows of the rollout in the control', async () => {
    await live(async (life, counting) => {
      let batches = 0
      const router = createEdge(async (report) => {
        if (report.batch) batches += 1
        return life.control.sync(report)
      })
      const [main, canary] = [visitorsOf('main', 3), visitorsOf('canary', 4)]
      // The first call tells the isolate whom to collect.
      await ask(router, '/favicon.ico', 'nobody0000000000000000')
      for (const visitor of [...main, ...canary]) {
        expect((await ask(router, '/', visitor, DOCUMENT)).status).toBe(200)
        await ask(router, '/api/x', visitor)
      }
      for (let i = 0; i < 5; i++) {
        await ask(router, '/api/x', canary[0] as string, { 'x-fail': '1' })
      }
      await ask(router, '/', 'crawler000000000000000', { ...DOCUMENT, 'user-agent': 'Googlebot' })
      const receive = vi.spyOn(Counting.prototype, 'receive')
      await settle(life, router, () => batches)
      await life.control.sync({ held: undefined, kv: undefined, batch: {} as never })
      // The control that took the batches has the window; another one over the same tables has not.
      const control = receive.mock.contexts[0] as Counting
      const window = control.peekWindow('r1', 0)
      vi.restoreAllMocks()
      const errors = window?.sets.filter(({ metric }) => metric === 'errors')
      // A visitor fails for the first time once, on the route and on all together.
      expect(errors).toMatchObject([
        { route: '', visitors: [0, 1], codes: { 500: 1 } },
        { route: 'GET /api/x', visitors: [0, 1] },
      ])
      const asks = window?.sets.find(({ metric }) => metric === 'asks')
      expect(asks).toMatchObject({ route: '', visitors: [3, 4] })
      // Whoever asked for the icon was there too.
      expect(window).toMatchObject({ generation: 1, visitors: [4, 4] })
      expect(window?.assigned).toMatchObject([{ visitors: [3, 4] }])
      const series = counting().since()
      const of = (version: string) => series.find((one) => one.version === version)
      expect(of('0.0.5')).toMatchObject({ failed: 5, failures: { status_5xx: 5 } })
      expect(of('0.0.3')?.sources).toMatchObject({ service: 3 })
    })
  })

  it('are counted once though the answer of the control is lost', async () => {
    await live(async (life, counting) => {
      let [arrived, lost] = [0, 0]
      const router = createEdge(async (report) => {
        const reply = await life.control.sync(report)
        if (report.batch) arrived += 1
        if (report.batch && lost < 2) {
          lost += 1
          throw new Error('the answer was lost')
        }
        return reply
      })
      const [visitor] = visitorsOf('main', 1) as [string]
      for (let i = 0; i < 20; i++) await ask(router, '/api/x', visitor)
      await vi.waitFor(
        async () => {
          await ask(router, '/favicon.ico', visitor)
          expect(arrived).toBeGreaterThanOrEqual(4)
        },
        { timeout: 30_000 },
      )
      life.world.now = Date.now() + PAST
      await life.control.sync({ held: undefined, kv: undefined, batch: {} as never })
      expect(lost).toBe(2)
      const main = counting().since()[0]
      expect(main?.sources.service).toBe(20)
    })
  })
})

describe('counts', () => {
  const silent = async () => ({ current: undefined, text: undefined, nextMs: 0 })

  it('travel on a call of their own when no other is due', async () => {
    const batches: unknown[] = []
    const router = createEdge(
      async ({ batch }) => {
        if (batch) batches.push(batch)
        return silent()
      },
      { CONTROL_REFRESH_MS: '60000', COUNTS_FLUSH_MS: '50' },
    )
    await ask(router, '/', 'nobody0000000000000000', DOCUMENT)
    expect(batches).toMatchObject([
      {
        sequence: 1,
        windows: [{ groups: [{ totals: { requests: 1, statuses: [0, 1, 0, 0, 0] } }] }],
      },
    ])
  })

  it('are copied to Analytics Engine where a data set is bound', async () => {
    const points: AnalyticsEngineDataPoint[] = []
    const COUNTS = { writeDataPoint: (point: AnalyticsEngineDataPoint) => points.push(point) }
    const more = { CONTROL_REFRESH_MS: '60000', COUNTS_FLUSH_MS: '50', COUNTS }
    const visitor = visitorsOf('canary', 1)[0] as string
    await ask(createEdge(silent, more), '/', visitor, DOCUMENT)
    expect(points).toMatchObject([{ indexes: ['canary 0.0.5'], blobs: ['canary', '0.0.5'] }])
    expect(points[0]?.doubles?.slice(0, 4)).toEqual([1, 0, 1, 1])
    expect(points[0]?.doubles).toHaveLength(12)
  })

  it('change no reply: a recorder or a data set that throws, a control that hangs', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const COUNTS = {
      writeDataPoint: () => {
        throw new Error('no data set')
      },
    }
    const hanging = () => new Promise<never>(() => undefined)
    const broken = createEdge(hanging, { COUNTS_FLUSH_MS: '10', COUNTS })
    const sound = createEdge(silent)
    const plain = async (router: Router, path: string, headers: Record<string, string>) => {
      const cookie = `holo-visitor=${visitorsOf('main', 1)[0]}`
      const request = new Request(`https://shop.example.com${path}`, {
        headers: { cookie, ...headers },
      })
      const response = await router(request, createExecutionContext())
      return [response.status, await response.text(), response.headers.get('holo-version')]
    }
    for (const isThrowing of [false, true]) {
      if (isThrowing) {
        vi.spyOn(Pages.prototype, 'find').mockImplementation(() => {
          throw new Error('no page')
        })
      }
      for (const path of ['/', '/api/x']) {
        const headers = path === '/' ? DOCUMENT : {}
        const replies = [await plain(broken, path, headers), await plain(sound, path, headers)]
        expect(replies[0]).toEqual(replies[1])
        expect(replies[0]?.[0]).toBe(200)
      }
    }
    vi.restoreAllMocks()
  })
})

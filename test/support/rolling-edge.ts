// An edge with a rollout that has half of the buckets: the real Worker and its control on a port, a
// real backend for each version, and visitors with addresses of their own.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { startEdge } from '../../scripts/local/edge.ts'
import type { Window } from '../../src/core/rollout/events.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import type { Backend } from './backend.ts'
import { startBackend } from './backend.ts'
import { type Answer, type Ask, ask, Profile } from './http-client.ts'
import { publishVersion } from './published.ts'

export type Side = 'base' | 'canary'
/** How a backend answers a path: with a status, or by writing the answer. */
export type Reply = number | ((request: IncomingMessage, response: ServerResponse) => void)

export type RollingEdge = {
  readonly url: URL
  readonly backends: Readonly<Record<Side, Backend>>
  /** What the backends answer from now on, for paths that begin so; 200 for all others. */
  readonly answers: Record<string, Readonly<Record<Side, Reply>>>
  /** A visitor of that side with an address that nobody else has. */
  readonly visitor: (side: Side) => Promise<Visitor>
  /** The messages of errors that browsers have reported of the canary. */
  readonly errors: () => Promise<readonly string[]>
  readonly status: () => Promise<{ readonly phase: string; readonly reason?: string }>
  /** What the judge was given of a route until now, as visitors of [base, canary]. */
  readonly countMet: (metric: string, path: string) => Promise<readonly [number, number]>
  /** Until the judge has had all that was met before. */
  readonly settle: () => Promise<void>
  readonly stop: () => Promise<void>
}

export type Visitor = {
  readonly profile: Profile
  readonly address: string
  readonly fetch: (path: string, asked?: Ask) => Promise<Answer>
}

const TOKEN = 'holo-rolling-0123456789abcdef0123456789abcdef'
const VERSION_OF: Readonly<Record<Side, string>> = { base: 'v1', canary: 'v2' }
/** A route by itself: when the judge was given it, it was given all from before. */
const LAST = '/api/settled'

type Services = NonNullable<AssignmentsDocument['versions'][string]['services']>

export type RollingOptions = {
  readonly measure?: AssignmentsDocument['measure']
  /** Services beside `/api/` of each version. */
  readonly services?: Readonly<Record<Side, Services>>
  readonly browserReports?: AssignmentsDocument['browserReports']
  /** The page of each version. */
  readonly pages?: Readonly<Record<Side, string>>
  /** What the plan of the rollout says besides its one step. */
  readonly plan?: object
}

export async function startRollingEdge({
  measure,
  services,
  browserReports,
  pages,
  plan,
}: RollingOptions = {}): Promise<RollingEdge> {
  const edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    direct: true,
    variables: {
      ALLOW_INSECURE_ORIGINS: 'true',
      HOLO_ADMIN_TOKEN: TOKEN,
      CONTROL_REFRESH_MS: '100',
      STALE_AFTER_MS: '300',
      COUNTS_FLUSH_MS: '1000',
    },
  })
  const { url } = edge
  const answers: RollingEdge['answers'] = {}
  const start = (side: Side) =>
    startBackend((request, response) => {
      const path = Object.keys(answers).find((one) => request.url?.startsWith(one))
      const reply = (path && answers[path]?.[side]) || 200
      if (typeof reply === 'number') response.writeHead(reply).end('{}')
      else reply(request, response)
    })
  const backends = { base: await start('base'), canary: await start('canary') }
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const versions: AssignmentsDocument['versions'] = {}
  for (const side of ['base', 'canary'] as const) {
    const id = VERSION_OF[side]
    const page = { body: pages?.[side] ?? `<h1>${id}</h1>`, type: 'text/html; charset=utf-8' }
    const { manifest } = await publishVersion({ put: (key, value) => bucket.put(key, value) }, id, {
      '/index.html': page,
    })
    const own = [{ prefix: '/api/', origins: [backends[side].origin] }]
    versions[id] = { manifest, open: true, services: [...own, ...(services?.[side] ?? [])] }
  }
  const call = async (method: string, path: string, json?: unknown, headers = {}) => {
    const answer = await ask(url, `/.holo/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.body}`)
    return JSON.parse(answer.body)
  }
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'rolling',
    environments: { main: { version: 'v1' }, canary: { version: 'v1' } },
    traffic: { main: 100, canary: 0 },
    versions,
    ...(measure && { measure }),
    ...(browserReports && { browserReports }),
  }
  await call('PUT', '/assignments', document, { 'if-match': '"0"' })
  const steps = [{ weight: 50, gate: 'manual' }]
  const rollout = { version: 'v2', environment: 'canary', plan: { ...plan, steps } }
  await call('POST', '/rollouts', rollout, { 'if-match': '"1"' })

  let addresses = 0
  const visitor: RollingEdge['visitor'] = async (side) => {
    for (let left = 200; left > 0; left--) {
      addresses += 1
      const address = `11.1.${addresses >> 8}.${addresses & 255}`
      const headers = { 'cf-connecting-ip': address }
      const profile = new Profile(url)
      const { headers: said } = await profile.open('/', headers)
      if (said['holo-version'] !== VERSION_OF[side]) continue
      const fetch: Visitor['fetch'] = (path, asked = {}) =>
        profile.fetch(path, { ...asked, headers: { ...headers, ...asked.headers } })
      return { profile, address, fetch }
    }
    throw new Error(`nobody gets the ${side}`)
  }
  const readWindows = async () => {
    const windows: Window[] = []
    for (let cursor = ''; ; ) {
      const page = await call('GET', `/rollouts/1/events${cursor}`)
      for (const event of page.events) windows.push(...(event.windows ?? []))
      if (page.next === undefined) return windows
      cursor = `?cursor=${page.next}`
    }
  }
  const countMet: RollingEdge['countMet'] = async (metric, path) => {
    const sets = (await readWindows()).flatMap((window) => window.sets)
    const of = sets.filter((set) => set.metric === metric && set.route.endsWith(` ${path}`))
    const sum = (side: 0 | 1) => of.reduce((total, { visitors }) => total + visitors[side], 0)
    return [sum(0), sum(1)]
  }
  const settle = async () => {
    // A POST is not repeated, so that it counts although both sides fail.
    answers[LAST] = { base: 500, canary: 500 }
    const before = await countMet('errors', LAST)
    const last = await visitor('base')
    await last.fetch(LAST, { method: 'POST' })
    for (let left = 300; (await countMet('errors', LAST))[0] === before[0]; left--) {
      if (left === 0) throw new Error('the judge is not given what was met')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  // The isolate knows what to report, and visitors get both versions.
  for (const side of ['canary', 'base'] as const) await visitor(side)
  await settle()
  return {
    url,
    backends,
    answers,
    visitor,
    errors: async () => {
      const { errors } = await call('GET', '/errors?version=v2')
      return errors.map(({ message }: { message: string }) => message)
    },
    status: () => call('GET', '/rollouts/1'),
    countMet,
    settle,
    stop: async () => {
      await edge.dispose()
      await Promise.all(Object.values(backends).map((backend) => backend.stop()))
    },
  }
}

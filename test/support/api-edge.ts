// Holo with its admin API on a port of its own, and everything to call it with: the first token, a
// token of every scope, an Access team with real keys, and backends that note what reaches them.

import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, Response } from 'miniflare'
import { bundleWorker } from '../../scripts/local/bundle.ts'
import { readWorkerOptions } from '../../scripts/local/worker-options.ts'
import type { ControlCalls } from '../../src/control/contract.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { AccessTeam, AUDIENCE } from './access-team.ts'
import { type Answer, type Ask, ask, toCookies } from './http-client.ts'
import { publishVersion } from './published.ts'

export const FIRST_TOKEN = randomBytes(32).toString('hex')
const CREATED_AT = '2026-11-23T12:00:00Z'
export const TEAM = 'https://team.cloudflareaccess.com'

const ROOT = new URL('../../', import.meta.url)
const pathOf = (name: string) => fileURLToPath(new URL(name, ROOT))

/** The control, called as the Worker calls it, and what only the test's own has. */
export type TestControl = ControlCalls & {
  readonly setClockAhead: (ms: number) => Promise<void>
  /** Names of the calls with a credential since the last time that this was asked. */
  readonly takeCalls: () => Promise<string[]>
  readonly query: (
    sql: string,
    ...values: (string | number)[]
  ) => Promise<Record<string, unknown>[]>
}

export type AdminEdge = {
  readonly url: URL
  readonly control: TestControl
  readonly team: AccessTeam
  /** Addresses that backends were asked for. */
  readonly reached: string[]
  /** What the Worker has logged. */
  readonly log: string[]
  /** A call of the API, from an address that nobody else has unless one is named. */
  readonly call: (method: string, path: string, asked?: CallOptions) => Promise<Answer>
  /** The same over https, as `https://shop.example.com`. */
  readonly callSecurely: AdminEdge['call']
  /** The same under another host name. */
  readonly callAt: (host: string) => AdminEdge['call']
  /** Publishes the first document, on one that is empty. */
  readonly publish: () => Promise<void>
  readonly createToken: (scopes: readonly string[], name?: string) => Promise<string>
  readonly stop: () => Promise<void>
}

export type CallOptions = Omit<Ask, 'body' | 'method'> & {
  readonly token?: string
  readonly json?: unknown
  /** Bytes, in the place of JSON. */
  readonly octets?: Uint8Array
}

let addresses = 0
/** Every call its own client, so that failed attempts are not added up. */
export const freshAddress = () => {
  addresses++
  return `198.${18 + (addresses >> 16)}.${(addresses >> 8) & 255}.${addresses & 255}`
}

/**
 * @param isEmpty nothing is published: it has no document yet.
 * @param dashboardHost the host name that is only for the dashboard; every one if left out.
 */
export async function startAdminEdge({
  isEmpty = false,
  dashboardHost = '',
  variables = {},
}: {
  readonly isEmpty?: boolean
  readonly dashboardHost?: string
  /** By name, instead of those of wrangler.toml. */
  readonly variables?: Readonly<Record<string, string>>
} = {}): Promise<AdminEdge> {
  const team = await new AccessTeam().start(TEAM)
  const reached: string[] = []
  const log: string[] = []
  const backend = await startBackend(reached)
  const workerOptions = readWorkerOptions(pathOf('wrangler.toml'))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: ({ message }) => log.push(message),
      workers: [
        {
          ...workerOptions,
          name: 'holo',
          modules: [
            {
              type: 'ESModule',
              path: 'worker.js',
              contents: await bundleWorker(pathOf('test/worker/api-worker.ts')),
            },
          ],
          bindings: {
            ...(workerOptions.bindings ?? {}),
            ALLOW_INSECURE_ORIGINS: 'true',
            REFRESH_MS: '100',
            KV_REFRESH_MS: '100',
            CONTROL_REFRESH_MS: '100',
            HOLO_ADMIN_TOKEN: FIRST_TOKEN,
            DASHBOARD_HOST: dashboardHost,
            ACCESS_TEAM_DOMAIN: new URL(TEAM).hostname,
            ACCESS_AUDIENCE: AUDIENCE,
            ACCESS_SCOPES: 'read shift',
            ...variables,
          },
          // The team's host leads to its server on this machine; nothing leaves it.
          outboundService: async (request: Outbound) => {
            const { url, method, headers } = request
            const { origin, pathname, search } = new URL(url)
            const target = origin === TEAM ? team.origin : origin
            const body = method === 'POST' ? await request.text() : undefined
            return sendOn(target, pathname + search, method, Object.fromEntries(headers), body)
          },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ],
    }),
  )
  await miniflare.ready
  const url = await miniflare.unsafeGetDirectURL('holo')
  const namespace = await miniflare.getDurableObjectNamespace('CONTROL')
  const control = namespace.get(namespace.idFromName('control')) as unknown as TestControl
  const toAsk = ({ token, json, octets, headers }: CallOptions) => ({
    headers: {
      'cf-connecting-ip': freshAddress(),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(octets === undefined
        ? {}
        : {
            'content-type': 'application/octet-stream',
            'content-length': String(octets.length),
          }),
      ...headers,
    },
    ...(octets === undefined ? {} : { body: octets }),
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const call: AdminEdge['call'] = (method, path, asked = {}) =>
    ask(url, path, { method, ...toAsk(asked) })
  const callAt: AdminEdge['callAt'] =
    (host) =>
    async (method, path, asked = {}) => {
      const { headers, body } = toAsk(asked)
      const response = await miniflare.dispatchFetch(`https://${host}${path}`, {
        method,
        redirect: 'manual',
        headers: headers as Record<string, string>,
        ...(body === undefined ? {} : { body }),
      })
      return {
        status: response.status,
        headers: {
          ...Object.fromEntries(response.headers),
          'set-cookie': response.headers.getSetCookie(),
        },
        body: await response.text(),
        cookies: toCookies(response.headers.getSetCookie()),
      }
    }
  const publish = async () => {
    const bucket = await miniflare.getR2Bucket('STORE')
    const document = await publishTwo(bucket as never, backend.origin)
    const put = await call('PUT', '/.holo/api/assignments', {
      token: FIRST_TOKEN,
      headers: { 'if-match': '"0"' },
      json: document,
    })
    if (put.status !== 200) throw new Error(`the first document was refused: ${put.body}`)
  }
  if (!isEmpty) await publish()
  return {
    url,
    control,
    team,
    reached,
    log,
    call,
    callSecurely: callAt('shop.example.com'),
    callAt,
    publish,
    createToken: async (scopes, name = scopes.join(' ')) => {
      const json = { name, scopes }
      const made = await call('POST', '/.holo/api/tokens', { token: FIRST_TOKEN, json })
      return JSON.parse(made.body).token
    },
    stop: async () => {
      await miniflare.dispose()
      await team.stop()
      backend.server.close()
      backend.server.closeAllConnections()
    },
  }
}

type Outbound = {
  readonly url: string
  readonly method: string
  readonly headers: Iterable<[string, string]>
  readonly text: () => Promise<string>
}

async function sendOn(
  target: string,
  path: string,
  method: string,
  headers: Record<string, string>,
  sent: string | undefined,
): Promise<Response> {
  if (!target.startsWith('http://127.0.0.1:')) return new Response(null, { status: 502 })
  const asked = { method, headers, ...(sent === undefined ? {} : { body: sent }) }
  const { status, headers: told, body } = await ask(new URL(target), path, asked)
  const location = typeof told.location === 'string' ? { location: told.location } : {}
  return new Response(body, { status, headers: location })
}

async function startBackend(reached: string[]): Promise<{ server: Server; origin: string }> {
  const server = createServer((request, response) => {
    reached.push(request.url ?? '')
    response.end(JSON.stringify({ headers: request.headers }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** `v1` for everybody, `v2` for nobody yet, and `v3`, which only a restricted environment has. */
async function publishTwo(
  bucket: Parameters<typeof publishVersion>[0],
  origin: string,
): Promise<AssignmentsDocument> {
  const versions: AssignmentsDocument['versions'] = {}
  for (const id of ['v1', 'v2', 'v3']) {
    const page = { body: `<h1>${id}</h1>`, type: 'text/html; charset=utf-8' }
    const { manifest } = await publishVersion(bucket, id, { '/index.html': page })
    const services = [{ prefix: '/api/', origins: [origin] }]
    const record = {
      id,
      manifest,
      services,
      files: 1,
      bytes: page.body.length,
      createdAt: CREATED_AT,
    }
    await bucket.put(`versions/${id}`, new TextEncoder().encode(JSON.stringify(record)))
    versions[id] = { manifest, services }
  }
  return {
    schema: 1,
    revision: 1,
    salt: 'test',
    environments: {
      main: { version: 'v1' },
      canary: { version: 'v2' },
      secret: { version: 'v3', restricted: true },
    },
    traffic: { main: 100, canary: 0 },
    versions,
  }
}

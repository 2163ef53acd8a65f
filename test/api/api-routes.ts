// The routes of the API as its OpenAPI document tells them, all but the one for signing in, each with a request that it takes: what
// the tests of who may do what go through.

import type { Soak } from '../../src/wire/soak.ts'
import type { AdminEdge, CallOptions } from '../support/api-edge.ts'

export type ApiRoute = {
  readonly method: string
  /** With its parameters filled in. */
  readonly path: string
  /** `undefined` for those that strangers may ask. */
  readonly scope: string | undefined
  readonly changesDocument: boolean
  readonly takesOctets: boolean
}

type Operation = {
  readonly security: readonly { readonly token?: readonly string[] }[]
  readonly parameters: readonly { readonly name: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, object>> }
}
type OpenApi = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

export async function readRoutes(edge: AdminEdge): Promise<readonly ApiRoute[]> {
  const { body } = await edge.call('GET', '/.holo/api/openapi.json')
  const { paths } = JSON.parse(body) as OpenApi
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => !isSignIn(method, path) && !changesAlways(path))
      .map(([method, { security, parameters, requestBody }]) => ({
        method: method.toUpperCase(),
        path: path
          .replace('{name}', method === 'delete' ? 'spare' : 'canary')
          // The services of a version that has visitors are not for whoever publishes.
          .replace('{version}', path.endsWith('/services') ? 'v3' : 'v1')
          .replace('{revision}', '1')
          .replace('{id}', path.includes('/previews/') ? 'abcdefghijkl' : '0123456789abcdef')
          .replace('{sha256}', SHA256_OF_HELLO)
          .replace('{part}', '1'),
        scope: security[0]?.token?.[0],
        changesDocument: parameters.some(({ name }) => name === 'If-Match'),
        takesOctets: requestBody?.content['application/octet-stream'] !== undefined,
      })),
  )
}

/** The credential of this route is in its body: test/api/sessions.test.ts. */
const isSignIn = (method: string, path: string) => method === 'post' && path.endsWith('/session')

/** Each call makes a new key, and with it a revision: test/api/control-calls.test.ts has its scopes. */
const changesAlways = (path: string) => path.endsWith('/preview-keys')

const HELLO = new TextEncoder().encode('hello')
const SHA256_OF_HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'
const PACK_OF_HELLO = new TextEncoder().encode(
  `${JSON.stringify([{ sha256: SHA256_OF_HELLO, size: HELLO.length }])}\nhello`,
)

/** Webhooks that were added: each needs a name of its own. */
let added = 0

/** What the command of a soak tells. */
export const SOAK: Soak = {
  ...{ from: 'main', base: 'v1', to: 'canary', shadow: 'v2', startedAt: 1, first: 10, max: 100 },
  ...{ outcome: 'running', steps: [] },
}

const BODIES: Readonly<Record<string, unknown>> = {
  'PUT /environments/canary': { version: 'v2' },
  'PUT /traffic': { weights: { canary: 5 } },
  'PUT /versions/v3/services': { services: [] },
  'POST /swap': { environments: ['main', 'canary'] },
  'POST /rollouts': { version: 'v2' },
  'PUT /shadow/soaks': SOAK,
  'PUT /windows': { zone: 'UTC', windows: [] },
  'PUT /freeze': { reason: 'tried by a test' },
  'POST /withdraw': { version: 'v9' },
  'PUT /rules': { rules: [] },
  'PUT /flags': { flags: {} },
  'PUT /tab-pins': { on: true },
  'PUT /assignments': { schema: 1 },
  'POST /rollback': { to: 1 },
  'POST /flags/evaluate': { flag: 'none' },
  'POST /explain': { url: 'https://shop.example/' },
  'POST /audit/verify': {},
  'POST /files/verify': {},
  'PUT /uploads/v1': { manifest: SHA256_OF_HELLO, createdAt: '2026-11-23T12:00:00Z' },
  'POST /uploads/v1/finalise': { manifest: SHA256_OF_HELLO },
  [`POST /blobs/${SHA256_OF_HELLO}/complete`]: { parts: 1 },
  'POST /gc': {},
  'POST /previews': { versions: ['none'] },
  'POST /webhooks': () => ({
    name: `chat-${++added}`,
    url: 'https://hooks.example/',
    form: 'slack',
  }),
  'POST /webhooks/canary/resume': {},
  'POST /webhooks/canary/redeliver': { delivery: 1 },
  'POST /tokens': { name: 'made by a test', scopes: ['read'] },
}

/** A request of the right shape. Changes of the document are dry runs. */
export function toAsk({ method, path, changesDocument, takesOctets }: ApiRoute, revision: number) {
  const body = BODIES[`${method} ${path.replace('/.holo/api', '')}`]
  const json = typeof body === 'function' ? body() : body
  const asked: CallOptions = {
    ...(json === undefined ? {} : { json }),
    ...(takesOctets ? { octets: path.endsWith('/blobs') ? PACK_OF_HELLO : HELLO } : {}),
    headers: changesDocument ? { 'if-match': `"${revision}"` } : {},
  }
  return { method, path: changesDocument ? `${path}?dryRun=true` : path, asked }
}

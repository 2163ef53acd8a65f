// Several isolates with one control in one miniflare, each with its own port. There are two isolates per data
// centre: one gets many requests, one gets few. Two versions are published.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import type { AssignmentsDocument } from '../../../src/document/schema.ts'
import { bundleWorker } from '../../local/bundle.ts'
import { connect } from '../../local/publish.ts'
import { withSite } from '../site.ts'
import { ROUTER, readDeployed, WORKERS } from '../sources.ts'

const HOST = '127.0.0.1'
const TOKEN = 'holo-bench-0123456789abcdef0123456789abcdef'
const ENTRY = fileURLToPath(new URL('../../../src/worker.ts', import.meta.url))
const KV = { ASSIGNMENTS: 'ASSIGNMENTS' }
const R2 = { STORE: 'STORE' }

export type Fleet = {
  readonly miniflare: Miniflare
  readonly busy: readonly URL[]
  readonly quiet: readonly URL[]
  /** One call of the admin API. */
  readonly call: (method: string, path: string, init?: RequestInit) => Promise<Response>
  /** Makes a change of the newest revision with the admin API, and returns the new revision. */
  readonly change: (method: string, path: string, body: object) => Promise<number>
  /** How far away the control is from all isolates, in milliseconds. */
  readonly moveControl: (ms: number | 'down') => Promise<void>
  readonly dispose: () => Promise<void>
}

/**
 * @param dataDir where the Durable Object keeps its database.
 * @param changed variables by name that replace those of wrangler.toml.
 */
export async function startFleet(
  colos: number,
  dataDir: string,
  changed: Readonly<Record<string, string>> = {},
): Promise<Fleet> {
  const { variables: deployedVariables, ...compatibility } = readDeployed()
  const variables = { ...deployedVariables, ...changed }
  const deployed = { ...compatibility, kvNamespaces: KV, r2Buckets: R2 }
  const toBindings = (colo: string) => ({ ...variables, CACHE_NAME: colo, HOLO_ADMIN_TOKEN: TOKEN })
  const router = await bundleWorker(ROUTER)
  const far = await readFile(new URL('far-control.js', WORKERS), 'utf8')
  const names = Array.from({ length: colos * 2 }, (_, i) => `isolate-${i}`)
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: HOST,
      port: 0,
      cf: false,
      log: new Log(LogLevel.ERROR),
      resourcePersistencePath: join(dataDir, 'v3'),
      workers: [
        {
          ...deployed,
          name: 'control',
          modules: [{ type: 'ESModule', path: 'worker.js', contents: await bundleWorker(ENTRY) }],
          bindings: toBindings('control'),
          durableObjects: { CONTROL: { className: 'Control', useSQLite: true } },
          unsafeDirectSockets: [{ host: HOST, port: 0 }],
        },
        ...names.map((name, i) => ({
          ...deployed,
          name,
          modules: [
            { type: 'ESModule' as const, path: 'far-control.js', contents: far },
            { type: 'ESModule' as const, path: 'router.js', contents: router },
          ],
          bindings: toBindings(`colo-${i >> 1}`),
          durableObjects: {
            CONTROL: { className: 'Control', scriptName: 'control', useSQLite: true },
          },
          unsafeDirectSockets: [{ host: HOST, port: 0 }],
        })),
      ],
    }),
  )
  await miniflare.ready
  const control = await miniflare.unsafeGetDirectURL('control')
  const isolates = await Promise.all(names.map((name) => miniflare.unsafeGetDirectURL(name)))
  const call = (method: string, path: string, init: RequestInit = {}) =>
    fetch(new URL(`/.holo/api${path}`, control), {
      ...init,
      method,
      headers: { authorization: `Bearer ${TOKEN}`, ...init.headers },
    })
  const change = createChange(call)
  await publish(control)
  return {
    miniflare,
    call,
    busy: isolates.filter((_, i) => i % 2 === 0),
    quiet: isolates.filter((_, i) => i % 2 === 1),
    change,
    moveControl: async (ms) => {
      const told = isolates.map((url) => fetch(new URL(`/bench/control?ms=${ms}`, url)))
      await Promise.all(told)
    },
    dispose: () => miniflare.dispose(),
  }
}

function createChange(call: Fleet['call']): Fleet['change'] {
  return async (method, path, body) => {
    const current = (await call('GET', '/assignments')).headers.get('etag') ?? '"0"'
    const response = await call(method, path, {
      headers: { 'content-type': 'application/json', 'if-match': current },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text).revision
  }
}

/** Publishes two versions of one page and one file without a hash in its name. */
async function publish(control: URL): Promise<void> {
  const holo = connect(control, TOKEN)
  const versions: AssignmentsDocument['versions'] = {}
  for (const id of ['1', '2']) {
    const files = [
      ['/index.html', `version ${id}`],
      ['/data.txt', `version ${id}`],
    ] as const
    await withSite(files, async (folder) => {
      const { entry } = await holo.publish({ folder, id, services: [], notFound: 'none' })
      versions[id] = { ...entry, open: true }
    })
  }
  await holo.begin({
    schema: 1,
    revision: 1,
    salt: 'bench',
    environments: { main: { version: '1' } },
    traffic: { main: 100 },
    versions,
  })
}

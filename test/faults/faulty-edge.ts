// An edge whose KV, R2, control and Cache API can be told to fail, with two versions: `1` for main,
// which everybody gets, and `2`, which nobody does unless a fault brings an older document back.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { type Answer, ask, DOCUMENT } from '../support/http-client.ts'
import { publishVersion } from '../support/published.ts'

/** By part: `kv`, `r2`, `control`, `cache`; the words are those of faulty-worker.ts. */
export type Faults = Readonly<Record<string, string>>

export type Kind = 'document' | 'asset' | 'API call'
export const KINDS: readonly Kind[] = ['document', 'asset', 'API call']

export type FaultyEdge = {
  readonly ask: (kind: Kind) => Promise<Answer>
  readonly breakDown: (faults: Faults) => Promise<void>
  /** Another isolate in a data centre of this name. */
  readonly startIsolate: (colo: string) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Ages a little longer than these have every document wait for the control, or be called stale. */
export const STALE_AFTER_MS = 300
const CONTROL_REFRESH_MS = 100
const TOKEN = 'holo-faults-0123456789abcdef0123456789abcdef'

const REQUESTS: Readonly<Record<Kind, { path: string; headers: Record<string, string> }>> = {
  document: { path: '/', headers: DOCUMENT },
  asset: { path: '/assets/app-1.js', headers: { 'sec-fetch-dest': 'script' } },
  'API call': { path: '/api/x', headers: { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' } },
}

export async function startFaultyEdge(): Promise<FaultyEdge> {
  const edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    direct: true,
    entry: 'test/worker/faulty-worker.ts',
    variables: {
      ALLOW_INSECURE_ORIGINS: 'true',
      HOLO_ADMIN_TOKEN: TOKEN,
      CONTROL_REFRESH_MS: String(CONTROL_REFRESH_MS),
      STALE_AFTER_MS: String(STALE_AFTER_MS),
      KV_REFRESH_MS: '200',
    },
  })
  const backend = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"backend":1}')
  })
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
  const { port } = backend.address() as AddressInfo
  const document = await publish(edge, `http://127.0.0.1:${port}`)
  const post = (path: string, body?: string) =>
    ask(edge.url, path, { method: 'POST', ...(body ? { body } : {}) })
  // Revision 1 sends everybody to version 2; the control goes on to revision 2.
  await put(edge.url, { ...document, traffic: { main: 0, canary: 100 } }, 0)
  await put(edge.url, document, 1)
  const older = JSON.stringify({ ...document, revision: 1, traffic: { main: 0, canary: 100 } })
  await post('/faults', older)
  return {
    ask: (kind) => {
      const { path, headers } = REQUESTS[kind]
      return ask(edge.url, path, { headers })
    },
    breakDown: async (faults) => {
      await ask(edge.url, `/faults?${new URLSearchParams(faults)}`)
    },
    startIsolate: async (colo) => {
      await post(`/new-isolate?colo=${colo}`)
    },
    stop: async () => {
      backend.close()
      backend.closeAllConnections()
      await edge.dispose()
    },
  }
}

async function publish(edge: Edge, origin: string): Promise<AssignmentsDocument> {
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const versions: AssignmentsDocument['versions'] = {}
  for (const id of ['1', '2']) {
    const { manifest } = await publishVersion(bucket, id, {
      '/index.html': { body: `version ${id}`, type: 'text/html; charset=utf-8' },
      [`/assets/app-${id}.js`]: { body: `app ${id}`, type: 'text/javascript', hashed: true },
    })
    versions[id] = { manifest, services: [{ prefix: '/api/', origins: [origin] }] }
  }
  return {
    schema: 1,
    revision: 1,
    salt: 'faults',
    environments: { main: { version: '1' }, canary: { version: '2' } },
    traffic: { main: 100, canary: 0 },
    versions,
  }
}

async function put(url: URL, document: AssignmentsDocument, seen: number): Promise<void> {
  const { status, body } = await ask(url, '/.holo/api/assignments', {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      'if-match': `"${seen}"`,
    },
    body: JSON.stringify(document),
  })
  if (status !== 200) throw new Error(`the control answered ${status}: ${body}`)
}

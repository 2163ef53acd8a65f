// Holo with folders of test/fixtures/cases published as versions: `1` for main, `2` for canary.

import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Edge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { toCasePath } from './cases.ts'
import { changeDocument } from './change-document.ts'
import { type PublishedFiles, publishVersion } from './published.ts'
import { startQuickEdge } from './quick-edge.ts'

export type CaseEdge = {
  readonly edge: Edge
  readonly url: URL
  /** Puts a changed document into KV under the next revision. */
  readonly put: (change: Partial<AssignmentsDocument>) => Promise<void>
  readonly stop: () => Promise<void>
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
}

/** The files of a folder by manifest path. A name with a hash of 16 digits is `hashed`. */
export function readCase(name: string): PublishedFiles {
  const folder = toCasePath(name)
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name)
        const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8'
        const hashed = /\.[0-9a-f]{16}\./.test(path)
        return [path.slice(folder.length), { body: readFileSync(path, 'utf8'), type, hashed }]
      }),
  )
}

/** @param versions the files of `1`, `2` and so on. Each has a backend below /api/ that says whose it is. */
export async function startCaseEdge(
  versions: readonly PublishedFiles[],
  traffic: AssignmentsDocument['traffic'] = { main: 100, canary: 0 },
  options: { readonly secure?: boolean } = {},
): Promise<CaseEdge> {
  const { edge, token, kv, store } = await startQuickEdge(options)
  const servers: Server[] = []
  const entries: AssignmentsDocument['versions'] = {}
  for (const [index, files] of versions.entries()) {
    const id = String(index + 1)
    const { manifest } = await publishVersion(store, id, files, 'single-page-application')
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ api: id }))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    entries[id] = {
      manifest,
      services: [{ prefix: '/api/', origins: [`http://127.0.0.1:${port}`] }],
      open: true,
    }
  }
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'test',
    environments: { main: { version: '1' }, canary: { version: '2' } },
    traffic,
    versions: entries,
  }
  await kv.put('assignments', JSON.stringify(document))
  return {
    edge,
    url: edge.url,
    put: (change) => changeDocument(edge.url, token, change),
    stop: async () => {
      await edge.dispose()
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

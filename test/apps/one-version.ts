// An edge of its own for a test, reached over a socket that leads straight into the Worker, with one
// version whose services a test says. What the version has of files is one page.

import type { Miniflare } from 'miniflare'
import { startEdge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { publishVersion } from '../support/published.ts'

export type OneVersion = {
  readonly url: URL
  readonly miniflare: Miniflare
  readonly stop: () => Promise<void>
}

type Services = NonNullable<AssignmentsDocument['versions'][string]['services']>

export async function startOneVersion(services: Services): Promise<OneVersion> {
  const edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    direct: true,
    variables: { ALLOW_INSECURE_ORIGINS: 'true' },
  })
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const kv = await edge.miniflare.getKVNamespace('ASSIGNMENTS')
  const page = { body: '<h1>one</h1>', type: 'text/html; charset=utf-8' }
  const { manifest } = await publishVersion(
    { put: (key, value) => bucket.put(key, value) },
    'one',
    { '/about.html': page },
  )
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'one',
    environments: { main: { version: 'one' } },
    traffic: { main: 100 },
    versions: { one: { manifest, services } },
  }
  await kv.put('assignments', JSON.stringify(document))
  return { url: edge.url, miniflare: edge.miniflare, stop: edge.dispose }
}

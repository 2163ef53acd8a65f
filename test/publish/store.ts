// A real bucket in workerd to publish into, and a small site to publish.

import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type Manifest, openManifest } from '../../src/core/site/manifest.ts'
import { createLocalTarget } from '../../src/publish/local-target.ts'
import type { PublishOptions } from '../../src/publish/publish.ts'
import type { PublishTarget } from '../../src/publish/target.ts'

export const SCRIPT = 'export const greeting = "many versions, one address";\n'.repeat(50)

/** Five paths, four contents, two of which are worth three encodings each. */
export const SITE = {
  'index.html': `<!doctype html>${'<p>many versions'.repeat(40)}`,
  'assets/main.8f3a2b1c.js': SCRIPT,
  'assets/copy.js': SCRIPT,
  'img/a b.png': new Uint8Array(3_000),
  'robots.txt': 'User-agent: *',
}

export const SERVICES = [{ prefix: '/api/', origins: ['https://api-1.example.com'] }]

export function optionsFor(folder: string, more: Partial<PublishOptions> = {}): PublishOptions {
  const createdAt = '2026-11-23T12:00:00.000Z'
  return { folder, id: '1.0.0', services: SERVICES, createdAt, ...more }
}

type Bucket = Awaited<ReturnType<Miniflare['getR2Bucket']>>

export type TestStore = {
  readonly target: PublishTarget
  /** All keys of the bucket, sorted. */
  readonly keys: () => Promise<string[]>
  readonly remove: (keys: readonly string[]) => Promise<void>
  readonly readManifest: (id: string) => Promise<Manifest>
  readonly readBlob: (hash: string | undefined) => Promise<Buffer>
}

/** A bucket for the tests of one file, empty before each; to be read when a test runs. */
export function useStore(): () => TestStore {
  let miniflare: Miniflare
  let store: TestStore
  beforeAll(async () => {
    miniflare = new Miniflare(
      convertV4MiniflareOptions({
        cf: false,
        modules: true,
        script: 'export default {}',
        r2Buckets: ['STORE'],
      }),
    )
    store = createStore(await miniflare.getR2Bucket('STORE'))
  })
  afterAll(() => miniflare.dispose())
  beforeEach(async () => store.remove(await store.keys()))
  return () => store
}

function createStore(bucket: Bucket): TestStore {
  const target = createLocalTarget(bucket)
  return {
    target,
    keys: async () => (await bucket.list()).objects.map(({ key }) => key).sort(),
    remove: async (keys) => {
      for (const key of keys) await bucket.delete(key)
    },
    readManifest: async (id) => {
      const record = await target.readVersion(id)
      const bytes = await target.getManifest(record?.manifest ?? '')
      const opened = openManifest(bytes ?? new Uint8Array())
      if (!opened.ok) throw new Error(opened.error)
      return opened.value
    },
    readBlob: async (hash) => {
      const stored = await bucket.get(`blobs/${hash}`)
      if (!stored) throw new Error(`${hash} is not stored`)
      return Buffer.from(await stored.arrayBuffer())
    },
  }
}

/** The real target with every write counted; after `allowed` of them the connection is lost. */
export function limitWrites(target: PublishTarget, allowed = Number.POSITIVE_INFINITY) {
  const writes: ('blob' | 'manifest' | 'record')[] = []
  const allow = (kind: (typeof writes)[number]) => {
    if (writes.length >= allowed) throw new Error('the connection is lost')
    writes.push(kind)
  }
  const limited: PublishTarget = {
    ...target,
    putBlob: async (hash, bytes) => {
      allow('blob')
      await target.putBlob(hash, bytes)
    },
    putManifest: async (hash, bytes) => {
      allow('manifest')
      await target.putManifest(hash, bytes)
    },
    createVersion: async (id, record) => {
      allow('record')
      return target.createVersion(id, record)
    },
  }
  return { limited, writes }
}

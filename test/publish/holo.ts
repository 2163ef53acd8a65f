// A real Holo to publish into over its API, and a small site to publish.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import { createApi } from '../../src/cli/api.ts'
import { createUploadTarget } from '../../src/cli/upload-api.ts'
import { type Manifest, openManifest } from '../../src/core/site/manifest.ts'
import type { VersionRecord } from '../../src/document/version-record.ts'
import type { ReportProgress } from '../../src/publish/progress.ts'
import { type UploadOptions, type UploadResult, uploadFolder } from '../../src/publish/upload.ts'
import type { UploadTarget } from '../../src/publish/upload-target.ts'
import { makeFolder } from './folder.ts'

const TOKEN = 'holo-test-0123456789abcdef0123456789abcdef'

export const SERVICES = [{ prefix: '/api/', origins: ['https://api-1.example.com'] }]
export const CREATED_AT = '2026-11-23T12:00:00.000Z'

export const toScript = (seed: string) =>
  `export const greeting = "${seed}: many versions, one address";\n`.repeat(50)

/**
 * Five paths, four contents, two of which are worth two encodings each. Tests of one file share a
 * store, so each takes a seed of its own.
 */
export const toSite = (seed: string) => ({
  'index.html': `<!doctype html>${`<p>${seed}: many versions`.repeat(60)}`,
  'assets/main.8f3a2b1c.js': toScript(seed),
  'assets/copy.js': toScript(seed),
  'img/a b.png': Buffer.alloc(3_000, seed),
  'robots.txt': `User-agent: ${seed}`,
})

export type TestHolo = {
  readonly target: UploadTarget
  /** Publishes with the real command's code; services and time are those above unless said. */
  readonly upload: (
    options: Partial<UploadOptions> & Pick<UploadOptions, 'folder' | 'id'>,
    target?: UploadTarget,
    report?: ReportProgress,
  ) => Promise<UploadResult>
  /** All keys of the store, sorted. */
  readonly keys: () => Promise<string[]>
  readonly readRecord: (id: string) => Promise<VersionRecord | undefined>
  readonly readManifest: (id: string) => Promise<Manifest>
  /** Puts other bytes in the place of an object, or removes it. */
  readonly damage: (key: string, text?: string) => Promise<unknown>
  readonly readBlob: (hash: string | undefined) => Promise<Buffer>
}

/** One for the tests of a file; to be read when a test runs. */
export function useHolo(): () => TestHolo {
  let edge: Edge
  let holo: TestHolo
  beforeAll(async () => {
    const variables = { HOLO_ADMIN_TOKEN: TOKEN }
    edge = await startEdge({ host: '127.0.0.1', port: 0, direct: true, variables })
    holo = await createTestHolo(edge)
  })
  afterAll(() => edge?.dispose())
  return () => holo
}

async function createTestHolo({ url, miniflare }: Edge): Promise<TestHolo> {
  const bucket = await miniflare.getR2Bucket('STORE')
  const { signal } = new AbortController()
  const target = createUploadTarget(
    createApi({ url, token: TOKEN }, { signal, note: () => {} }),
    signal,
  )
  const readRecord: TestHolo['readRecord'] = async (id) =>
    (await (await bucket.get(`versions/${id}`))?.json()) as VersionRecord | undefined
  return {
    target,
    upload: async (options, to = target, report = () => {}) => {
      const encodedFolder = join(makeFolder(), 'encoded')
      const whole = { services: SERVICES, createdAt: CREATED_AT, encodedFolder, ...options }
      try {
        return await uploadFolder(to, whole, report, signal)
      } finally {
        rmSync(encodedFolder, { recursive: true, force: true })
      }
    },
    keys: async () => (await bucket.list()).objects.map(({ key }) => key).sort(),
    readRecord,
    readManifest: async (id) => {
      const record = await readRecord(id)
      const stored = await bucket.get(`manifests/${record?.manifest}`)
      const opened = openManifest(new Uint8Array((await stored?.arrayBuffer()) ?? []))
      if (!opened.ok) throw new Error(opened.error)
      return opened.value
    },
    damage: (key, text) => (text === undefined ? bucket.delete(key) : bucket.put(key, text)),
    readBlob: async (hash) => {
      const stored = await bucket.get(`blobs/${hash}`)
      if (!stored) throw new Error(`${hash} is not stored`)
      return Buffer.from(await stored.arrayBuffer())
    },
  }
}

/** What changes something in the store or in the control. */
export type Write = 'manifest' | 'begin' | 'blob' | 'pack' | 'finalise'

/** The real target with every write counted; after `allowed` of them the connection is lost. */
export function limitWrites(target: UploadTarget, allowed = Number.POSITIVE_INFINITY) {
  const writes: Write[] = []
  const limit =
    <Args extends readonly unknown[], Reply>(
      write: Write,
      call: (...args: Args) => Promise<Reply>,
    ) =>
    async (...args: Args) => {
      if (writes.length >= allowed) throw new Error('the connection is lost')
      writes.push(write)
      return call(...args)
    }
  const limited: UploadTarget = {
    ...target,
    putManifest: limit('manifest', target.putManifest),
    begin: limit('begin', target.begin),
    putBlob: limit('blob', target.putBlob),
    putPack: limit('pack', target.putPack),
    finalise: limit('finalise', target.finalise),
  }
  return { limited, writes }
}

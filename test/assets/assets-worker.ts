// The assets of one version behind a real port of a real workerd, asked over plain sockets, so that
// nothing decodes and every header is as it was sent.

import { request } from 'node:http'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { loadStoredVersion } from '../../scripts/bench/published.ts'
import { type PublishedFiles, publishVersion, type WritableBucket } from '../support/published.ts'

export type Reply = {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Buffer
}

export type AssetsWorker = {
  readonly url: URL
  /** Sent along, it names the version. */
  readonly identity: Readonly<Record<string, string>>
  readonly get: (
    path: string,
    headers?: Readonly<Record<string, string>>,
    method?: string,
  ) => Promise<Reply>
  readonly stop: () => Promise<void>
}

/** Sent along, it empties the isolate's memory first. */
export const COLD = { 'x-cold': '1' }

/** With the files of one version, or with a folder, which becomes what `holo publish` makes of it. */
export async function startAssetsWorker(
  files: PublishedFiles | { readonly folder: string },
): Promise<AssetsWorker> {
  const bundle = await build({
    entryPoints: ['test/worker/assets-over-http.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'esnext',
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      port: 0,
      log: new Log(LogLevel.NONE),
      workers: [
        {
          name: 'assets',
          modules: true,
          script: bundle.outputFiles[0]?.text ?? '',
          compatibilityDate: '2026-10-01',
          r2Buckets: ['STORE'],
        },
      ],
    }),
  )
  const url = await miniflare.ready
  const bucket = await miniflare.getR2Bucket('STORE')
  const target: WritableBucket = { put: (key, value) => bucket.put(key, value) }
  const { manifest } = isFolder(files)
    ? await storeFolder(target, files.folder)
    : await publishVersion(target, '1.0.0', files as PublishedFiles)
  const identity = { 'x-manifest': manifest }
  return {
    url,
    identity,
    get: (path, headers = {}, method = 'GET') =>
      new Promise((resolve, reject) => {
        const all = { ...headers, ...identity }
        const sent = request(new URL(path, url), { method, headers: all }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () =>
            resolve({
              status: response.statusCode,
              headers: response.headers,
              bytes: Buffer.concat(chunks),
            }),
          )
        })
        sent.on('error', reject)
        sent.end()
      }),
    stop: () => miniflare.dispose(),
  }
}

/** Bytes of no pattern that a slice could hide in. */
export function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, index) => (index * 7 + (index >> 8)) % 253)
}

function isFolder(
  files: PublishedFiles | { readonly folder: string },
): files is { folder: string } {
  return typeof files.folder === 'string'
}

async function storeFolder(target: WritableBucket, folder: string): Promise<{ manifest: string }> {
  const { manifest, objects } = await loadStoredVersion(folder)
  for (const [key, bytes] of objects) await target.put(key, bytes)
  return { manifest }
}

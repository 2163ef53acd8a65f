// Runs Holo in miniflare, where KV, R2 and the Cache API are real, behind a Worker that counts its operations
// and may delay them.

import { readFile } from 'node:fs/promises'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { bundleWorker } from '../local/bundle.ts'
import type { Operations } from './results.ts'
import { ROUTER, readDeployed, WORKERS } from './sources.ts'

/** What KV and R2 hold. */
export type Stored = {
  readonly assignments: string
  readonly objects: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
}

export type Counted = {
  readonly url: URL
  /** What has been counted since the last call, as a row of the results. */
  readonly count: (name: string, requests: number) => Promise<Operations>
  readonly dispose: () => Promise<void>
}

/** By `binding.method`, as workers/counting.js names them. */
type Counts = Readonly<Record<string, number>>

const LONG_REFRESH_MS = '600000'

/** @param delayMs how long each operation on KV, R2 and the control takes besides. */
export async function startCounted(
  { assignments, objects }: Stored,
  delayMs = 0,
): Promise<Counted> {
  const toModule = async (name: string) => ({
    type: 'ESModule' as const,
    path: name,
    contents: await readFile(new URL(name, WORKERS), 'utf8'),
  })
  const { variables, ...compatibility } = readDeployed()
  const name = 'counting'
  const host = '127.0.0.1'
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host,
      port: 0,
      cf: false,
      log: new Log(LogLevel.WARN),
      workers: [
        {
          name,
          modules: [
            await toModule('counting.js'),
            await toModule('confirming-control.js'),
            { type: 'ESModule', path: 'router.js', contents: await bundleWorker(ROUTER) },
          ],
          ...compatibility,
          // Without these, a refresh or a report of counts could fall into the measurement by chance.
          bindings: {
            ...variables,
            ALLOW_INSECURE_ORIGINS: 'true',
            KV_REFRESH_MS: LONG_REFRESH_MS,
            CONTROL_REFRESH_MS: LONG_REFRESH_MS,
            STALE_AFTER_MS: LONG_REFRESH_MS,
            COUNTS_FLUSH_MS: '0',
            DELAY_MS: delayMs,
          },
          kvNamespaces: ['ASSIGNMENTS'],
          r2Buckets: ['STORE'],
          unsafeDirectSockets: [{ host, port: 0 }],
        },
      ],
    }),
  )
  await miniflare.ready
  const bucket = await miniflare.getR2Bucket('STORE')
  const kv = await miniflare.getKVNamespace('ASSIGNMENTS')
  for (const [key, bytes] of objects) await bucket.put(key, bytes)
  await kv.put('assignments', assignments)
  const url = await miniflare.unsafeGetDirectURL(name)
  return {
    url,
    count: async (row, requests) => {
      const response = await fetch(new URL('/bench/counts', url))
      return toOperations(row, requests, (await response.json()) as Counts)
    },
    dispose: () => miniflare.dispose(),
  }
}

function toOperations(name: string, requests: number, counts: Counts): Operations {
  const sum = (binding: string) =>
    Object.entries(counts).reduce(
      (total, [operation, count]) => total + (operation.startsWith(`${binding}.`) ? count : 0),
      0,
    )
  return {
    name,
    requests,
    kv: sum('kv'),
    r2: sum('r2'),
    control: sum('control'),
    cacheGets: counts['cache.match'] ?? 0,
    cachePuts: counts['cache.put'] ?? 0,
  }
}

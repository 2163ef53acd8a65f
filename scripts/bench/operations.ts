// Counts the operations on KV, R2 and the Cache API for a thousand requests. It runs in miniflare, where all three
// are real; a Worker passes wrapped bindings to Holo and counts their calls.

import { readFile } from 'node:fs/promises'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { bundleWorker } from '../local/bundle.ts'
import { ask } from './ask.ts'
import { loadStoredSite } from './published.ts'
import type { Operations } from './results.ts'
import { makeBytes, withSite } from './site.ts'
import { ROUTER, readDeployed, WORKERS } from './sources.ts'

const REQUESTS = 1000
/** The number of files, which are requested in turn. */
const FILES = 100
const FILE_BYTES = 4096
const LONG_REFRESH_MS = '600000'

/** By `binding.method`, as workers/counting.js names them. */
type Counts = Readonly<Record<string, number>>

export async function countOperations(say: (line: string) => void): Promise<Operations[]> {
  say(`operations: publishing ${FILES} files`)
  const paths = Array.from({ length: FILES }, (_, file) => `/assets/${file}.woff2`)
  const files = paths.map((path) => [path, makeBytes(path, FILE_BYTES)] as const)
  const { url, miniflare } = await withSite(files, startCounting)
  try {
    const count = async (name: string): Promise<Operations> => {
      say(`operations: ${name}`)
      await readCounts(url)
      for (let pass = 0; pass < REQUESTS / FILES; pass++) {
        for (const path of paths) await ask(url, path)
      }
      return toOperations(name, await readCounts(url))
    }
    const cold = await count('cold isolate, cold data centre')
    await fetch(new URL('/bench/new-isolate', url))
    const cached = await count('cold isolate, warm data centre')
    const warm = await count('warm isolate')
    return [
      cold,
      cached,
      { ...warm, aim: { atMost: 0, met: warm.kv + warm.r2 + warm.control === 0 } },
    ]
  } finally {
    await miniflare.dispose()
  }
}

async function startCounting(folder: string): Promise<{ url: URL; miniflare: Miniflare }> {
  const entry = await readFile(new URL('counting.js', WORKERS), 'utf8')
  const control = await readFile(new URL('confirming-control.js', WORKERS), 'utf8')
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
            { type: 'ESModule', path: 'counting.js', contents: entry },
            { type: 'ESModule', path: 'confirming-control.js', contents: control },
            { type: 'ESModule', path: 'router.js', contents: await bundleWorker(ROUTER) },
          ],
          ...compatibility,
          // Without these, a refresh or a report of counts could fall into the measurement by chance.
          bindings: {
            ...variables,
            KV_REFRESH_MS: LONG_REFRESH_MS,
            CONTROL_REFRESH_MS: LONG_REFRESH_MS,
            STALE_AFTER_MS: LONG_REFRESH_MS,
            COUNTS_FLUSH_MS: '0',
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
  const { assignments, objects } = await loadStoredSite(folder)
  for (const [key, bytes] of objects) await bucket.put(key, bytes)
  await kv.put('assignments', assignments)
  return { url: await miniflare.unsafeGetDirectURL(name), miniflare }
}

/** The counts since the last call. */
async function readCounts(url: URL): Promise<Counts> {
  const response = await fetch(new URL('/bench/counts', url))
  return (await response.json()) as Counts
}

function toOperations(name: string, counts: Counts): Operations {
  const sum = (binding: string) =>
    Object.entries(counts).reduce(
      (total, [operation, count]) => total + (operation.startsWith(`${binding}.`) ? count : 0),
      0,
    )
  return {
    name,
    requests: REQUESTS,
    kv: sum('kv'),
    r2: sum('r2'),
    control: sum('control'),
    cacheGets: counts['cache.match'] ?? 0,
    cachePuts: counts['cache.put'] ?? 0,
  }
}

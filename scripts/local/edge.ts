// Runs the Worker of Holo on this machine, with KV, R2 and the Cache API in a folder. It publishes nothing.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { bundleWorker } from './bundle.ts'
import { lockData } from './data-lock.ts'
import { endWorkerdWithUs } from './end-with-us.ts'
import { readWorkerOptions } from './worker-options.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export type EdgeOptions = {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** The folder for the data, the same as for `wrangler … --local --persist-to`; in memory when left out. */
  readonly dataDir?: string
  /** Variables by name that replace those of wrangler.toml. */
  readonly variables?: Readonly<Record<string, string>>
  /**
   * Opens a second port that leads directly to the Worker. Miniflare's own port resolves `%2e%2e` and `\\` in
   * paths, and is slower.
   */
  readonly direct?: boolean
  /** Uses https with a self-signed certificate. Not on the direct port. */
  readonly secure?: boolean
  /** The entry of the Worker, relative to the root of the repository; the deployed one when left out. */
  readonly entry?: string
}

/** A running edge. `dispose` stops it and keeps the data. */
export type Edge = {
  /** The address of the direct port if there is one. */
  readonly url: URL
  readonly miniflare: Miniflare
  readonly dispose: () => Promise<void>
}

/** @throws Mistake when another edge uses the folder for the data. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  if (options.dataDir === undefined) return runEdge(options)
  const lock = await lockData(options.dataDir)
  try {
    const edge = await runEdge(options)
    await endWorkerdWithUs()
    return { ...edge, dispose: () => edge.dispose().finally(lock.release) }
  } catch (cause) {
    lock.release()
    throw cause
  }
}

async function runEdge(options: EdgeOptions): Promise<Edge> {
  const workerOptions = readWorkerOptions(join(ROOT, 'wrangler.toml'))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: options.host,
      port: options.port,
      cf: false,
      ...(options.secure ? { https: true } : {}),
      log: new Log(LogLevel.WARN),
      // wrangler keeps local data in this subfolder.
      ...(options.dataDir ? { resourcePersistencePath: join(options.dataDir, 'v3') } : {}),
      workers: [
        {
          ...workerOptions,
          name: 'holo',
          modules: [
            {
              type: 'ESModule',
              path: 'worker.js',
              contents: await bundleWorker(join(ROOT, options.entry ?? 'src/worker.ts')),
            },
          ],
          bindings: { ...(workerOptions.bindings ?? {}), ...options.variables },
          ...(options.direct ? { unsafeDirectSockets: [{ host: options.host, port: 0 }] } : {}),
        },
      ],
    }),
  )
  const ready = await miniflare.ready
  const url = options.direct ? await miniflare.unsafeGetDirectURL('holo') : ready
  return { url, miniflare, dispose: () => miniflare.dispose() }
}

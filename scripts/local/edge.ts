// Holo's Worker in workerd on this machine, with KV, R2 and the Cache API kept in a folder. Nothing is
// published into it here.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { bundleWorker } from './bundle.ts'
import { readWorkerOptions } from './worker-options.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export type EdgeOptions = {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** The folder that `wrangler … --local --persist-to` is given, too; in memory when left out. */
  readonly dataDir?: string
  /** Variables of wrangler.toml by name, where they shall differ. */
  readonly variables?: Readonly<Record<string, string>>
  /**
   * Opens a second port that leads straight into the Worker. Miniflare's own resolves `%2e%2e` and
   * `\\` in paths on the way, and costs time.
   */
  readonly direct?: boolean
  /** Speaks https with a certificate that nobody knows. Not on the direct port. */
  readonly secure?: boolean
  /** Path of the Worker's entry from the repository's root, where it is not the deployed one. */
  readonly entry?: string
}

/** A running edge. `dispose` ends it and leaves the data. */
export type Edge = {
  /** The direct port where there is one. */
  readonly url: URL
  readonly miniflare: Miniflare
  readonly dispose: () => Promise<void>
}

export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const workerOptions = readWorkerOptions(join(ROOT, 'wrangler.toml'))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: options.host,
      port: options.port,
      cf: false,
      ...(options.secure ? { https: true } : {}),
      log: new Log(LogLevel.WARN),
      // Where wrangler looks for local data inside the folder it is given.
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

// Runs the Worker of Holo on this machine, with KV, R2 and the Cache API in a folder. It publishes nothing. Where
// the built Worker comes from is said by the caller: from the package (package-parts.ts), or from source.

import { join } from 'node:path'
import type { Miniflare } from 'miniflare'
import { lockData } from './data-lock.ts'
import { endWorkerdWithUs } from './end-with-us.ts'
import { Mistake } from './mistake.ts'

export type WorkerOptions = Partial<
  ReturnType<typeof import('wrangler')['unstable_getMiniflareWorkerOptions']>['workerOptions']
>

/** What a local edge runs. */
export type WorkerParts = {
  /** The Worker as one module. */
  readonly code: string
  /** What wrangler.toml says of it, in the form that miniflare takes. */
  readonly options: WorkerOptions
}

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
}

/** A running edge. `dispose` stops it and keeps the data. */
export type Edge = {
  /** The address of the direct port if there is one. */
  readonly url: URL
  readonly miniflare: Miniflare
  readonly dispose: () => Promise<void>
}

/** @throws Mistake when another edge uses the folder for the data, or miniflare is not installed. */
export async function startEdgeOf(parts: WorkerParts, options: EdgeOptions): Promise<Edge> {
  if (options.dataDir === undefined) return runEdge(parts, options)
  const lock = await lockData(options.dataDir)
  try {
    const edge = await runEdge(parts, options)
    await endWorkerdWithUs()
    return { ...edge, dispose: () => edge.dispose().finally(lock.release) }
  } catch (cause) {
    lock.release()
    throw cause
  }
}

async function runEdge({ code, options: said }: WorkerParts, options: EdgeOptions): Promise<Edge> {
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await loadMiniflare()
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
          ...said,
          name: 'holo',
          modules: [{ type: 'ESModule', path: 'worker.js', contents: code }],
          bindings: { ...(said.bindings ?? {}), ...options.variables },
          ...(options.direct ? { unsafeDirectSockets: [{ host: options.host, port: 0 }] } : {}),
        },
      ],
    }),
  )
  const ready = await miniflare.ready
  const url = options.direct ? await miniflare.unsafeGetDirectURL('holo') : ready
  return { url, miniflare, dispose: () => miniflare.dispose() }
}

/** The package is optional, because nothing but a local edge needs it and its 160 MB. */
async function loadMiniflare(): Promise<typeof import('miniflare')> {
  try {
    return await import('miniflare')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new Mistake('miniflare, which runs the Worker on this machine, is not installed')
  }
}

// Runs the Worker of this checkout on this machine, bundled from its source.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Edge, type EdgeOptions, startEdgeOf, type WorkerParts } from '../../src/local/edge.ts'
import { bundleWorker } from './bundle.ts'
import { readWorkerOptions } from './worker-options.ts'

export type { Edge } from '../../src/local/edge.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** @param entry of the Worker, relative to the root of the repository. */
export async function bundleParts(entry = 'src/worker.ts'): Promise<WorkerParts> {
  return {
    code: await bundleWorker(join(ROOT, entry)),
    options: readWorkerOptions(join(ROOT, 'wrangler.toml')),
  }
}

type SourceOptions = EdgeOptions & {
  /** The entry of the Worker, relative to the root of the repository; the deployed one when left out. */
  readonly entry?: string
}

/** @throws Mistake when another edge uses the folder for the data. */
export async function startEdge({ entry, ...options }: SourceOptions): Promise<Edge> {
  return startEdgeOf(await bundleParts(entry), options)
}

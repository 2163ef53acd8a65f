// The built parts that the package brings along: the Worker, what miniflare has to know of it, the files of the
// dashboard, and the wrangler.toml with which it is deployed. `npm run build` makes them (scripts/build-package.ts).

import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkerOptions, WorkerParts } from './edge.ts'
import { Mistake } from './mistake.ts'

/** Paths in the package. The Worker has a folder of its own, because wrangler looks for modules beside it. */
export const PACKAGE_PATHS = {
  worker: 'dist/worker/worker.js',
  options: 'dist/worker-options.json',
  dashboard: 'dist/dashboard',
  template: 'dist/wrangler.toml',
} as const

type Part = keyof typeof PACKAGE_PATHS

/** The name under which the package is installed. */
export const PACKAGE_NAME = 'holo-edge'

/** Where the command was started from. */
export type Installation = {
  /** The version of the package. */
  readonly version: string
  /** The folder of the package. */
  readonly root: string
  /** The Worker for a local edge. */
  readonly loadParts: () => Promise<WorkerParts>
}

/** @throws Mistake when the package was not built, as in a checkout. */
export async function readPart(root: string, part: Part): Promise<string> {
  return readFile(join(root, PACKAGE_PATHS[part]), 'utf8').catch((cause) => fail(cause, part))
}

/** @throws Mistake when the package was not built, as in a checkout. */
export async function requirePart(root: string, part: Part): Promise<void> {
  await access(join(root, PACKAGE_PATHS[part])).catch((cause) => fail(cause, part))
}

function fail(cause: NodeJS.ErrnoException, part: Part): never {
  if (cause.code !== 'ENOENT') throw cause
  throw new Mistake(`the package has no ${PACKAGE_PATHS[part]}: in a checkout, run "npm run build"`)
}

/** The Worker of an installed package. @throws Mistake when it was not built. */
export async function readPackageParts(root: string): Promise<WorkerParts> {
  const [code, text] = await Promise.all([readPart(root, 'worker'), readPart(root, 'options')])
  const options = JSON.parse(text) as WorkerOptions
  const disk = { path: join(root, PACKAGE_PATHS.dashboard) }
  return {
    code,
    options: { ...options, rootPath: root, serviceBindings: { DASHBOARD: { disk } } },
  }
}

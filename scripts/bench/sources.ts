// The paths of the code that the bench runs in workerd, and the settings with which Holo is deployed.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readWorkerOptions } from '../local/worker-options.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export const ROUTER = join(ROOT, 'src/router.ts')
export const DEPLOYED = join(ROOT, 'scripts/bench/workers/deployed.js')
/** The folder with the Workers of the bench. */
export const WORKERS = new URL('./workers/', import.meta.url)

export type Deployed = {
  readonly compatibilityDate: string
  readonly compatibilityFlags: string[]
  /** The variables by name. */
  readonly variables: Readonly<Record<string, string>>
}

/** Reads wrangler.toml. @throws Error when it has no compatibility date. */
export function readDeployed(): Deployed {
  const { compatibilityDate, compatibilityFlags, bindings } = readWorkerOptions(
    join(ROOT, 'wrangler.toml'),
  )
  if (typeof compatibilityDate !== 'string') throw new Error('wrangler.toml: no compatibility_date')
  const variables = Object.entries(bindings ?? {})
  return {
    compatibilityDate,
    compatibilityFlags: Array.isArray(compatibilityFlags) ? compatibilityFlags : [],
    variables: Object.fromEntries(variables.map(([name, value]) => [name, String(value)])),
  }
}

// Where the code is that the bench runs in workerd, and the settings that Holo is deployed with.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readWorkerOptions } from '../local/worker-options.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export const ROUTER = join(ROOT, 'src/router.ts')
/** The folder of the bench's own Workers. */
export const WORKERS = new URL('./workers/', import.meta.url)

export type Deployed = {
  readonly compatibilityDate: string
  readonly compatibilityFlags: string[]
  /** Texts by name. */
  readonly variables: Readonly<Record<string, string>>
}

/** What wrangler.toml says. @throws Error when it has no compatibility date. */
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

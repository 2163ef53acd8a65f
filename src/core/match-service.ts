// Which service of a version answers a path, if any does. Whether a file of the version comes first
// is for the caller to say.

import { toLoosePath } from './path.ts'
import type { Service } from './types.ts'

/**
 * The service with the longest prefix that holds the normalised `path`. Prefixes match whole
 * segments: `/api/` holds `/api/x` and `/api` itself, and not `/apiary`.
 */
export function matchService(services: readonly Service[], path: string): Service | undefined {
  return services.find(({ prefix }) => path.startsWith(prefix) || `${path}/` === prefix)
}

/**
 * Whether a careless backend could take `path` for one of another service, or of none: such as
 * `/api/..%2Fadmin`, which `/api/` holds and which some decode and then resolve. Nobody honest asks
 * for one, and whichever service got it, some reader would say it was the wrong one.
 */
export function isAmbiguous(services: readonly Service[], path: string): boolean {
  return matchService(services, toLoosePath(path)) !== matchService(services, path)
}

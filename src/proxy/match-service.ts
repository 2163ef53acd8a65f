// Which service of a version answers a path, if any does. Whether a file of the version comes first
// is for the caller to say.

import type { Service } from '../core/types.ts'

/**
 * The service with the longest prefix that holds the normalised `path`. Prefixes match whole
 * segments: `/api/` holds `/api/x` and `/api` itself, and not `/apiary`.
 */
export function matchService(services: readonly Service[], path: string): Service | undefined {
  return services.find(({ prefix }) => path.startsWith(prefix) || `${path}/` === prefix)
}

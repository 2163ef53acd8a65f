// Services of a version: which one answers a path, how its backend is asked for it, the two parts of an
// origin, and the Worker behind a `service:` origin. The caller decides whether a file of the version comes first.

import { getOwn } from './own.ts'
import { isNetworkPath, toLoosePath } from './path.ts'
import type { Service } from './types.ts'

/**
 * The service with the longest prefix that holds the normalised `path`. Prefixes match whole
 * segments: `/api/` holds `/api/x` and `/api` itself, and not `/apiary`.
 */
export function matchService(services: readonly Service[], path: string): Service | undefined {
  return services.find(({ prefix }) => path.startsWith(prefix) || `${path}/` === prefix)
}

/**
 * Whether a careless backend could read `path` as one of another service, or of none, such as
 * `/api/..%2Fadmin`, which `/api/` holds and some servers decode and then resolve. Honest clients
 * send no such paths, and no service is the right one for every reader.
 */
export function isAmbiguous(services: readonly Service[], path: string): boolean {
  return matchService(services, toLoosePath(path)) !== matchService(services, path)
}

/** A Worker that is bound to this one. */
export type BoundWorker = { readonly fetch: typeof fetch }

/** The Worker that is bound under `name`. `bindings` are all bindings; those without `fetch` are no Workers. */
export function findBoundWorker(bindings: object, name: string): BoundWorker | undefined {
  const binding = getOwn(bindings as Readonly<Record<string, unknown>>, name)
  return isWorker(binding) ? binding : undefined
}

function isWorker(binding: unknown): binding is BoundWorker {
  return (
    typeof binding === 'object' &&
    binding !== null &&
    'fetch' in binding &&
    typeof binding.fetch === 'function'
  )
}

export type SplitOrigin = {
  /** Such as `https://api.example.com` or `service:API`. */
  readonly address: string
  /** Empty, or such as `/prod`. */
  readonly basePath: string
}

/**
 * Splits an origin. In `https://host/prod` and in `service:NAME/prod` the path begins with the
 * first slash after the scheme.
 */
export function splitOrigin(origin: string): SplitOrigin {
  const scheme = origin.indexOf('://')
  const at = origin.indexOf('/', scheme < 0 ? 0 : scheme + '://'.length)
  if (at < 0) return { address: origin, basePath: '' }
  return { address: origin.slice(0, at), basePath: origin.slice(at) }
}

/** What a service removes from paths: nothing, or its prefix without the last slash. */
export function toStripped({ prefix, stripPrefix }: Service): string {
  return stripPrefix ? prefix.slice(0, -1) : ''
}

/** The path (and query) that the backend is asked for; `path` begins with the service's prefix. */
export function toBackendPath(path: string, stripped: string): string {
  const rest = path.slice(stripped.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * Rejects paths that a careless backend would read as a path outside this service: one of the
 * network in front of the backend, or one outside the origin's own path (`/prod/..%2Fadmin`).
 */
export function checkBackendPath(
  backendPath: string,
  basePath: string,
): 'not_found' | 'bad_path' | undefined {
  const [path = ''] = backendPath.split('?', 1)
  if (isNetworkPath(path)) return 'not_found'
  const isOutside =
    basePath !== '' && !`${toLoosePath(basePath + path)}/`.startsWith(`${basePath}/`)
  return isOutside ? 'bad_path' : undefined
}

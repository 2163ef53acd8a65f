// Between the address that the client sees and the one that the backend sees: paths on the way in, and
// on the way out `Location`, `Refresh` and the paths of cookies.

import type { Service } from '../core/types.ts'

/** How one request was sent. */
export type Way = {
  /** Such as `https://shop.example.com`. */
  readonly publicOrigin: string
  /** The whole address that the backend was asked for. */
  readonly backendUrl: string
  /** What was taken off the front of the path and is put back: empty, or such as `/api`. */
  readonly prefix: string
  /** What the origin puts in front of every path: empty, or such as `/prod`. */
  readonly basePath: string
}

/** What a service takes off: empty, or its prefix without the last slash. */
export function toStripped({ prefix, stripPrefix }: Service): string {
  return stripPrefix ? prefix.slice(0, -1) : ''
}

/** The path (and query) that the backend is asked for; `path` belongs to the service. */
export function toBackendPath(path: string, stripped: string): string {
  const rest = path.slice(stripped.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * A path of the backend as the visitor reaches it. One that is not below the origin's own path is an
 * application's that does not know of it, as with the stages of API Gateway.
 */
export function toPublicPath(path: string, { prefix, basePath }: Way): string {
  const isBelow = basePath !== '' && `${path}/`.startsWith(`${basePath}/`)
  const rest = isBelow ? path.slice(basePath.length) || '/' : path
  return prefix + rest
}

/**
 * An address that the backend sends its visitor to, as the visitor reaches it. The backend's own
 * becomes the public one. `http:` becomes the public scheme, as the backend often does not know that
 * something in front of it speaks https; `https:` stays, or a backend that asks for https would send
 * its visitor round in a circle. Other hosts' addresses stay byte for byte, and relative ones do
 * where the visitor's path is the backend's.
 */
export function toPublicLocation(location: string, way: Way): string {
  const { publicOrigin, backendUrl, prefix, basePath } = way
  // To a browser a backslash is a slash.
  const [isAbsolute, scheme] = /^\s*(https?:)?[/\\]{2}/i.exec(location) ?? []
  if (!isAbsolute && prefix === '' && basePath === '') return location
  const url = URL.parse(location, backendUrl)
  if (!url || url.host !== new URL(backendUrl).host || !/^https?:$/.test(url.protocol)) {
    return location
  }
  const path = toPublicPath(url.pathname, way) + url.search + url.hash
  // Two slashes in front of a path would name another host.
  if (!isAbsolute && !path.startsWith('//')) return path
  return (scheme && url.protocol === 'https:' ? toSecure(publicOrigin) : publicOrigin) + path
}

/** The same host under https; a port that speaks http does not speak that. */
function toSecure(origin: string): string {
  return origin.startsWith('https:') ? origin : `https://${new URL(origin).hostname}`
}

/** Seconds, and behind `;` or `,` an address, which may be quoted (HTML standard, "refresh"). */
const REFRESH = /^(\s*[\d.]*\s*[;,]\s*(?:url\s*=\s*)?)(["']?)(.*)$/is

/** A `Refresh` field with its address as the visitor reaches it; one without an address as it is. */
export function toPublicRefresh(refresh: string, way: Way): string {
  const [, start = '', quote = '', rest = ''] = REFRESH.exec(refresh) ?? []
  // What stands behind the closing quote is read by nobody.
  const end = quote === '' ? -1 : rest.indexOf(quote)
  const address = end < 0 ? rest.trimEnd() : rest.slice(0, end)
  if (address === '') return refresh
  return start + quote + toPublicLocation(address, way) + rest.slice(address.length)
}

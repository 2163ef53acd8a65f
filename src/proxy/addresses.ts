// Maps between the addresses that the client sees and those that the backend sees: paths of
// requests, and in replies `Location`, `Refresh` and the paths of cookies.

/** How one request reaches its backend. */
export type Way = {
  /** Such as `https://shop.example.com`. */
  readonly publicOrigin: string
  /** The complete URL that the backend was asked for. */
  readonly backendUrl: string
  /** What was removed from the front of the path and is put back: empty, or such as `/api`. */
  readonly prefix: string
  /** The path that the origin puts in front of every path: empty, or such as `/prod`. */
  readonly basePath: string
}

/**
 * A path of the backend as the visitor reaches it. A path that is not below the origin's own path
 * comes from an application that does not know that path, as with the stages of API Gateway.
 */
export function toPublicPath(path: string, { prefix, basePath }: Way): string {
  const isBelow = basePath !== '' && `${path}/`.startsWith(`${basePath}/`)
  const rest = isBelow ? path.slice(basePath.length) || '/' : path
  return prefix + rest
}

/**
 * An address in a reply as the visitor reaches it. The backend's own host becomes the public one.
 * `http:` becomes the public scheme, because backends often do not know that something in front of
 * them speaks https. `https:` stays, or a backend that redirects to https would redirect in a
 * circle. Addresses of other hosts stay byte for byte; so do relative ones if the visitor's path is
 * the backend's.
 */
export function toPublicLocation(location: string, way: Way): string {
  const { publicOrigin, backendUrl, prefix, basePath } = way
  // Browsers treat a backslash as a slash.
  const [isAbsolute, scheme] = /^\s*(https?:)?[/\\]{2}/i.exec(location) ?? []
  if (!isAbsolute && prefix === '' && basePath === '') return location
  const url = URL.parse(location, backendUrl)
  if (!url || url.host !== new URL(backendUrl).host || !/^https?:$/.test(url.protocol)) {
    return location
  }
  const path = toPublicPath(url.pathname, way) + url.search + url.hash
  // A path that begins with two slashes would name another host.
  if (!isAbsolute && !path.startsWith('//')) return path
  return (scheme && url.protocol === 'https:' ? toSecure(publicOrigin) : publicOrigin) + path
}

/** The same host under https. A port is dropped, because it speaks http. */
function toSecure(origin: string): string {
  return origin.startsWith('https:') ? origin : `https://${new URL(origin).hostname}`
}

/**
 * Seconds, and after `;`, `,` or white space an address, which may be quoted (HTML standard, "shared
 * declarative refresh steps").
 */
const REFRESH = /^(\s*[\d.]*(?:\s*[;,]\s*|\s+)(?:url\s*=\s*)?)(["']?)(.*)$/is

/**
 * A `Refresh` field with its address as the visitor reaches it; without an address it stays as it
 * is.
 */
export function toPublicRefresh(refresh: string, way: Way): string {
  const [, start = '', quote = '', rest = ''] = REFRESH.exec(refresh) ?? []
  // Browsers ignore what follows the closing quote.
  const end = quote === '' ? -1 : rest.indexOf(quote)
  const address = end < 0 ? rest.trimEnd() : rest.slice(0, end)
  if (address === '') return refresh
  return start + quote + toPublicLocation(address, way) + rest.slice(address.length)
}

// The one spelling of a path. What is matched, looked up, cached and forwarded starts from
// `normalisePath`; nothing below the router looks at the raw URL again.

const UNRESERVED = /[A-Za-z0-9\-._~]/
/** All that a path may hold as it is, beside escapes: RFC 3986 section 3.3. */
const NOT_PLAIN = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/
const ESCAPE_OR_NOT_PLAIN = /%([0-9A-Fa-f]{2})?|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g

/**
 * The normalised path of a URL that the WHATWG parser has read (it has resolved dot segments in
 * every spelling and turned backslashes into slashes): escapes of unreserved characters are
 * decoded, all others are in upper case (RFC 3986 section 6.2.2), a `%` that starts no escape is
 * `%25`, and what the parser lets through though no path may hold it (`|`, `[`, `]`, `^`) is
 * escaped. Escapes of `;`, `:` and the like stay: they mean something else than the character.
 * Applying it twice changes nothing. `undefined` when the path holds a NUL.
 */
export function normalisePath(url: URL): string | undefined {
  const path = url.pathname
  if (!NOT_PLAIN.test(path)) return path
  const normal = path.replace(ESCAPE_OR_NOT_PLAIN, (found, hex: string | undefined) => {
    if (hex === undefined) return encodeURIComponent(found)
    const char = String.fromCharCode(Number.parseInt(hex, 16))
    return UNRESERVED.test(char) ? char : `%${hex.toUpperCase()}`
  })
  return normal.includes('%00') ? undefined : normal
}

/** One character below U+0080 in more bytes than it needs: no UTF-8, and read by some all the same. */
const OVERLONG = /(?:([\xC0\xC1])|\xE0([\x80\x81])|\xF0\x80([\x80\x81]))([\x80-\xBF])/g

/**
 * A normalised path as the most careless of servers may read it: escapes decoded however often they
 * are nested, overlong UTF-8 too, backslashes as slashes, slashes merged, the `;…` of a segment
 * dropped, and only then the dot segments resolved. For judging whom a path is meant for; never to
 * be forwarded or looked up.
 */
export function toLoosePath(path: string): string {
  if (!/[%;]|\/\//.test(path)) return path
  const decoded = path
    .replace(/%(?:25)+/g, '%')
    .replace(/%([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(OVERLONG, (_, two?: string, three?: string, four?: string, last = '') => {
      const lead = (two ?? three ?? four ?? '').charCodeAt(0)
      return String.fromCharCode(((lead & 1) << 6) | (last.charCodeAt(0) & 0x3f))
    })
  const segments: string[] = []
  for (const part of decoded.split(/[/\\]+/)) {
    const segment = part.replace(/;.*/s, '')
    if (segment === '..') segments.pop()
    else if (segment !== '.' && segment !== '') segments.push(segment)
  }
  return `/${segments.join('/')}`
}

/**
 * The name a manifest knows a normalised path by: every segment decoded. `undefined` when it can
 * name no file: its escapes are not UTF-8, or one of them stands for a slash (which separates
 * nothing and so must never be taken for a separator).
 */
export function toManifestPath(path: string): string | undefined {
  if (!path.includes('%')) return path
  if (path.includes('%2F')) return undefined
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/**
 * What `encodeURIComponent` escapes although a segment may hold it (RFC 3986 section 3.3): browsers
 * send these characters as they are.
 */
const NEEDLESS_ESCAPE = /%(?:24|26|2B|2C|3A|3B|3D|40)/g

/**
 * A decoded manifest path as browsers spell it in a URL: the inverse of `toManifestPath`. Escaped is
 * only what a segment cannot hold, so that `/@anna` stays `/@anna`.
 */
export function toUrlPath(path: string): string {
  const escaped = path.split('/').map(encodeURIComponent).join('/')
  return escaped.includes('%') ? escaped.replace(NEEDLESS_ESCAPE, decodeURIComponent) : escaped
}

/**
 * Whether a normalised path belongs to Cloudflare's network, which answers below `/cdn-cgi/` before
 * any Worker is asked. A spelling that the network does not recognise arrives all the same, and
 * would reach what the network keeps there behind a backend's own host. So every spelling counts
 * that some server may read as `/cdn-cgi/`, whatever its case.
 */
export function isNetworkPath(path: string): boolean {
  return /^\/cdn-cgi(?:\/|$)/i.test(toLoosePath(path))
}

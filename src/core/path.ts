// Normalises paths. Whatever is matched, looked up, cached and forwarded starts from
// `normalisePath`; nothing after the router looks at the raw URL again.

const UNRESERVED = /[A-Za-z0-9\-._~]/
/** The characters that a path may hold unescaped: RFC 3986 section 3.3. */
const NOT_PLAIN = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/
const ESCAPE_OR_NOT_PLAIN = /%([0-9A-Fa-f]{2})?|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g

/**
 * The normalised path of a URL that the WHATWG parser has read (which has resolved dot segments in
 * every spelling and turned backslashes into slashes). Escapes of unreserved characters are
 * decoded, all others are in upper case (RFC 3986 section 6.2.2). A `%` that begins no escape
 * becomes `%25`. Characters that the parser lets through although a path must not hold them (`|`,
 * `[`, `]`, `^`) are escaped. Escapes of `;`, `:` and the like stay, because they differ in meaning
 * from the character. Normalising twice changes nothing. `undefined` if the path holds a NUL.
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

/**
 * A character below U+0080 encoded in more bytes than necessary: invalid UTF-8 that some servers
 * accept.
 */
const OVERLONG = /(?:([\xC0\xC1])|\xE0([\x80\x81])|\xF0\x80([\x80\x81]))([\x80-\xBF])/g

/**
 * A normalised path as the most careless server may read it: escapes decoded however often they are
 * nested, overlong UTF-8 too, backslashes as slashes, several slashes as one, the `;…` of a segment
 * removed, and only then the dot segments resolved. Only for checks of what a path could mean; it
 * must not be forwarded or looked up.
 */
export function toLoosePath(path: string): string {
  if (!/[%;\\]|\/[./]/.test(path)) return path
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
 * The name under which a manifest knows a normalised path: every segment decoded. `undefined` if no
 * file can have it: its escapes are not UTF-8, or one of them is a slash (which does not separate
 * segments and must not be taken for a separator).
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
 * What `encodeURIComponent` escapes although a segment may hold it (RFC 3986 section 3.3). Browsers
 * send these characters unescaped.
 */
const NEEDLESS_ESCAPE = /%(?:24|26|2B|2C|3A|3B|3D|40)/g

/**
 * A decoded manifest path as browsers write it in a URL: the inverse of `toManifestPath`. Only what
 * a segment cannot hold is escaped, so that `/@anna` stays `/@anna`.
 */
export function toUrlPath(path: string): string {
  const escaped = path.split('/').map(encodeURIComponent).join('/')
  return escaped.includes('%') ? escaped.replace(NEEDLESS_ESCAPE, decodeURIComponent) : escaped
}

/**
 * Whether a normalised path belongs to Cloudflare's network, which answers below `/cdn-cgi/` before
 * any Worker is asked. A spelling that the network does not recognise still arrives here, and would
 * reach the network's own pages at a backend's host. So every spelling counts that some server may
 * read as `/cdn-cgi/`, in upper or lower case.
 */
export function isNetworkPath(path: string): boolean {
  return /^\/cdn-cgi(?:\/|$)/i.test(toLoosePath(path))
}

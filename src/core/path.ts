// The one spelling of a path. What is matched, looked up, cached and forwarded starts from
// `normalisePath`; nothing below the router looks at the raw URL again.

const UNRESERVED = /[A-Za-z0-9\-._~]/

/**
 * The normalised path of a URL that the WHATWG parser has read (it has resolved dot segments in
 * every spelling and turned backslashes into slashes): escapes of unreserved characters are
 * decoded, all others are in upper case (RFC 3986 section 6.2.2), a `%` that starts no escape is
 * `%25`. Applying it twice changes nothing. `undefined` when the path holds a NUL.
 */
export function normalisePath(url: URL): string | undefined {
  const path = url.pathname
  if (!path.includes('%')) return path
  const normal = path.replace(/%([0-9A-Fa-f]{2})?/g, (_, hex: string | undefined) => {
    if (hex === undefined) return '%25'
    const char = String.fromCharCode(Number.parseInt(hex, 16))
    return UNRESERVED.test(char) ? char : `%${hex.toUpperCase()}`
  })
  return normal.includes('%00') ? undefined : normal
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

/** A decoded manifest path as it stands in a URL: the inverse of `toManifestPath`. */
export function toUrlPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

// Reads the address of a request, once: everything that needs the host, path or query uses this
// result.

import { normalisePath } from './path.ts'

export type Address = {
  readonly url: URL
  /** The normalised path. */
  readonly path: string
  /**
   * The query byte for byte, empty or with its `?`. `url.search` may differ: the parser drops a `?`
   * without anything after it, and escapes quotes.
   */
  readonly search: string
}

/** What a host may consist of: a name or an IP address, and a port (RFC 9110 section 7.2). */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d*)?$/i

/**
 * The address of a request; `undefined` (a 400) if its path holds a NUL or its host is invalid. The
 * platform puts whatever the `Host` header holds in front of the path, so that a host with a slash,
 * a question mark or a second host in it would change where the path begins.
 */
export function readAddress({ url: raw, headers }: Request): Address | undefined {
  const host = headers.get('host')
  if (host !== null && !HOST.test(host)) return undefined
  const url = URL.parse(raw)
  if (!url || !HOST.test(url.host)) return undefined
  const path = normalisePath(url)
  return path === undefined ? undefined : { url, path, search: toSearch(raw) }
}

/** The host holds no `?` here, and the platform removes fragments. */
function toSearch(raw: string): string {
  const [address = ''] = raw.split('#', 1)
  const at = address.indexOf('?')
  return at < 0 ? '' : address.slice(at)
}

/**
 * Whether a request is `OPTIONS *`, which asks for the options of the server itself (RFC 9110
 * section 9.3.7). The platform appends the `*` to the host.
 */
export function isAboutServer({ method, url, headers }: Request): boolean {
  if (method !== 'OPTIONS' || !url.endsWith('*')) return false
  const host = headers.get('host') ?? ''
  return HOST.test(host) && /^https?:\/\/(.*)\*$/i.exec(url)?.[1] === host
}

// The one reading of a request's address. Everything that asks for host, path or query asks this
// result; what it says about versions and services is decided elsewhere.

import { normalisePath } from './path.ts'

export type Address = {
  readonly url: URL
  /** The normalised path. */
  readonly path: string
  /**
   * The query byte for byte, empty or with its `?`. `url.search` is another text: the parser drops a
   * `?` that nothing follows, and escapes quotes.
   */
  readonly search: string
}

/** A name or an IP address, and a port: all that a host may be made of (RFC 9110 section 7.2). */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d*)?$/i

/**
 * The address of a request; `undefined` (a 400) when its path holds a NUL or its host is none. The
 * platform puts whatever the `Host` header holds in front of the path, so that a host with a slash, a
 * question mark or a second host in it would move where the path begins.
 */
export function readAddress({ url: raw, headers }: Request): Address | undefined {
  const host = headers.get('host')
  if (host !== null && !HOST.test(host)) return undefined
  const url = URL.parse(raw)
  if (!url || !HOST.test(url.host)) return undefined
  const path = normalisePath(url)
  return path === undefined ? undefined : { url, path, search: toSearch(raw) }
}

/** A host holds no `?` here, and the platform takes fragments off. */
function toSearch(raw: string): string {
  const [address = ''] = raw.split('#', 1)
  const at = address.indexOf('?')
  return at < 0 ? '' : address.slice(at)
}

/**
 * Whether a request is `OPTIONS *`, which asks what the server itself can do (RFC 9110 section
 * 9.3.7). The platform puts the `*` right behind the host.
 */
export function isAboutServer({ method, url, headers }: Request): boolean {
  if (method !== 'OPTIONS' || !url.endsWith('*')) return false
  const host = headers.get('host') ?? ''
  return HOST.test(host) && /^https?:\/\/(.*)\*$/i.exec(url)?.[1] === host
}

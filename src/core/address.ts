// Reads the address of a request, once: everything that needs the host, path or query uses this
// result.

import { memoise } from './memoise.ts'
import { normalisePath } from './path.ts'

/** The part of an address in front of the path. */
export type Site = {
  /** Such as `https://shop.example.com`. */
  readonly origin: string
  /** `https:` or `http:`. */
  readonly protocol: string
  readonly isSecure: boolean
  /** With its port, if it has one. */
  readonly host: string
  /** Without the port and without a dot at the end. */
  readonly hostname: string
}

export type Address = {
  readonly site: Site
  /** The normalised path. */
  readonly path: string
  /**
   * The query byte for byte, empty or with its `?`. `url.search` may differ: the parser drops a `?`
   * without anything after it, and escapes quotes.
   */
  readonly search: string
  /** The whole address; parsed when it is read. */
  readonly url: URL
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
  const plain = readPlain(raw)
  if (host !== null && host !== plain?.site.host && !HOST.test(host)) return undefined
  if (plain) return plain
  const url = URL.parse(raw)
  if (!url || !HOST.test(url.host)) return undefined
  const path = normalisePath(url)
  return path === undefined ? undefined : { site: toSite(url), path, search: toSearch(raw), url }
}

function toSite({ origin, protocol, host, hostname }: URL): Site {
  const isSecure = protocol === 'https:'
  return { origin, protocol, isSecure, host, hostname: hostname.replace(/\.$/, '') }
}

/** The site of an address that `readAddress` could read. */
export function readSite(raw: string): Site {
  return readPlain(raw)?.site ?? toSite(new URL(raw))
}

/** The host holds no `?` here, and the platform removes fragments. */
function toSearch(raw: string): string {
  const [address = ''] = raw.split('#', 1)
  const at = address.indexOf('?')
  return at < 0 ? '' : address.slice(at)
}

/** A path without dot segments that the parser and `normalisePath` leave as it is. */
const PLAIN_PATH = /^(?:\/(?!\.)[A-Za-z0-9\-._~!$&'()*+,;=:@]*)+$/

/** Where a path can begin at the earliest: behind `http://` and one character. */
const MIN_ORIGIN_CHARACTERS = 8

/**
 * The same address without the parser, which takes five times as long: nearly all addresses consist
 * of an origin that was read before and of a path without anything to normalise. `undefined` for all
 * others.
 */
function readPlain(raw: string): Address | undefined {
  const pathAt = raw.indexOf('/', MIN_ORIGIN_CHARACTERS)
  if (pathAt < 0 || raw.includes('#')) return undefined
  const { site } = siteOf(raw.slice(0, pathAt))
  if (!site) return undefined
  const queryAt = raw.indexOf('?', pathAt)
  const path = queryAt < 0 ? raw.slice(pathAt) : raw.slice(pathAt, queryAt)
  if (!PLAIN_PATH.test(path)) return undefined
  return new PlainAddress(site, path, queryAt < 0 ? '' : raw.slice(queryAt), raw)
}

/** The site of an origin that is written as the parser would write it. */
const siteOf = memoise((origin): { readonly site: Site | undefined } => {
  const url = URL.parse(`${origin}/`)
  const isPlain = url?.origin === origin && HOST.test(url.host)
  return { site: isPlain ? toSite(url) : undefined }
})

class PlainAddress implements Address {
  readonly site: Site
  readonly path: string
  readonly search: string
  readonly #raw: string
  #url: URL | undefined

  constructor(site: Site, path: string, search: string, raw: string) {
    this.site = site
    this.path = path
    this.search = search
    this.#raw = raw
  }

  get url(): URL {
    this.#url ??= new URL(this.#raw)
    return this.#url
  }
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

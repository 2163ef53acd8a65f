// The headers that a backend is sent: the client's, without those of the client's connection, those
// that a client must not set, and Holo's own; and with the truth about who asks.

import type { Site } from '../core/address.ts'
import { memoise, memoiseByObject } from '../core/memoise.ts'
import { isHopByHop, listConnectionNames } from '../http/hop-by-hop.ts'
import { joinCookies } from './holo-cookies.ts'

/**
 * Headers by name in lower case, without a prototype. A plain object, because every call of the
 * platform's Headers is slow: building a request took 65 µs with them and takes 23 without.
 */
export type BackendHeaders = Record<string, string>

const NOT_FORWARDED: ReadonlySet<string> = new Set([
  // The platform sends the interim answer that this header asks for.
  'expect',
  // Where headers become environment variables, this one is HTTP_PROXY, which some HTTP clients
  // obey.
  'proxy',
])

function isForBackends(name: string): boolean {
  if (isHopByHop(name) || NOT_FORWARDED.has(name) || name.startsWith('holo-')) return false
  return !isForwardedClaim(name) && !isBypass(name)
}

/** Whether a header, in lower case, is forwarded. Clients send the same few names again and again. */
const isForwarded = memoise((name) => isForBackends(name) && isForBackends(toReadName(name)))

/** CGI, WSGI, Rack and PHP read `X_Forwarded_For` and `X-Forwarded-For` as the same variable. */
function toReadName(name: string): string {
  return name.replaceAll('_', '-')
}

/**
 * The headers for the backend. `identity` is what Holo says about the visitor; the client's own
 * `Holo-*` are removed.
 */
export function toBackendHeaders(
  request: Request,
  site: Site,
  identity: Readonly<Record<string, string>>,
): BackendHeaders {
  const received = request.headers
  const headers: BackendHeaders = Object.create(null)
  received.forEach((value, name) => {
    if (isForwarded(name)) headers[name] = value
  })
  const named = listConnectionNames(received.get('connection'))
  if (named.length > 0) {
    for (const name of Object.keys(headers)) {
      if (named.includes(name) || named.includes(toReadName(name))) delete headers[name]
    }
  }
  // This header makes the platform do the handshake.
  if (isWebSocketUpgrade(request)) headers.upgrade = 'websocket'
  joinCookies(headers)
  const clientIp = received.get('cf-connecting-ip')
  addForwarded(headers, site, clientIp)
  return Object.assign(headers, identity)
}

/** The public side of a request. */
type PublicSide = {
  /** The URL as the visitor sees it; only its host and scheme are used. */
  readonly url: Pick<URL, 'host' | 'protocol'>
  /** The address that the platform saw; `null` if it did not say. */
  readonly clientIp: string | null
}

const IP_ADDRESS = /^[0-9a-f.:]+$/i

/**
 * Headers in which CDNs and older proxies put the client's address, and in which frameworks look
 * for it.
 */
const CLAIMS: ReadonlySet<string> = new Set([
  'forwarded',
  'x-real-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'client-ip',
])

/** The JWT of Cloudflare Access is signed; other headers with its prefix could be forged. */
const ACCESS_PREFIX = 'cf-access-'
const ACCESS_JWT = 'cf-access-jwt-assertion'

/** Whether a header, in lower case, is one in which a client could claim who it is. */
export function isForwardedClaim(name: string): boolean {
  if (name.startsWith(ACCESS_PREFIX)) return name !== ACCESS_JWT
  return name.startsWith('x-forwarded-') || CLAIMS.has(name)
}

/**
 * The headers that replace such claims by the truth, in lower case (RFC 7239, and the older
 * X-Forwarded-*). A client's own values are replaced, never extended, so that a backend may trust
 * them.
 */
export function toForwarded({ url, clientIp }: PublicSide): Record<string, string> {
  const headers: Record<string, string> = {}
  addForwarded(headers, url, clientIp)
  return headers
}

/** Written once for each site: all requests of an origin have the same object. */
const sideOf = memoiseByObject(({ host, protocol }: PublicSide['url']) => {
  const proto = protocol.slice(0, -1)
  return { proto, pairs: `host=${quote(host)};proto=${proto}` }
})

function addForwarded(
  headers: Record<string, string>,
  url: PublicSide['url'],
  clientIp: string | null,
): void {
  const { proto, pairs } = sideOf(url)
  headers['x-forwarded-host'] = url.host
  headers['x-forwarded-proto'] = proto
  headers.forwarded = pairs
  if (clientIp === null || !IP_ADDRESS.test(clientIp)) return
  headers['x-forwarded-for'] = clientIp
  headers['x-real-ip'] = clientIp
  headers.forwarded = `for=${quote(clientIp.includes(':') ? `[${clientIp}]` : clientIp)};${pairs}`
}

/** Colons and brackets need quotes (RFC 7239 section 4); hosts and addresses contain no quotes. */
function quote(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : `"${value}"`
}

/**
 * Headers that a framework, or a server in front of one, sets itself and believes from anybody.
 * With one of them a client bypasses a check, has another path read than the one that was decided
 * on, or puts another page into a cache. docs/security.md has the same list. Names are in lower
 * case; a `*` at the end stands for any ending.
 */
export const BYPASS_HEADERS: readonly string[] = [
  // IIS, Symfony, Zend: replace the path of the request line.
  'x-original-url',
  'x-rewrite-url',
  'x-original-uri',
  // Rails, Laravel, Symfony, Django: replace the method.
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  // Symfony and PHP frameworks: replace the host of `X-Forwarded-Host`.
  'x-host',
  'x-original-host',
  'x-http-host-override',
  // Next.js: skip middleware (CVE-2025-29927), or forge its result.
  'x-middleware-*',
  'x-invoke-*',
  'x-matched-path',
  'x-now-route-matches',
  'next-resume',
  'x-next-resume-state-length',
  // OpenNext, which runs Next.js in a Worker: forge the result of its routing.
  'x-opennext-*',
  // React Router: switch modes of its build (CVE-2025-43864, CVE-2025-43865).
  'x-react-router-spa-mode',
  'x-react-router-prerender-data',
  // Astro: replace the path (CVE-2026-33768), or forge the result of its middleware.
  'x-astro-path',
  'x-astro-locals',
  // Nuxt: switch modes of its build and of its error page.
  'x-nitro-prerender',
  'x-nuxt-error',
  // Rack and Plack: send another file (CVE-2025-61780).
  'x-sendfile-type',
  'x-accel-mapping',
]

/** Pages of Next.js send this one with prefetches, so it is allowed. */
const HONEST = 'x-middleware-prefetch'

const NAMES: ReadonlySet<string> = new Set(BYPASS_HEADERS)
const BEGINNINGS = BYPASS_HEADERS.filter((name) => name.endsWith('*')).map((name) =>
  name.slice(0, -1),
)

/** Whether a header, in lower case, is in this list. */
function isBypass(name: string): boolean {
  if (NAMES.has(name)) return true
  return name !== HONEST && BEGINNINGS.some((beginning) => name.startsWith(beginning))
}

/** Whether the request asks for WebSocket (RFC 6455). Other upgrades are not forwarded. */
export function isWebSocketUpgrade({ method, headers }: Request): boolean {
  return method === 'GET' && headers.get('upgrade')?.trim().toLowerCase() === 'websocket'
}

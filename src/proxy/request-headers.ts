// The headers that a backend is sent: the client's, without those of the client's connection, those
// that a client must not set, and Holo's own; and with the truth about who asks.

import { toHopByHop } from '../http/hop-by-hop.ts'
import { joinCookies } from './holo-cookies.ts'

/**
 * By name in lower case, without a prototype that a name could reach. A plain object, because every
 * call of the platform's Headers costs: from these to the finished request, 65 µs became 23.
 */
export type BackendHeaders = Record<string, string>

const NOT_FORWARDED: ReadonlySet<string> = new Set([
  // The interim answer that it asks for is given by the platform.
  'expect',
  // Where headers become variables, this one is HTTP_PROXY, which some HTTP clients obey.
  'proxy',
])

function isForBackends(name: string): boolean {
  if (NOT_FORWARDED.has(name) || name.startsWith('holo-')) return false
  return !isForwardedClaim(name) && !isBypass(name)
}

/**
 * The headers for the backend. `identity` is what Holo says about the visitor; the client's own
 * `Holo-*` are not passed on.
 */
export function toBackendHeaders(
  request: Request,
  publicUrl: URL,
  identity: Readonly<Record<string, string>>,
): BackendHeaders {
  const received = request.headers
  const headers: BackendHeaders = Object.create(null)
  const isHopByHop = toHopByHop(received)
  received.forEach((value, name) => {
    if (!isHopByHop(name) && isForBackends(name)) headers[name] = value
    // CGI, WSGI, Rack and PHP read `X_Forwarded_For` and `X-Forwarded-For` as the same variable.
    if (!name.includes('_')) return
    const read = name.replaceAll('_', '-')
    if (isHopByHop(read) || !isForBackends(read)) delete headers[name]
  })
  // The platform makes the handshake when it sees this one.
  if (isWebSocketUpgrade(request)) headers.upgrade = 'websocket'
  joinCookies(headers)
  const clientIp = received.get('cf-connecting-ip')
  return Object.assign(headers, toForwarded({ url: publicUrl, clientIp }), identity)
}

/** The public side of a request. */
export type PublicSide = {
  /** The address as the visitor sees it; host and scheme count. */
  readonly url: URL
  /** As the platform saw it; `null` where it did not say. */
  readonly clientIp: string | null
}

const IP_ADDRESS = /^[0-9a-f.:]+$/i

/** Where CDNs and older proxies put the client's address, and where frameworks look for it. */
const CLAIMS: ReadonlySet<string> = new Set([
  'forwarded',
  'x-real-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'client-ip',
])

/** Access's own JWT proves itself; what else has its prefix proves nothing. */
const ACCESS_PREFIX = 'cf-access-'
const ACCESS_JWT = 'cf-access-jwt-assertion'

/** Whether a header, in lower case, is one in which a client could say who it is. */
export function isForwardedClaim(name: string): boolean {
  if (name.startsWith(ACCESS_PREFIX)) return name !== ACCESS_JWT
  return name.startsWith('x-forwarded-') || CLAIMS.has(name)
}

/** The headers that tell the truth in the place of such claims, in lower case. */
export function toForwarded({ url, clientIp }: PublicSide): Record<string, string> {
  const proto = url.protocol.slice(0, -1)
  const headers: Record<string, string> = {
    'x-forwarded-host': url.host,
    'x-forwarded-proto': proto,
  }
  const pairs = [`host=${quote(url.host)}`, `proto=${proto}`]
  if (clientIp !== null && IP_ADDRESS.test(clientIp)) {
    headers['x-forwarded-for'] = clientIp
    headers['x-real-ip'] = clientIp
    pairs.unshift(`for=${quote(clientIp.includes(':') ? `[${clientIp}]` : clientIp)}`)
  }
  headers.forwarded = pairs.join(';')
  return headers
}

/** A colon or bracket needs quotes (RFC 7239 section 4); hosts and addresses hold no quotes. */
function quote(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : `"${value}"`
}

/** Names in lower case; one that ends with `*` stands for all that begin like it. */
export const BYPASS_HEADERS: readonly string[] = [
  // IIS, Symfony, Zend: another path than that of the request line.
  'x-original-url',
  'x-rewrite-url',
  'x-original-uri',
  // Rails, Laravel, Symfony, Django: another method.
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  // Symfony's and PHP's frameworks: another host than `X-Forwarded-Host` says.
  'x-host',
  'x-original-host',
  'x-http-host-override',
  // Next.js: middleware is skipped (CVE-2025-29927), or its result is forged.
  'x-middleware-*',
  'x-invoke-*',
  'x-matched-path',
  'x-now-route-matches',
  'next-resume',
  'x-next-resume-state-length',
  // OpenNext, which runs Next.js in a Worker: what its routing found.
  'x-opennext-*',
  // React Router: modes of its build (CVE-2025-43864, CVE-2025-43865).
  'x-react-router-spa-mode',
  'x-react-router-prerender-data',
  // Astro: another path (CVE-2026-33768), and what its middleware found.
  'x-astro-path',
  'x-astro-locals',
  // Nuxt: the modes of its build and of its error page.
  'x-nitro-prerender',
  'x-nuxt-error',
  // Rack and Plack: another file is sent (CVE-2025-61780).
  'x-sendfile-type',
  'x-accel-mapping',
]

/** Next.js' own pages send it, with requests that fetch ahead. */
const HONEST = 'x-middleware-prefetch'

const NAMES: ReadonlySet<string> = new Set(BYPASS_HEADERS)
const BEGINNINGS = BYPASS_HEADERS.filter((name) => name.endsWith('*')).map((name) =>
  name.slice(0, -1),
)

/** Whether a header, in lower case, is one of these. */
export function isBypass(name: string): boolean {
  if (NAMES.has(name)) return true
  return name !== HONEST && BEGINNINGS.some((beginning) => name.startsWith(beginning))
}

/** Whether the request wants to speak WebSocket; other protocols to upgrade to do not pass. */
export function isWebSocketUpgrade({ method, headers }: Request): boolean {
  return method === 'GET' && headers.get('upgrade')?.trim().toLowerCase() === 'websocket'
}

// Who asked, and under which address, as a backend is told: RFC 7239 and the older X-Forwarded-*.
// What a client says about itself is replaced, never added to, so that a backend may rely on it.

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

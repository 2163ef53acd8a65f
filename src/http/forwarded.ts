// Who asked, and under which address, as a backend is told: RFC 7239 and the older X-Forwarded-*.
// What a client says about itself is replaced, never added to, so that a backend may rely on it.

/** The public side of a request. */
export type PublicSide = {
  /** The address as the visitor sees it; host and scheme count. */
  readonly url: URL
  /** As the platform saw it; `null` where it did not say. */
  readonly clientIp: string | null
}

const CLAIM = /^(x-forwarded-.*|forwarded|x-real-ip)$/
const IP_ADDRESS = /^[0-9a-f.:]+$/i

/** Puts the truth where the client's claims stood. */
export function setForwarded(headers: Headers, { url, clientIp }: PublicSide): void {
  for (const name of [...headers.keys()]) if (CLAIM.test(name)) headers.delete(name)
  const proto = url.protocol.slice(0, -1)
  headers.set('X-Forwarded-Host', url.host)
  headers.set('X-Forwarded-Proto', proto)
  const pairs = [`host=${quote(url.host)}`, `proto=${proto}`]
  if (clientIp !== null && IP_ADDRESS.test(clientIp)) {
    headers.set('X-Forwarded-For', clientIp)
    pairs.unshift(`for=${quote(clientIp.includes(':') ? `[${clientIp}]` : clientIp)}`)
  }
  headers.set('Forwarded', pairs.join(';'))
}

/** A colon or bracket needs quotes (RFC 7239 section 4); hosts and addresses hold no quotes. */
function quote(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : `"${value}"`
}

// Which addresses a service may be sent to. Only a document names origins, never a request; this
// keeps a slip of the pen from opening a private network.

import ipaddr from 'ipaddr.js'

/** What is wrong with an origin and how to mend it; `undefined` when nothing is. */
export function checkOrigin(text: string, allowInsecure: boolean): string | undefined {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) {
    return 'write an origin as https://host, such as "https://api.example.com"'
  }
  if (url.username || url.password) return 'leave user name and password out of an origin'
  if (url.pathname !== '/' || url.search || url.hash || text.endsWith('#') || text.endsWith('?')) {
    return `an origin has no path or query: write "${url.origin}"`
  }
  if (allowInsecure) return undefined
  if (url.protocol !== 'https:') return `write "https://${url.host}": http:// is for local runs`
  return isPrivate(url.hostname) ? 'an origin has a public host name' : undefined
}

/**
 * Whether a host cannot be meant on the open network: an address of any kind that is not plain
 * unicast, or a name without a dot or of a private top-level domain (RFC 6761, RFC 6762, RFC 8375).
 */
function isPrivate(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '')
  if (ipaddr.isValid(address)) return ipaddr.process(address).range() !== 'unicast'
  return !host.includes('.') || /\.(localhost|local|internal|home\.arpa)\.?$/.test(host)
}

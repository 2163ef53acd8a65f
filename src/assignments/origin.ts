// Which addresses a service may be sent to: hosts, and Workers that are bound to this one. Only a
// document names origins, never a request; this keeps a slip of the pen from opening a private
// network. Whether a binding exists is known where the request is sent.

import ipaddr from 'ipaddr.js'

const BINDING = 'service:'
/** What wrangler takes for the name of a binding. */
const BINDING_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

/** What is wrong with an origin and how to mend it; `undefined` when nothing is. */
export function checkOrigin(text: string, allowInsecure: boolean): string | undefined {
  if (text.startsWith(BINDING)) {
    if (BINDING_NAME.test(text.slice(BINDING.length))) return undefined
    return 'write a binding as service:NAME, with letters, digits and "_"'
  }
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) {
    return 'write an origin as https://host, such as "https://api.example.com", or as service:BINDING'
  }
  if (url.username || url.password) return 'leave user name and password out of an origin'
  if (url.pathname !== '/' || url.search || url.hash || text.endsWith('#') || text.endsWith('?')) {
    return `an origin has no path or query: write "${url.origin}"`
  }
  if (allowInsecure) return undefined
  if (url.protocol !== 'https:') return `write "https://${url.host}": http:// is for local runs`
  return isPrivate(url.hostname) ? 'an origin has a public host name' : undefined
}

/** One spelling of an origin that `checkOrigin` has accepted. */
export function normaliseOrigin(text: string): string {
  return text.startsWith(BINDING) ? text : new URL(text).origin
}

/** Private top-level domains: RFC 6761, RFC 6762, RFC 8375, and what routers and companies use. */
const PRIVATE_DOMAIN =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa|test|invalid)$/

/**
 * Whether a host, as a URL spells it, cannot be meant on the open network: an address of any kind that is
 * not plain unicast, or a name without a dot or of a private domain. A dot at the end changes nothing.
 */
function isPrivate(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '')
  if (ipaddr.isValid(address)) return isPrivateAddress(address)
  const name = host.replace(/\.+$/, '')
  return !name.includes('.') || PRIVATE_DOMAIN.test(name)
}

function isPrivateAddress(text: string): boolean {
  const address = ipaddr.process(text)
  if (address.range() !== 'unicast') return true
  if (address instanceof ipaddr.IPv4) return false
  const parts = (address as ipaddr.IPv6).parts
  // Only 2000::/3 is given out (RFC 4291 section 2.4); ::127.0.0.1 and its like lie outside of it.
  if (((parts[0] ?? 0) & 0xe000) !== 0x2000) return true
  // ISATAP carries an IPv4 address of any kind in its last 32 bits (RFC 5214 section 6.1).
  return ((parts[4] ?? 0) & 0xfdff) === 0 && parts[5] === 0x5efe
}

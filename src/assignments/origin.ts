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

/**
 * Whether a host cannot be meant on the open network: an address of any kind that is not plain
 * unicast, or a name without a dot or of a private top-level domain (RFC 6761, RFC 6762, RFC 8375).
 */
function isPrivate(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '')
  if (ipaddr.isValid(address)) return ipaddr.process(address).range() !== 'unicast'
  return !host.includes('.') || /\.(localhost|local|internal|home\.arpa)\.?$/.test(host)
}

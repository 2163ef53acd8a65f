// Which addresses a service may have: public hosts, and Workers that are bound to this one. Origins
// come from documents only, never from a request; the checks keep a mistake in a document from
// opening a private network. exchange.ts finds out whether a binding exists.

import ipaddr from 'ipaddr.js'
import { isAddress } from '../core/ip-address.ts'
import { splitOrigin } from '../core/services.ts'

const BINDING = 'service:'
/** What wrangler accepts as the name of a binding. */
const BINDING_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/
/**
 * A path of which every segment is read alike by all servers: no escapes, no `;`, no dot segments,
 * no double slashes. It is put in front of each path, such as the stage of an API Gateway.
 */
const BASE_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~!$&'()*+,=:@]+)*\/?$/
const PATH_RULE =
  'write the path of an origin as in "/prod", without escapes, ";", "." or ".." and double slashes'

/** What is wrong with an origin and how to mend it; `undefined` if nothing is. */
export function checkOrigin(text: string, allowInsecure: boolean): string | undefined {
  if (text.startsWith(BINDING)) {
    const { address, basePath } = splitOrigin(text)
    if (!BINDING_NAME.test(address.slice(BINDING.length))) {
      return 'write a binding as service:NAME, with letters, digits and "_"'
    }
    return BASE_PATH.test(basePath) ? undefined : PATH_RULE
  }
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) {
    return 'write an origin as https://host, such as "https://api.example.com", or as service:BINDING'
  }
  if (url.username || url.password) return 'leave user name and password out of an origin'
  if (url.search || url.hash || text.endsWith('#') || text.endsWith('?')) {
    return `an origin has no query: write "${normaliseOrigin(url.origin + url.pathname)}"`
  }
  // The path as it was written: the parser has already resolved what must not be in it.
  const path = /^https?:\/\/[^/\\]+(.*)$/is.exec(text.trim())?.[1] ?? ''
  if (url.pathname !== '/' && !BASE_PATH.test(path)) return PATH_RULE
  if (allowInsecure) return undefined
  if (url.protocol !== 'https:') return `write "https://${url.host}": http:// is for local runs`
  return isPrivate(url.hostname) ? 'an origin has a public host name' : undefined
}

/**
 * What is wrong with the address of a webhook; `undefined` if nothing is. What a public name resolves to
 * cannot be seen here.
 */
export function checkWebhookUrl(text: string, allowInsecure: boolean): string | undefined {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) return 'write the address as https://host/path'
  if (url.username || url.password) return 'leave user name and password out of the address'
  if (url.hash) return 'leave the fragment ("#…") out of the address'
  if (allowInsecure) return undefined
  if (url.protocol !== 'https:') return 'write https://: http:// is for local runs'
  return isPrivate(url.hostname) ? 'a webhook has a public host name' : undefined
}

/** The one spelling of an origin that `checkOrigin` accepted: without a slash at its end. */
export function normaliseOrigin(text: string): string {
  if (text.startsWith(BINDING)) return text.replace(/\/$/, '')
  const { origin, pathname } = new URL(text)
  return origin + pathname.replace(/\/$/, '')
}

/** Private top-level domains: RFC 6761, RFC 6762, RFC 8375, and what routers and companies use. */
const PRIVATE_DOMAIN =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa|test|invalid)$/

/**
 * Whether a host, as written in a URL, cannot be on the public network: an address that is not
 * plain unicast, or a name without a dot or in a private domain. A dot at the end changes nothing.
 */
function isPrivate(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '')
  if (isAddress(address)) return isPrivateAddress(address)
  const name = host.replace(/\.+$/, '')
  return !name.includes('.') || PRIVATE_DOMAIN.test(name)
}

function isPrivateAddress(text: string): boolean {
  const address = ipaddr.process(text)
  if (address.range() !== 'unicast') return true
  if (address instanceof ipaddr.IPv4) return false
  const parts = (address as ipaddr.IPv6).parts
  // Only 2000::/3 is assigned (RFC 4291 section 2.4); addresses such as ::127.0.0.1 lie outside.
  if (((parts[0] ?? 0) & 0xe000) !== 0x2000) return true
  // ISATAP carries an IPv4 address of any kind in its last 32 bits (RFC 5214 section 6.1).
  return ((parts[4] ?? 0) & 0xfdff) === 0 && parts[5] === 0x5efe
}

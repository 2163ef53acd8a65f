// Who counts as one client when attempts are counted. Pure.

import ipaddr from 'ipaddr.js'

/** One client has a whole /64 of IPv6 (RFC 6177), and the same IPv4 address in several spellings. */
export function toClient(text: string): string {
  if (!ipaddr.isValid(text)) return text.slice(0, 64)
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv4) return address.toString()
  return `${address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}

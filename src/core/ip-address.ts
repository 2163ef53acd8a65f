// IP addresses: whether one lies in a range (CIDR: RFC 4632, RFC 4291), and which addresses count
// as one client. An IPv4 address that is mapped into IPv6 is treated as the IPv4 address, in ranges
// too.

import ipaddr from 'ipaddr.js'
import { memoise } from './memoise.ts'

/** The length of the prefix `::ffff:` of an IPv4 address that is mapped into IPv6. */
const MAPPED_PREFIX_BITS = 96

const FOUR_NUMBERS = /^\d+(?:\.\d+){3}$/

/** Whether `text` is a range of addresses, such as `10.0.0.0/8`. */
export function isCidr(text: string): boolean {
  return isAddress(text.slice(0, text.lastIndexOf('/'))) && ipaddr.isValidCIDR(text)
}

/**
 * Whether `address` lies in `range`; a text that is no address lies in none.
 *
 * @throws TypeError when the range cannot be read.
 */
export function isInRange(address: string, range: string): boolean {
  const { base, mask } = rangeOf(range)
  const bytes = bytesOf(address)
  if (bytes.length !== base.length) return false
  for (let i = 0; i < bytes.length; i++) {
    if (((bytes[i] as number) & (mask[i] as number)) !== base[i]) return false
  }
  return true
}

/**
 * The bytes of an address, 4 or 16; none for other texts. Memoised, because every rule asks for the
 * same address of a request.
 */
const bytesOf = memoise((text) => (isAddress(text) ? ipaddr.process(text).toByteArray() : []))

const rangeOf = memoise((range) => {
  if (!isCidr(range)) throw new TypeError(`cidr cannot read the range ${JSON.stringify(range)}`)
  const [address, bits] = ipaddr.parseCIDR(range)
  const isMapped =
    address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= MAPPED_PREFIX_BITS
  return isMapped
    ? toMasked(address.toIPv4Address().toByteArray(), bits - MAPPED_PREFIX_BITS)
    : toMasked(address.toByteArray(), bits)
})

function toMasked(bytes: readonly number[], bits: number) {
  const mask = bytes.map((_, i) => (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 0xff)
  return { mask, base: bytes.map((byte, i) => byte & (mask[i] as number)) }
}

/**
 * Only the common notations count: others (`167772161`, `010.0.0.1`, `10.1`) are read differently
 * by different programs.
 */
export function isAddress(text: string): boolean {
  if (text.includes(':')) return ipaddr.IPv6.isValid(text)
  // The library finds out by an exception, which takes long for the many texts that are host names.
  return FOUR_NUMBERS.test(text) && ipaddr.IPv4.isValidFourPartDecimal(text)
}

/**
 * The name under which attempts of one client are counted: a client has a whole /64 of IPv6 (RFC
 * 6177), and an IPv4 address has several spellings.
 */
export function toClient(text: string): string {
  if (!ipaddr.isValid(text)) return text.slice(0, 64)
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv4) return address.toString()
  return `${address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}

/**
 * The networks that an address of the Internet belongs to, from the smallest to the largest: the
 * client itself (an IPv4 address, or a /64 of IPv6), and for IPv6 the /56 and the /48 around it, of
 * which a provider gives one customer one. `undefined` for private and other special addresses. An
 * IPv6 address that only wraps an IPv4 address (mapped, 6to4, Teredo, NAT64) is that IPv4 address.
 */
export function toNetworks(text: string): readonly [string, string, string] | undefined {
  if (!ipaddr.isValid(text)) return undefined
  const address = unwrap(ipaddr.process(text))
  if (address.range() !== 'unicast') return undefined
  if (address instanceof ipaddr.IPv4) {
    const name = address.toString()
    return [name, name, name]
  }
  const bytes = address.toByteArray()
  const toName = (length: number) => `${bytes.slice(0, length).join('.')}/${length * 8}`
  return [toName(8), toName(7), toName(6)]
}

/** RFC 3056 (6to4), RFC 4380 (Teredo, whose address is inverted), RFC 6052 (NAT64). */
function unwrap(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address
  const bytes = address.toByteArray()
  switch (address.range()) {
    case '6to4':
      return new ipaddr.IPv4(bytes.slice(2, 6))
    case 'teredo':
      return new ipaddr.IPv4(bytes.slice(12).map((byte) => byte ^ 0xff))
    case 'rfc6052':
      return new ipaddr.IPv4(bytes.slice(12))
    default:
      return address
  }
}

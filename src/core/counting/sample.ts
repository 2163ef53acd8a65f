// Which visitors are in the sample that is judged: those whose second hash is below a bound. The same
// in every isolate, so that sets of them merge by union and their counts are exact.

import ipaddr from 'ipaddr.js'
import { toClient } from '../ip-address.ts'
import { murmur3Text } from '../murmur3.ts'
import { ADDRESS_BITS } from './marks.ts'

/** Not 0, the seed of the bucket: a sample must not prefer an environment. */
const VISITOR_SEED = 0x5a3b1e07
const ADDRESS_SEED = 0x1f83d9ab

/** The second hash of a visitor, 0 to 2^32 - 1. It says nothing about the bucket. */
export function toSampleHash(salt: string, visitor: string): number {
  return murmur3Text(`${salt}.${visitor}`, VISITOR_SEED)
}

/**
 * A client's address as a number of 24 bits, the same for a whole /64 of IPv6: to see that many
 * visitors are one client, and not enough to see which. 0 where an address means nothing: none at
 * all, or one of a private network, where everybody may have the same.
 */
export function toAddressHash(salt: string, address: string | null): number {
  if (!address || !ipaddr.isValid(address)) return 0
  if (ipaddr.process(address).range() !== 'unicast') return 0
  const hash = murmur3Text(`${salt}.${toClient(address)}`, ADDRESS_SEED) >>> (32 - ADDRESS_BITS)
  return hash === 0 ? 1 : hash
}

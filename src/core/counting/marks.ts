// Which visitors are in the sample that is judged, and what one of them did in one window on one
// version, in 32 bits. Two marks of one visitor merge into one, whatever their order and however
// often. Hashes are the same in every isolate, so that sets of visitors merge by union.

import ipaddr from 'ipaddr.js'
import { toClient } from '../ip-address.ts'
import { murmur3Text } from '../murmur3.ts'

/** The visitor's document was decided by its bucket. */
const ASSIGNED = 1
const FAILED = 2
/** Four bits: 0 without a latency, else 1 plus the number of edges below the slowest one. */
const LEVEL_SHIFT = 2
const LEVEL_MASK = 0b1111
/** A request was decided by the visitor's bucket alone, and not by the pin of a tab. */
const UNPINNED = 1 << 6
/** The hash of the address takes the upper 24 bits. */
const ADDRESS_SHIFT = 8

/**
 * The bits of an address hash: enough to tell addresses apart, too few to find out which they are.
 */
const ADDRESS_BITS = 24

export type Marks = number

export type Mark = {
  /** `ADDRESS_BITS` of the hash of the client's address; 0 if it has no meaningful address. */
  readonly address: number
  readonly assigned?: boolean
  readonly failed?: boolean
  /** Whether a request was decided by the visitor's bucket alone, and not by the pin of a tab. */
  readonly unpinned?: boolean
  /** How many edges lie below the slowest latency; absent without a latency. */
  readonly edgesBelow?: number | undefined
}

export function toMarks({ address, assigned, failed, unpinned, edgesBelow }: Mark): Marks {
  const level = edgesBelow === undefined ? 0 : edgesBelow + 1
  const flags =
    (assigned ? ASSIGNED : 0) |
    (failed ? FAILED : 0) |
    (unpinned ? UNPINNED : 0) |
    (level << LEVEL_SHIFT)
  return ((address << ADDRESS_SHIFT) | flags) >>> 0
}

export function readMarks(marks: Marks): Required<Mark> {
  const level = (marks >>> LEVEL_SHIFT) & LEVEL_MASK
  return {
    address: marks >>> ADDRESS_SHIFT,
    assigned: (marks & ASSIGNED) !== 0,
    failed: (marks & FAILED) !== 0,
    unpinned: (marks & UNPINNED) !== 0,
    edgesBelow: level === 0 ? undefined : level - 1,
  }
}

/** What both say together: of two addresses the smaller hash, of two latencies the slower one. */
export function mergeMarks(one: Marks, other: Marks): Marks {
  const address = Math.min(one >>> ADDRESS_SHIFT, other >>> ADDRESS_SHIFT)
  const level = Math.max(one & (LEVEL_MASK << LEVEL_SHIFT), other & (LEVEL_MASK << LEVEL_SHIFT))
  const flags = ((one | other) & (ASSIGNED | FAILED | UNPINNED)) | level
  return ((address << ADDRESS_SHIFT) | flags) >>> 0
}

/** Not 0, which is the seed of the bucket's hash: the sample must not prefer an environment. */
const VISITOR_SEED = 0x5a3b1e07
const ADDRESS_SEED = 0x1f83d9ab

/** The sample hash of a visitor, 0 to 2^32 - 1. It is independent of the visitor's bucket. */
export function toSampleHash(salt: string, visitor: string): number {
  return murmur3Text(`${salt}.${visitor}`, VISITOR_SEED)
}

/**
 * A client's address as a number of 24 bits, the same for a whole /64 of IPv6. It shows that many
 * visitors are one client, and cannot show which. 0 where an address means nothing: there is none,
 * or it belongs to a private network, where several clients may have the same.
 */
export function toAddressHash(salt: string, address: string | null): number {
  if (!address || !ipaddr.isValid(address)) return 0
  if (ipaddr.process(address).range() !== 'unicast') return 0
  const hash = murmur3Text(`${salt}.${toClient(address)}`, ADDRESS_SEED) >>> (32 - ADDRESS_BITS)
  return hash === 0 ? 1 : hash
}

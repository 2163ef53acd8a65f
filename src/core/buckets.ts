// Which bucket a visitor falls into. Which environment a bucket belongs to is traffic.ts' affair.

import { murmur3Text } from './murmur3.ts'

/** How many buckets there are; one is a hundredth of a percent. */
export const BUCKETS = 10_000

/**
 * The bucket of a visitor, 0 to 9,999:
 * `floor(murmur3_x86_32(utf8(salt + "." + visitor), seed 0) * 10000 / 2^32)`, exact in doubles.
 * It depends on nothing but its arguments and so never changes.
 */
export function bucketOf(salt: string, visitor: string): number {
  return Math.floor((murmur3Text(`${salt}.${visitor}`) * BUCKETS) / 2 ** 32)
}

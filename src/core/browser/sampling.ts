// Which visitors' browsers report: a fixed share, by a hash of the visitor's id, so that a visitor is
// in or out in every isolate and on every version.

import { murmur3Text } from '../murmur3.ts'

/** Another one than those of buckets and of the judge: the sample has nothing to do with either. */
const SAMPLE_SEED = 0x2b7e1516

/** @param sample 0 to 1. */
export function isSampled(visitor: string, sample: number): boolean {
  return murmur3Text(visitor, SAMPLE_SEED) < sample * 2 ** 32
}

// How many buckets a change moves, and from whom to whom.

import { type Traffic, toOwners } from '../../core/traffic.ts'

export type BucketMove = { readonly from: string; readonly to: string; readonly buckets: number }

/** In the order of the lowest bucket that moves. */
export function countMoves(before: Traffic, after: Traffic): readonly BucketMove[] {
  const owners = toOwners(before)
  const moves = new Map<string, { from: string; to: string; buckets: number }>()
  for (const [bucket, to] of toOwners(after).entries()) {
    const from = owners[bucket]
    if (from === undefined || to === undefined || from === to) continue
    const key = `${from} ${to}`
    const move = moves.get(key) ?? { from, to, buckets: 0 }
    move.buckets++
    moves.set(key, move)
  }
  return [...moves.values()]
}

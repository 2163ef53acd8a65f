// How many buckets a change moves, and between which environments.

import { type Traffic, toOwners } from '../../core/traffic.ts'
import type { BucketMove } from '../../wire/changes.ts'

/** One entry for each pair of environments, ordered by the lowest bucket that moves between them. */
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

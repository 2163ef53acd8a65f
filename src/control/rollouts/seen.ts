// What in a document concerns one rollout: the versions of its two environments and who has which
// buckets. Pure. foreign.ts decides what a change of it means.

import { getOwn } from '../../core/own.ts'
import { countBuckets, type Range } from '../../core/traffic.ts'
import type { Content } from '../document/content.ts'
import type { Stratum } from './source.ts'

/** The two environments of a rollout. */
export type Pair = { readonly environment: string; readonly base: string }

/** Plain JSON. */
export type ComparedState = {
  /** The revision that was looked at. */
  readonly revision: number
  readonly salt: string
  readonly version: string
  readonly baseVersion: string
  /** Whoever has them, however they are written. */
  readonly canaryBuckets: readonly Range[]
  readonly baseBuckets: readonly Range[]
}

/** In words, why the two cannot be compared in this document; else what it says of them. */
export function toSeen(
  { environments, traffic, salt }: Content,
  revision: number,
  { environment, base }: Pair,
): ComparedState | string {
  for (const name of [environment, base]) {
    const found = getOwn(environments, name)
    if (!found) return `"${name}" is gone`
    if (found.restricted) return `"${name}" is restricted`
  }
  const [canaryBuckets, baseBuckets] = [environment, base].map((name) =>
    normalise(getOwn(traffic, name) ?? []),
  ) as [Range[], Range[]]
  if (canaryBuckets.length + baseBuckets.length === 0) {
    return `neither "${environment}" nor "${base}" has traffic`
  }
  return {
    revision,
    salt,
    version: getOwn(environments, environment)?.version ?? '',
    baseVersion: getOwn(environments, base)?.version ?? '',
    canaryBuckets,
    baseBuckets,
  }
}

/** How many of `both` buckets the canary gets: of the weights between none and all, never none or all. */
export function toCanaryCount(both: number, weight: number): number {
  const count = Math.round((both * weight) / 100)
  if (weight <= 0) return 0
  if (weight >= 100) return both
  return Math.min(Math.max(count, 1), Math.max(both - 1, 1))
}

/** The canary's share of both in percent: `planned` itself where the buckets are what it comes to. */
export function toShare({ canaryBuckets, baseBuckets }: ComparedState, planned: number): number {
  const canary = countBuckets(canaryBuckets)
  const both = canary + countBuckets(baseBuckets)
  if (canary === toCanaryCount(both, planned)) return planned
  return Math.round((canary / both) * 1_000_000) / 10_000
}

/** Whether everybody is where they were. */
export function isSameTraffic(before: ComparedState, after: ComparedState): boolean {
  const toText = ({ canaryBuckets, baseBuckets }: ComparedState) =>
    JSON.stringify([canaryBuckets, baseBuckets])
  return toText(before) === toText(after)
}

/** The shares that visitors are meant to arrive in, from this revision on. */
export function toStratum({ revision, canaryBuckets, baseBuckets }: ComparedState): Stratum {
  const canary = countBuckets(canaryBuckets)
  const both = canary + countBuckets(baseBuckets)
  return { revision, shares: [(both - canary) / both, canary / both] }
}

/** In ascending order, neighbours joined. */
function normalise(ranges: readonly Range[]): Range[] {
  const joined: Range[] = []
  for (const [from, to] of [...ranges].sort((one, other) => one[0] - other[0])) {
    if (from >= to) continue
    const last = joined.at(-1)
    if (last?.[1] === from) joined.splice(-1, 1, [last[0], to])
    else joined.push([from, to])
  }
  return joined
}

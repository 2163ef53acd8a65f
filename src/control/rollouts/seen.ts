// What in a document concerns one rollout: the versions of its two environments and who has which
// buckets. Pure. foreign.ts decides what a change of it means.

import { getOwn } from '../../core/own.ts'
import { countBuckets, type Range } from '../../core/traffic.ts'
import type { Content } from '../document/content.ts'
import type { Stratum } from './source.ts'

/** The environments of a rollout: two, and the baseline if its plan has one. */
export type Pair = {
  readonly environment: string
  readonly base: string
  readonly baseline?: string | undefined
}

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
  /** Left out where there is no baseline, or its environment is gone or restricted. */
  readonly baseline?: { readonly version: string; readonly buckets: readonly Range[] }
}

/** In words, why the two cannot be compared in this document; else what it says of them. */
export function toSeen(
  { environments, traffic, salt }: Content,
  revision: number,
  { environment, base, baseline }: Pair,
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
  const third = baseline === undefined ? undefined : getOwn(environments, baseline)
  const isThere = baseline !== undefined && third !== undefined && !third.restricted
  return {
    revision,
    salt,
    version: getOwn(environments, environment)?.version ?? '',
    baseVersion: getOwn(environments, base)?.version ?? '',
    canaryBuckets,
    baseBuckets,
    ...(isThere && {
      baseline: {
        version: third.version,
        buckets: normalise(getOwn(traffic, baseline) ?? []),
      },
    }),
  }
}

/** How many of `all` buckets the canary gets: of the weights between none and all, never none or all. */
export function toCanaryCount(all: number, weight: number): number {
  const count = Math.round((all * weight) / 100)
  if (weight <= 0) return 0
  if (weight >= 100) return all
  return Math.min(Math.max(count, 1), Math.max(all - 1, 1))
}

/** How many buckets the baseline gets of those that the canary leaves. */
export function toBaselineCount(all: number, weight: number, canary: number): number {
  return Math.min(toCanaryCount(all, weight), all - canary)
}

/** The canary's share of all in percent: `planned` itself where the buckets are what it comes to. */
export function toShare(seen: ComparedState, planned: number): number {
  const { all, canary } = toCounts(seen)
  return canary === toCanaryCount(all, planned) ? planned : toPercent(canary, all)
}

/** The baseline's share in the same way; `undefined` where there is none. */
export function toBaselineShare(seen: ComparedState, planned: number): number | undefined {
  if (!seen.baseline) return undefined
  const { all, canary, baseline } = toCounts(seen)
  return baseline === toBaselineCount(all, planned, canary) ? planned : toPercent(baseline, all)
}

function toPercent(count: number, all: number): number {
  return Math.round((count / all) * 1_000_000) / 10_000
}

function toCounts({ canaryBuckets, baseBuckets, baseline: third }: ComparedState) {
  const [base, canary] = [countBuckets(baseBuckets), countBuckets(canaryBuckets)]
  const baseline = countBuckets(third?.buckets)
  return { base, canary, baseline, all: base + canary + baseline }
}

/** Whether everybody is where they were. */
export function isSameTraffic(before: ComparedState, after: ComparedState): boolean {
  const toText = ({ canaryBuckets, baseBuckets, baseline }: ComparedState) =>
    JSON.stringify([canaryBuckets, baseBuckets, baseline?.buckets ?? []])
  return toText(before) === toText(after)
}

/**
 * The shares that visitors of both sides are meant to arrive in, from this revision on.
 *
 * @param isWithBaseline whether the canary is compared with the baseline, and not with the base.
 */
export function toStratum(seen: ComparedState, isWithBaseline: boolean): Stratum {
  const { base, canary, baseline } = toCounts(seen)
  const { revision } = seen
  if (!isWithBaseline) return { revision, shares: toShares(base, canary) }
  const [, baselineShare] = toShares(base, baseline)
  return { revision, shares: toShares(baseline, canary), baselineShare }
}

function toShares(one: number, other: number): Stratum['shares'] {
  const both = one + other
  return both === 0 ? [1, 0] : [one / both, other / both]
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

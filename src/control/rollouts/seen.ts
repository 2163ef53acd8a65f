// What in a document concerns one rollout: the versions of its environments and who has which buckets.
// Also decides what a change means to a rollout that did not make it: nothing, events of its machine, or
// its end. Pure. The document stays as it was changed; only a pushed version starts anew.

import { getOwn } from '../../core/own.ts'
import type { RolloutEvent } from '../../core/rollout/events.ts'
import { type RolloutState, toBaselineWeight, toWeight } from '../../core/rollout/state.ts'
import { countBuckets, type Range } from '../../core/traffic.ts'
import type { RevisionSummary } from '../../wire/history.ts'
import { ROLLOUT_ACTIONS } from '../../wire/rollouts.ts'
import type { Content } from '../document/content.ts'
import type { FlagSides } from './flag-split.ts'
import { isGivenToAll, isSwitchedOff, toSeenVariants } from './seen-flag.ts'
import type { Stratum } from './source.ts'

/** The environments of a rollout: two, and the baseline if its plan has one. */
export type Pair = {
  readonly environment: string
  readonly base: string
  readonly baseline?: string | undefined
  /** Of the rollout of a flag, which stands in the place of both environments. */
  readonly flag?: FlagSides | undefined
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
  /** Of the rollout of a flag: see `ComparedVariants`. */
  readonly flag?: FlagSides
  readonly value?: string
}

/** In words, why the two cannot be compared in this document; else what it says of them. */
export function toSeen(
  content: Content,
  revision: number,
  { environment, base, baseline, flag }: Pair,
): ComparedState | string {
  if (flag) return toSeenVariants(content, revision, flag)
  const { environments, traffic, salt } = content
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

/** Revisions that rollouts have made themselves. */
const OWN_ACTIONS: ReadonlySet<string> = new Set(ROLLOUT_ACTIONS)

/** Stands for the author where the change is older than the revisions that were read. */
const SOMEBODY = { actor: 'somebody', action: undefined }

export type Foreign = {
  readonly events: readonly RolloutEvent[]
  /** Which actions of the machine are skipped, because a person has decided otherwise. */
  readonly undone: 'all' | 'weights' | 'none'
}

type ForeignResult = {
  readonly pair: Pair
  readonly state: Pick<RolloutState, 'plan' | 'phase' | 'baselineIsOver'>
  readonly seen: ComparedState
  readonly content: Content
  readonly revision: number
  /** The revisions since `seen`, newest first. */
  readonly since: readonly Pick<RevisionSummary, 'actor' | 'action'>[]
  readonly now: number
}

/** @returns `undefined` where the change does not concern the rollout. */
export function readForeign(told: ForeignResult): Foreign | undefined {
  const { pair, state, seen, content, revision, since, now } = told
  const after = toSeen(content, revision, pair)
  const theirs = since.filter(({ action }) => !OWN_ACTIONS.has(action))
  const [{ actor: by, action } = SOMEBODY] = theirs
  const end = (kind: 'abort' | 'promote', why: string): Foreign => ({
    events: [{ kind, by, action, why, now }],
    undone: 'all',
  })
  const { flag } = pair
  if (typeof after === 'string') {
    if (!flag || !isGivenToAll(content, flag)) return end('abort', after)
    return end('promote', `everybody has "${flag.variant}"`)
  }
  // Whoever switches it on again should not find the release half out and unwatched.
  if (flag && isSwitchedOff(content, flag)) {
    return { events: [{ kind: 'abort', by, action, now }], undone: 'none' }
  }
  if (isSame(seen, after)) return undefined
  if (theirs.some(({ action }) => action === 'rollback')) {
    return end('abort', 'the document went back to an earlier revision')
  }
  if (after.baseVersion === after.version) {
    return after.version === seen.version
      ? end('promote', `"${pair.base}" has version ${after.version}`)
      : end('abort', `"${pair.environment}" has the version of "${pair.base}"`)
  }
  if (after.baseVersion === seen.version) {
    return end('promote', `"${pair.base}" has version ${seen.version}`)
  }
  const changed = toPushed(seen, after).map(
    ([side, version]): RolloutEvent => ({ kind: 'versionPushed', side, version, by, action, now }),
  )
  if (isBaselineGone(seen, after)) changed.push({ kind: 'baselineGone', by, action, now })
  if (isSameTraffic(seen, after)) return { events: changed, undone: 'none' }
  const weight = toShare(after, toWeight(state.plan, state.phase))
  const baseline = toBaselineShare(after, toBaselineWeight(state, state.phase) ?? 0)
  const shares = { weight, ...(baseline !== undefined && { baseline }) }
  return {
    events: [...changed, { kind: 'trafficChanged', ...shares, by, action, now }],
    undone: 'weights',
  }
}

function isBaselineGone(before: ComparedState, after: ComparedState): boolean {
  return before.baseline !== undefined && after.baseline === undefined
}

/** Another salt gives every visitor another bucket, so counting begins anew as with another version. */
function toPushed(before: ComparedState, after: ComparedState) {
  const pushed: ['control' | 'canary' | 'baseline', string][] = []
  if (before.baseVersion !== after.baseVersion || before.salt !== after.salt) {
    pushed.push(['control', after.baseVersion])
  }
  if (before.version !== after.version || before.value !== after.value)
    pushed.push(['canary', after.version])
  const [baseline, next] = [before.baseline?.version, after.baseline?.version]
  if (baseline !== undefined && next !== undefined && baseline !== next) {
    pushed.push(['baseline', next])
  }
  return pushed
}

function isSame(before: ComparedState, after: ComparedState): boolean {
  const isChanged = toPushed(before, after).length > 0 || isBaselineGone(before, after)
  return !isChanged && isSameTraffic(before, after)
}

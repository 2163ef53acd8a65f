// Applies the machine's actions to the document. Pure: feed.ts and start.ts commit the result.

import { getOwn } from '../../core/own.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { Action } from '../../core/rollout/events.ts'
import { allocate, countBuckets, markSpent } from '../../core/traffic.ts'
import type { FlagDefinition } from '../../document/flags.ts'
import type { Content } from '../document/content.ts'
import { type DraftProblem, isNoChange, parseDraft, toDraft } from '../document/draft.ts'
import { markOpen } from '../document/opening.ts'
import { completeSplit, type FlagSides, moveParts, restoreSplit } from './flag-split.ts'
import { type Pair, toBaselineCount, toCanaryCount } from './seen.ts'

/** A range of buckets, mutable as in the type of the document. */
type Bounds = [from: number, to: number]

/** The new content, which is `current` itself when the actions change nothing. */
export function applyActions(
  actions: readonly Action[],
  current: Content,
  pair: Pair,
  allowInsecure: boolean,
): Result<Content, readonly DraftProblem[]> {
  const marked = markOpen(current)
  let content = marked
  const { flag } = pair
  for (const action of actions) {
    content = flag ? applyToFlag(action, content, flag) : apply(action, content, pair)
  }
  if (content === marked) return ok(current)
  const parsed = parseDraft(toDraft(content), allowInsecure)
  if (!parsed.ok) return err(parsed.error)
  return ok(isNoChange(parsed.value, current) ? current : parsed.value)
}

function apply(action: Action, content: Content, pair: Pair): Content {
  switch (action.kind) {
    case 'setWeight':
      return setWeight(content, pair, action.weight, action.baseline)
    case 'endBaseline':
      return endBaseline(content, pair)
    case 'complete':
      return complete(content, pair)
    case 'rollBack':
      return rollBack(content, pair, action.withdraw)
    case 'startCounting':
      return content
  }
}

/** What a version's rollout does to traffic, this does to the split of a flag. */
function applyToFlag(action: Action, content: Content, sides: FlagSides): Content {
  const flag = getOwn(content.flags ?? {}, sides.key)
  if (!flag) return content
  const put = (next: FlagDefinition): Content =>
    next === flag ? content : { ...content, flags: { ...content.flags, [sides.key]: next } }
  switch (action.kind) {
    case 'setWeight':
      return put(moveParts(flag, sides, (all) => toCanaryCount(all, action.weight)))
    case 'complete':
      return put(completeSplit(flag, sides))
    case 'rollBack':
      return put(restoreSplit(flag, sides))
    case 'endBaseline':
    case 'startCounting':
      return content
  }
}

/**
 * Of the buckets of the rollout's environments the canary gets `weight` percent and the baseline
 * `baselineWeight`, or what it has if that is left out; the base gets the others. No environment but
 * these changes.
 */
function setWeight(
  content: Content,
  { environment, base, baseline }: Pair,
  weight: number,
  baselineWeight?: number,
): Content {
  const { traffic } = content
  const countOf = (name: string | undefined) =>
    name === undefined ? 0 : countBuckets(getOwn(traffic, name))
  const before = { canary: countOf(environment), baseline: countOf(baseline) }
  const all = before.canary + before.baseline + countOf(base)
  const canary = toCanaryCount(all, weight)
  const isThere = baseline !== undefined && getOwn(content.environments, baseline) !== undefined
  const compared =
    baselineWeight === undefined || !isThere
      ? Math.min(before.baseline, all - canary)
      : toBaselineCount(all, baselineWeight, canary)
  if (canary === before.canary && compared === before.baseline) return content
  return allot(content, base, {
    [environment]: canary,
    ...(isThere && { [baseline]: compared }),
    [base]: all - canary - compared,
  })
}

/** The baseline's buckets go back to the base, whoever else has what. */
function endBaseline(content: Content, { base, baseline }: Pair): Content {
  const { environments, traffic } = content
  const count = baseline === undefined ? 0 : countBuckets(getOwn(traffic, baseline))
  const isThere = getOwn(environments, base) !== undefined
  if (baseline === undefined || count === 0 || !isThere) return content
  return allot(content, base, {
    [baseline]: 0,
    [base]: countBuckets(getOwn(traffic, base)) + count,
  })
}

/** Gives some environments other numbers of buckets, with the fewest moves. */
function allot(content: Content, base: string, some: Readonly<Record<string, number>>): Content {
  const { traffic, spent } = content
  const counts = Object.fromEntries(
    Object.entries(traffic).map(([name, ranges]) => [name, countBuckets(ranges)]),
  )
  const wanted = { ...counts, ...some }
  const weights = Object.fromEntries(
    Object.entries(wanted).map(([name, count]) => [name, count / 100]),
  )
  return { ...content, traffic: allocate(traffic, weights, base, spent) }
}

function complete(content: Content, pair: Pair): Content {
  const { environment, base } = pair
  const version = getOwn(content.environments, environment)?.version
  const stable = getOwn(content.environments, base)
  if (version === undefined || !stable) return content
  const environments = { ...content.environments, [base]: { ...stable, version } }
  return setWeight({ ...content, environments }, pair, 0)
}

/**
 * Returns the canary's buckets and marks them as spent, so that they are given out last from now on. Only a
 * version that no environment points at can be withdrawn: the canary is pointed at the base's version, and
 * where another environment points at the withdrawn one too, it is not withdrawn.
 */
function rollBack(content: Content, pair: Pair, withdraws: boolean): Content {
  const { environment, base } = pair
  const suffered = getOwn(content.traffic, environment) ?? []
  const returned = setWeight(content, pair, 0)
  const spent = markSpent(returned.spent ?? [], suffered).map(([from, to]): Bounds => [from, to])
  const after = spent.length > 0 ? { ...returned, spent } : returned
  const canary = getOwn(content.environments, environment)
  const stable = getOwn(content.environments, base)
  if (!withdraws || !canary || !stable) return after
  const entry = getOwn(content.versions, canary.version)
  const isInUse = Object.entries(content.environments).some(
    ([name, { version }]) => name !== environment && version === canary.version,
  )
  if (isInUse || !entry) return after
  return {
    ...after,
    environments: {
      ...after.environments,
      [environment]: { ...canary, version: stable.version },
    },
    versions: { ...after.versions, [canary.version]: { ...entry, withdrawn: true } },
  }
}

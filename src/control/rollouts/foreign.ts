// Decides what a change of the document that a rollout did not make means to it: nothing, events of its
// machine, or its end. Pure. The document stays as it was changed; only a pushed version starts anew.

import type { RolloutEvent } from '../../core/rollout/events.ts'
import { type RolloutState, toBaselineWeight, toWeight } from '../../core/rollout/state.ts'
import type { RevisionSummary } from '../../wire/history.ts'
import { ROLLOUT_ACTIONS } from '../../wire/rollouts.ts'
import type { Content } from '../document/content.ts'
import {
  type ComparedState,
  isSameTraffic,
  type Pair,
  toBaselineShare,
  toSeen,
  toShare,
} from './seen.ts'

/** Revisions that rollouts have made themselves. */
const OWN_ACTIONS: ReadonlySet<string> = new Set(ROLLOUT_ACTIONS)

/** Stands for the author where the change is older than the revisions that were read. */
const SOMEBODY = { actor: 'somebody', action: undefined }

export type Foreign = {
  readonly events: readonly RolloutEvent[]
  /** Which actions of the machine are skipped, because a person has decided otherwise. */
  readonly undone: 'all' | 'weights' | 'none'
}

export type ForeignResult = {
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
  if (typeof after === 'string') return end('abort', after)
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
  if (before.version !== after.version) pushed.push(['canary', after.version])
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

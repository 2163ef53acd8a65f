// Decides what a change of the document that a rollout did not make means to it: nothing, events of its
// machine, or its end. Pure. The document stays as it was changed; only a pushed version starts anew.

import type { RolloutEvent } from '../../core/rollout/events.ts'
import { type RolloutState, toWeight } from '../../core/rollout/state.ts'
import type { RevisionSummary } from '../../wire/history.ts'
import { ROLLOUT_ACTIONS } from '../../wire/rollouts.ts'
import type { Content } from '../document/content.ts'
import { type ComparedState, isSameTraffic, type Pair, toSeen, toShare } from './seen.ts'

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
  readonly state: Pick<RolloutState, 'plan' | 'phase'>
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
  const pushed = toPushed(seen, after).map(
    ([side, version]): RolloutEvent => ({ kind: 'versionPushed', side, version, by, action, now }),
  )
  if (isSameTraffic(seen, after)) return { events: pushed, undone: 'none' }
  const weight = toShare(after, toWeight(state.plan, state.phase))
  return {
    events: [...pushed, { kind: 'trafficChanged', weight, by, action, now }],
    undone: 'weights',
  }
}

/** Another salt gives every visitor another bucket, so counting begins anew as with another version. */
function toPushed(before: ComparedState, after: ComparedState): ['control' | 'canary', string][] {
  const pushed: ['control' | 'canary', string][] = []
  if (before.baseVersion !== after.baseVersion || before.salt !== after.salt) {
    pushed.push(['control', after.baseVersion])
  }
  if (before.version !== after.version) pushed.push(['canary', after.version])
  return pushed
}

function isSame(before: ComparedState, after: ComparedState): boolean {
  return toPushed(before, after).length === 0 && isSameTraffic(before, after)
}

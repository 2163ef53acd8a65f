// What the control itself says to a rollout that safety stops: it pauses a release that cannot be taken back, and
// takes back one that has had as many visitors as a budget allows. Also what a budget allows after smoke requests.

import { ok, type Result } from '../../core/result.ts'
import type { RolloutEvent } from '../../core/rollout/events.ts'
import { isRunning } from '../../core/rollout/state.ts'
import { CONTROL, type FeedFailure, type FeedOptions } from './feed.ts'
import type { Giving, GivingDeps } from './giving.ts'
import type { Rollout } from './store.ts'

/**
 * Evidence speaks against a release that cannot be taken back, because the base is below its floor: it
 * stays where it is until a person decides.
 */
export async function pauseBelowFloor(
  { store, now }: GivingDeps,
  giving: Giving,
  id: number,
  detail: string,
): Promise<void> {
  const rollout = store.get(id)
  if (!rollout || !isRunning(rollout.state.phase) || rollout.state.phase.paused !== null) return
  const at = now()
  const why = `it should be taken back, and ${detail}`
  const event: RolloutEvent = { kind: 'pause', by: CONTROL.actor, why, now: at }
  await giving.give(id, () => ({ events: [event], acting: CONTROL, said: undefined, at }))
}

/** Takes back a release that has had the visitors which the starter's budget allows without evidence. */
export async function endOverBudget(
  { store, served, now }: GivingDeps,
  giving: Giving,
  id: number,
): Promise<Result<undefined, FeedFailure>> {
  const rollout = store.get(id)
  if (!rollout || rollout.max_visitors === null || !isRunning(rollout.state.phase)) {
    return ok(undefined)
  }
  const [, visitors] = rollout.state.visitors
  if (visitors < rollout.max_visitors || served.hasPassed(rollout.seen.version)) {
    return ok(undefined)
  }
  const at = now()
  const why = `${visitors} visitors had it without evidence, and the budget of the token that started it is ${rollout.max_visitors}`
  const event: RolloutEvent = { kind: 'abort', by: CONTROL.actor, why, now: at }
  return giving.give(id, () => ({ events: [event], acting: CONTROL, said: undefined, at }))
}

/** The first visitors after the smoke requests are those that the budget of the starter's token allows. */
export function toBoundsAfterSmoke({ state }: Rollout): Pick<FeedOptions, 'limits'> {
  const { phase, maxShare } = state
  return phase.name === 'smoke' && maxShare !== undefined
    ? { limits: { budget: { maxShare } } }
    : {}
}

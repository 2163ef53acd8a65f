// When a rollout is looked at next: at a time that follows from what was stored, so that a control that
// starts anew keeps the same distances.

import { type Attention, decideAttention } from '../../core/rollout/gate.ts'
import { allowedAt, charge, toLikelyTime } from '../intervals.ts'
import { ROLLOUT_LOOK_MS } from '../limits.ts'
import type { Rollout } from './store.ts'

/**
 * The interval for a rollout that only waits for time to pass. It is below a minute because at most a minute
 * between two looks counts as watched.
 */
export const ROLLOUT_MINUTE_LOOK_MS = 50_000

/**
 * The interval for a rollout without visitors that waits for a person. In this time no more windows close than
 * one look can read, so that the first look after the person's command reads all of them.
 */
export const ROLLOUT_RARE_LOOK_MS = 900_000

/** When one rollout is due, all others that are due within this time are evaluated too, with the same alarm. */
const ROLLOUT_LOOK_SLACK_MS = 5000

/** The rate limit on looks: a burst, then one per interval, which is a little shorter than their distance. */
export const ROLLOUT_LOOK_BURST = 30
export const ROLLOUT_LOOK_COST_MS = 9000

/** The most looks of one rollout per day. */
export const MAX_ROLLOUT_LOOKS_PER_DAY = ROLLOUT_LOOK_BURST + 86_400_000 / ROLLOUT_LOOK_COST_MS

const LOOKS = { burst: ROLLOUT_LOOK_BURST, costMs: ROLLOUT_LOOK_COST_MS }

const LOOK_MS: Readonly<Record<Attention, number>> = {
  'each-window': ROLLOUT_LOOK_MS,
  'each-minute': ROLLOUT_MINUTE_LOOK_MS,
  rarely: ROLLOUT_RARE_LOOK_MS,
}

type Looks = Pick<Rollout, 'looked_at' | 'alarm_debt' | 'retry_at' | 'problem' | 'state'>

/** Never before `now`, and never long after it: a look that a wrong clock has in the future never was. */
export function lookDueAt(
  { looked_at, alarm_debt, retry_at, problem, state }: Looks,
  now: number,
): number {
  const last = looked_at > now ? 0 : looked_at
  // A look that came to nothing is soon tried again, whatever there is to see.
  const lookMs = problem === null ? LOOK_MS[decideAttention(state)] : ROLLOUT_LOOK_MS
  return Math.max(
    now,
    last + lookMs,
    toLikelyTime(retry_at, now),
    toLikelyTime(allowedAt(alarm_debt, LOOKS), now),
  )
}

/** Those that are looked at now: where one is due, also the others that soon are. */
export function findDue<T extends Looks>(all: readonly T[], now: number): readonly T[] {
  if (!all.some((looks) => lookDueAt(looks, now) <= now)) return []
  return all.filter((looks) => lookDueAt(looks, now) <= now + ROLLOUT_LOOK_SLACK_MS)
}

/** The debt after one more look; that of a clock that was ahead is forgiven. */
export function chargeLook(debt: number, now: number): number {
  return charge(Math.min(debt, now + LOOKS.burst * LOOKS.costMs), now, LOOKS)
}

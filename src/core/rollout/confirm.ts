// Confirmations: before a step, the promotion or a rollback a plan may ask a webhook, for a bounded time. Says
// whether a rollout may go on, has to ask, or waits; the control asks and gives the answer as an event. The
// start is asked about by the control alone, because before it there is no rollout.

import { toDuration } from '../amounts.ts'

export const CONFIRMED_MOMENTS = ['start', 'step', 'promotion', 'rollback'] as const
export type ConfirmedMoment = (typeof CONFIRMED_MOMENTS)[number]

/** What a plan asks before something happens. */
export type PlannedConfirmation = {
  readonly before: ConfirmedMoment
  /** The name of the webhook that has to answer 2xx. */
  readonly webhook: string
  /** How long an answer is waited for: observed time, but before a rollback the time of the clock. */
  readonly waitMs: number
  /** What happens when that time is over, whether nobody answered or the answer was no. */
  readonly silence: 'goOn' | 'hold' | 'rollBack'
}

/** A question that was asked, while it counts. Plain JSON. */
export type Confirming = {
  readonly before: Exclude<ConfirmedMoment, 'start'>
  readonly at: number
  readonly elapsedMs: number
  readonly isConfirmed: boolean
}

/** Of the state of a rollout. */
type Asking = {
  readonly plan: { readonly confirm?: readonly PlannedConfirmation[] | undefined }
  readonly confirming?: Confirming | undefined
}

/** Nothing takes a release back later than this, whoever does not answer. */
export const LONGEST_ROLLBACK_WAIT_MS = 60_000

export function findConfirmation(
  { confirm }: Asking['plan'],
  before: ConfirmedMoment,
): PlannedConfirmation | undefined {
  return confirm?.find((one) => one.before === before)
}

/**
 * - `go`: nothing is asked, or it was confirmed, or silence lets it go on
 * - `ask`: the question begins now
 * - `wait`: it was asked, and its time is not over
 * - `silent`: its time is over, and something else than to go on follows
 */
export type Permission =
  | { readonly kind: 'go' | 'wait' }
  | { readonly kind: 'ask'; readonly confirming: Confirming; readonly reason: string }
  | {
      readonly kind: 'silent'
      readonly silence: 'hold' | 'rollBack'
      readonly reason: string
    }

const WHAT = { step: 'the next step', promotion: 'it is promoted', rollback: 'it is taken back' }

export function decidePermission(
  state: Asking,
  { elapsedMs }: { readonly elapsedMs: number },
  before: Confirming['before'],
  { now }: { readonly now: number },
): Permission {
  const confirmation = findConfirmation(state.plan, before)
  if (!confirmation) return { kind: 'go' }
  const { webhook, waitMs, silence } = confirmation
  const asked = state.confirming?.before === before ? state.confirming : undefined
  if (!asked) {
    return {
      kind: 'ask',
      confirming: { before, at: now, elapsedMs, isConfirmed: false },
      reason: `asks the webhook "${webhook}" before ${WHAT[before]}, for at most ${toDuration(waitMs)}`,
    }
  }
  if (asked.isConfirmed) return { kind: 'go' }
  // A clock that went back must not keep a bad release up.
  const passed = before === 'rollback' ? now - asked.at : elapsedMs - asked.elapsedMs
  if (passed >= 0 && passed < waitMs) return { kind: 'wait' }
  if (silence === 'goOn' || before === 'rollback') return { kind: 'go' }
  const reason = `the webhook "${webhook}" has not confirmed within ${toDuration(waitMs)}`
  return { kind: 'silent', silence, reason }
}

/** In words, whose answer is waited for; `undefined` if nobody's. */
export function toUnconfirmed({ plan, confirming }: Asking): string | undefined {
  if (!confirming || confirming.isConfirmed) return undefined
  const confirmation = findConfirmation(plan, confirming.before)
  return confirmation && `the webhook "${confirmation.webhook}" has not confirmed yet`
}

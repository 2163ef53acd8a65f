// The control as the routes ask it: within our own time, and every way in which it can fail to answer
// as a failure. What it answers is the routes' affair.

import type { ControlCalls } from '../../control/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import { CONTROL_CHANGE_TIMEOUT_MS, CONTROL_TIMEOUT_MS } from './limits.ts'
import type { Failure } from './problems.ts'

/** A new stub for every call: one that has failed once stays broken. */
export type GetControl = () => ControlCalls

/** Whether a call can leave something done behind when its answer is lost. */
export type Effect = 'none' | 'changes'

export type Ask = <T>(
  effect: Effect,
  call: (control: ControlCalls) => Promise<T>,
) => Promise<Result<T, Failure>>

export type Patience = { readonly readMs: number; readonly changeMs: number }

const PATIENCE: Patience = { readMs: CONTROL_TIMEOUT_MS, changeMs: CONTROL_CHANGE_TIMEOUT_MS }

export function createAsk(
  getControl: GetControl,
  requestId: string,
  { readMs, changeMs }: Patience = PATIENCE,
): Ask {
  return async (effect, call) => {
    try {
      const answer = await withTimeout(call(getControl()), effect === 'changes' ? changeMs : readMs)
      return ok(answer)
    } catch (cause) {
      console.error(`request ${requestId}: the control gave no answer`, cause)
      return err({ kind: toKind(cause, effect) })
    }
  }
}

/** A call that was turned away at the door did nothing; of any other nobody knows. */
function toKind(cause: unknown, effect: Effect) {
  const isOverloaded = (cause as { overloaded?: unknown } | null)?.overloaded === true
  if (isOverloaded) return 'control_overloaded'
  return effect === 'changes' ? 'unknown_outcome' : 'control_unavailable'
}

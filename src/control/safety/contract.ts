// What the control can be asked about freezes.

import type { FreezeBody, FreezeReply } from '../../wire/freeze.ts'
import type { Answer, Caller } from '../caller.ts'

/** Freezing what is frozen replaces the freeze; ending none changes nothing. */
export type SafetyCalls = {
  readonly readFreeze: (caller: Caller) => Answer<FreezeReply>
  readonly freeze: (caller: Caller, asked: FreezeBody) => Answer<FreezeReply>
  readonly unfreeze: (caller: Caller, reason: string | undefined) => Answer<FreezeReply>
}

// What the control can be asked about freezes and windows.

import type { FreezeBody, FreezeReply } from '../../wire/freeze.ts'
import type { Windows, WindowsReply } from '../../wire/windows.ts'
import type { Answer, Caller } from '../caller.ts'

/** Freezing what is frozen replaces the freeze; ending none changes nothing. */
export type SafetyCalls = {
  readonly readFreeze: (caller: Caller) => Answer<FreezeReply>
  readonly freeze: (caller: Caller, asked: FreezeBody) => Answer<FreezeReply>
  readonly readWindows: (caller: Caller) => Answer<WindowsReply>
  readonly setWindows: (
    caller: Caller,
    settings: Windows,
    reason: string | undefined,
  ) => Answer<WindowsReply>
  readonly unfreeze: (caller: Caller, reason: string | undefined) => Answer<FreezeReply>
}

// The calls for the freeze and for release windows.

import type { Caller } from '../contract.ts'
import type { ControlParts } from '../parts.ts'
import type { SafetyCalls } from '../safety/contract.ts'

export function createSafetyCalls(parts: ControlParts): SafetyCalls {
  const { rights, freezing, releaseWindows } = parts

  const readFreeze = (caller: Caller) =>
    rights.answer(caller, 'read', () => ({ freeze: freezing.current() }))

  const readWindows = (caller: Caller) =>
    rights.answer(caller, 'read', () => releaseWindows.report())

  return {
    readFreeze,

    freeze: (caller, asked) =>
      rights.actUnlimited(caller, 'shift', async (author) => {
        await freezing.begin(author, asked)
        return readFreeze(caller)
      }),

    unfreeze: (caller, reason) =>
      rights.actUnlimited(caller, 'shift', async (author) => {
        await freezing.end(author, reason)
        return readFreeze(caller)
      }),

    readWindows,

    setWindows: (caller, settings, reason) =>
      rights.actUnlimited(caller, 'shift', async (author) => {
        await releaseWindows.write(author, settings, reason)
        return readWindows(caller)
      }),
  }
}

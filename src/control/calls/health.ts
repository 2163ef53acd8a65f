// The calls that say how the control itself is, and the services of the versions.

import type { HealthCalls } from '../contract.ts'
import { listFill } from '../document/room.ts'
import type { ControlParts } from '../parts.ts'

export function createHealthCalls(parts: ControlParts): HealthCalls {
  const { rights, ledger, state, edits, pace, now, probing } = parts
  const { freezing, releaseWindows, lostFiles } = parts
  return {
    health: (caller) =>
      rights.answer(caller, 'read', () => {
        const windows = releaseWindows.report()
        const row = state.read()
        return {
          revision: ledger.head?.revision ?? 0,
          digest: ledger.head?.digest,
          published: row.published,
          publishError: row.publish_error ?? undefined,
          externalProblem: row.external_problem ?? undefined,
          callsPerSecond: pace.callsPerSecond(now()),
          nextMs: pace.nextMs(now()),
          overwritten: edits.countOverwritten(),
          fill: listFill(ledger.head, ledger.databaseBytes),
          lost: lostFiles.summary(),
          freeze: freezing.current(),
          windows: windows.windows.length === 0 ? undefined : windows,
        }
      }),

    services: (caller) => rights.answer(caller, 'read', () => probing.report(now())),
  }
}

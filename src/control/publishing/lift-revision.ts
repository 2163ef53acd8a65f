// Re-commits the head under a higher revision, so that isolates which hold an unknown document accept it:
// they refuse an older revision, and an equal one with other content.

import type { Entry } from '../document/audit.ts'
import type { Ledger } from '../document/ledger.ts'
import { MAX_COMMIT_ATTEMPTS } from '../limits.ts'

/** The audit entry of something that the control does by itself. */
export function toOwnEntry(action: string, detail: unknown, at: number): Entry {
  return {
    at,
    actor: 'control',
    token: undefined,
    action,
    detail,
    reason: undefined,
    requestId: '',
  }
}

/** Makes sure that the newest revision is above `floor`. `detail` tells the audit log why. */
export async function liftAbove(
  ledger: Ledger,
  floor: number,
  detail: unknown,
  now: number,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt++) {
    const { head } = ledger
    if (!head || head.revision > floor) return
    const entry = toOwnEntry('republish', detail, now)
    const lifted = await ledger.commit(head.content, entry, head, { floor })
    if (!lifted.ok && lifted.error !== 'stale') {
      console.error(`the document could not be committed above revision ${floor}`, lifted.error)
      return
    }
  }
}

// The newest revision once more under a number above one that isolates may hold already: they refuse
// a document of the same revision with other content, and an older one.

import type { Entry } from '../document/audit.ts'
import type { Ledger } from '../document/ledger.ts'
import { MAX_COMMIT_ATTEMPTS } from '../limits.ts'

/** What the control does by itself, as the audit log has it. */
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

/**
 * Makes sure that the newest revision is above `floor`. `detail` says in the audit log what it had
 * to be lifted over.
 */
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
      console.error('a revision could not be lifted', floor, lifted.error)
      return
    }
  }
}

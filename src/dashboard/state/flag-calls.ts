// Calls of the API about flags: one tried without effect, and the history of all.

import type { FlagHistory } from '../../core/flags/stale.ts'
import { call } from '../api/client.ts'
import { toFields } from '../say/flags.ts'
import { readRevisionDocument } from './proposal.ts'

export const FLAG_HISTORY: FlagHistory = {
  readRevisions: async (before, limit) => {
    const query = { before: String(before), limit: String(limit) }
    const page = await call('GET /revisions', { query })
    return page.ok ? page.value.revisions : undefined
  },
  readFlags: async (revision) => {
    const document = await readRevisionDocument(revision)
    return document && toFields(document.flags)
  },
}

/** Tries a flag without effect on top of a revision. */
export function checkFlag(key: string, flag: unknown, revision: number, signal: AbortSignal) {
  const body = { flags: { [key]: flag } }
  return call('PUT /flags', { body, revision, query: { dryRun: 'true' }, signal })
}

// How the history of flags is read over the API.

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

// `holo flags stale`: flags that no version in use mentions, and flags that have given everybody the same for
// weeks. core/flags/stale.ts finds them and says so.

import {
  DEFAULT_STALE_WEEKS,
  type FlagHistory,
  findMentions,
  findUnchanging,
  listStaleNotes,
  listUnchanging,
  listUnmentioned,
} from '../../core/flags/stale.ts'
import { flagsStaleOutput } from '../../wire/flags.ts'
import { revisionAsRead, revisionsAsRead } from '../../wire/history.ts'
import { versionsAsRead } from '../../wire/versions.ts'
import type { Api } from '../api.ts'
import { command, type SharedOptions } from '../command.ts'
import { loadCurrent, readDocument } from '../document.ts'
import { parseWhole } from '../options.ts'
import { toCount, toTime } from '../words.ts'

type Options = SharedOptions & { readonly weeks?: number }

export const FLAGS_STALE = command({
  name: 'flags stale',
  about:
    'Lists flags that no version in use mentions in its files, and flags that have given everybody the same for weeks.',
  scope: 'read',
  options: [
    {
      flags: '--weeks <n>',
      about: `how long a flag has not been changed (${DEFAULT_STALE_WEEKS})`,
      parse: parseWhole('weeks are a whole number from 1'),
    },
  ],
  examples: [{ command: 'holo flags stale', about: 'what can be tidied up' }],
  shape: flagsStaleOutput,
  run: async (context, _: [], { weeks = DEFAULT_STALE_WEEKS }: Options) => {
    const api = await context.api()
    const { document } = await loadCurrent(api)
    const { versions } = await api.ask(versionsAsRead, 'GET', '/versions')
    const { revision, flags = {} } = document
    const mentions = findMentions(Object.keys(flags), versions)
    const current = { revision, flags }
    const unchanging = await findUnchanging(toFlagHistory(api), current, weeks, Date.now())
    const found = { ...mentions, ...unchanging }
    return { json: { revision, ...found }, lines: toLines(found, Object.keys(flags).length) }
  },
})

function toFlagHistory(api: Api): FlagHistory {
  return {
    readRevisions: async (before, limit) => {
      const query = { limit: String(limit), before: String(before) }
      const { revisions } = await api.ask(revisionsAsRead, 'GET', '/revisions', { query })
      return revisions
    },
    readFlags: async (revision) => {
      const { text } = await api.ask(revisionAsRead, 'GET', `/revisions/${revision}`)
      return readDocument(text).document.flags ?? {}
    },
  }
}

function toLines(found: Parameters<typeof listStaleNotes>[0], count: number): string[] {
  if (count === 0) return ['There are no flags']
  const stale = [...listUnmentioned(found), ...listUnchanging(found)]
  const lines = stale.map(({ key, text }) => `${key}: ${text}`)
  if (lines.length === 0) lines.push(`None of ${toCount(count, 'flag')} is known to be stale`)
  return [...lines, ...listStaleNotes(found, toTime)]
}

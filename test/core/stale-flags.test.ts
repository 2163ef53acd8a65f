// Which flags have not been changed for weeks, by a history of revisions, and what is said of stale ones.

import { describe, expect, it } from 'vitest'
import {
  type FlagHistory,
  findMentions,
  findUnchanged,
  findUnchanging,
  listStaleNotes,
  listUnchanging,
  listUnmentioned,
} from '../../src/core/flags/stale.ts'

const NOW = Date.UTC(2026, 10, 27)
const DAY_MS = 86_400_000
const FLAG = { state: 'ENABLED', variants: { on: true }, defaultVariant: 'on' }
const REVISIONS = [
  { revision: 4, daysAgo: 1, action: 'shift', flags: { a: FLAG, b: FLAG } },
  { revision: 3, daysAgo: 10, action: 'set-flags', flags: { a: FLAG, b: FLAG } },
  { revision: 2, daysAgo: 20, action: 'set-flags', flags: { a: FLAG } },
  { revision: 1, daysAgo: 90, action: 'set-flags', flags: { a: FLAG } },
]
const CURRENT = { revision: 4, flags: { a: FLAG, b: FLAG } }

function openHistory(lost?: number) {
  const read: number[] = []
  const history: FlagHistory = {
    readRevisions: async (before) =>
      REVISIONS.filter(({ revision }) => revision < before).map(
        ({ revision, daysAgo, action }) => ({
          revision,
          action,
          at: NOW - daysAgo * DAY_MS,
        }),
      ),
    readFlags: async (revision) => {
      read.push(revision)
      if (revision === lost) return undefined
      return REVISIONS.find((one) => one.revision === revision)?.flags
    },
  }
  return { history, read }
}

describe('the history of flags', () => {
  it('tells which flags every revision has alike, and reads those that may have changed one', async () => {
    const { history, read } = openHistory()
    const found = await findUnchanged(history, CURRENT, NOW - 28 * DAY_MS)
    expect(found).toEqual({ unchanged: new Set(['a']), since: null })
    expect(read).not.toContain(4)
    const lately = await findUnchanged(history, CURRENT, NOW - 5 * DAY_MS)
    expect(lately).toEqual({ unchanged: new Set(['a', 'b']), since: null })
  })

  it('claims nothing where it does not reach back far enough, or cannot be read', async () => {
    const found = await findUnchanged(openHistory().history, CURRENT, NOW - 100 * DAY_MS)
    expect(found).toEqual({ unchanged: new Set(), since: NOW - 90 * DAY_MS })
    const lost = await findUnchanged(openHistory(3).history, CURRENT, NOW - 28 * DAY_MS)
    expect(lost.unchanged.size).toBe(0)
    expect(lost.since).not.toBeNull()
  })
})

describe('stale flags', () => {
  it('are said in sentences, with what is not known', async () => {
    const versions = [
      { id: 'v1', open: true, withdrawn: true, environments: [], record: toRecord(['a'], []) },
      {
        id: 'v2',
        open: true,
        withdrawn: false,
        environments: ['main'],
        record: toRecord([], ['a']),
      },
    ]
    const mentions = findMentions(['a', 'b'], versions)
    expect(listUnmentioned(mentions)).toEqual([
      { key: 'a', text: 'no version in use mentions it; earlier ones did: v1' },
    ])
    const unchanging = await findUnchanging(openHistory().history, CURRENT, 4, NOW)
    expect(listUnchanging(unchanging)).toEqual([
      { key: 'a', text: 'everybody has had on for 4 weeks' },
    ])
    const since = { ...mentions, ...unchanging, historySince: 7 }
    expect(listStaleNotes(since, String)).toEqual([
      'Not known whether a version mentions: b',
      'When flags were changed is known since 7 only: less than 4 weeks',
      'Files of versions were searched; the code of backends was not',
    ])
  })

  it('do not have different answers: targeting, or defaults of places', async () => {
    const { history, read } = openHistory()
    const off = { ...FLAG, variants: { on: true, off: false } }
    const flags = {
      targeted: { ...off, targeting: { if: [true, 'off'] } },
      placed: { ...off, defaults: { environments: { main: 'off' } } },
    }
    const { unchanging } = await findUnchanging(history, { revision: 4, flags }, 4, NOW)
    expect(unchanging).toEqual([])
    expect(read).toEqual([])
  })
})

function toRecord(found: string[], missing: string[]) {
  return { flagKeys: { found, missing } }
}

// `holo flags stale`: flags that no version in use mentions, and flags that have given everybody the same for
// weeks. The publication of a version has searched its files; the history says when a flag was changed.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import type { FlagDefinition } from '../../document/flags.ts'
import { flagsStaleOutput } from '../../wire/flags.ts'
import { revisionAsRead, revisionsAsRead } from '../../wire/history.ts'
import { type VersionAsRead, versionsAsRead } from '../../wire/versions.ts'
import type { Api } from '../api.ts'
import { command, type SharedOptions } from '../command.ts'
import { loadCurrent, readDocument } from '../document.ts'
import { parseWhole } from '../options.ts'
import { toCount, toTime } from '../words.ts'

type Options = SharedOptions & { readonly weeks?: number }

const DEFAULT_WEEKS = 4

export const FLAGS_STALE = command({
  name: 'flags stale',
  about:
    'Lists flags that no version in use mentions in its files, and flags that have given everybody the same for weeks.',
  scope: 'read',
  options: [
    {
      flags: '--weeks <n>',
      about: `how long a flag has not been changed (${DEFAULT_WEEKS})`,
      parse: parseWhole('weeks are a whole number from 1'),
    },
  ],
  examples: [{ command: 'holo flags stale', about: 'what can be tidied up' }],
  shape: flagsStaleOutput,
  run: async (context, _: [], { weeks = DEFAULT_WEEKS }: Options) => {
    const api = await context.api()
    const { document } = await loadCurrent(api)
    const { versions } = await api.ask(versionsAsRead, 'GET', '/versions')
    const flags = document.flags ?? {}
    const mentions = findMentions(Object.keys(flags), versions)
    const same = Object.entries(flags).flatMap(([key, flag]) => {
      const variant = toOnlyAnswer(flag)
      return variant === undefined ? [] : [{ key, variant }]
    })
    const history =
      same.length === 0
        ? { unchanged: new Set<string>(), since: null }
        : await findUnchanged(api, document, Date.now() - weeks * WEEK_MS)
    const json = {
      revision: document.revision,
      weeks,
      ...mentions,
      unchanging: same.filter(({ key }) => history.unchanged.has(key)),
      historySince: history.since,
    }
    return { json, lines: toLines(json, Object.keys(flags).length) }
  },
})

const WEEK_MS = 7 * 86_400_000

/** Open versions, and those that environments point at: the next version may be the first to use a flag. */
function isInUse({ open, withdrawn, environments }: VersionAsRead): boolean {
  return environments.length > 0 || (open && !withdrawn)
}

function findMentions(keys: readonly string[], versions: readonly VersionAsRead[]) {
  const inUse = versions.filter(isInUse)
  const isSearched = ({ record }: VersionAsRead) => record?.flagKeys !== undefined
  const mentions = ({ record }: VersionAsRead, key: string) =>
    record?.flagKeys?.found.includes(key) === true
  const lacks = ({ record }: VersionAsRead, key: string) =>
    record?.flagKeys?.missing.includes(key) === true
  const unused = keys.filter((key) => !inUse.some((version) => mentions(version, key)))
  const unmentioned = unused.filter((key) => inUse.every((version) => lacks(version, key)))
  const idsOf = (list: readonly VersionAsRead[]) => list.map(({ id }) => id)
  return {
    searched: idsOf(inUse.filter(isSearched)),
    notSearched: idsOf(inUse.filter((version) => !isSearched(version))),
    unmentioned: unmentioned.map((key) => ({
      key,
      mentionedBy: idsOf(versions.filter((version) => mentions(version, key))),
    })),
    unknown: unused.filter((key) => !unmentioned.includes(key)),
  }
}

/** What everybody gets by the definition, `null` for the default of the code; `undefined` if that differs. */
function toOnlyAnswer({
  state,
  variants,
  defaultVariant = null,
  targeting = {},
  defaults,
}: FlagDefinition): string | null | undefined {
  if (state === 'DISABLED') return null
  const { environments = {}, versions = {} } = defaults ?? {}
  const answers = new Set<string | null>([
    defaultVariant,
    ...Object.values(environments),
    ...Object.values(versions),
  ])
  const isTargeted = Object.keys(targeting).length > 0
  if (isTargeted) for (const name of Object.keys(variants)) answers.add(name)
  const [only = null] = answers
  return answers.size === 1 ? only : undefined
}

/** What never changes a flag. */
const OTHER_ACTIONS: ReadonlySet<string> = new Set([
  ...['set-environment', 'remove-environment', 'shift', 'swap', 'set-rules', 'set-tab-pins'],
  ...['set-services', 'withdraw', 'add-version', 'remove-versions', 'republish'],
  ...['preview-keys', 'preview-revoke', 'preview-rotate'],
])
function mayChangeFlags(action: string): boolean {
  return !OTHER_ACTIONS.has(action) && !action.startsWith('rollout-')
}

const PAGE_ROWS = 100
/** Of a longer history it is not known, and no flag counts as unchanged. */
const MAX_PAGES = 20
const MAX_READ_REVISIONS = 50

type History = { readonly unchanged: ReadonlySet<string>; readonly since: number | null }
type Document = Awaited<ReturnType<typeof loadCurrent>>['document']

/** The flags that every revision since `from` (milliseconds) has as the current document does. */
export async function findUnchanged(api: Api, current: Document, from: number): Promise<History> {
  const changed: number[] = []
  let before = current.revision + 1
  let oldest = Date.now()
  for (let page = 0; page < MAX_PAGES; page++) {
    const { revisions } = await api.ask(revisionsAsRead, 'GET', '/revisions', {
      query: { limit: String(PAGE_ROWS), before: String(before) },
    })
    for (const { revision, at, action } of revisions) {
      // The first one that is older was in use at that time.
      if (at <= from || mayChangeFlags(action)) changed.push(revision)
      if (changed.length > MAX_READ_REVISIONS) return { unchanged: new Set(), since: oldest }
      if (at <= from) return { unchanged: await compare(api, current, changed), since: null }
      oldest = at
      before = revision
    }
    if (revisions.length === 0) break
  }
  return { unchanged: new Set(), since: oldest }
}

async function compare(
  api: Api,
  current: Document,
  revisions: readonly number[],
): Promise<ReadonlySet<string>> {
  const unchanged = new Map(
    Object.entries(current.flags ?? {}).map(([key, flag]) => [key, toCanonicalJson(flag)]),
  )
  for (const revision of revisions) {
    if (unchanged.size === 0) break
    const { text } = await api.ask(revisionAsRead, 'GET', `/revisions/${revision}`)
    const { flags = {} } = readDocument(text).document
    for (const [key, definition] of unchanged) {
      const was = Object.hasOwn(flags, key) ? toCanonicalJson(flags[key]) : undefined
      if (was !== definition) unchanged.delete(key)
    }
  }
  return new Set(unchanged.keys())
}

type Found = ReturnType<typeof findMentions> & {
  readonly weeks: number
  readonly unchanging: readonly { readonly key: string; readonly variant: string | null }[]
  readonly historySince: number | null
}

function toLines(found: Found, count: number): string[] {
  if (count === 0) return ['There are no flags']
  const { unmentioned, unknown, unchanging, searched, notSearched, weeks, historySince } = found
  const inWeeks = toCount(weeks, 'week')
  const lines = [
    ...unmentioned.map(({ key, mentionedBy }) => {
      const earlier = mentionedBy.length > 0 ? `; earlier ones did: ${mentionedBy.join(', ')}` : ''
      return `${key}: no version in use mentions it${earlier}`
    }),
    ...unchanging.map(({ key, variant }) =>
      variant === null
        ? `${key}: everybody has had the default of the code for ${inWeeks}`
        : `${key}: everybody has had ${variant} for ${inWeeks}`,
    ),
  ]
  if (lines.length === 0) lines.push(`None of ${toCount(count, 'flag')} is known to be stale`)
  if (unknown.length > 0) lines.push(`Not known whether a version mentions: ${unknown.join(', ')}`)
  if (notSearched.length > 0)
    lines.push(`Not searched for flags: version ${notSearched.join(', ')}`)
  if (historySince !== null) {
    lines.push(
      `When flags were changed is known since ${toTime(historySince)} only: less than ${inWeeks}`,
    )
  }
  if (searched.length > 0) {
    lines.push('Files of versions were searched; the code of backends was not')
  }
  return lines
}

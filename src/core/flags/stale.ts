// Flags that no version in use mentions, and flags that have given everybody the same for weeks, with the
// sentences that say so. The publication of a version has searched its files; the history says when a flag was changed.

import { toCanonicalJson } from '../canonical-json.ts'

export const DEFAULT_STALE_WEEKS = 4

const WEEK_MS = 7 * 86_400_000

type Flags = Readonly<Record<string, unknown>>

type MentioningVersion = {
  readonly id: string
  readonly open: boolean
  readonly withdrawn: boolean
  readonly environments: readonly string[]
  readonly record?:
    | {
        readonly flagKeys?:
          | { readonly found: readonly string[]; readonly missing: readonly string[] }
          | undefined
      }
    | undefined
}

export type FlagMentions = {
  /** Versions in use whose files were searched for flags. */
  readonly searched: string[]
  readonly notSearched: string[]
  /** @param mentionedBy versions that are no longer in use. */
  readonly unmentioned: { readonly key: string; readonly mentionedBy: string[] }[]
  /** Flags that no searched version mentions, while others were not searched for them. */
  readonly unknown: string[]
}

/** Open versions, and those that environments point at: the next version may be the first to use a flag. */
function isInUse({ open, withdrawn, environments }: MentioningVersion): boolean {
  return environments.length > 0 || (open && !withdrawn)
}

export function findMentions(
  keys: readonly string[],
  versions: readonly MentioningVersion[],
): FlagMentions {
  const inUse = versions.filter(isInUse)
  const isSearched = ({ record }: MentioningVersion) => record?.flagKeys !== undefined
  const mentions = ({ record }: MentioningVersion, key: string) =>
    record?.flagKeys?.found.includes(key) === true
  const lacks = ({ record }: MentioningVersion, key: string) =>
    record?.flagKeys?.missing.includes(key) === true
  const unused = keys.filter((key) => !inUse.some((version) => mentions(version, key)))
  const unmentioned = unused.filter((key) => inUse.every((version) => lacks(version, key)))
  const idsOf = (list: readonly MentioningVersion[]) => list.map(({ id }) => id)
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

/** @param variant `null` for the default of the code. */
type SameForAll = { readonly key: string; readonly variant: string | null }

/** Flags that give everybody the same by their definition. */
function listSameForAll(flags: Flags): SameForAll[] {
  return Object.entries(flags).flatMap(([key, flag]) => {
    const variant = toOnlyAnswer(toTable(flag))
    return variant === undefined ? [] : [{ key, variant }]
  })
}

/** `undefined` if visitors may get different variants. */
function toOnlyAnswer(flag: Flags): string | null | undefined {
  if (flag.state === 'DISABLED') return null
  const { environments, versions } = toTable(flag.defaults)
  const answers = new Set<unknown>([
    flag.defaultVariant ?? null,
    ...Object.values(toTable(environments)),
    ...Object.values(toTable(versions)),
  ])
  const isTargeted = Object.keys(toTable(flag.targeting)).length > 0
  if (isTargeted) for (const name of Object.keys(toTable(flag.variants))) answers.add(name)
  const [only = null] = answers
  if (answers.size > 1) return undefined
  return only === null ? null : String(only)
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

/** How the history is read. What cannot be read is `undefined`, and ends what is known of it. */
export type FlagHistory = {
  /** @returns revisions before one, the newest first; an empty list at the beginning of the history. */
  readonly readRevisions: (
    before: number,
    limit: number,
  ) => Promise<
    | readonly { readonly revision: number; readonly at: number; readonly action: string }[]
    | undefined
  >
  /** @returns the flags of a revision. */
  readonly readFlags: (revision: number) => Promise<Flags | undefined>
}

const PAGE_ROWS = 100
/** Of a longer history it is not known, and no flag counts as unchanged. */
const MAX_PAGES = 20
const MAX_READ_REVISIONS = 50

/** @param since `null` if the history reaches back far enough, else its beginning in milliseconds. */
export type UnchangedFlags = {
  readonly unchanged: ReadonlySet<string>
  readonly since: number | null
}

/** The flags that every revision since `from` (milliseconds) has as the current document does. */
export async function findUnchanged(
  history: FlagHistory,
  current: { readonly revision: number; readonly flags: Flags },
  from: number,
): Promise<UnchangedFlags> {
  const changed: number[] = []
  let before = current.revision + 1
  let oldest = Date.now()
  const toUnknown = () => ({ unchanged: new Set<string>(), since: oldest })
  for (let page = 0; page < MAX_PAGES; page++) {
    const revisions = await history.readRevisions(before, PAGE_ROWS)
    if (!revisions || revisions.length === 0) break
    for (const { revision, at, action } of revisions) {
      // The first one that is older was in use at that time.
      if (at <= from || mayChangeFlags(action)) changed.push(revision)
      if (changed.length > MAX_READ_REVISIONS) return toUnknown()
      if (at <= from) {
        const unchanged = await compare(history, current.flags, changed)
        return unchanged ? { unchanged, since: null } : toUnknown()
      }
      oldest = at
      before = revision
    }
  }
  return toUnknown()
}

/** `undefined` if a revision cannot be read. */
async function compare(
  { readFlags }: FlagHistory,
  current: Flags,
  revisions: readonly number[],
): Promise<ReadonlySet<string> | undefined> {
  const unchanged = new Map(
    Object.entries(current).map(([key, flag]) => [key, toCanonicalJson(flag)]),
  )
  for (const revision of revisions) {
    if (unchanged.size === 0) break
    const flags = await readFlags(revision)
    if (!flags) return undefined
    for (const [key, definition] of unchanged) {
      const was = Object.hasOwn(flags, key) ? toCanonicalJson(flags[key]) : undefined
      if (was !== definition) unchanged.delete(key)
    }
  }
  return new Set(unchanged.keys())
}

export type UnchangingFlags = {
  readonly weeks: number
  readonly unchanging: SameForAll[]
  readonly historySince: number | null
}

/** Flags that give everybody the same, and were not changed in these weeks. Reads no history without such a flag. */
export async function findUnchanging(
  history: FlagHistory,
  current: { readonly revision: number; readonly flags: Flags },
  weeks: number,
  now: number,
): Promise<UnchangingFlags> {
  const same = listSameForAll(current.flags)
  const { unchanged, since } =
    same.length === 0
      ? { unchanged: new Set<string>(), since: null }
      : await findUnchanged(history, current, now - weeks * WEEK_MS)
  return { weeks, unchanging: same.filter(({ key }) => unchanged.has(key)), historySince: since }
}

export type StaleFlag = { readonly key: string; readonly text: string }

export function listUnmentioned({ unmentioned }: Pick<FlagMentions, 'unmentioned'>): StaleFlag[] {
  return unmentioned.map(({ key, mentionedBy }) => {
    const earlier = mentionedBy.length > 0 ? `; earlier ones did: ${mentionedBy.join(', ')}` : ''
    return { key, text: `no version in use mentions it${earlier}` }
  })
}

export function listUnchanging({ unchanging, weeks }: UnchangingFlags): StaleFlag[] {
  return unchanging.map(({ key, variant }) => {
    const what = variant === null ? 'the default of the code' : variant
    return { key, text: `everybody has had ${what} for ${toWeeks(weeks)}` }
  })
}

/** What is not known. @param toTimeText a time in milliseconds, for people. */
export function listStaleNotes(
  found: FlagMentions & UnchangingFlags,
  toTimeText: (at: number) => string,
): string[] {
  const { unknown, searched, notSearched, weeks, historySince } = found
  const notes: string[] = []
  if (unknown.length > 0) notes.push(`Not known whether a version mentions: ${unknown.join(', ')}`)
  if (notSearched.length > 0)
    notes.push(`Not searched for flags: version ${notSearched.join(', ')}`)
  if (historySince !== null) {
    notes.push(
      `When flags were changed is known since ${toTimeText(historySince)} only: less than ${toWeeks(weeks)}`,
    )
  }
  if (searched.length > 0) {
    notes.push('Files of versions were searched; the code of backends was not')
  }
  return notes
}

function toWeeks(weeks: number): string {
  return `${weeks.toLocaleString('en-US')} ${weeks === 1 ? 'week' : 'weeks'}`
}

function toTable(value: unknown): Flags {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Flags)
    : {}
}

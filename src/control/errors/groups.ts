// The errors that browsers have reported, by version: adds up what batches tell, marks what is new, and keeps it
// within bounds. Everything is in memory and is written at most once a minute, never for a call.

import type { ErrorGroup } from '../../core/browser/error-groups.ts'
import { toErrorId, toErrorKin } from '../../core/browser/error-ids.ts'
import { toHarmless } from '../../core/harmless-text.ts'
import { getOwn } from '../../core/own.ts'
import type { ErrorGroupSummary } from '../../wire/errors.ts'
import type { Content } from '../document/content.ts'
import type { ErrorDetail, ErrorsPage, ErrorsQuery, MayRead } from './contract.ts'
import {
  ERRORS_STORED_EVERY_MS,
  MAX_ERROR_ENVIRONMENTS,
  MAX_ERROR_GROUPS,
  MAX_ERROR_GROUPS_PER_VERSION,
  MAX_NEW_ERROR_GROUPS_PER_HOUR,
} from './limits.ts'
import { addCount, NO_COUNTS, readCounts, type SlotCounts } from './slots.ts'
import type { ErrorStore, StoredError } from './store.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

export type ErrorGroupsDeps = {
  readonly storage: Pick<DurableObjectStorage, 'transactionSync'>
  readonly store: ErrorStore
  /** The content of the document; `undefined` while there is none. */
  readonly content: () => Pick<Content, 'versions' | 'environments'> | undefined
  readonly now: () => number
  /** Sets a timer, which is lost when the object is evicted. */
  readonly later: (run: () => void, ms: number) => void
}

type Kept = {
  stored: StoredError
  readonly counts: Map<string, SlotCounts>
}

export class ErrorGroups {
  readonly #parts: ErrorGroupsDeps
  /** By id. Read on first use, so that the start of a control does not wait for it. */
  #loaded: Map<string, Kept> | undefined
  /** What the next writing has to write: groups, groups that have gone, and versions with other counts. */
  readonly #fresh = new Set<string>()
  readonly #gone = new Set<string>()
  readonly #counted = new Set<string>()
  #isTimed = false
  /** New groups in the hour that began at `since`. */
  #newInHour = { since: 0, count: 0 }
  /** Reports that were not kept since this control began. */
  #lost = 0

  constructor(parts: ErrorGroupsDeps) {
    this.#parts = parts
  }

  /** Adds the groups of a batch, in memory, and how many reports its isolate had no room for. Never throws. */
  receive(groups: readonly ErrorGroup[], lost: number): void {
    try {
      this.#lost += lost
      const content = this.#parts.content()
      for (const group of groups) {
        if (!content || !this.#add(group, content)) this.#lost += group.count
      }
      this.#storeLater()
    } catch (cause) {
      console.error('errors of browsers could not be counted', cause)
    }
  }

  /** New ones first, then those that happened most often within a day. */
  page({ version, environment, isNew, limit }: ErrorsQuery, mayRead: MayRead): ErrorsPage {
    this.#prune()
    const now = this.#parts.now()
    const found = [...this.#groups.values()].flatMap(({ stored, counts }): ErrorGroupSummary[] => {
      if (version !== undefined && stored.version !== version) return []
      if (isNew !== undefined && stored.isNew !== isNew) return []
      const summary = toSummary(stored, counts, now, (name) => {
        return (environment === undefined || name === environment) && mayRead(name)
      })
      return summary ? [summary] : []
    })
    return {
      groups: found.sort(byUrgency).slice(0, limit),
      found: found.length,
      lost: this.#lost,
    }
  }

  /** One group with its stack; `undefined` if there is none, or the caller may not read its environments. */
  detail(id: string, mayRead: MayRead): ErrorDetail | undefined {
    this.#prune()
    const kept = this.#groups.get(id)
    if (!kept) return undefined
    const { stored, counts } = kept
    const summary = toSummary(stored, counts, this.#parts.now(), mayRead)
    return summary && { ...summary, stack: stored.stack }
  }

  /** Deletes what is known of versions, in the transaction that removes them. */
  forget(versions: readonly string[]): void {
    for (const version of versions) this.#parts.store.removeVersion(version)
    const gone = new Set(versions)
    for (const [id, { stored }] of this.#loaded ?? []) {
      if (gone.has(stored.version)) this.#drop(id)
    }
    for (const version of versions) this.#counted.delete(version)
  }

  /** Writes what has changed: one row for each version, and one for each new group. Never throws. */
  storeNow(): void {
    try {
      this.#prune()
      this.#parts.storage.transactionSync(() => this.#write())
      this.#fresh.clear()
      this.#gone.clear()
      this.#counted.clear()
    } catch (cause) {
      console.error('errors of browsers could not be stored', cause)
    }
  }

  #write(): void {
    const { store } = this.#parts
    for (const id of this.#gone) store.remove(id)
    for (const id of this.#fresh) {
      const kept = this.#groups.get(id)
      if (kept) store.add(kept.stored)
    }
    for (const version of this.#counted) {
      const its = [...this.#groups].filter(([, { stored }]) => stored.version === version)
      const counts = its.map(([id, kept]) => [id, Object.fromEntries(kept.counts)] as const)
      store.setCounts(version, Object.fromEntries(counts))
    }
  }

  /** Whether the group was counted. */
  #add(group: ErrorGroup, content: Pick<Content, 'versions' | 'environments'>): boolean {
    const { environment, version } = group
    if (!getOwn(content.versions, version) || !getOwn(content.environments, environment)) {
      return false
    }
    const id = toErrorId(group)
    const kept = this.#groups.get(id) ?? this.#begin(id, group, content.versions)
    if (!kept) return false
    const counts = kept.counts.get(environment)
    if (!counts && kept.counts.size >= MAX_ERROR_ENVIRONMENTS) return false
    kept.counts.set(environment, addCount(counts ?? NO_COUNTS, group.count, this.#parts.now()))
    this.#counted.add(version)
    return true
  }

  /** A group that was not known; `undefined` if there were too many of late. */
  #begin(id: string, group: ErrorGroup, versions: Content['versions']): Kept | undefined {
    const now = this.#parts.now()
    if (!this.#mayBegin(now)) return undefined
    const { version, kind, message, frame, stack = '' } = group
    const kin = toErrorKin(group)
    const publishedAt = (other: string) => getOwn(versions, other)?.published ?? ''
    const isEarlier = (one: string, other: string) => publishedAt(one) < publishedAt(other)
    const others = [...this.#groups.values()].filter(
      ({ stored }) => stored.kin === kin && stored.version !== version,
    )
    // An earlier version has it as well: whatever the reason is, it did not come with the later one.
    for (const other of others) {
      if (!other.stored.isNew || !isEarlier(version, other.stored.version)) continue
      other.stored = { ...other.stored, isNew: false }
      this.#fresh.add(other.stored.id)
    }
    const hasEarlier = Object.keys(versions).some((other) => isEarlier(other, version))
    const isNew = hasEarlier && others.length === 0
    this.#makeRoom(version, now)
    const text = {
      message: toHarmless(message),
      frame: toHarmless(frame),
      stack: stack.split('\n').map(toHarmless).join('\n'),
    }
    const kept: Kept = {
      stored: { id, version, kind, ...text, kin, isNew, firstAt: now },
      counts: new Map(),
    }
    this.#groups.set(id, kept)
    this.#fresh.add(id)
    this.#gone.delete(id)
    return kept
  }

  #mayBegin(now: number): boolean {
    if (Math.abs(now - this.#newInHour.since) >= HOUR_MS) this.#newInHour = { since: now, count: 0 }
    if (this.#newInHour.count >= MAX_NEW_ERROR_GROUPS_PER_HOUR) return false
    this.#newInHour.count += 1
    return true
  }

  /** The oldest goes first if it has not happened for a day; otherwise the rarest. */
  #makeRoom(version: string, now: number): void {
    const all = [...this.#groups.values()]
    const its = all.filter(({ stored }) => stored.version === version)
    const crowded =
      its.length >= MAX_ERROR_GROUPS_PER_VERSION
        ? its
        : all.length >= MAX_ERROR_GROUPS
          ? all
          : undefined
    if (!crowded) return
    const ranked = crowded.map((kept) => ({ kept, ...toWeight(kept) }))
    const oldest = ranked.reduce((one, other) => (other.lastAt < one.lastAt ? other : one))
    const rarest = ranked.reduce((one, other) => (other.total < one.total ? other : one))
    const { stored } = (oldest.lastAt < now - DAY_MS ? oldest : rarest).kept
    this.#counted.add(stored.version)
    this.#gone.add(stored.id)
    this.#drop(stored.id)
  }

  #drop(id: string): void {
    this.#groups.delete(id)
    this.#fresh.delete(id)
  }

  /** Forgets versions that have left the document in another way than by retention. */
  #prune(): void {
    const content = this.#parts.content()
    if (!content) return
    const versions = new Set([...this.#groups.values()].map(({ stored }) => stored.version))
    const left = [...versions].filter((version) => !getOwn(content.versions, version))
    if (left.length > 0) this.#parts.storage.transactionSync(() => this.forget(left))
  }

  #storeLater(): void {
    if (this.#isTimed || this.#counted.size === 0) return
    this.#isTimed = true
    this.#parts.later(() => {
      this.#isTimed = false
      this.storeNow()
    }, ERRORS_STORED_EVERY_MS)
  }

  get #groups(): Map<string, Kept> {
    if (this.#loaded) return this.#loaded
    const counts = this.#parts.store.counts()
    this.#loaded = new Map(
      this.#parts.store.groups().map((stored) => {
        const its = Object.entries(counts.get(stored.version)?.[stored.id] ?? {})
        return [stored.id, { stored, counts: new Map(its) }]
      }),
    )
    return this.#loaded
  }
}

function toWeight({ stored, counts }: Kept) {
  const all = [...counts.values()]
  return {
    total: all.reduce((sum, { total }) => sum + total, 0),
    lastAt: all.reduce((last, { lastAt }) => Math.max(last, lastAt), stored.firstAt),
  }
}

/** What is told of a group, by the environments that `mayRead` allows; `undefined` if it happened in none of them. */
function toSummary(
  { id, version, kind, message, frame, isNew, firstAt }: StoredError,
  counts: ReadonlyMap<string, SlotCounts>,
  now: number,
  mayRead: MayRead,
): ErrorGroupSummary | undefined {
  const shown = [...counts].filter(([name]) => mayRead(name))
  if (shown.length === 0) return undefined
  const read = shown.map(([, slots]) => readCounts(slots, now))
  const sum = (field: 'count' | 'lastHour' | 'lastDay') =>
    read.reduce((total, one) => total + one[field], 0)
  return {
    id,
    version,
    kind,
    message,
    frame,
    new: isNew,
    count: sum('count'),
    lastHour: sum('lastHour'),
    lastDay: sum('lastDay'),
    environments: Object.fromEntries(shown.map(([name, { total }]) => [name, total])),
    firstAt,
    lastAt: Math.max(...shown.map(([, { lastAt }]) => lastAt)),
  }
}

function byUrgency(one: ErrorGroupSummary, other: ErrorGroupSummary): number {
  return (
    Number(other.new) - Number(one.new) ||
    other.lastDay - one.lastDay ||
    other.count - one.count ||
    other.lastAt - one.lastAt
  )
}

// Decides which versions stay, and why: those that an environment points at, the last ones, those that an
// environment pointed at lately, and those that are only just published. Pure. last-use.ts knows the times.

import type { Retention } from '../../wire/versions.ts'

/** What is younger is never collected, whatever nothing refers to it: its upload may come yet. */
export const COLLECTION_GRACE_MS = 86_400_000

/** Retention when the settings say nothing that can be meant: versions, and days. */
const DEFAULT_RETAINED_VERSIONS = 10
const DEFAULT_RETAINED_DAYS = 30

/** The bindings that are read here; env.ts says what they are. */
export type RetentionEnv = { readonly RETAIN_VERSIONS?: string; readonly RETAIN_DAYS?: string }

export type RetentionSettings = {
  /** How many of the last versions stay. */
  readonly versions: number
  /** For how long one stays after it was last pointed at, in milliseconds. */
  readonly ms: number
}

/** What a version was used for. Times in milliseconds since the epoch. */
export type Use = {
  readonly version: string
  readonly isPointedAt: boolean
  /** When it came into the document. */
  readonly seenAt: number
  /** When an environment last ceased to point at it; `undefined` for never. */
  readonly leftAt: number | undefined
}

const DAY_MS = 86_400_000

/** A setting that cannot be meant is replaced by its default, and the log says so. */
export function readRetentionSettings(env: RetentionEnv): RetentionSettings {
  return {
    versions: readCount(env, 'RETAIN_VERSIONS', DEFAULT_RETAINED_VERSIONS),
    ms: readCount(env, 'RETAIN_DAYS', DEFAULT_RETAINED_DAYS) * DAY_MS,
  }
}

function readCount(env: RetentionEnv, name: keyof RetentionEnv, otherwise: number): number {
  const text = env[name] ?? String(otherwise)
  if (/^\d{1,6}$/.test(text)) return Number(text)
  console.error(`${name} must be a whole number from 0, not "${text}": taking ${otherwise}`)
  return otherwise
}

/**
 * The last ones are those that came, or were pointed at, last; of two at the same time the one that is
 * later in `uses`. Withdrawn ones are as all others.
 */
export function decideRetention(
  uses: readonly Use[],
  { versions, ms }: RetentionSettings,
  now: number,
): ReadonlyMap<string, Retention> {
  const ranked = uses.toReversed().toSorted((a, b) => toLastUse(b) - toLastUse(a))
  return new Map(ranked.map((use, rank) => [use.version, decideOne(use, rank < versions, ms, now)]))
}

function toLastUse({ isPointedAt, seenAt, leftAt }: Use): number {
  return isPointedAt ? Number.POSITIVE_INFINITY : Math.max(seenAt, leftAt ?? 0)
}

function decideOne(
  { isPointedAt, seenAt, leftAt }: Use,
  isLatest: boolean,
  ms: number,
  now: number,
): Retention {
  if (isPointedAt) return { why: 'pointed-at', until: undefined }
  if (isLatest) return { why: 'latest', until: undefined }
  const lately = leftAt === undefined ? 0 : leftAt + ms
  const fresh = seenAt + COLLECTION_GRACE_MS
  if (lately > now && lately >= fresh) return { why: 'lately-pointed-at', until: lately }
  return fresh > now ? { why: 'new', until: fresh } : { why: 'nothing', until: undefined }
}

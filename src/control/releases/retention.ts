// Decides which versions stay, and why: those that an environment points at, the last few, those that an
// environment pointed at lately, and those just published. Pure. last-use.ts supplies the times.

import type { Retention } from '../../wire/versions.ts'

/** Nothing younger is ever deleted, even if nothing refers to it: its upload may not be finished. */
export const COLLECTION_GRACE_MS = 86_400_000

/** The retention if the settings are missing or invalid. */
const DEFAULT_RETAINED_VERSIONS = 10
const DEFAULT_RETAINED_DAYS = 30

/** The variables that are read here; env.ts describes them. */
export type RetentionEnv = { readonly RETAIN_VERSIONS?: string; readonly RETAIN_DAYS?: string }

export type RetentionSettings = {
  /** So many of the last versions stay. */
  readonly versions: number
  /** How long a version stays after an environment last pointed at it, in milliseconds. */
  readonly ms: number
}

/** How a version was used. Times in milliseconds since the epoch. */
export type Use = {
  readonly version: string
  readonly isPointedAt: boolean
  /** When it came into the document. */
  readonly seenAt: number
  /** When an environment last stopped pointing at it; `undefined` for never. */
  readonly leftAt: number | undefined
}

const DAY_MS = 86_400_000

/** Replaces an invalid setting by its default and logs it. */
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
 * Decides about each version. The last versions are those that were added, or pointed at, most
 * recently; of two with the same time, the one later in `uses`. Withdrawn versions are treated as all
 * others.
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

// Bounds on the size of the document and the database: how much each part may take, what is kept free
// so that changes can always be taken back, and how full each part is, so that people see a bound
// before they reach it.

import { MAX_REVISION } from '../../document/schema.ts'
import type { Command } from '../../wire/commands.ts'
import type { Fill } from '../../wire/health.ts'
import type { OwnCommand } from './apply-versions.ts'
import { type Content, countBytes } from './content.ts'
import type { DraftProblem } from './draft.ts'

/**
 * How the 256 KiB of the document are divided, counted without indentation: for versions, for settings
 * (environments and rules), and for traffic. The last part is kept free for changes that take something
 * back: a shift, a rollback, `withdraw` and the steps of a rollout only change traffic, spent buckets
 * and flags.
 */
export const MAX_VERSIONS_ROOM_BYTES = 128 * 1024
export const MAX_SETTINGS_ROOM_BYTES = 64 * 1024
export const RESERVED_BYTES = 64 * 1024

/** Added for each version: room for `open`, `withdrawn` and other flags. */
const VERSION_RESERVE_BYTES = 100

/**
 * Added for each environment: room for the longest version id, a flag, its name under `traffic`, and
 * its name in the `open` mark of a version.
 */
const ENVIRONMENT_RESERVE_BYTES = 260

/**
 * SQLite in a Durable Object holds 10 GB. Publications stop earlier, so that rollbacks always have
 * room.
 */
export const MAX_DATABASE_BYTES = 10 * 10 ** 9
export const MAX_PUBLISHED_DATABASE_BYTES = 9 * 10 ** 9

/** Sizes in bytes of JSON without indentation, with the reserves above. */
export type Room = {
  readonly versions: number
  /** Environments, rules, salt, `visitor`, `expose`, `measure`. */
  readonly settings: number
  /** The ranges of `traffic` and `spent`. */
  readonly traffic: number
}

const BOUNDS: Readonly<Record<keyof Room, number>> = {
  versions: MAX_VERSIONS_ROOM_BYTES,
  settings: MAX_SETTINGS_ROOM_BYTES,
  traffic: RESERVED_BYTES,
}

/**
 * Measures each part. Includes in advance what a shift, a rollback, `withdraw`, or pointing a known
 * environment at another version may add.
 */
export function measureRoom({ versions, traffic, spent, ...settings }: Content): Room {
  const environments = Object.entries(settings.environments)
  const pointless = environments.map(([name, environment]) => [
    name,
    { ...environment, version: '', restricted: undefined },
  ])
  return {
    versions:
      countBytes(JSON.stringify(withoutFlags(versions))) +
      Object.values(versions).reduce((sum, version) => sum + measureFlags(version), 0),
    settings:
      countBytes(JSON.stringify({ ...settings, environments: Object.fromEntries(pointless) })) +
      environments.length * ENVIRONMENT_RESERVE_BYTES,
    traffic: countBytes(JSON.stringify({ traffic, spent })),
  }
}

function withoutFlags(versions: Content['versions']) {
  return Object.entries(versions).map(([id, { open: _, withdrawn: __, ...version }]) => [
    id,
    version,
  ])
}

/** The size of the flags `open` and `withdrawn`: the reserve, or their real size if that is larger. */
function measureFlags({ open }: Content['versions'][string]): number {
  const written = open === undefined ? 0 : countBytes(JSON.stringify({ open, withdrawn: true }))
  return Math.max(VERSION_RESERVE_BYTES, written)
}

/**
 * Commands that take something back or make the document smaller. They are never refused for lack of
 * room.
 */
const TAKES_BACK: ReadonlySet<(Command | OwnCommand)['kind']> = new Set([
  'shift',
  'swap',
  'rollback',
  'withdraw',
  'remove-environment',
  'remove-versions',
  'preview-revoke',
  'preview-rotate',
])

export function takesBack({ kind }: Command | OwnCommand): boolean {
  return TAKES_BACK.has(kind)
}

/**
 * Whether a command adds a version or an environment. These are refused first when the history is
 * nearly full.
 */
export function addsForGood(command: Command | OwnCommand, current: Content | undefined): boolean {
  if (command.kind === 'set-environment') {
    return !Object.hasOwn(current?.environments ?? {}, command.name)
  }
  return command.kind === 'add-version'
}

/**
 * The parts that are too large in `after` and were smaller in `before`, each with advice on how to mend
 * it.
 */
export function findOverfull(before: Content | undefined, after: Content): readonly DraftProblem[] {
  const was = before ? measureRoom(before) : { versions: 0, settings: 0, traffic: 0 }
  const is = measureRoom(after)
  return (Object.keys(BOUNDS) as (keyof Room)[])
    .filter((part) => is[part] > BOUNDS[part] && is[part] > was[part])
    .map((part) => toRefusal(part, is[part], BOUNDS[part]))
}

function toRefusal(part: keyof Room, bytes: number, bound: number): DraftProblem {
  const said = `${bytes} bytes, and at most ${bound} are allowed`
  switch (part) {
    case 'versions':
      return {
        path: 'versions',
        message: `the document has no room for this: its versions would take ${said}. Versions that are no longer needed are removed in time; to make room now, set RETAIN_VERSIONS or RETAIN_DAYS lower and run "holo gc", or give versions fewer services and origins`,
      }
    case 'settings':
      return {
        path: '',
        message: `the document has no room for this: environments, rules and flags would take ${said}. Remove environments that are no longer needed ("holo env remove"), their hosts, rules, or flags`,
      }
    case 'traffic':
      return {
        path: 'traffic',
        message: `the ranges of "traffic" and "spent" would take ${said}: write percentages`,
      }
  }
}

/**
 * The problem of a database that is nearly full. The rest is kept for changes that take something back.
 */
export function findFullDatabase(bytes: number): readonly DraftProblem[] {
  if (bytes < MAX_PUBLISHED_DATABASE_BYTES) return []
  const gigabytes = (bytes / 1e9).toFixed(1)
  const message = `the history of this Holo has ${gigabytes} of ${MAX_DATABASE_BYTES / 1e9} GB, and the rest is kept for rollbacks and the like: docs/operations.md says how to begin a new history ("A full history")`
  return [{ path: '', message }]
}

/** How full each part of the document is. */
export function listRoom(content: Content) {
  const room = measureRoom(content)
  return (Object.keys(BOUNDS) as (keyof Room)[]).map((part) => ({
    part,
    used: room[part],
    limit: BOUNDS[part],
  }))
}

/** How full the document, the history and the numbers of revisions are. */
export function listFill(
  head: { readonly content: Content; readonly revision: number } | undefined,
  databaseBytes: number,
): readonly Fill[] {
  return [
    ...(head ? listRoom(head.content) : []),
    { part: 'history', used: databaseBytes, limit: MAX_PUBLISHED_DATABASE_BYTES },
    { part: 'revisions', used: head?.revision ?? 0, limit: MAX_REVISION },
  ]
}

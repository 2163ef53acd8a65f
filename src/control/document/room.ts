// How much room there is for what fills up for good: who may fill it, what is kept free for the way back, and how
// full it is, so that people learn of it long before something is refused.

import { MAX_REVISION } from '../../document/schema.ts'
import type { Command } from '../../wire/commands.ts'
import type { Fill } from '../../wire/health.ts'
import type { OwnCommand } from './apply-versions.ts'
import { type Content, countBytes } from './content.ts'
import type { DraftProblem } from './draft.ts'

/**
 * How the document's 256 KiB are divided, counted without indentation. What a publication may fill, what
 * people may fill with environments and rules, and the rest, which is kept free for what takes back: a
 * shift, a rollback, `withdraw`, and a rollout's own steps change traffic, spent buckets and flags alone.
 */
export const MAX_VERSIONS_ROOM_BYTES = 128 * 1024
export const MAX_SETTINGS_ROOM_BYTES = 64 * 1024
export const RESERVED_BYTES = 64 * 1024

/** Counted for each version beside what it says: room for `open`, `withdrawn` and flags like them. */
const VERSION_RESERVE_BYTES = 100

/**
 * Counted for each environment: any version id it may point at, a flag, its name under `traffic`, and its
 * name once more beside the version that it opens.
 */
const ENVIRONMENT_RESERVE_BYTES = 260

/** SQLite in a Durable Object takes 10 GB. Publications end before; what takes back has the rest. */
const MAX_DATABASE_BYTES = 10 * 10 ** 9
export const MAX_PUBLISHED_DATABASE_BYTES = 9 * 10 ** 9

/** In bytes of JSON without indentation, with what each version and environment may grow by. */
export type Room = {
  readonly versions: number
  /** What people write: environments, rules, salt, `visitor`, `expose`. */
  readonly settings: number
  /** Who has which buckets, and which have suffered. */
  readonly traffic: number
}

const BOUNDS: Readonly<Record<keyof Room, number>> = {
  versions: MAX_VERSIONS_ROOM_BYTES,
  settings: MAX_SETTINGS_ROOM_BYTES,
  traffic: RESERVED_BYTES,
}

/**
 * How much each part takes. What a shift, a rollback, `withdraw`, or pointing a known environment at
 * another version adds to a version or an environment is counted in advance.
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

/** Who has seen the version, and whether it is withdrawn: the reserve, or what is written where that is more. */
function measureFlags({ open }: Content['versions'][string]): number {
  const written = open === undefined ? 0 : countBytes(JSON.stringify({ open, withdrawn: true }))
  return Math.max(VERSION_RESERVE_BYTES, written)
}

/** Commands that take something back, or make the document smaller: never refused for want of room. */
const TAKES_BACK: ReadonlySet<(Command | OwnCommand)['kind']> = new Set([
  'shift',
  'swap',
  'rollback',
  'withdraw',
  'remove-environment',
  'remove-versions',
])

export function takesBack({ kind }: Command | OwnCommand): boolean {
  return TAKES_BACK.has(kind)
}

/** Versions and environments that come: refused first where the history itself is nearly full. */
export function addsForGood(command: Command | OwnCommand, current: Content | undefined): boolean {
  if (command.kind === 'set-environment') {
    return !Object.hasOwn(current?.environments ?? {}, command.name)
  }
  return command.kind === 'add-version'
}

/** The parts that are too large in `after` and were smaller in `before`, each with how to mend it. */
export function findOverfull(before: Content | undefined, after: Content): readonly DraftProblem[] {
  const was = before ? measureRoom(before) : { versions: 0, settings: 0, traffic: 0 }
  const is = measureRoom(after)
  return (Object.keys(BOUNDS) as (keyof Room)[])
    .filter((part) => is[part] > BOUNDS[part] && is[part] > was[part])
    .map((part) => toRefusal(part, is[part], BOUNDS[part]))
}

function toRefusal(part: keyof Room, bytes: number, bound: number): DraftProblem {
  const said = `${bytes} bytes, and ${bound} are allowed`
  switch (part) {
    case 'versions':
      return {
        path: 'versions',
        message: `the document has no room for this: its versions would take ${said}. Versions that nobody needs leave by themselves; to make room now, set RETAIN_VERSIONS or RETAIN_DAYS lower and run "holo gc", or give versions fewer services and origins`,
      }
    case 'settings':
      return {
        path: '',
        message: `the document has no room for this: environments and rules would take ${said}. Remove environments that are over ("holo env remove"), their hosts, or rules`,
      }
    case 'traffic':
      return {
        path: 'traffic',
        message: `the ranges of "traffic" and "spent" would take ${said}: write percentages`,
      }
  }
}

/** What takes back has the rest of the database for itself. */
export function findFullDatabase(bytes: number): readonly DraftProblem[] {
  if (bytes < MAX_PUBLISHED_DATABASE_BYTES) return []
  const gigabytes = (bytes / 1e9).toFixed(1)
  const message = `the history of this Holo has ${gigabytes} of ${MAX_DATABASE_BYTES / 1e9} GB, and the rest is kept for what takes back: docs/operations.md says how to begin a new one ("A full history")`
  return [{ path: '', message }]
}

/** How full each part is. */
export function listRoom(content: Content) {
  const room = measureRoom(content)
  return (Object.keys(BOUNDS) as (keyof Room)[]).map((part) => ({
    part,
    used: room[part],
    limit: BOUNDS[part],
  }))
}

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

// The four DORA figures of each environment, from what changed the document and what it held afterwards. Pure:
// commands/dora.ts reads both from the API. docs/dora.md defines the figures.

import type { DoraFigures } from '../wire/dora.ts'

const DAY_MS = 86_400_000

/** What the document said of its environments. */
export type Snapshot = {
  /** The version of each environment. */
  readonly environments: ReadonlyMap<string, string>
  /** When each version was published, as far as the document knows. */
  readonly published: ReadonlyMap<string, number>
}

/** One row of the audit log that concerns environments, with the document after it. */
export type DeliveryStep = {
  readonly at: number
  readonly action: string
  /** The environment whose new version a rollout has taken back. */
  readonly takenBack?: string
  /** The environment in which a rollout has begun to give its version to visitors. */
  readonly begun?: string
  /** Left out where the row changed no document. */
  readonly after?: Snapshot
}

/** These take back; any other change does so if an environment gets the version that it had before. */
const TAKES_BACK = new Set(['rollback', 'withdraw', 'rollout-rollback', 'rollout-abort'])

/** These move environments on, also to a version that one of them had before. */
const MOVES_ON = new Set(['rollout-start', 'rollout-complete', 'rollout-promote'])

type Track = {
  version: string | undefined
  before: string | undefined
  /** The deployment that can still fail. */
  deployedAt: number | undefined
  deployments: number
  readonly seen: Set<string>
  readonly leadTimes: number[]
  readonly restores: number[]
}

/** @param steps oldest first, all within the period */
export function measureDelivery(
  first: Snapshot | undefined,
  steps: readonly DeliveryStep[],
  periodMs: number,
): DoraFigures[] {
  const tracks = new Map<string, Track>()
  for (const [name, version] of first?.environments ?? []) tracks.set(name, newTrack(version))
  for (const step of steps) follow(tracks, step, first !== undefined || step !== steps[0])
  return [...tracks]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, track]) => toFigures(name, track, periodMs))
}

function newTrack(version: string | undefined): Track {
  const seen = new Set(version === undefined ? [] : [version])
  return {
    ...{ version, before: undefined, deployedAt: undefined, deployments: 0, seen },
    ...{ leadTimes: [], restores: [] },
  }
}

/** @param counts false for the first document of all, which is where everything begins */
function follow(tracks: Map<string, Track>, step: DeliveryStep, counts: boolean): void {
  const { at, action, takenBack, begun, after } = step
  const failed = takenBack === undefined ? undefined : tracks.get(takenBack)
  if (failed) restore(failed, at)
  if (!after) return
  for (const [name, version] of after.environments) {
    const track = tracks.get(name) ?? newTrack(counts ? undefined : version)
    tracks.set(name, track)
    if (track.version === version) continue
    const returns = version === track.before && !MOVES_ON.has(action)
    if (TAKES_BACK.has(action) || returns) restore(track, at)
    else deploy(track, version, at, after.published.get(version))
    track.before = track.version
    track.version = version
    track.seen.add(version)
  }
  // The version may have stood there without visitors, as after a rollout that was taken back.
  const started = begun === undefined ? undefined : tracks.get(begun)
  if (started?.version !== undefined && started.deployedAt === undefined) {
    deploy(started, started.version, at, after.published.get(started.version))
  }
  for (const [name, track] of tracks) {
    if (after.environments.has(name)) continue
    track.before = undefined
    track.version = undefined
    track.deployedAt = undefined
  }
}

function deploy(track: Track, version: string, at: number, published: number | undefined): void {
  track.deployments += 1
  track.deployedAt = at
  if (published !== undefined && published <= at && !track.seen.has(version)) {
    track.leadTimes.push(at - published)
  }
}

/** The newest deployment has failed, unless that is known. */
function restore(track: Track, at: number): void {
  if (track.deployedAt !== undefined) track.restores.push(at - track.deployedAt)
  track.deployedAt = undefined
}

function toFigures(environment: string, track: Track, periodMs: number): DoraFigures {
  const { deployments, leadTimes, restores } = track
  const failed = restores.length
  return {
    environment,
    deployments,
    perDay: Number(((deployments * DAY_MS) / periodMs).toFixed(3)),
    leadTimeMs: toMedian(leadTimes),
    failed,
    failureRate: deployments === 0 ? null : Number((failed / deployments).toFixed(4)),
    restoreMs: toMedian(restores),
  }
}

function toMedian(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2
}

// Made-up worlds: who comes in each second, and what they meet on each side.

import { countEdgesBelow, LATENCY_EDGES_MS } from '../../src/core/counting/metrics.ts'
import { CONNECTION_LEVEL } from '../../src/core/counting/outcomes.ts'
import { drawNormal, drawPoisson, type Random } from '../../src/core/simulate/random.ts'
import type { World } from '../../src/core/simulate/run.ts'
import { allow } from '../../src/core/simulate/traffic.ts'
import type { Visit, VisitMet } from '../../src/core/simulate/visit.ts'
import { Copies } from '../../src/metrics/copies.ts'

export type Side = 0 | 1

/** What a visitor of a side meets in a second; `share` is the canary's. */
export type Meets = (side: Side, second: number, share: number) => readonly VisitMet[]

const HASHES = 2 ** 32
const NOTHING: readonly VisitMet[] = []

export function drawHash(random: Random): number {
  return Math.floor(random() * HASHES)
}

/** Visitors who come once, so many in a minute on average. */
export function newcomers(random: Random, perMinute: number, meets: Meets): World {
  return ({ second, share }) => {
    const count = drawPoisson(random, perMinute / 60)
    const visits: Visit[] = []
    for (let i = 0; i < count; i++) {
      const side = random() < share ? 1 : 0
      visits.push({ visitor: drawHash(random), side, met: meets(side, second, share) })
    }
    return visits
  }
}

/** A failure of one route. */
export function fail(route = 'GET /api/items', code = '503'): VisitMet {
  return { metric: 'errors', route, code }
}

/** A failure to get any answer, which may be a cold start. */
export function unreachable(route = 'GET /api/items'): VisitMet {
  return { ...fail(route, 'origin_unreachable'), level: CONNECTION_LEVEL }
}

/** Each visitor fails with a chance that depends on its side and on the time. */
export function failing(random: Random, rate: (side: Side, second: number) => number): Meets {
  const failure = [fail()]
  return (side, second) => (random() < rate(side, second) ? failure : NOTHING)
}

/** What a share of visitors meets: a failure that both versions have, and one of a side by itself. */
export type ComparedRates = { readonly both: number; readonly alone: (side: Side) => number }

/**
 * Failures as an isolate reports them that asks the other version about them, within its bounds. All
 * visitors come to one isolate, so that many failures are more than it asks about.
 */
export function compared(
  random: Random,
  { both, alone }: ComparedRates,
  copies: Copies = new Copies(),
): Meets {
  const failure = [fail()]
  return (side, second) => {
    const isShared = random() < both
    if (!isShared && random() >= alone(side)) return NOTHING
    const isSame = isShared || random() < alone(side === 0 ? 1 : 0)
    return isHeld(copies, { route: 'GET /api/items', site: 0, isSame }, second) ? NOTHING : failure
  }
}

/** Whether a failure counts for neither side. */
export function isHeld(
  copies: Copies,
  { route, site, isSame }: { route: string; site: number; isSame: boolean },
  second: number,
): boolean {
  const about = { metric: 'errors', prefix: '/api/', route, site }
  const now = second * 1000
  if (!copies.spend(about, now)) return copies.recall(about, now)
  copies.learn(about, isSame, now)
  return isSame
}

const TOLERANCE = 1.2

/** What a visitor meets that waits so long for a service; the canary's is allowed the tolerance. */
export function wait(side: Side, ms: number, route = 'GET /api/items'): readonly VisitMet[] {
  const allowed = side === 1 ? allow(ms, LATENCY_EDGES_MS, TOLERANCE) : ms
  const level = countEdgesBelow(LATENCY_EDGES_MS, allowed)
  return level > 0 ? [{ metric: 'latency', route, level }] : NOTHING
}

/** A time that scatters around a median. */
export function scatter(random: Random, median: number, spread = 0.5): number {
  return median * Math.exp(spread * drawNormal(random))
}

/** Several worlds at once. */
export function together(...worlds: readonly World[]): World {
  return (moment) => worlds.flatMap((world) => world(moment) ?? [])
}

/** How long ago the canary's share changed, in seconds, as a world sees it. */
export function sinceStep(): (second: number, share: number) => number {
  let [last, at] = [-1, 0]
  return (second, share) => {
    if (share !== last) [last, at] = [share, second]
    return second - at
  }
}

/** Visitors with a bucket of their own, who come again and again. */
export type Regular = { readonly visitor: number; readonly bucket: number; readonly trait: number }

export function drawRegulars(random: Random, count: number): readonly Regular[] {
  return Array.from({ length: count }, () => ({
    visitor: drawHash(random),
    bucket: random(),
    trait: random(),
  }))
}

export function sideOf({ bucket }: { readonly bucket: number }, share: number): Side {
  return bucket < share ? 1 : 0
}

/** So many of the regulars come in each second, on average, whoever chance chooses. */
export function returning(
  random: Random,
  regulars: readonly Regular[],
  perSecond: number,
  meets: (regular: Regular, side: Side, second: number) => readonly VisitMet[],
): World {
  return ({ second, share }) => {
    const count = drawPoisson(random, perSecond)
    return Array.from({ length: count }, (): Visit => {
      const regular = regulars[Math.floor(random() * regulars.length)] as Regular
      const side = sideOf(regular, share)
      return { visitor: regular.visitor, side, met: meets(regular, side, second) }
    })
  }
}

export type Tabs = {
  /** New visitors in a minute. */
  readonly perMinute: number
  /** For how many seconds a tab stays open, and how often it asks. */
  readonly opensForSeconds: number
  readonly pollsEachSeconds: number
  /** What a visitor meets when it opens a page, and at each poll. */
  readonly opens: (side: Side, second: number) => readonly VisitMet[]
  readonly polls: (side: Side, second: number) => readonly VisitMet[]
  /** Which version a side has; a tab keeps the one of its page. Always the same if left out. */
  readonly versionOf?: (side: Side, second: number) => number
  /**
   * What a visitor meets whose tab has a version that its side no longer has, if that was withdrawn: the tab
   * asks the version of its bucket from then on. If left out it keeps its version, and is not judged.
   */
  readonly isCut?: (side: Side, second: number) => readonly VisitMet[]
}

type Tab = {
  readonly visitor: number
  readonly bucket: number
  readonly side: Side
  readonly version: number
  readonly opened: number
}

/**
 * Visitors whose tab stays open and polls. It goes on with the version that it has: where its bucket
 * has moved, or where its side has got another version, it is not judged.
 */
export function openTabs(random: Random, tabs: Tabs): World {
  const { perMinute, opensForSeconds, pollsEachSeconds, opens, polls, isCut } = tabs
  const versionOf = tabs.versionOf ?? (() => 1)
  let open: Tab[] = []
  return ({ second, share }) => {
    open = open.filter(({ opened }) => second - opened < opensForSeconds)
    const visits: Visit[] = []
    for (const { visitor, bucket, side, version, opened } of open) {
      if ((second - opened) % pollsEachSeconds !== 0) continue
      const present = sideOf({ bucket }, share)
      if (isCut && versionOf(side, second) !== version) {
        visits.push({ visitor, side: present, isAssigned: false, met: isCut(present, second) })
        continue
      }
      if (present !== side || versionOf(side, second) !== version) continue
      visits.push({ visitor, side, isAssigned: false, met: polls(side, second) })
    }
    for (let left = drawPoisson(random, perMinute / 60); left > 0; left--) {
      const bucket = random()
      const side = sideOf({ bucket }, share)
      const tab: Tab = {
        visitor: drawHash(random),
        bucket,
        side,
        version: versionOf(side, second),
        opened: second,
      }
      open.push(tab)
      visits.push({ visitor: tab.visitor, side: tab.side, met: opens(tab.side, second) })
    }
    return visits
  }
}

/** For each side a time of 30 seconds once an hour, in which `during` of the visitors fail. */
export function hourlyIncidents(
  offsets: readonly [base: number, canary: number],
  during = 0.2,
  else_ = 0.01,
): (side: Side, second: number) => number {
  return (side, second) => {
    const since = (((second - offsets[side]) % 3600) + 3600) % 3600
    return since < 30 ? during : else_
  }
}

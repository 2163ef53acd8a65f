// What an isolate has counted of one version in one window, and how it goes into a batch. How much there is
// room for in all is decided by pages.ts.

import type { Group } from '../core/counting/batch.ts'
import { newSketch, packSketch, type Sketch } from '../core/counting/distinct.ts'
import type { Marks } from '../core/counting/marks.ts'
import { MAX_KINDS, type OutcomeKind } from '../core/counting/outcomes.ts'
import { OTHER_ROUTE } from '../core/counting/routes.ts'
import { type GrowingTotals, noTotals } from '../core/counting/totals.ts'
import type { PlacedSegments } from './segments.ts'

export type Page = {
  readonly window: number
  readonly environment: string
  readonly version: string
  readonly revision: number
  readonly totals: GrowingTotals
  /** How many visitors there are, about. */
  readonly distinct: Sketch
  /** Requests by the prefix of the service that they were sent to. */
  readonly services: Map<string, number>
  /** The tabs that named themselves; made with the first one. */
  tabs: Sketch | undefined
  readonly visitors: Map<number, Marks>
  /** What `outcomes` is about, by its name. */
  readonly kinds: Map<string, PlacedKind>
  readonly outcomes: number[]
  /** What the clients of visitors are; empty where nobody asks. */
  readonly segments: PlacedSegments
  /** By visitor, as `toSegmentWord` writes it. */
  readonly visitorSegments: Map<number, number>
}

/** A kind, and its place in the list of the batch. */
type PlacedKind = OutcomeKind & { readonly place: number }

/** Kinds that one network may add to a page; its other outcomes have the route `*`. */
export const MAX_NETWORK_KINDS = 32

/**
 * Places in a page's list of kinds that are kept free for metrics with the route `*`; half of them
 * for those without a code.
 */
const OTHER_KINDS = 62

/** A new page, on which nothing is counted yet. */
export function openPage(
  window: number,
  environment: string,
  version: string,
  revision: number,
): Page {
  return {
    window,
    environment,
    version,
    revision,
    totals: noTotals(),
    distinct: newSketch(),
    services: new Map(),
    tabs: undefined,
    visitors: new Map(),
    kinds: new Map(),
    outcomes: [],
    segments: new Map(),
    visitorSegments: new Map(),
  }
}

/**
 * The place of a kind in a list. If there is no room for more routes it is that of the route `*`,
 * and if there is none for more codes, that of the one without a code.
 *
 * @param share how many kinds the client's network has added; `undefined` for a private address.
 */
export function placeKind(
  kinds: Map<string, PlacedKind>,
  kind: OutcomeKind,
  share: { kinds: number } | undefined,
): number | undefined {
  const { metric, route, code } = kind
  const name = `${metric} ${route} ${code}`
  const known = kinds.get(name)
  if (known) return known.place
  const isRoute = route !== '' && route !== OTHER_ROUTE
  const kept = isRoute ? OTHER_KINDS : code === undefined ? 0 : OTHER_KINDS / 2
  const isFull = kinds.size >= MAX_KINDS - kept
  if (isRoute && (isFull || (share && share.kinds >= MAX_NETWORK_KINDS))) {
    return placeKind(kinds, { ...kind, route: OTHER_ROUTE }, share)
  }
  if (isFull) return code === undefined ? undefined : placeKind(kinds, { metric, route }, share)
  if (isRoute && share) share.kinds += 1
  kinds.set(name, { ...kind, place: kinds.size })
  return kinds.size - 1
}

export function toGroup({
  environment,
  version,
  revision,
  totals,
  distinct,
  services,
  tabs,
  visitors,
  kinds,
  outcomes,
  segments,
  visitorSegments,
}: Page): Group {
  const pairs = new Uint32Array(2 * visitors.size)
  let at = 0
  for (const [hash, marks] of visitors) {
    pairs[at++] = hash
    pairs[at++] = marks
  }
  return {
    environment,
    version,
    revision,
    totals,
    distinct: packSketch(distinct),
    ...(services.size === 0 ? {} : { services: Object.fromEntries(services) }),
    ...(tabs ? { tabs: packSketch(tabs) } : {}),
    visitors: pairs,
    kinds: [...kinds.values()].map(({ place: _, ...kind }) => kind),
    outcomes: Uint32Array.from(outcomes),
    ...(segments.size === 0 ? {} : toSegments(segments, visitors, visitorSegments)),
  }
}

function toSegments(
  segments: PlacedSegments,
  visitors: Page['visitors'],
  visitorSegments: Page['visitorSegments'],
): Pick<Group, 'segments' | 'visitorSegments'> {
  return {
    segments: [...segments.values()].map(({ place: _, ...values }) => values),
    visitorSegments: Uint32Array.from(visitors.keys(), (hash) => visitorSegments.get(hash) ?? 0),
  }
}

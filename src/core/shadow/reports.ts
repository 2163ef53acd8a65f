// What isolates tell the control of shadows: counts by route, and differences by kind and place. The same shape is
// added up in the isolate and in the control.

import { MAX_ROUTE_CHARACTERS } from '../counting/limits.ts'
import { DIFFERENCE_KINDS, type DifferenceKind } from './compare.ts'
import { MAX_EXAMPLE_CHARACTERS, MAX_PLACE_CHARACTERS } from './redact.ts'

/** Routes of all shadows that one batch tells of. */
export const MAX_BATCH_SHADOW_ROUTES = 64

/** Kinds and places of one route. A shadow that differs in more is another application. */
export const MAX_SHADOW_DIFFERENCES = 20

/** Examples of one kind and place. */
export const MAX_SHADOW_EXAMPLES = 3

/** Which services are compared for which route. */
export type ShadowSubject = {
  /** The environment that visitors use. */
  readonly from: string
  readonly base: string
  /** The environment that gets copies, and its version. */
  readonly to: string
  readonly shadow: string
  /** The prefix of the base's service. */
  readonly service: string
  /** As counting/routes.ts makes it. */
  readonly route: string
}

export const SHADOW_COUNTS = [
  'copied',
  'skipped',
  'compared',
  'differing',
  'baselines',
  'noisy',
  'timed',
  'baseMs',
  'shadowMs',
  'repeated',
  'failed',
  'baseFailed',
  'late',
  'baseLate',
] as const

/** Of one route. */
export type ShadowCounts = {
  /** Copies that were sent. */
  readonly copied: number
  /** Copies that were not sent, because a bound was reached. */
  readonly skipped: number
  /** Copies whose two answers were compared, and how many of them differed. */
  readonly compared: number
  readonly differing: number
  /** Copies for which the base was asked twice, and how many times it differed from itself. */
  readonly baselines: number
  readonly noisy: number
  /** Comparisons in which both answered, and the times to the heads of these answers in all. */
  readonly timed: number
  readonly baseMs: number
  readonly shadowMs: number
  /** Copies beyond the first one of a request, which are not compared. */
  readonly repeated: number
  /** Copies, repeated ones too, that got no answer or a 5xx; and compared answers of the base that were so. */
  readonly failed: number
  readonly baseFailed: number
  /** Comparisons in which the shadow came much later than the base, and the base than the shadow. */
  readonly late: number
  readonly baseLate: number
}

export type ShadowExample = {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The id of the request in the logs of Holo and of its backends. */
  readonly request: string
  readonly base: string
  readonly shadow: string
}

export type CountedDifference = {
  readonly kind: DifferenceKind
  readonly place: string
  /** In how many comparisons with the shadow, and of the base with itself. */
  readonly count: number
  readonly noise: number
  readonly examples: readonly ShadowExample[]
}

export type ShadowReport = ShadowSubject &
  ShadowCounts & {
    readonly differences: readonly CountedDifference[]
    /** Differences for which there was no room. */
    readonly lost: number
  }

export const NO_SHADOW_COUNTS: ShadowCounts = {
  copied: 0,
  skipped: 0,
  compared: 0,
  differing: 0,
  baselines: 0,
  noisy: 0,
  timed: 0,
  baseMs: 0,
  shadowMs: 0,
  repeated: 0,
  failed: 0,
  baseFailed: 0,
  late: 0,
  baseLate: 0,
}

type Told = Pick<ShadowReport, 'differences' | 'lost'>

/** Adds what was told later. Differences for which there is no room are counted as lost; known ones stay. */
export function addDifferences(known: Told, later: Told): Told {
  const all = new Map(known.differences.map((one) => [toKey(one), one]))
  let lost = known.lost + later.lost
  for (const one of later.differences) {
    const before = all.get(toKey(one))
    if (!before && all.size >= MAX_SHADOW_DIFFERENCES) {
      lost += one.count
      continue
    }
    all.set(toKey(one), {
      kind: one.kind,
      place: one.place,
      count: (before?.count ?? 0) + one.count,
      noise: (before?.noise ?? 0) + one.noise,
      // The newest stay: the others are about a backend that may have been mended since.
      examples: [...(before?.examples ?? []), ...one.examples].slice(-MAX_SHADOW_EXAMPLES),
    })
  }
  return { differences: [...all.values()], lost }
}

export function addShadowCounts(some: ShadowCounts, others: ShadowCounts): ShadowCounts {
  const sums = SHADOW_COUNTS.map((name) => [name, some[name] + others[name]] as const)
  return Object.fromEntries(sums) as ShadowCounts
}

function toKey({ kind, place }: Pick<CountedDifference, 'kind' | 'place'>): string {
  return `${kind} ${place}`
}

/** Whether a value has the shape and the size of what a batch tells. */
export function isShadowReports(value: unknown): value is readonly ShadowReport[] {
  return (
    Array.isArray(value) && value.length <= MAX_BATCH_SHADOW_ROUTES && value.every(isShadowReport)
  )
}

/** Whether a value has the shape of a report; of what is stored as well. */
export function isShadowReport(value: unknown): value is ShadowReport {
  const report = (value ?? {}) as Partial<Record<keyof ShadowReport, unknown>>
  const { from, base, to, shadow, service, route, differences, lost } = report
  return (
    [from, base, to, shadow, service].every((name) => isText(name, 256)) &&
    isText(route, MAX_ROUTE_CHARACTERS) &&
    [...SHADOW_COUNTS.map((name) => report[name]), lost].every(isAmount) &&
    Array.isArray(differences) &&
    differences.length <= MAX_SHADOW_DIFFERENCES &&
    differences.every(isDifference)
  )
}

function isDifference(value: unknown): value is CountedDifference {
  const { kind, place, count, noise, examples } = (value ?? {}) as Partial<
    Record<keyof CountedDifference, unknown>
  >
  return (
    DIFFERENCE_KINDS.includes(kind as DifferenceKind) &&
    isText(place, MAX_PLACE_CHARACTERS) &&
    isAmount(count) &&
    isAmount(noise) &&
    Array.isArray(examples) &&
    examples.length <= MAX_SHADOW_EXAMPLES &&
    examples.every(isExample)
  )
}

function isExample(value: unknown): value is ShadowExample {
  const { at, request, base, shadow } = (value ?? {}) as Partial<
    Record<keyof ShadowExample, unknown>
  >
  return (
    isAmount(at) &&
    isText(request, 100) &&
    isText(base, MAX_EXAMPLE_CHARACTERS) &&
    isText(shadow, MAX_EXAMPLE_CHARACTERS)
  )
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length <= most
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

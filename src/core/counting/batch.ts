// What an isolate has counted since its last report to the control: plain data and typed arrays,
// because they cross a call between machines. metrics/ makes batches; control/counting adds them
// up.

import { type ErrorGroup, isErrorGroup, MAX_BATCH_ERROR_GROUPS } from '../browser/error-groups.ts'
import { isShadowReports, type ShadowReport } from '../shadow/reports.ts'
import { isPackedSketch, type PackedSketch } from './distinct.ts'
import { type FlagCount, isFlagCounts } from './flag-counts.ts'
import {
  MAX_BATCH_OUTCOMES,
  MAX_BATCH_VISITORS,
  MAX_BATCH_WINDOWS,
  MAX_GROUPS,
  MAX_ROUTE_CHARACTERS,
} from './limits.ts'
import { MAX_KINDS, OUTCOME_WORDS, type OutcomeKind } from './outcomes.ts'
import { isSegmentValues, MAX_SEGMENT_VALUES, type SegmentValues } from './segments.ts'
import { isTotals, type OlderTotals } from './totals.ts'
import { isServiceCounts } from './uses.ts'

/** The counts of one version in one environment, as decided with one revision. */
export type Group = {
  readonly environment: string
  readonly version: string
  readonly revision: number
  readonly totals: OlderTotals
  /** How many visitors there were, about (distinct.ts); left out by an older isolate. */
  readonly distinct?: PackedSketch
  /** Requests by the prefix of the service that they were sent to; left out by an older isolate. */
  readonly services?: Readonly<Record<string, number>>
  /** The tabs that named themselves (distinct.ts); left out where there were none. */
  readonly tabs?: PackedSketch
  /** Judged visitors of the sample: pairs of hash and marks (marks.ts), each visitor once. */
  readonly visitors: Uint32Array
  /** What `outcomes` is about. */
  readonly kinds: readonly OutcomeKind[]
  /** What judged visitors met, as outcomes.ts writes it. */
  readonly outcomes: Uint32Array
  /** What the clients of its visitors are; left out where nobody asks for it. */
  readonly segments?: readonly SegmentValues[]
  /**
   * For each of `visitors` the place of its client in `segments`, and its network,
   * as `toSegmentWord` writes them.
   */
  readonly visitorSegments?: Uint32Array
}

export type WindowCounts = {
  /** The window of the time when its requests were counted: see `toWindow`. */
  readonly window: number
  readonly groups: readonly Group[]
}

/**
 * The form of batches and of what the control stores of them. It grows when either changes its
 * meaning; a batch of another form is dropped. What an older reader may leave out needs no new form.
 */
export const COUNTING_FORM = 2

export type Batch = {
  readonly form: number
  /** A name that the isolate chose for itself. */
  readonly isolate: string
  /** Grows with every new batch of the isolate; a batch that is sent again keeps its number. */
  readonly sequence: number
  readonly windows: readonly WindowCounts[]
  /**
   * Requests since the last batch that the isolate could not report, because it was too late or
   * there were too many.
   */
  readonly dropped: number
  /** What browsers have reported since the last batch; left out where it is nothing. */
  readonly errorGroups?: readonly ErrorGroup[]
  /** Errors that browsers reported and for which there was no room; left out where it is none. */
  readonly lostErrors?: number
  /** Evaluations of flags since the last batch; left out where there were none. */
  readonly flagCounts?: readonly FlagCount[]
  /** Evaluations for which there was no room; left out where it is none. */
  readonly lostFlags?: number
  /** What was learnt of shadows since the last batch; left out where it is nothing. */
  readonly shadows?: readonly ShadowReport[]
}

/** What the isolates shall report of judged visitors, by environment. */
export type Collected = Readonly<Record<string, CollectedEnvironment>>

export type CollectedEnvironment = {
  /** A secret of the control by which ids and addresses are hashed. */
  readonly key: string
  /** Visitors whose hash is below it are reported when they are there. */
  readonly bound: number
  /**
   * By the metric's name: outcomes are reported of visitors whose hash is below the bound, for each
   * edge one. What is not named is not reported.
   */
  readonly metrics: Readonly<Record<string, readonly number[]>>
  /** By the metric's name: a measurement is divided by it before it is compared with the edges. */
  readonly allowance: Readonly<Record<string, number>>
  /** Of which version alone something is allowed, where one environment has both; left out elsewhere. */
  readonly allowedTo?: string
  /**
   * The environment that is asked what it does with a request that failed (ask-other.ts); left out
   * where none is.
   */
  readonly other?: string
  /** Whether it is reported as well what the clients of visitors are. */
  readonly segments?: boolean
}

/**
 * Whether a value has the shape and the size of a batch. An isolate that runs another release may
 * send something else.
 */
export function isBatch(value: unknown): value is Batch {
  const { form, isolate, sequence, windows, dropped, ...more } = (value ?? {}) as Partial<
    Record<keyof Batch, unknown>
  >
  const { errorGroups, lostErrors, flagCounts, lostFlags, shadows } = more
  return (
    form === COUNTING_FORM &&
    isName(isolate) &&
    isWhole(sequence) &&
    isWhole(dropped) &&
    (errorGroups === undefined || isErrorGroups(errorGroups)) &&
    (lostErrors === undefined || isWhole(lostErrors)) &&
    (flagCounts === undefined || isFlagCounts(flagCounts)) &&
    (lostFlags === undefined || isWhole(lostFlags)) &&
    (shadows === undefined || isShadowReports(shadows)) &&
    Array.isArray(windows) &&
    windows.length <= MAX_BATCH_WINDOWS &&
    windows.every(isCountedWindow) &&
    windows.reduce((sum, window) => sum + countVisitors(window), 0) <= MAX_BATCH_VISITORS &&
    windows.reduce((sum, window) => sum + countOutcomes(window), 0) <= MAX_BATCH_OUTCOMES &&
    windows.reduce((sum, window) => sum + countKinds(window), 0) <= MAX_BATCH_OUTCOMES
  )
}

function isErrorGroups(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MAX_BATCH_ERROR_GROUPS && value.every(isErrorGroup)
}

/** Whether a value has the shape of what is collected. */
export function isCollected(value: unknown): value is Collected {
  return isRecord(value) && Object.values(value).every(isCollectedEnvironment)
}

function isCollectedEnvironment(value: unknown): value is CollectedEnvironment {
  if (!isRecord(value)) return false
  const { key, bound, metrics, allowance, allowedTo, segments, other } = value
  return (
    isName(key) &&
    isBound(bound) &&
    isRecord(metrics) &&
    Object.values(metrics).every((bounds) => Array.isArray(bounds) && bounds.every(isBound)) &&
    isRecord(allowance) &&
    Object.values(allowance).every((factor) => typeof factor === 'number' && factor > 0) &&
    (allowedTo === undefined || isName(allowedTo)) &&
    (segments === undefined || typeof segments === 'boolean') &&
    (other === undefined || isName(other))
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBound(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}

function countVisitors({ groups }: WindowCounts): number {
  return groups.reduce((sum, { visitors }) => sum + visitors.length / 2, 0)
}

function countOutcomes({ groups }: WindowCounts): number {
  return groups.reduce((sum, { outcomes }) => sum + outcomes.length / OUTCOME_WORDS, 0)
}

function countKinds({ groups }: WindowCounts): number {
  return groups.reduce((sum, { kinds }) => sum + kinds.length, 0)
}

function isCountedWindow(value: unknown): value is WindowCounts {
  const { window, groups } = (value ?? {}) as Partial<Record<keyof WindowCounts, unknown>>
  return (
    isWhole(window) && Array.isArray(groups) && groups.length <= MAX_GROUPS && groups.every(isGroup)
  )
}

function isGroup(value: unknown): value is Group {
  const { environment, version, revision, totals, distinct, services, tabs, ...more } = (value ??
    {}) as Partial<Record<keyof Group, unknown>>
  const { visitors, kinds, outcomes } = more
  return (
    isName(environment) &&
    isName(version) &&
    isWhole(revision) &&
    isTotals(totals) &&
    (distinct === undefined || isPackedSketch(distinct)) &&
    (services === undefined || isServiceCounts(services)) &&
    (tabs === undefined || isPackedSketch(tabs)) &&
    visitors instanceof Uint32Array &&
    visitors.length % 2 === 0 &&
    Array.isArray(kinds) &&
    kinds.length <= MAX_KINDS &&
    kinds.every(isKind) &&
    outcomes instanceof Uint32Array &&
    outcomes.length % OUTCOME_WORDS === 0 &&
    hasSegments(more, visitors.length / 2)
  )
}

/** An older isolate says nothing of segments. */
function hasSegments(
  { segments, visitorSegments }: Partial<Record<keyof Group, unknown>>,
  visitors: number,
): boolean {
  if (segments === undefined && visitorSegments === undefined) return true
  return (
    Array.isArray(segments) &&
    segments.length <= MAX_SEGMENT_VALUES &&
    segments.every(isSegmentValues) &&
    visitorSegments instanceof Uint32Array &&
    visitorSegments.length === visitors
  )
}

function isKind(value: unknown): value is OutcomeKind {
  const { metric, route, code } = (value ?? {}) as Partial<Record<keyof OutcomeKind, unknown>>
  return (
    isName(metric) &&
    typeof route === 'string' &&
    route.length <= MAX_ROUTE_CHARACTERS &&
    (code === undefined || isName(code))
  )
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 256
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

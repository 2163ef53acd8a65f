// What is counted for a rollout: plain JSON that is stored, so that a control that starts anew goes on
// counting the same.

import { isExperimentPlace } from '../experiments/limits.ts'
import type { Metric } from '../judge/sets.ts'
import { COUNTING_FORM, type Collected, type CollectedEnvironment } from './batch.ts'
import { EVERYBODY } from './limits.ts'
import { findMetric } from './metrics.ts'

/** An environment and the version it points at while it is compared. */
export type Side = { readonly environment: string; readonly version: string }

/** A weight change. */
export type CountedStratum = {
  /** The revision that made it. */
  readonly id: number
  /** The shares of the buckets of both sides, of [control, canary]; they sum to 1. */
  readonly shares: readonly [control: number, canary: number]
  /** With a baseline: its share of the buckets of itself and of the base. */
  readonly baselineShare?: number
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** What the driver of a rollout asks for. `control` is the stored name of the base. */
export type ToCount = {
  /** The rollout's name, unlike any other's. */
  readonly rollout: string
  readonly generation: number
  readonly control: Side
  readonly canary: Side
  /**
   * The base itself, where `control` is a baseline: of the same build, so that as many of its visitors
   * should fail.
   */
  readonly base?: Side
  /** The metrics of its plan. */
  readonly metrics: readonly Pick<Metric, 'name' | 'tolerance'>[]
  readonly warmUpMs: number
  /** Whether visitors are told apart by segment; left out in what an older Holo stored. */
  readonly segments?: boolean
}

export type CountedState = ToCount & {
  /** `COUNTING_FORM` when it was stored. */
  readonly form: number
  /** A secret by which ids and addresses are hashed. */
  readonly key: string
  /** Visitors whose hash is below it are counted when they are there. Only ever lowered. */
  readonly bound: number
  /** By the metric's name, for each edge: the same for visitors who met it. Only ever lowered. */
  readonly bounds: Readonly<Record<string, readonly number[]>>
  /** Oldest first, at most MAX_STRATA. */
  readonly strata: readonly CountedStratum[]
  /** How many strata there have been before these. */
  readonly earlier: number
  /** The sets of visitors who met something, in the order in which they began. */
  readonly sets: readonly SetName[]
  /**
   * The ordinal of the stratum since which a visitor has to be assigned before what it meets counts;
   * left out where it need not be. Where a side got another version, or buckets went back to the base,
   * tabs from before are open whose visitors are not judged, and they are missing on one side only.
   */
  readonly assignedFrom?: number
  /** Countries that are told apart; left out where none is. */
  readonly countries?: readonly string[]
}

/** A set of visitors: see `SetCounts` in judge/metric.ts. */
export type SetName = {
  readonly metric: string
  readonly edge: number
  readonly route: string
  readonly warmUp: boolean
}

/** The metric of failures, by which a visitor who "had met no failure" and a baseline are told. */
export const FAILURES = 'errors'

/** Counting that begins: nobody has come yet. */
export function newCounted(asked: ToCount, key: string): CountedState {
  const bounds = asked.metrics.map(({ name }) => {
    const edges = findMetric(name)?.edges ?? [0]
    return [name, edges.map(() => EVERYBODY)] as const
  })
  return {
    ...asked,
    form: COUNTING_FORM,
    key,
    bound: EVERYBODY,
    bounds: Object.fromEntries(bounds),
    strata: [],
    earlier: 0,
    sets: [],
    // Nothing that visitors meet counts before they were exposed to a flag.
    ...(asked.generation > 1 || isExperimentPlace(asked.canary.environment)
      ? { assignedFrom: 0 }
      : {}),
  }
}

/** What isolates shall report for all rollouts; `undefined` where there is none. */
export function toCollected(rollouts: Iterable<CountedState>): Collected | undefined {
  const collected: Record<string, CollectedEnvironment> = {}
  for (const { control, canary, base, key, bound, bounds, metrics, segments } of rollouts) {
    const allowances = metrics.flatMap(({ name, tolerance }) =>
      findMetric(name)?.edges && tolerance !== 1 ? [[name, tolerance]] : [],
    )
    const of = { key, bound, metrics: bounds, ...(segments ? { segments } : {}) }
    // A canary and a baseline that fail alike are both broken as long as the base is not: then neither
    // is asked about the other.
    const ask = (other: string) => (base ? {} : { other })
    const allowance = Object.fromEntries(allowances)
    if (isExperimentPlace(canary.environment)) {
      collected[canary.environment] = { ...of, allowance, allowedTo: canary.version }
      continue
    }
    collected[control.environment] = { ...of, allowance: {}, ...ask(canary.environment) }
    collected[canary.environment] = { ...of, allowance, ...ask(control.environment) }
    if (!base) continue
    const failures = Object.entries(bounds).filter(([name]) => name === FAILURES)
    collected[base.environment] = {
      ...of,
      metrics: Object.fromEntries(failures),
      allowance: {},
    }
  }
  return Object.keys(collected).length === 0 ? undefined : collected
}

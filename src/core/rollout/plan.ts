// The plan of a rollout: steps, gates and metrics, and the complete plans that have a name.
// document/parse-plan.ts reads what people write; step.ts carries a plan out.

import { METRICS, type MetricRow } from '../counting/metrics.ts'
import type { Metric } from '../judge/sets.ts'
import type { Question } from '../judge/verdict.ts'
import type { Check } from './checks.ts'
import type { PlannedConfirmation } from './confirm.ts'
import type { SmokeRequest } from './smoke.ts'

/**
 * What has to be so before the next step:
 * - `evidence`: every metric with a margin is shown to stay within it
 * - `better`: the canary is shown to be better than the base, as a hotfix is while the base fails
 * - `time`: the minimum time has passed without evidence against the canary
 * - `manual`: a person says so
 * All but the last also need data on both sides and a sample ratio without alarm.
 */
export type Gate = 'evidence' | 'better' | 'time' | 'manual'

/**
 * What happens where a gate does not open: the rollout waits for data or a person, or rolls back.
 */
export type Otherwise = 'hold' | 'rollBack'

/** A share of the visitors, and what must be so before it grows. */
export type Step = {
  /** The canary's share of the visitors of both sides, or of all three with a baseline, in percent, below 100. */
  readonly weight: number
  readonly gate: Gate
  /** Observed time that has to pass in any case. */
  readonly minMs: number
  /** Observed time after which `atMax` applies; `null`: never. */
  readonly maxMs: number | null
  /**
   * `goOn` opens a gate of evidence although there is not enough evidence, if there are enough
   * visitors and nothing speaks against the canary. A site with few visitors needs it.
   */
  readonly atMax: Otherwise | 'goOn'
}

/** A complete plan. Plain JSON; times are milliseconds, weights percent. */
export type Plan = Question & {
  /** Weights grow. Without steps the bake begins at once. */
  readonly steps: readonly Step[]
  /**
   * The time in which nearly everybody has the new version and evidence can still roll it back.
   * `heldBack` percent stay on the base during it, because without them there is nothing to compare
   * with: with 0 only a person rolls back. With a time of 0 there is no bake.
   */
  readonly bake: { readonly minMs: number; readonly heldBack: number }
  /**
   * So long after each step a slow backend or one that cannot be reached counts only if it is
   * catastrophic: new instances start, and caches are empty.
   */
  readonly warmUpMs: number
  /**
   * Whether visitors are also judged by segment: by browser, device and country. Left out in what was
   * stored before there were segments.
   */
  readonly segments?: boolean | undefined
  /** The probability of a false alarm of the sample ratio. */
  readonly sampleRatioAlpha: number
  /**
   * Distinct visitors that each side needs, in each step and in the bake, before a gate opens by
   * itself.
   */
  readonly minVisitors: number
  /** What happens at a step's maximum time when data are missing. */
  readonly withoutData: Otherwise
  /** Whether a rollback also withdraws the version, which cuts off tabs that are open on it. */
  readonly withdraws: boolean
  /**
   * The environment in which the old version is started anew, with as many visitors as the canary, so
   * that both are as old and as large: baseline.ts. Left out where the base itself is compared.
   */
  readonly baseline?: string | undefined
  /** Which webhooks have to answer before something happens; at most one for each moment. */
  readonly confirm?: readonly PlannedConfirmation[] | undefined
  /** Values that others measure, and that have to be good. */
  readonly checks?: readonly Check[] | undefined
  /** Requests that the version has to answer before the first visitor gets it. */
  readonly smoke?: readonly SmokeRequest[] | undefined
}

/**
 * How strictly each comparison is judged. With a baseline there are two of them, first with it and
 * then with the base, which share alpha.
 */
export function toQuestion(plan: Plan): Question {
  return plan.baseline === undefined ? plan : { ...plan, alpha: plan.alpha / 2 }
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/**
 * For promotion it has to be shown that at most 1.5 times as many visitors meet a failure as on the
 * base. Where nearly nobody fails there is no ratio to show; then it is enough to show that fewer
 * than 2 in 1,000 visitors of the canary do.
 */
const ERRORS_MARGIN: Metric['margin'] = { ratio: 1.5, edge: null, floor: 0.002 }

/** What differs from a weight of 1 and a tolerance of 1. */
const ASKED: Readonly<Record<string, Partial<Metric>>> = {
  errors: { weight: 24, margin: ERRORS_MARGIN },
  latency: { weight: 6, tolerance: 1.2 },
  notFound: { tolerance: 1.5 },
  forbidden: { tolerance: 1.5 },
  unauthorized: { tolerance: 1.5 },
  unprocessable: { tolerance: 1.5 },
  redirects: { tolerance: 1.5 },
  asks: { tolerance: 1.25 },
}

/** What a plan asks of a metric where it says no more than its name. */
export function toDefaultMetric({ name }: Pick<MetricRow, 'name'>): Metric {
  return { name, weight: 1, tolerance: 1, margin: null, ...ASKED[name] }
}

/** What a plan judges that names no metrics. */
export const DEFAULT_METRICS: readonly Metric[] = METRICS.filter(({ isDefault }) => isDefault).map(
  toDefaultMetric,
)

/**
 * What a plan has where it says nothing else. Small steps of the presets have time gates, because
 * evidence of a margin at 1 % of the visitors would take weeks; evidence against the canary rolls
 * back in every step.
 */
export const DEFAULTS: Omit<Plan, 'steps' | 'bake'> = {
  metrics: DEFAULT_METRICS,
  alpha: 0.01,
  combine: 'average',
  warmUpMs: 2 * MINUTE_MS,
  segments: true,
  sampleRatioAlpha: 0.001,
  minVisitors: 100,
  withoutData: 'hold',
  withdraws: false,
}

function timed(weight: number, minMs: number): Step {
  return { weight, gate: 'time', minMs, maxMs: null, atMax: 'hold' }
}

function evident(weight: number, minMs: number, maxMs: number, atMax: Step['atMax']): Step {
  return { weight, gate: 'evidence', minMs, maxMs, atMax }
}

/** Complete plans by name. */
export const PRESETS = {
  careful: {
    ...DEFAULTS,
    minVisitors: 300,
    steps: [
      timed(1, 30 * MINUTE_MS),
      timed(5, HOUR_MS),
      evident(25, HOUR_MS, 24 * HOUR_MS, 'hold'),
      evident(50, HOUR_MS, 24 * HOUR_MS, 'hold'),
    ],
    bake: { minMs: 12 * HOUR_MS, heldBack: 5 },
    withdraws: true,
  },
  /** With 10 visitors a minute a healthy release takes less than a day. */
  standard: {
    ...DEFAULTS,
    minVisitors: 50,
    steps: [
      timed(1, 5 * MINUTE_MS),
      timed(5, 10 * MINUTE_MS),
      evident(25, 10 * MINUTE_MS, 6 * HOUR_MS, 'goOn'),
    ],
    bake: { minMs: 30 * MINUTE_MS, heldBack: 5 },
  },
  /**
   * People look at the new version under its own address; then everybody gets it but those held
   * back.
   */
  'blue-green': {
    ...DEFAULTS,
    steps: [{ weight: 0, gate: 'manual', minMs: 0, maxMs: null, atMax: 'hold' }],
    bake: { minMs: HOUR_MS, heldBack: 5 },
  },
  /** Everybody gets the new version at once; nothing is judged. */
  instant: { ...DEFAULTS, steps: [], bake: { minMs: 0, heldBack: 0 } },
} as const satisfies Record<string, Plan>

export type PresetName = keyof typeof PRESETS

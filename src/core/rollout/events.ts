// What the machine of a rollout takes and what it gives: events, windows of counts, actions, audit rows.
// All of it is plain JSON and is stored as it is, so that a rollout can be replayed.

import type { MetricWindow } from '../judge/metric.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Stratum } from '../sample-ratio/sample-ratio.ts'
import type { StepData } from './data.ts'
import type { RolloutState } from './state.ts'

/** One closed flush window of judged visitors. */
export type Window = {
  /**
   * Given by the control when it closes a window, each larger than the last: a sequence, not a time,
   * so that a clock that jumps can neither repeat nor skip one. A window not above the last is dropped.
   */
  readonly id: number
  /** The rollout's generation that was counted; windows of an earlier one are dropped. */
  readonly generation: number
  /** By the metric's name. One that is absent was not counted in this window. */
  readonly metrics: Readonly<Record<string, MetricWindow>>
  /** Visitors first seen since their weight change, by stratum; environments are [control, canary]. */
  readonly assigned: readonly Stratum[]
}

/** Who did it, as the audit log names them. */
type By = { readonly by: string }

/** Of an event that follows from a change of the document. */
type Noticed = By & {
  /** What the audit log calls the change. */
  readonly action?: string | undefined
}

/** A command, or the end that a change of the document brings. */
type Ending = Noticed & {
  /** In words, what the change did; left out of a command. */
  readonly why?: string | undefined
}

/** `now` is milliseconds of the control's clock, which may jump. */
export type RolloutEvent = { readonly now: number } & (
  | ({ readonly kind: 'start' } & By)
  /** The alarm. Any number of windows, also none, late ones and old ones. */
  | { readonly kind: 'tick'; readonly windows: readonly Window[] }
  | ({ readonly kind: 'pause' } & By)
  | ({ readonly kind: 'resume' } & By)
  /** Somebody's word that opens the present gate, whatever it asks for. */
  | ({ readonly kind: 'advance' } & By)
  | ({ readonly kind: 'promote' } & Ending)
  | ({ readonly kind: 'abort' } & Ending)
  /** One side of the comparison got another version while the rollout ran. */
  | ({
      readonly kind: 'versionPushed'
      readonly side: 'control' | 'canary'
      readonly version: string
    } & Noticed)
  /** Somebody else changed traffic: the canary's share of both sides is now `weight` percent. */
  | ({ readonly kind: 'trafficChanged'; readonly weight: number } & Noticed)
)

/** What the control shall do, in this order and in one revision. */
export type Action =
  | { readonly kind: 'setWeight'; readonly weight: number }
  /** Forget who has failed already: a new generation of windows begins. */
  | { readonly kind: 'startCounting'; readonly generation: number }
  /** The base takes the canary's version, and the canary's buckets return. */
  | { readonly kind: 'complete' }
  /** The canary's buckets return as spent ones, and the version is withdrawn if so asked. */
  | { readonly kind: 'rollBack'; readonly withdraw: boolean }

/** A transition with all that it rests on. */
export type AuditRow = {
  readonly at: number
  readonly event: RolloutEvent['kind']
  readonly by: string | null
  readonly from: string
  readonly to: string
  readonly reason: string
  /** Percent of the canary afterwards. */
  readonly weight: number
  readonly generation: number
  /** The last window that was added before. */
  readonly lastWindow: number
  /** Observed time in the step that is left. */
  readonly elapsedMs: number
  readonly verdict: Verdict
  readonly sampleRatio: {
    readonly log: number
    readonly threshold: number
    readonly alarmed: boolean
  }
  readonly data: StepData
}

/** What an event leads to. */
export type Moved = {
  readonly state: RolloutState
  readonly actions: readonly Action[]
  readonly audit: readonly AuditRow[]
  /** Why a person's command did nothing; `null` where it did something, and for ticks. */
  readonly refused: string | null
}

// What goes into the state machine of a rollout and what comes out: events, windows of counts,
// actions, audit rows. All of it is plain JSON and is stored as it is, so that a rollout can be
// replayed.

import type { Tally } from '../judge/evidence.ts'
import type { Stratum } from '../judge/sample-ratio.ts'
import type { Segments } from '../judge/segments.ts'
import type { Pair, SetCounts } from '../judge/sets.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Measurement } from './checks.ts'
import type { Confirming } from './confirm.ts'
import type { SmokeResult } from './smoke.ts'
import type { RolloutState, StepData } from './state.ts'

/** What was counted of judged visitors since the window before. */
export type Window = {
  /**
   * A sequence number that the control gives, each larger than the last. It is no time, so that a
   * clock that jumps can neither repeat nor skip one. A window that is not above the last is dropped.
   */
  readonly id: number
  /**
   * The generation of the rollout in which it was counted; windows of an earlier one are dropped.
   */
  readonly generation: number
  /** Visitors who met something for the first time in this rollout. */
  readonly sets: readonly SetCounts[]
  /** Distinct visitors who were not seen in this rollout before: whole numbers. */
  readonly visitors: Pair
  /** Visitors who were there and had met no failure, by the canary's share of buckets. */
  readonly present: readonly Tally[]
  /** The share of the rollout's visitors that are one client, the largest; 0 to 1. */
  readonly crowd: number
  /** Visitors seen for the first time since the weights changed, by stratum: [base, canary]. */
  readonly assigned: readonly Stratum[]
  /** The same by segment, where visitors are told apart. */
  readonly segments?: Segments | undefined
  /**
   * Where the canary is compared with a baseline: visitors of the base and of the baseline, in this
   * order, who met a failure. Both have the same build, so that these should be alike.
   */
  readonly baseline?: readonly SetCounts[] | undefined
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

/** `now` is the control's clock in milliseconds, which may jump. */
export type RolloutEvent = {
  readonly now: number
} /** `maxShare`, in percent, is what a token with a budget may give without evidence. */ & (
  | ({ readonly kind: 'start'; readonly maxShare?: number | undefined } & By)
  /** The alarm fired. It brings any number of windows: none, late ones and old ones too. */
  /** `hold` says in words why nothing may go forward now, as in a freeze. */
  | {
      readonly kind: 'tick'
      readonly windows: readonly Window[]
      readonly hold?: string | undefined
    }
  /** `why` says in words why the control itself pauses it. */
  | ({ readonly kind: 'pause'; readonly why?: string | undefined } & By)
  | ({ readonly kind: 'resume' } & By)
  /** A person opens the present gate, whatever it asks for. */
  | ({ readonly kind: 'advance' } & By)
  | ({ readonly kind: 'promote' } & Ending)
  | ({ readonly kind: 'abort' } & Ending)
  /** The webhook that the plan asks before this has answered 2xx. */
  | ({ readonly kind: 'confirmed'; readonly before: Confirming['before'] } & By)
  /** The smoke requests of the plan were made, or the first of them that failed ended them. */
  | ({ readonly kind: 'smoked'; readonly generation: number } & SmokeResult)
  /** A check of the plan was made. */
  | ({ readonly kind: 'measured'; readonly name: string } & Measurement)
  /**
   * One side of the comparison got another version while the rollout ran. `control` is the stored
   * name of the base.
   */
  | ({
      readonly kind: 'versionPushed'
      readonly side: 'control' | 'canary' | 'baseline'
      readonly version: string
    } & Noticed)
  /** The environment of the baseline is gone, or not public any more. */
  | ({ readonly kind: 'baselineGone' } & Noticed)
  /** What was known of the visitors is gone, and `why`: the analysis begins anew. */
  | ({ readonly kind: 'restart'; readonly why: string } & By)
  /**
   * Somebody else changed traffic: the canary now has `weight` percent of all sides together, and the
   * baseline, if the plan has one, `baseline` percent.
   */
  | ({
      readonly kind: 'trafficChanged'
      readonly weight: number
      readonly baseline?: number | undefined
    } & Noticed)
)

/** What the control has to do, in this order and in one revision. */
export type Action =
  /** Without `baseline` the baseline, if there is one, keeps the visitors that it has. */
  | { readonly kind: 'setWeight'; readonly weight: number; readonly baseline?: number }
  /** The baseline's buckets go back to the base, however the rollout ends. */
  | { readonly kind: 'endBaseline' }
  /** Forgets who has failed so far: a new generation of windows begins. */
  | { readonly kind: 'startCounting'; readonly generation: number }
  /** The base takes the canary's version, and the canary's buckets go back to the base. */
  | { readonly kind: 'complete' }
  /**
   * The canary's buckets go back as spent ones; `withdraw` asks to withdraw the version as well.
   */
  | { readonly kind: 'rollBack'; readonly withdraw: boolean }

/** A transition, with the evidence and the counts on which it was decided. */
export type AuditRow = {
  readonly at: number
  readonly event: RolloutEvent['kind']
  readonly by: string | null
  readonly from: string
  readonly to: string
  readonly reason: string
  /** The canary's weight afterwards, in percent. */
  readonly weight: number
  readonly generation: number
  /** The id of the last window that was added before the transition. */
  readonly lastWindow: number
  /** Observed time in the step that the rollout leaves. */
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
export type StepResult = {
  readonly state: RolloutState
  readonly actions: readonly Action[]
  readonly audit: readonly AuditRow[]
  /** Why a person's command was refused; `null` if it was carried out, and for ticks. */
  readonly refused: string | null
}

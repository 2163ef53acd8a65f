// What the control can be asked about rollouts. What it answers is of the shapes in wire/rollouts.ts and
// wire/rollout-events.ts.

import type { Result } from '../../core/result.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import type { CommitResult } from '../../wire/changes.ts'
import type { RolloutEventsPage } from '../../wire/rollout-events.ts'
import type { RolloutStart } from '../../wire/rollout-start.ts'
import type {
  RolloutCommand,
  RolloutExplanation,
  RolloutStatus,
  RolloutSummary,
} from '../../wire/rollouts.ts'
import type { Answer, Caller, DeniedResult, PageQuery, RefusedResult } from '../caller.ts'

type Starting = Pick<RolloutStart, 'plan'> & {
  readonly base?: string | undefined
  /** The revision that its author has seen. */
  readonly expectedRevision: number
  readonly reason: string | undefined
  /** Says what would happen and changes nothing. */
  readonly dryRun: boolean
  /** Starts it although it could not take its release back. */
  readonly belowFloor?: boolean
  /** Starts it although no window is open. */
  readonly outsideWindow?: boolean
}

export type RolloutCommandOptions = {
  readonly reason?: string | undefined
  /** Goes back below the floor of a version all the same. */
  readonly belowFloor?: boolean
  /** Goes forward although no window is open. */
  readonly outsideWindow?: boolean
}

/** A release that is about to be rolled out. */
export type Start = Starting & {
  readonly version: string
  readonly environment: string
  readonly baselineVersion?: string | undefined
}

/** A variant of a flag that is about to be rolled out; `base` is another one. */
export type FlagStart = Starting & { readonly flag: string; readonly variant: string }

/** Why a rollout was not started, or not commanded. */
export type RolloutRefused =
  | RefusedResult
  /** It does not take this now, or another rollout is in the way: which, and why. */
  | {
      readonly kind: 'rollout_refused'
      readonly problems: readonly { readonly path: string; readonly message: string }[]
    }

export type StartResult = CommitResult & {
  /** Left out of a dry run. */
  readonly rollout?: RolloutStatus | undefined
  /** Complete, as it was read. In a dry run only. */
  readonly plan?: Plan
}

/** Answers are `undefined` where there is no such rollout. */
export type RolloutCalls = {
  readonly startRollout: (
    caller: Caller,
    start: Start | FlagStart,
  ) => Promise<Result<StartResult, RolloutRefused>>
  readonly commandRollout: (
    caller: Caller,
    id: number,
    command: RolloutCommand,
    options: RolloutCommandOptions,
  ) => Promise<Result<RolloutStatus | undefined, RolloutRefused | DeniedResult>>
  /** Newest first. */
  readonly rollouts: (caller: Caller, page: PageQuery) => Answer<readonly RolloutSummary[]>
  readonly rollout: (caller: Caller, id: number) => Answer<RolloutStatus | undefined>
  readonly explainRollout: (caller: Caller, id: number) => Answer<RolloutExplanation | undefined>
  /** The events of its machine from a cursor on; from the first without one. */
  readonly rolloutEvents: (
    caller: Caller,
    id: number,
    cursor: string | undefined,
  ) => Answer<RolloutEventsPage | undefined>
}

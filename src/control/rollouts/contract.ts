// What the control can be asked about rollouts and what it answers, as plain data. How it drives them
// stands in the files beside this one.

import type { Verdict } from '../../core/judge/verdict.ts'
import type { Result } from '../../core/result.ts'
import type { AuditRow } from '../../core/rollout/events.ts'
import type { Obstacle } from '../../core/rollout/gate.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import type { Oddities, Phase } from '../../core/rollout/state.ts'
import type { Committed } from '../../wire/changes.ts'
import type { Answer, Caller, Denied, PageQuery, Refused } from '../caller.ts'

/** A release that is about to be rolled out, against the revision that its author has seen. */
export type Start = {
  readonly version: string
  /** The canary; it is made where there is none of the name. */
  readonly environment: string
  /** Gives buckets and takes them back; the first other public one when left out. */
  readonly base: string | undefined
  /** A preset's name or a plan as holo.json has it; read by the control. */
  readonly plan: unknown
  readonly expectedRevision: number
  readonly reason: string | undefined
  /** Says what would happen and changes nothing. */
  readonly dryRun: boolean
}

/** What people may do to a rollout that runs. */
export const ROLLOUT_COMMANDS = ['pause', 'resume', 'advance', 'promote', 'abort'] as const
export type RolloutCommand = (typeof ROLLOUT_COMMANDS)[number]

/** One rollout, in a list. Times are milliseconds since the epoch. */
export type RolloutSummary = {
  readonly id: number
  readonly environment: string
  readonly base: string
  /** What the two point at: as it is while it runs, as it was when it ended. */
  readonly version: string
  readonly baseVersion: string
  readonly startedAt: number
  readonly startedBy: string
  readonly endedAt: number | undefined
  readonly phase: Exclude<Phase['name'], 'ready'>
  /** `step 2 of 3 (5 %)`. */
  readonly phaseText: string
  /** Why it ended; `undefined` while it runs. */
  readonly reason: string | undefined
  /** The canary's share of the visitors of both environments, in percent. */
  readonly weight: number
  /** Why nothing moves by itself; `undefined` when it does. */
  readonly paused: string | undefined
}

/** One rollout with all that is known of it now. */
export type RolloutStatus = RolloutSummary & {
  readonly plan: Plan
  readonly generation: number
  /** Observed time in the present step. */
  readonly elapsedMs: number
  /** Its maximum time has passed, and it waits. */
  readonly held: boolean
  /** What keeps the gate shut; `undefined` when it is over, or goes on at the next look. */
  readonly obstacle: Obstacle | undefined
  readonly verdict: Verdict
  /** Distinct visitors of the present step: control and canary. */
  readonly visitors: readonly [control: number, canary: number]
  readonly sampleRatio: AuditRow['sampleRatio']
  readonly oddities: Oddities
  readonly lastWindow: number
  /** When it was last looked at; 0 for not yet. */
  readonly lookedAt: number
  /** Why the last look came to nothing; `undefined` when it did not. */
  readonly problem: string | undefined
}

/** One transition with all that it rested on. */
export type Transition = AuditRow & {
  /** The revision it made; `undefined` when the document stayed. */
  readonly revision: number | undefined
  /** What whoever made it said about it. */
  readonly said: string | undefined
}

export type Explanation = {
  readonly rollout: RolloutStatus
  /** Sentences for people: how it stands, what it rests on, what it waits for. */
  readonly lines: readonly string[]
  /** Oldest first; the newest 200. */
  readonly transitions: readonly Transition[]
}

/** What comes out when all events are given to the machine again; a long one takes several calls. */
export type Replay =
  | Replayed
  | { readonly done: false; readonly events: number; readonly of: number }

export type Replayed = {
  readonly done: true
  /** Bit for bit the same state and the same transitions. */
  readonly same: boolean
  readonly events: number
  readonly windows: number
  readonly transitions: number
  /** What differs, or why nothing could be compared; empty when it is the same. */
  readonly differences: readonly string[]
}

/** Why a rollout was not started, or not commanded. */
export type RolloutRefused =
  | Refused
  /** It does not take this now, or another rollout is in the way: which, and why. */
  | {
      readonly kind: 'rollout_refused'
      readonly problems: readonly { readonly path: string; readonly message: string }[]
    }

export type Started = Committed & {
  /** `undefined` for a dry run. */
  readonly rollout: RolloutStatus | undefined
}

export type RolloutCalls = {
  readonly startRollout: (caller: Caller, start: Start) => Promise<Result<Started, RolloutRefused>>
  /** `undefined` where there is no such rollout. */
  readonly commandRollout: (
    caller: Caller,
    id: number,
    command: RolloutCommand,
    reason: string | undefined,
  ) => Promise<Result<RolloutStatus | undefined, RolloutRefused | Denied>>
  /** Newest first. */
  readonly rollouts: (caller: Caller, page: PageQuery) => Answer<readonly RolloutSummary[]>
  readonly rollout: (caller: Caller, id: number) => Answer<RolloutStatus | undefined>
  readonly explainRollout: (caller: Caller, id: number) => Answer<Explanation | undefined>
  readonly replayRollout: (caller: Caller, id: number) => Answer<Replay | undefined>
}

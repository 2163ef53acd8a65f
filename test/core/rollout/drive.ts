// A rollout on a clock of its own, fed with windows that a test names.

import type {
  Action,
  AuditRow,
  RolloutEvent,
  StepResult,
  Window,
} from '../../../src/core/rollout/events.ts'
import { DEFAULTS, type Plan, type Step, toDefaultMetric } from '../../../src/core/rollout/plan.ts'
import { newRollout, type RolloutState } from '../../../src/core/rollout/state.ts'
import { step } from '../../../src/core/rollout/step.ts'
import { toSet } from '../judge/sets.ts'

export const WINDOW_MS = 10_000
export const MINUTE_MS = 60_000
/** A Monday in November 2026. */
export const STARTED_MS = Date.UTC(2026, 10, 23, 12)

/** New visitors of each side, and how many of them failed. Each side has half of the buckets. */
export type Counts = readonly [
  baseVisitors: number,
  baseFailed: number,
  canaryVisitors: number,
  canaryFailed: number,
]

/** Without failures: nothing speaks against the canary, nothing for it. */
export const CALM: Counts = [500, 0, 500, 0]
/** A minute of these is evidence of a margin of 1.5, and nothing against the canary. */
export const GOOD: Counts = [5000, 100, 5000, 100]
/** One is evidence against the canary, which is simply broken. */
export const BAD: Counts = [1000, 10, 1000, 1000]

/** Windows without failures say nothing. */
const ERRORS = toDefaultMetric({ name: 'errors' })
const RATIO_ONLY = { ...ERRORS, margin: { ratio: 1.5, edge: null, floor: null } }

export function timed(weight: number, minutes: number, changes: Partial<Step> = {}): Step {
  return {
    weight,
    gate: 'time',
    minMs: minutes * MINUTE_MS,
    maxMs: null,
    atMax: 'hold',
    ...changes,
  }
}

export function makePlan(changes: Partial<Plan> = {}): Plan {
  return {
    ...DEFAULTS,
    metrics: [RATIO_ONLY],
    steps: [timed(5, 2), timed(25, 2)],
    bake: { minMs: 2 * MINUTE_MS, heldBack: 5 },
    ...changes,
  }
}

export type Driven = {
  readonly state: () => RolloutState
  readonly actions: Action[]
  readonly audit: AuditRow[]
  readonly events: RolloutEvent[]
  readonly send: (event: RolloutEvent) => StepResult
  /** A command of a person, now. */
  readonly say: (kind: 'start' | 'pause' | 'resume' | 'advance' | 'promote' | 'abort') => StepResult
  /** Alarms of ten seconds with one window of these counts each. */
  readonly run: (minutes: number, counts: Counts | null) => void
  /** A window for the present generation, with the next id. */
  readonly window: (counts: Counts | null) => Window
  readonly now: () => number
  /** Moves the clock without an event. */
  readonly jump: (ms: number) => void
}

/** A whole rollout again from its events; what the machine refuses does nothing. */
export function replay(
  plan: Plan,
  events: readonly RolloutEvent[],
): { state: RolloutState; actions: readonly Action[]; audit: readonly AuditRow[] } {
  let state = newRollout(plan)
  const actions: Action[] = []
  const audit: AuditRow[] = []
  for (const event of events) {
    const moved = step(state, event)
    state = moved.state
    actions.push(...moved.actions)
    audit.push(...moved.audit)
  }
  return { state, actions, audit }
}

function toCounted(
  counts: Counts | null,
  share: number,
): Pick<Window, 'sets' | 'visitors' | 'present'> {
  if (!counts) return { sets: [], visitors: [0, 0], present: [] }
  const [base, baseFailed, canary, canaryFailed] = counts
  const isFailed = baseFailed + canaryFailed > 0
  return {
    sets: isFailed ? [toSet(baseFailed, canaryFailed, { share })] : [],
    visitors: [base, canary],
    present: [{ share, base, canary }],
  }
}

/** With 200 visitors on each side in each window, whatever the weight: the shares are told so. */
export function drive(plan: Plan): Driven {
  let state = newRollout(plan)
  let now = STARTED_MS
  let id = 0
  const actions: Action[] = []
  const audit: AuditRow[] = []
  const events: RolloutEvent[] = []
  const send = (event: RolloutEvent) => {
    events.push(event)
    const moved = step(state, event)
    state = moved.state
    actions.push(...moved.actions)
    audit.push(...moved.audit)
    return moved
  }
  const window = (counts: Counts | null): Window => ({
    id: id++,
    generation: state.generation,
    ...toCounted(counts, state.weight === 100 ? 1 : 0.5),
    crowd: 0,
    assigned: counts ? [{ id: 1, shares: [50, 50], visitors: [200, 200] }] : [],
  })
  return {
    state: () => state,
    actions,
    audit,
    events,
    send,
    say: (kind) => send({ kind, by: 'ada', now }),
    run: (minutes, counts) => {
      for (let passed = 0; passed < minutes * MINUTE_MS; passed += WINDOW_MS) {
        now += WINDOW_MS
        send({ kind: 'tick', now, windows: [window(counts)] })
      }
    },
    window,
    now: () => now,
    jump: (ms) => {
      now += ms
    },
  }
}

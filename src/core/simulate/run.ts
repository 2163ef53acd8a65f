// One rollout from start to end, window by window, through the production state machine. Where the
// windows come from, and what many such runs say, is for others.

import type { Action, AuditRow, RolloutEvent, Window } from '../rollout/events.ts'
import type { Plan } from '../rollout/plan.ts'
import { isRunning, newRollout, type RolloutState } from '../rollout/state.ts'
import { step } from '../rollout/step.ts'
import { type Drawn, WINDOW_MS } from './traffic.ts'

/** What a source of windows may go by. `weight` is the canary's share in percent. */
export type Moment = {
  readonly index: number
  readonly weight: number
  readonly state: RolloutState
}

/** The counts of the next window; `null`: the window is lost, and the alarm comes without one. */
export type Source = (moment: Moment) => Drawn | null

export type RunOptions = {
  /** Windows after which a run that is not over is given up. */
  readonly maxWindows: number
  /** Whether somebody opens manual gates as soon as their minimum time has passed. */
  readonly personAdvances: boolean
  /** Whether a run ends where the plan holds and waits for somebody. */
  readonly endsHeld: boolean
}

/** How a run ended, after `windows` windows of 10 s. */
export type Run = {
  readonly outcome: 'promoted' | 'rolledBack' | 'held' | 'unfinished'
  readonly windows: number
  /** Visitors whose documents were decided, each side. */
  readonly visitors: readonly [control: number, canary: number]
  readonly state: RolloutState
  readonly actions: readonly Action[]
  readonly audit: readonly AuditRow[]
}

/** The alarm fires at the end of every window. */
export function runRollout(plan: Plan, source: Source, options: RunOptions): Run {
  let state = newRollout(plan)
  const actions: Action[] = []
  const audit: AuditRow[] = []
  let [control, canary, index, stratum] = [0, 0, 0, 0]
  const apply = (event: RolloutEvent) => {
    const moved = step(state, event)
    state = moved.state
    actions.push(...moved.actions)
    audit.push(...moved.audit)
    if (moved.actions.some(({ kind }) => kind === 'setWeight')) stratum += 1
  }
  apply({ kind: 'start', by: 'simulation', now: 0 })
  while (isRunning(state.phase) && index < options.maxWindows) {
    const { weight, generation } = state
    const drawn = source({ index, weight, state })
    const windows: Window[] = []
    if (drawn) {
      control += drawn.visitors[0]
      canary += drawn.visitors[1]
      const assigned = [{ id: stratum, shares: [100 - weight, weight], visitors: drawn.visitors }]
      windows.push({ id: index, generation, metrics: drawn.metrics, assigned })
    }
    index += 1
    const now = index * WINDOW_MS
    apply({ kind: 'tick', now, windows })
    if (options.personAdvances && waitsForPerson(state)) {
      apply({ kind: 'advance', by: 'somebody', now })
    }
    if (options.endsHeld && isRunning(state.phase) && state.phase.held) break
  }
  const { phase } = state
  const outcome = isRunning(phase)
    ? phase.held
      ? 'held'
      : 'unfinished'
    : phase.name === 'promoted'
      ? 'promoted'
      : 'rolledBack'
  return { outcome, windows: index, visitors: [control, canary], state, actions, audit }
}

function waitsForPerson({ plan, phase }: RolloutState): boolean {
  const gate = phase.name === 'step' ? plan.steps[phase.index] : undefined
  return phase.name === 'step' && gate?.gate === 'manual' && phase.elapsedMs >= gate.minMs
}

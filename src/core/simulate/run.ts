// Runs one rollout on made-up visitors: they are reported as isolates report them, with the same
// delays, to the counter, the judge and the state machine of production.

import type { Group } from '../counting/batch.ts'
import type { CountedStratum } from '../counting/counted.ts'
import { WINDOW_MS } from '../counting/limits.ts'
import { RolloutCounter } from '../counting/rollout-counter.ts'
import type { Action, AuditRow, RolloutEvent, Window } from '../rollout/events.ts'
import type { Plan } from '../rollout/plan.ts'
import {
  isRunning,
  isWithBaseline,
  newRollout,
  type RolloutState,
  toBaselineWeight,
} from '../rollout/state.ts'
import { step } from '../rollout/step.ts'
import { Isolate, SIDES } from './isolate.ts'
import { isBad, type Visit } from './visit.ts'

/** What a world may depend on. */
export type Moment = {
  /** Seconds since the rollout began, from 0. */
  readonly second: number
  /** The canary's share of the buckets of all sides, 0 to 1. */
  readonly share: number
  /** The baseline's share; 0 where the plan has none, or it is over. */
  readonly baseline: number
  readonly state: RolloutState
}

/** The visits of one second; `null` for an alarm and reports that are lost. */
export type World = (moment: Moment) => readonly Visit[] | null

/** How far a run goes, and what people do in it. */
export type RunOptions = {
  /** A run that has not ended by then is given up, in simulated milliseconds. */
  readonly maxMs: number
  /** Whether a person opens manual gates as soon as their minimum time has passed. */
  readonly personAdvances: boolean
  /** Whether a run ends where the plan holds and waits for a person. */
  readonly endsHeld: boolean
  /** What happens at the end of a second beside visits, such as a version that is replaced. */
  readonly happens?: ((second: number, now: number) => RolloutEvent | undefined) | undefined
}

/** How a run ended, after `ms`. */
export type Run = {
  readonly outcome: 'promoted' | 'rolledBack' | 'held' | 'unfinished'
  readonly ms: number
  /** Visitors assigned to each side. */
  readonly visitors: readonly [base: number, canary: number]
  /**
   * Visitors of the canary who met what they should not, until the rollout ended. Of measurements
   * nobody can say who was harmed.
   */
  readonly harmed: number
  readonly state: RolloutState
  readonly actions: readonly Action[]
  readonly audit: readonly AuditRow[]
}

const SECOND_MS = 1000

/** Runs one rollout. */
export function runRollout(plan: Plan, world: World, options: RunOptions): Run {
  const machine = new Machine(plan)
  const isolate = new Isolate()
  const visitors: [number, number] = [0, 0]
  const harmed = new Set<number>()
  machine.give({ kind: 'start', by: 'simulation', now: 0 })
  let second = 0
  while (isRunning(machine.state.phase) && second * SECOND_MS < options.maxMs) {
    const { share, baseline, state } = machine
    const visits = world({ second, share, baseline, state })
    for (const visit of visits ?? []) {
      isolate.add(visit, machine.revision, second * SECOND_MS)
      if (visit.isAssigned !== false) visitors[visit.side] += 1
      if (visit.side === 1 && visit.met?.some(isBad)) harmed.add(visit.visitor)
    }
    second += 1
    const now = second * SECOND_MS
    const groups = visits ? isolate.flush(now) : []
    if (groups.length > 0) machine.receive(groups, now)
    if (visits && now % WINDOW_MS === 0) machine.look(now)
    const event = options.happens?.(second, now)
    if (event) machine.give(event)
    if (options.personAdvances && waitsForPerson(machine.state)) {
      machine.give({ kind: 'advance', by: 'somebody', now })
    }
    const { phase } = machine.state
    if (options.endsHeld && isRunning(phase) && phase.held) break
  }
  const { state, actions, audit } = machine
  return {
    outcome: toOutcome(state),
    ms: second * SECOND_MS,
    visitors,
    harmed: harmed.size,
    state,
    actions,
    audit,
  }
}

function toOutcome({ phase }: RolloutState): Run['outcome'] {
  if (isRunning(phase)) return phase.held ? 'held' : 'unfinished'
  return phase.name === 'promoted' ? 'promoted' : 'rolledBack'
}

function waitsForPerson({ plan, phase }: RolloutState): boolean {
  const gate = phase.name === 'step' ? plan.steps[phase.index] : undefined
  return phase.name === 'step' && gate?.gate === 'manual' && phase.elapsedMs >= gate.minMs
}

/** The state machine with its counter, as the control has them. */
class Machine {
  readonly actions: Action[] = []
  readonly audit: AuditRow[] = []
  state: RolloutState
  #counter: RolloutCounter | undefined
  /** Which document the visitors are served by: one for each change of weights. */
  revision = 0

  constructor(plan: Plan) {
    this.state = newRollout(plan)
  }

  /** The canary's share of the buckets, 0 to 1. */
  get share(): number {
    return this.state.weight / 100
  }

  /** The baseline's share of the buckets, 0 to 1. */
  get baseline(): number {
    return (toBaselineWeight(this.state, this.state.phase) ?? 0) / 100
  }

  give(event: RolloutEvent): void {
    const moved = step(this.state, event)
    this.state = moved.state
    this.actions.push(...moved.actions)
    this.audit.push(...moved.audit)
    for (const action of moved.actions) this.#act(action, event.now)
    if (event.kind === 'trafficChanged') this.#beginStratum(event.now)
  }

  receive(groups: readonly Group[], now: number): void {
    for (const group of groups) this.#counter?.receive(group, now)
    const window = this.#counter?.peek(this.state.lastWindow)
    if (!window?.sets.some(({ visitors }) => visitors[1] > 0)) return
    const { state } = step(this.state, { kind: 'tick', windows: [window], now })
    if (state.phase.name === 'rolledBack') this.look(now)
  }

  look(now: number): void {
    const window: Window | undefined = this.#counter?.next(this.state.lastWindow)?.window
    this.#counter?.confirm()
    this.give({ kind: 'tick', windows: window ? [window] : [], now })
    const { phase, generation } = this.state
    if (phase.name === 'smoke') {
      this.give({ kind: 'smoked', generation, outcome: 'pass', text: 'simulated', now })
    }
    // Checks pass, and whoever is asked confirms at once.
    for (const { name } of this.state.plan.checks ?? []) {
      this.give({ kind: 'measured', name, outcome: 'pass', text: 'simulated', now })
    }
    const { confirming } = this.state
    if (!confirming || confirming.isConfirmed) return
    this.give({ kind: 'confirmed', before: confirming.before, by: 'somebody', now })
  }

  #act(action: Action, now: number): void {
    if (action.kind === 'startCounting') {
      const { metrics, warmUpMs, segments } = this.state.plan
      const [base, canary, baseline] = SIDES
      const sides = this.#isWithBaseline
        ? { control: baseline, canary, base }
        : { control: base, canary }
      const asked = {
        ...{ rollout: 'simulated', ...sides, metrics, warmUpMs },
        ...(segments ? { segments } : {}),
      }
      this.#counter = RolloutCounter.begin({ ...asked, generation: action.generation }, 'key')
    }
    if (action.kind === 'startCounting' || action.kind === 'setWeight') this.#beginStratum(now)
  }

  #beginStratum(now: number): void {
    this.revision += 1
    this.#counter?.beginStratum({ id: this.revision, ...this.#toShares(), since: now })
  }

  get #isWithBaseline(): boolean {
    return isWithBaseline(this.state, this.state.phase)
  }

  #toShares(): Pick<CountedStratum, 'shares' | 'baselineShare'> {
    const { share, baseline } = this
    if (!this.#isWithBaseline || share === 0) return { shares: [1 - share, share] }
    const both = share + baseline
    return {
      shares: [baseline / both, share / both],
      baselineShare: baseline / (1 - share),
    }
  }
}

// Runs one rollout on made-up visitors: they are reported as isolates report them, with the same
// delays, to the counter, the judge and the state machine of production.

import type { Group } from '../counting/batch.ts'
import type { CountedStratum } from '../counting/counted.ts'
import { URGENT_FLUSH_MS, WINDOW_MS } from '../counting/limits.ts'
import { toMarks } from '../counting/marks.ts'
import { findMetric } from '../counting/metrics.ts'
import { type OutcomeKind, pushOutcome, toSegmentWord } from '../counting/outcomes.ts'
import { RolloutCounter } from '../counting/rollout-counter.ts'
import type { SegmentValues } from '../counting/segments.ts'
import { noTotals } from '../counting/totals.ts'
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

/** What a visitor met in one visit. */
export type VisitMet = {
  /** The metric's name. */
  readonly metric: string
  readonly route?: string
  /** Edges that a measurement lies above, or `CONNECTION_LEVEL`; 1 if left out. */
  readonly level?: number
  readonly code?: string
}

/** One visitor in one second. */
export type Visit = {
  /** 0 to 2^32 - 1. */
  readonly visitor: number
  /** 0 for the base, 1 for the canary. */
  readonly side: 0 | 1
  /** Of side 0: whether it is on the baseline, and not on the base itself. */
  readonly isBaseline?: boolean
  /** The hash of its address, 24 bits; 0, the default, for one of its own. */
  readonly client?: number
  /** Who operates its network, from 1 to `MAX_OPERATORS - 1`; 0, the default, if it is not known. */
  readonly operator?: number
  /** Whether its bucket decided a document, which makes it one more visitor; `true` if left out. */
  readonly isAssigned?: boolean
  /** What its client is; not told if left out. */
  readonly values?: SegmentValues
  readonly met?: readonly VisitMet[]
}

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

const SIDES = [
  { environment: 'main', version: 'base' },
  { environment: 'canary', version: 'new' },
  { environment: 'baseline', version: 'base' },
] as const

/** Its place among the sides. */
const BASELINE = 2

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

function isBad({ metric }: VisitMet): boolean {
  const row = findMetric(metric)
  return row?.bad === 'more' && row.edges === null
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

/** What isolates have counted and not sent yet; all of them together as one. */
class Isolate {
  #groups = new Map<string, Growing>()
  #since: number | undefined
  #isUrgent = false

  add(visit: Visit, revision: number, now: number): void {
    const { visitor, client = 0, operator = 0, isAssigned = true, values, met = [] } = visit
    const side = visit.isBaseline ? BASELINE : visit.side
    const key = `${side} ${revision}`
    const group = this.#groups.get(key) ?? newGroup(side, revision)
    this.#groups.set(key, group)
    const marks = toMarks({ client, operator, assigned: isAssigned, unpinned: isAssigned })
    group.visitors.push(visitor, marks)
    const segment = values ? toPlace(group.segments, values) : 0
    group.visitorSegments.push(toSegmentWord(segment, client))
    for (const { metric, route = '', level = 1, code } of met) {
      const kind = toKindPlace(group.kinds, { metric, route, ...(code ? { code } : {}) })
      const from = { site: client, network: client, operator }
      pushOutcome(group.outcomes, { visitor, kind, level, segment, ...from })
      const row = findMetric(metric)
      if (row?.bad === 'more' && row.edges === null) this.#isUrgent = true
    }
    this.#since ??= now
  }

  /** What is sent at `now`: all of it, or nothing yet. */
  flush(now: number): readonly Group[] {
    const waits = this.#isUrgent ? URGENT_FLUSH_MS : WINDOW_MS
    if (this.#since === undefined || now - this.#since < waits) return []
    const all = [...this.#groups.values()]
    const groups = all.map(({ visitors, outcomes, visitorSegments, ...group }) => ({
      ...group,
      visitorSegments: Uint32Array.from(visitorSegments),
      visitors: Uint32Array.from(visitors),
      outcomes: Uint32Array.from(outcomes),
    }))
    this.#groups = new Map()
    this.#since = undefined
    this.#isUrgent = false
    return groups
  }
}

type Growing = Omit<Group, 'visitors' | 'outcomes' | 'kinds' | 'segments' | 'visitorSegments'> & {
  readonly visitors: number[]
  readonly outcomes: number[]
  readonly kinds: OutcomeKind[]
  readonly segments: SegmentValues[]
  readonly visitorSegments: number[]
}

function newGroup(side: 0 | 1 | 2, revision: number): Growing {
  return {
    ...{ ...SIDES[side], revision, totals: noTotals() },
    ...{ visitors: [], outcomes: [], kinds: [], segments: [], visitorSegments: [] },
  }
}

function toKindPlace(kinds: OutcomeKind[], kind: OutcomeKind): number {
  const place = kinds.findIndex(
    ({ metric, route, code }) =>
      metric === kind.metric && route === kind.route && code === kind.code,
  )
  return place >= 0 ? place : kinds.push(kind) - 1
}

/** From 1. */
function toPlace(segments: SegmentValues[], { browser, device, country }: SegmentValues): number {
  const place = segments.findIndex(
    (known) => known.browser === browser && known.device === device && known.country === country,
  )
  return place >= 0 ? place + 1 : segments.push({ browser, device, country })
}

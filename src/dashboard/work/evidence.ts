// The course of the evidence: the stored events of a rollout are given to its machine again, and after each look
// the judge says how it stood. Pure; the machine and the judge are those of the control.

import { judge } from '../../core/judge/verdict.ts'
import type { RolloutEvent } from '../../core/rollout/events.ts'
import { giveEvents } from '../../core/rollout/give-events.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import { isRunning, newRollout, type RolloutState, toObserved } from '../../core/rollout/state.ts'

/** How it stood after one look. Logarithms are natural. */
export type EvidencePoint = {
  readonly at: number
  readonly logWorse: number
  /** The least evidence that a metric with a margin is within it; `null` where none is asked for. */
  readonly logWithin: number | null
  readonly weight: number
  /** How many times as many visitors met a failure as on the base, at least and at most. */
  readonly low: number | null
  readonly high: number | null
}

/** More points than a chart has pixels say nothing. Every other one is dropped when there are more. */
const MAX_EVIDENCE_POINTS = 400

export class EvidenceTrace {
  #state: RolloutState
  #points: EvidencePoint[] = []
  /** Of so many looks one becomes a point. */
  #every = 1
  #looks = 0
  #isBroken = false

  constructor(plan: Plan) {
    this.#state = newRollout(plan)
  }

  add(events: readonly RolloutEvent[]): void {
    for (const event of events) {
      if (this.#isBroken) return
      const given = giveEvents(this.#state, [event])
      if ('refused' in given) {
        this.#isBroken = true
        return
      }
      this.#state = given.state
      const isLook = event.kind === 'tick' && event.windows.length > 0
      if (isLook && isRunning(this.#state.phase)) this.#look(event.now)
      if (given.transitions.length > 0) this.#take(event.now)
    }
  }

  get points(): readonly EvidencePoint[] {
    return this.#points
  }

  #look(now: number): void {
    this.#looks++
    if (this.#looks % this.#every === 0) this.#take(now)
  }

  #take(now: number): void {
    const { plan, weight } = this.#state
    const { logWorse, findings } = judge(plan, toObserved(this.#state))
    const asked = findings.flatMap(({ margin, logWithin }) =>
      margin === null ? [] : [logWithin ?? 0],
    )
    const range = findings.find(({ margin }) => margin !== null)?.worst?.ratio
    this.#points.push({
      at: now,
      logWorse,
      logWithin: asked.length === 0 ? null : Math.min(...asked),
      weight,
      low: range?.low ?? null,
      high: range?.high ?? null,
    })
    if (this.#points.length < MAX_EVIDENCE_POINTS) return
    this.#points = this.#points.filter((_, i) => i % 2 === 0)
    this.#every *= 2
  }
}

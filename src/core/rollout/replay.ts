// Gives the machine all stored events of a rollout again and says whether the same comes out. Pure:
// whoever asks reads the events and hands them in page by page, so that not all of them are in memory.

import { toCanonicalJson } from '../canonical-json.ts'
import type { AuditRow, RolloutEvent } from './events.ts'
import { giveEvents } from './give-events.ts'
import type { Plan } from './plan.ts'
import { newRollout, type RolloutState } from './state.ts'

/** As many differences are listed as somebody reads. */
const MAX_DIFFERENCES = 20

/** What was stored when the replay began. Events that came later are left out. */
export type RecordedRollout = {
  /** How many events the machine had been given. */
  readonly events: number
  /** What they led to: a `RolloutState` in JSON. Its plan is all that a replay takes over from it. */
  readonly state: { readonly plan: Plan }
  /** Whether an older Holo recorded all of it, with a judge that is not there any more. */
  readonly isOlder?: boolean | undefined
}

/** A transition as it was stored. */
export type RecordedTransition = {
  /** Which event of the rollout made it, from 0, and its place among those of this event. */
  readonly event: number
  readonly place: number
  readonly row: AuditRow
}

/** What a replay has come to. */
export type ReplayResult = {
  /** The same state and the same transitions, but for the sentences that give reasons. */
  readonly same: boolean
  readonly events: number
  readonly windows: number
  readonly transitions: number
  /** What differs, or why nothing could be compared; empty where it is the same. */
  readonly differences: readonly string[]
}

const OLDER =
  'an older Holo recorded it, or a part of it, and counted visitors in a way that this judge cannot read'

export class Replay {
  readonly #recorded: RecordedRollout
  readonly #known: string[] = []
  readonly #recomputed: string[] = []
  #state: RolloutState
  #events = 0
  #windows = 0
  /** Whether a newer Holo has taken it over, and began its analysis anew. */
  #isTakenOver = false
  /** Why it cannot go on; `undefined` where it can. */
  #problem: string | undefined

  constructor(recorded: RecordedRollout) {
    this.#recorded = recorded
    this.#state = newRollout(recorded.state.plan)
  }

  /** How many events were replayed so far. */
  get events(): number {
    return this.#events
  }

  /** Whether nothing more is to be handed in. */
  get isOver(): boolean {
    return this.#problem !== undefined || this.#events >= this.#recorded.events
  }

  /** Takes the next events, in their order, and the transitions that were stored of them. */
  add(events: readonly RolloutEvent[], transitions: readonly RecordedTransition[]): void {
    const { events: count } = this.#recorded
    for (const one of transitions) if (one.event < count) this.#known.push(toRowText(one))
    for (const event of events.slice(0, count - this.#events)) {
      if (this.#problem !== undefined) return
      this.#step(event)
    }
  }

  result(): ReplayResult {
    const { events: count, state } = this.#recorded
    const isWhole = this.#events >= count
    const isSameState = toText(this.#state) === toText(state)
    const found = [
      ...(this.#problem === undefined ? [] : [this.#problem]),
      ...(isWhole ? findDifferences(this.#known, this.#recomputed) : [this.#toMissing()]),
      ...(isWhole && !isSameState ? ['the state is another one'] : []),
    ]
    const isOlder = this.#recorded.isOlder === true || this.#isTakenOver
    const why = isOlder && found.length > 0 ? [OLDER] : []
    const differences = [...why, ...found].slice(0, MAX_DIFFERENCES)
    return {
      same: differences.length === 0,
      events: this.#events,
      windows: this.#windows,
      transitions: this.#recomputed.length,
      differences,
    }
  }

  #step(event: RolloutEvent): void {
    const number = this.#events
    const given = giveEvents(this.#state, [event])
    if ('refused' in given) {
      this.#problem = `event ${number} (${event.kind}) is refused: ${given.refused}`
      return
    }
    this.#state = given.state
    for (const { place, row } of given.transitions) {
      this.#recomputed.push(toRowText({ event: number, place, row }))
    }
    if (event.kind === 'tick') this.#windows += event.windows.length
    if (event.kind === 'restart') this.#isTakenOver = true
    this.#events++
  }

  #toMissing(): string {
    const { events: count } = this.#recorded
    const why =
      this.#problem === undefined ? '; the control deletes the events of old rollouts' : ''
    return `of ${count} events ${this.#events} could be replayed${why}`
  }
}

function toRowText({ event, place, row }: RecordedTransition): string {
  return `${event} ${place} ${toText(row)}`
}

/** Fields that hold sentences for people. A later Holo may word them differently. */
const SENTENCES: ReadonlySet<string> = new Set(['reason', 'text'])

/**
 * Numbers are compared to this many decimals: logarithms of two JavaScript engines, that of the control
 * and that of the command, may differ in their last digits.
 */
const COMPARED_DECIMALS = 6

/**
 * The same text for the same facts after they were stored, in whatever order their fields were read and
 * however their reasons are worded.
 */
function toText(value: unknown): string {
  const toCompared = (name: string, field: unknown) => {
    if (typeof field === 'string' && SENTENCES.has(name)) return undefined
    if (typeof field !== 'number' || Number.isInteger(field)) return field
    return Number(field.toFixed(COMPARED_DECIMALS)) + 0
  }
  return toCanonicalJson(JSON.parse(JSON.stringify(value, toCompared)))
}

function findDifferences(known: readonly string[], recomputed: readonly string[]): string[] {
  const length = Math.max(known.length, recomputed.length)
  return Array.from({ length }, (_, i) => i)
    .filter((i) => known[i] !== recomputed[i])
    .map((i) => `transition ${i + 1}: ${recomputed[i] ?? 'none'}, and not ${known[i] ?? 'none'}`)
}

// Drives rollouts: starts them, takes in their counts when a look is due, does what people ask, and notices
// changes of the document. All of it one after the other, so that no two give events to the same machine.

import { err, ok, type Result } from '../../core/result.ts'
import type { Measurement } from '../../core/rollout/checks.ts'
import type { Confirming } from '../../core/rollout/confirm.ts'
import type { RolloutEvent } from '../../core/rollout/events.ts'
import { decideAttention } from '../../core/rollout/gate.ts'
import type { SmokeResult } from '../../core/rollout/smoke.ts'
import type { RolloutCommand, RolloutStatus } from '../../wire/rollouts.ts'
import { type Author, type ChangeDeps, findMute } from '../document/change.ts'
import { toRetryMs } from '../intervals.ts'
import { ROLLOUT_LOOK_MS } from '../limits.ts'
import { findPlanOverBudget } from '../safety/budget.ts'
import type { Gates } from './confirming.ts'
import type {
  FlagStart,
  RolloutCommandOptions,
  RolloutRefused,
  Start,
  StartResult,
} from './contract.ts'
import { CONTROL, type FeedDeps, type FeedFailure } from './feed.ts'
import { Giving, isBelowFloor, toCauseText, toFeedFailureText, toRefused } from './giving.ts'
import { endOverBudget, pauseBelowFloor, toBoundsAfterSmoke } from './safeguards.ts'
import { chargeLook, findDue, lookDueAt } from './schedule.ts'
import { startRollout } from './start.ts'
import { askStart } from './start-asking.ts'
import { findRolloutTrespass } from './start-trespass.ts'
import type { Rollout } from './store.ts'
import { toStatus } from './tell.ts'
import { Urgency } from './urgency.ts'

export type RolloutDeps = ChangeDeps &
  FeedDeps & {
    /** Runs a function after `ms` milliseconds, unless the object is evicted first. */
    readonly later: (run: () => unknown, ms: number) => void
    /** Asks the webhooks that plans want to be asked. */
    readonly gates: Gates
    /** Wakes the backends of a version. Never throws, and takes seconds at most. */
    readonly warm: (version: string) => Promise<void>
  }

/** Commands that stop a release or take it back: who may command the rollout may always give these. */
const STOPS: ReadonlySet<RolloutCommand> = new Set(['pause', 'abort'])

export class Rollouts {
  readonly #parts: RolloutDeps
  readonly #urgency: Urgency
  readonly #giving: Giving
  #last: Promise<unknown> = Promise.resolve()
  #looks = 0
  /** No look before this time, because the last failure could not be stored. */
  #heldUntil = 0

  constructor(parts: RolloutDeps) {
    this.#parts = parts
    this.#urgency = new Urgency(parts)
    this.#giving = new Giving(parts)
  }

  /** Whether a look of the alarm is running or waits for its turn. */
  get isLooking(): boolean {
    return this.#looks > 0
  }

  /** When the next look is due; `undefined` where nothing runs. */
  dueAt(): number | undefined {
    const { store, now } = this.#parts
    const at = now()
    const times = store.running().map((rollout) => lookDueAt(rollout, at))
    if (times.length === 0) return undefined
    const held = Math.min(this.#heldUntil, at + ROLLOUT_LOOK_MS)
    return Math.max(held, Math.min(...times))
  }

  async start(
    author: Author,
    start: Start | FlagStart,
  ): Promise<Result<StartResult, RolloutRefused>> {
    // A baseline that is started anew is warmed like the canary, or it would look slow beside it.
    const versions =
      'flag' in start ? [] : [start.version, start.baselineVersion].filter((id) => id !== undefined)
    const [refused] = start.dryRun
      ? []
      : await Promise.all([
          askStart(this.#parts.gates, author, start),
          ...versions.map((one) => this.#parts.warm(one)),
        ])
    if (refused) return err({ kind: 'rollout_refused', problems: [refused] })
    return this.#inTurn(() => startRollout(this.#parts, author, start))
  }

  command(
    { principal, requestId }: Author,
    id: number,
    command: RolloutCommand,
    { reason, belowFloor = false, outsideWindow = false }: RolloutCommandOptions,
  ): Promise<Result<RolloutStatus | undefined, RolloutRefused>> {
    return this.#inTurn(async () => {
      const { store, now, safety } = this.#parts
      const before = store.get(id)
      if (!before) return ok(undefined)
      const why = findRolloutTrespass(principal, { ...before, version: before.seen.version })
      if (why) return err({ kind: 'denied', denial: 'forbidden', why })
      const mute = findMute(outsideWindow, reason)
      if (mute) return err({ kind: 'invalid', problems: [mute] })
      const { budget } = principal.limits ?? {}
      const { plan, phase } = before.state
      // Whoever lets it go on answers for the steps that it then takes by itself.
      const over =
        budget && !STOPS.has(command) ? findPlanOverBudget(budget, plan, phase) : undefined
      if (over) return err({ kind: 'denied', denial: 'forbidden', why: over })
      const hold = STOPS.has(command) ? undefined : safety.hold(outsideWindow)
      if (hold) return err(hold)
      // Take in first what is due: it belongs to the step that the command may end.
      if (decideAttention(before.state) === 'rarely') await this.#try(id, () => this.#look(id))
      const { actor, token } = principal
      const event: RolloutEvent = { kind: command, by: actor, now: now() }
      const acting = { actor, token, requestId }
      const given = await this.#giving.give(id, () => ({
        events: [event],
        acting,
        said: reason,
        at: event.now,
        belowFloor,
        outsideWindow,
        ...(STOPS.has(command) ? {} : { limits: principal.limits }),
      }))
      if (!given.ok) return err(toRefused(given.error, this.#parts.ledger))
      const after = store.get(id)
      return ok(after && toStatus(after))
    })
  }

  /** Takes in that a webhook has confirmed what its plan asks before this, and goes on. Never throws. */
  confirm(id: number, before: Confirming['before'], by: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#try(id, async () => {
        const at = this.#parts.now()
        const event: RolloutEvent = { kind: 'confirmed', before, by, now: at }
        const own = () => ({ events: [event], acting: CONTROL, said: undefined, at })
        const given = await this.#giving.give(id, own)
        const isOver = !given.ok && given.error !== 'stale' && 'refused' in given.error
        // One that has ended meanwhile needs no confirmation.
        if (isOver) return ok(undefined)
        return given.ok ? this.#look(id) : given
      })
    })
  }

  /** Takes in what a check of the plan has come to. The next look acts on it. Never throws. */
  measure(id: number, name: string, measured: Measurement): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#parts.store.get(id)?.ended_at !== null) return
      await this.#try(id, () => {
        const at = this.#parts.now()
        const event: RolloutEvent = { kind: 'measured', name, ...measured, now: at }
        return this.#giving.give(id, () => ({
          events: [event],
          acting: CONTROL,
          said: undefined,
          at,
        }))
      })
    })
  }

  /** Takes in what the smoke requests have come to, and goes on. Never throws. */
  smoked(id: number, generation: number, result: SmokeResult): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#parts.store.get(id)?.ended_at !== null) return
      await this.#try(id, async () => {
        const at = this.#parts.now()
        const event: RolloutEvent = { kind: 'smoked', generation, ...result, now: at }
        const own = () => ({ events: [event], acting: CONTROL, said: undefined, at })
        const given = await this.#giving.give(id, own)
        if (given.ok) return this.#look(id)
        if (isBelowFloor(given.error))
          await pauseBelowFloor(this.#parts, this.#giving, id, given.error.detail)
        return given
      })
    })
  }

  /** Looks for changes of the document that the rollouts did not make. Never throws. */
  notice(): Promise<void> {
    if (this.#parts.store.running().length === 0) return Promise.resolve()
    return this.#inTurn(async () => {
      for (const { id } of this.#parts.store.running()) {
        await this.#try(id, () => this.#giving.give(id, undefined))
      }
    })
  }

  /** Looks at those that are due. Never throws; whoever calls it arms the alarm for the next. */
  run(): Promise<void> {
    const { store, now } = this.#parts
    return this.#lookAt(() => findDue(store.running(), now()).map(({ id }) => id))
  }

  /**
   * Looks at rollouts of which something was just reported, where that takes one back. Never throws.
   *
   * @param names as `WindowSource` knows them.
   */
  async consider(names: readonly string[]): Promise<void> {
    const { ids, waiting } = this.#urgency.find(names)
    for (const [name, ms] of waiting) this.#parts.later(() => this.consider([name]), ms)
    if (ids.length > 0) await this.#lookAt(() => ids)
  }

  /** Never throws. `list` is asked when it is the turn of these looks. */
  async #lookAt(list: () => readonly number[]): Promise<void> {
    this.#looks++
    try {
      await this.#inTurn(async () => {
        for (const id of list()) await this.#try(id, () => this.#look(id))
      })
    } finally {
      this.#looks--
    }
  }

  async #look(id: number) {
    const { now, source, safety } = this.#parts
    const at = now()
    const hold = safety.hold()?.detail
    const done = await this.#giving.give(id, (rollout) => {
      const { windows, problem } = this.#readWindows(rollout)
      const { state } = rollout
      const isNew = ({ id }: { id: number }) => id > state.lastWindow
      return {
        events: [{ kind: 'tick', windows, ...(hold === undefined ? {} : { hold }), now: at }],
        acting: CONTROL,
        said: undefined,
        at,
        ...toBoundsAfterSmoke(rollout),
        look: { looked_at: at, alarm_debt: chargeLook(rollout.alarm_debt, at), problem },
        also: () => {
          for (const window of windows.filter(isNew)) source.store(id, window.id)
        },
      }
    })
    if (done.ok) {
      source.confirm(id)
      return endOverBudget(this.#parts, this.#giving, id)
    }
    if (isBelowFloor(done.error)) {
      await pauseBelowFloor(this.#parts, this.#giving, id, done.error.detail)
    }
    return done
  }

  #readWindows({ id, state }: Rollout) {
    try {
      return { windows: this.#parts.source.nextWindows(id, state.lastWindow), problem: null }
    } catch (cause) {
      console.error(`the counts of rollout ${id} could not be read`, cause)
      return { windows: [], problem: `the counts could not be read: ${toCauseText(cause)}` }
    }
  }

  /** Stores a failure, so that the same is not tried again at once. */
  async #try(id: number, work: () => Promise<Result<undefined, FeedFailure>>): Promise<void> {
    try {
      const done = await work()
      if (!done.ok) this.#recordFailure(id, toFeedFailureText(done.error))
      this.#parts.stalls.tell(id)
    } catch (cause) {
      console.error(`rollout ${id} could not be looked at`, cause)
      try {
        this.#recordFailure(id, toCauseText(cause))
      } catch (second) {
        console.error(`nor could this be written down of rollout ${id}`, second)
        this.#heldUntil = this.#parts.now() + ROLLOUT_LOOK_MS
      }
    }
  }

  #recordFailure(id: number, problem: string): void {
    const { store, now } = this.#parts
    const rollout = store.get(id)
    if (!rollout) return
    const at = now()
    const failures = rollout.failures + 1
    store.fail(id, {
      looked_at: at,
      failures,
      problem,
      retry_at: at + toRetryMs(failures),
      alarm_debt: chargeLook(rollout.alarm_debt, at),
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

// Makes the checks of rollouts that run: asks their sources again and again, and gives what they say to the
// machine, which decides what it means.

import { type Check, type Measurement, readCheck } from '../../core/rollout/checks.ts'
import type { Pulled, PullPlaces } from '../webhooks/pulling.ts'
import type { Rollout, RolloutStore } from './store.ts'

/** The time between two measurements of a check. */
const MEASURE_MS = 30_000

const MEASURE_TIMEOUT_MS = 8000

/** A Worker may have six open connections at a time. */
const MEASURED_AT_ONCE = 2

export type MeasuringDeps = {
  readonly store: RolloutStore
  /** Never throws. */
  readonly pull: (webhook: string, places: PullPlaces, timeoutMs: number) => Promise<Pulled>
  /** Tells a rollout. Never throws. */
  readonly measure: (id: number, name: string, measured: Measurement) => Promise<void>
  readonly now: () => number
  readonly arm: () => void
}

type Due = { readonly rollout: Rollout; readonly check: Check; readonly key: string }

export class Measuring {
  readonly #deps: MeasuringDeps
  readonly #madeAt = new Map<string, number>()
  #isRunning = false

  constructor(deps: MeasuringDeps) {
    this.#deps = deps
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** When the next check is due; `undefined` if there is none, or while some are made. */
  dueAt(): number | undefined {
    const times = this.#isRunning ? [] : this.#list().map(({ key }) => this.#dueAt(key))
    return times.length > 0 ? Math.max(this.#deps.now(), Math.min(...times)) : undefined
  }

  /** Makes the checks that are due. Never throws. */
  async run(): Promise<void> {
    const { now, arm } = this.#deps
    const all = this.#isRunning ? [] : this.#list()
    const due = all.filter(({ key }) => this.#dueAt(key) <= now())
    if (due.length === 0) return
    this.#isRunning = true
    try {
      for (const key of this.#madeAt.keys()) {
        if (!all.some((one) => one.key === key)) this.#madeAt.delete(key)
      }
      const work = async () => {
        for (let next = due.shift(); next; next = due.shift()) await this.#make(next)
      }
      await Promise.all(Array.from({ length: MEASURED_AT_ONCE }, work))
    } finally {
      this.#isRunning = false
    }
    arm()
  }

  async #make({ rollout, check, key }: Due): Promise<void> {
    const { pull, measure, now } = this.#deps
    this.#madeAt.set(key, now())
    const { id, environment, seen, state } = rollout
    const { version, baseVersion } = seen
    const pulled = await pull(
      check.webhook,
      { version, baseVersion, environment },
      MEASURE_TIMEOUT_MS,
    )
    const measured: Measurement =
      'why' in pulled
        ? { outcome: 'unknown', text: pulled.why }
        : readCheck(check, pulled.document, state.weight)
    await measure(id, check.name, measured)
  }

  #list(): Due[] {
    return this.#deps.store.running().flatMap((rollout) =>
      (rollout.state.plan.checks ?? []).map((check) => {
        const key = `${rollout.id} ${rollout.state.generation} ${check.name}`
        return { rollout, check, key }
      }),
    )
  }

  /** After a clock that went back, measures at once. */
  #dueAt(key: string): number {
    const madeAt = this.#madeAt.get(key)
    return madeAt === undefined || madeAt > this.#deps.now() ? 0 : madeAt + MEASURE_MS
  }
}

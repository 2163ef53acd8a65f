// Makes the checks of rollouts that run: asks their sources, and reads metrics of Holo, again and again. Gives what
// they say to the machine, which decides what it means.

import {
  type Check,
  type Measurement,
  readCheck,
  toDifferenceBound,
} from '../../core/rollout/checks.ts'
import { type ComparedCounts, readDifferences } from '../../core/shadow/differences.ts'
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
  /** What was compared in the last hour: copies of the requests of an environment, for two versions. */
  readonly compared: (pair: ComparedPair) => ComparedCounts
  /** Tells a rollout. Never throws. */
  readonly measure: (id: number, name: string, measured: Measurement) => Promise<void>
  readonly now: () => number
  readonly arm: () => void
}

/** The environment that visitors use, its version, and the version of the shadow. */
export type ComparedPair = Readonly<Record<'from' | 'base' | 'shadow', string>>

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
    const { measure, now } = this.#deps
    this.#madeAt.set(key, now())
    await measure(rollout.id, check.name, await this.#read(rollout, check))
  }

  async #read({ environment, base, seen, state }: Rollout, check: Check): Promise<Measurement> {
    const { pull, compared } = this.#deps
    const { version, baseVersion } = seen
    const bound = toDifferenceBound(check)
    if (bound) {
      return readDifferences(bound, compared({ from: base, base: baseVersion, shadow: version }))
    }
    const places = { version, baseVersion, environment }
    const pulled = await pull(check.webhook ?? '', places, MEASURE_TIMEOUT_MS)
    if ('why' in pulled) return { outcome: 'unknown', text: pulled.why }
    return readCheck(check, pulled.document, state.weight)
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

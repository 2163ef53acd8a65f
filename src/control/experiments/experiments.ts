// The experiments of the document in use: what isolates collect for them, what they have reported, and what is known
// by it. Each variant that is compared with a base is counted as a rollout is (core/counting). Experiments change
// nothing: people read what is known, and stop them.

import {
  COUNTING_FORM,
  type Collected,
  type CollectedEnvironment,
  type Group,
} from '../../core/counting/batch.ts'
import { RolloutCounter } from '../../core/counting/rollout-counter.ts'
import {
  addToExperiment,
  type Experiment,
  judgeExperiment,
  startExperiment,
} from '../../core/experiments/experiment.ts'
import { toExperimentPlace } from '../../core/experiments/limits.ts'
import { BLOCK_MS } from '../../core/judge/sets.ts'
import { type CompiledFlags, compileFlags } from '../../document/compile-flags.ts'
import type { CompiledExperiment } from '../../document/experiments.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import type { ExperimentReport } from '../../wire/experiments.ts'
import { ExperimentStore } from './store.ts'

export type ExperimentsDeps = {
  readonly storage: DurableObjectStorage
  readonly now: () => number
  /** A secret that nobody can guess, for hashing. */
  readonly toKey: () => string
  /** The document in use. */
  readonly head: () =>
    | {
        readonly revision: number
        readonly content: Pick<AssignmentsDocument, 'flags' | 'flagSettings'>
      }
    | undefined
}

/** One variant and the base that it is compared with. */
type Comparison = {
  readonly experiment: CompiledExperiment
  readonly variant: string
  readonly beganAt: number
  readonly counter: RolloutCounter
  readonly state: Experiment
}

export class Experiments {
  readonly #parts: ExperimentsDeps
  readonly #store: ExperimentStore
  /** By what is compared; see `toId`. */
  readonly #comparisons = new Map<string, Comparison>()
  /** The revision that they are those of. */
  #revision = 0
  #all: readonly CompiledExperiment[] = []
  #lookedAt = 0

  constructor(parts: ExperimentsDeps) {
    this.#parts = parts
    this.#store = new ExperimentStore(parts.storage)
  }

  /** What isolates shall collect; empty without experiments. Never throws. */
  get collected(): Collected {
    return this.#safely({}, () => {
      this.#follow()
      const collected: Record<string, CollectedEnvironment> = {}
      for (const { counter } of this.#comparisons.values()) {
        const { canary, key, bound, bounds: metrics } = counter.counted
        const place = canary.environment
        const known = collected[place]
        const one = { key, bound, metrics, allowance: {} }
        collected[place] = known ? merge(known, one) : one
      }
      return collected
    })
  }

  /** Takes what isolates report. In memory. Never throws. */
  receive(groups: readonly Group[]): void {
    this.#safely(undefined, () => {
      this.#follow()
      const now = this.#parts.now()
      for (const { counter } of this.#comparisons.values()) {
        for (const group of groups) counter.receive(group, now)
      }
    })
  }

  /** Gives the judge what has come since the last look, at most once in a block of time. Never throws. */
  look(): void {
    this.#safely(undefined, () => {
      const now = this.#parts.now()
      if (Math.abs(now - this.#lookedAt) < BLOCK_MS) return
      this.#lookedAt = now
      this.#follow()
      for (const [id, comparison] of this.#comparisons) {
        const { counter, beganAt } = comparison
        const given = counter.next(comparison.state.lastWindow)
        if (!given) continue
        const state = addToExperiment(comparison.state, given.window, now)
        this.#store.save(id, { beganAt, counted: counter.counted, state }, given.changes)
        counter.confirm()
        this.#comparisons.set(id, { ...comparison, state })
      }
    })
  }

  /** What is known so far, with what has not been stored yet. */
  report(): readonly ExperimentReport[] {
    this.#follow()
    const now = this.#parts.now()
    return this.#all.map((experiment) => {
      const { flag, metrics, base, variants, weights } = experiment
      const comparisons = [...this.#comparisons.values()].filter(
        (one) => one.experiment.flag === flag,
      )
      return {
        flag,
        metrics: [...metrics],
        base,
        weights: Object.fromEntries(weights),
        since: Math.min(now, ...comparisons.map(({ beganAt }) => beganAt)),
        comparisons: comparisons.map(({ variant, counter, state }) => {
          const window = counter.peek(state.lastWindow)
          const newest = window ? addToExperiment(state, window, now) : state
          const names = { base, variant }
          const { outcome, sentence, visitors } = judgeExperiment(newest, names, variants.length)
          return { variant, outcome, sentence, visitors: [visitors[0], visitors[1]] }
        }),
      }
    })
  }

  /** Begins and ends comparisons as the document in use says. */
  #follow(): void {
    const head = this.#parts.head()
    if (!head || head.revision === this.#revision) return
    const stored = this.#revision === 0 ? this.#store.read() : []
    const flags = compileFlags(head.content)
    this.#all = flags?.experiments ?? []
    const wanted = new Map(
      this.#all.flatMap((experiment) =>
        experiment.variants.map((variant) => [
          toId(experiment, variant, flags),
          { experiment, variant },
        ]),
      ),
    )
    for (const { id, beganAt, counted, state } of stored) {
      const one = wanted.get(id)
      if (!one || counted.form !== COUNTING_FORM) {
        this.#store.delete(id)
        continue
      }
      const counter = new RolloutCounter(counted, this.#store.readChanges(id))
      this.#comparisons.set(id, { ...one, beganAt, counter, state })
    }
    for (const id of [...this.#comparisons.keys()].filter((known) => !wanted.has(known))) {
      this.#store.delete(id)
      this.#comparisons.delete(id)
    }
    for (const [id, one] of wanted) this.#go(id, one, head.revision)
    this.#revision = head.revision
  }

  /** Begins a comparison, or goes on with it by the weights of now. */
  #go(id: string, one: Pick<Comparison, 'experiment' | 'variant'>, revision: number): void {
    const known = this.#comparisons.get(id)
    const comparison = { ...(known ?? this.#begin(one)), ...one }
    const { counter, beganAt, state } = comparison
    const shares = toShares(one)
    this.#comparisons.set(id, comparison)
    if (counter.counted.strata.at(-1)?.shares[1] === shares[1]) return
    counter.beginStratum({ id: revision, shares, since: this.#parts.now() })
    this.#store.save(id, { beganAt, counted: counter.counted, state })
  }

  #begin({ experiment, variant }: Pick<Comparison, 'experiment' | 'variant'>) {
    const { flag, metrics, base } = experiment
    const beganAt = this.#parts.now()
    const state = startExperiment(metrics, beganAt)
    const environment = toExperimentPlace(flag)
    // Isolates hash a visitor once for all variants of a flag.
    const others = [...this.#comparisons.values()].filter((one) => one.experiment.flag === flag)
    const key = others[0]?.counter.counted.key ?? this.#parts.toKey()
    const asked = {
      rollout: environment,
      generation: 1,
      control: { environment, version: base },
      canary: { environment, version: variant },
      metrics: state.plan.metrics,
      warmUpMs: 0,
    }
    const counter = RolloutCounter.begin(asked, key)
    return { beganAt, counter, state }
  }

  #safely<Value>(otherwise: Value, run: () => Value): Value {
    try {
      return run()
    } catch (cause) {
      console.error('counting for experiments failed', cause)
      return otherwise
    }
  }
}

/** What is compared. If any of it changes, the comparison begins anew; weights may change. */
function toId(
  { flag, metrics, base }: CompiledExperiment,
  variant: string,
  flags: CompiledFlags | undefined,
): string {
  const variants = flags?.definitions.get(flag)?.variants
  const values = [variants?.[base], variants?.[variant]]
  return JSON.stringify([flag, base, variant, metrics, values, flags?.targetingKey])
}

/** The shares of base and variant among the visitors of the two. */
function toShares({
  experiment: { base, weights },
  variant,
}: Pick<Comparison, 'experiment' | 'variant'>): readonly [number, number] {
  const [of, than] = [weights.get(variant) ?? 0, weights.get(base) ?? 0]
  return [than / (of + than), of / (of + than)]
}

/** What covers both: two variants of a flag are compared with the same base. */
function merge(one: CollectedEnvironment, other: CollectedEnvironment): CollectedEnvironment {
  const metrics = Object.entries(one.metrics).map(([name, bounds]) => [
    name,
    bounds.map((bound, i) => Math.max(bound, other.metrics[name]?.[i] ?? 0)),
  ])
  return {
    ...one,
    bound: Math.max(one.bound, other.bound),
    metrics: Object.fromEntries(metrics),
  }
}

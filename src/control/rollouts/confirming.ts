// Asks the webhooks that plans want to be asked, again and again until they confirm, and tells the rollouts.
// What silence means is decided by the machine, in its own time: nothing waits for a call of this file.

import { findConfirmation } from '../../core/rollout/confirm.ts'
import { isRunning } from '../../core/rollout/state.ts'
import type { GateQuestion } from '../webhooks/asking.ts'
import type { Rollout, RolloutStore } from './store.ts'

/** The time between two attempts. */
const ASK_AGAIN_MS = 10_000

/** One attempt takes no longer, so that the next one is in time. */
const ASK_TIMEOUT_MS = 8000

/** How plans ask: by the names of webhooks. */
export type Gates = {
  /** Why a webhook cannot be asked; `undefined` if it can. */
  readonly findProblem: (webhook: string, form: 'standard' | 'pull') => string | undefined
  /** Never throws. */
  readonly ask: (webhook: string, question: GateQuestion, timeoutMs: number) => Promise<boolean>
}

export type ConfirmationsDeps = {
  readonly store: RolloutStore
  readonly gates: Gates
  /** Tells a rollout. Never throws. */
  readonly confirm: (id: number, before: Pending['before'], by: string) => Promise<void>
  readonly now: () => number
  readonly arm: () => void
}

type Pending = {
  readonly rollout: Rollout
  readonly before: 'step' | 'promotion' | 'rollback'
  readonly webhook: string
  /** Names the question: the same for as long as it is asked. */
  readonly key: string
}

export class Confirmations {
  readonly #deps: ConfirmationsDeps
  readonly #askedAt = new Map<string, number>()
  readonly #asking = new Set<string>()

  constructor(deps: ConfirmationsDeps) {
    this.#deps = deps
  }

  get isRunning(): boolean {
    return this.#asking.size > 0
  }

  /** When the next question is due; `undefined` if nobody has to be asked. */
  dueAt(): number | undefined {
    const times = this.#list().map(({ key }) => this.#dueAt(key))
    return times.length > 0 ? Math.max(this.#deps.now(), Math.min(...times)) : undefined
  }

  /** Asks what is due. Never throws. */
  async run(): Promise<void> {
    const { now, arm } = this.#deps
    const pending = this.#list()
    const due = pending.filter(({ key }) => this.#dueAt(key) <= now())
    if (due.length === 0) return
    for (const key of this.#askedAt.keys()) {
      if (!pending.some((one) => one.key === key)) this.#askedAt.delete(key)
    }
    await Promise.all(due.map((one) => this.#ask(one)))
    arm()
  }

  async #ask({ key, webhook, before, rollout }: Pending): Promise<void> {
    const { gates, confirm, now } = this.#deps
    this.#asking.add(key)
    this.#askedAt.set(key, now())
    try {
      const { id, environment, base, seen, state } = rollout
      const { version, baseVersion } = seen
      const isConfirmed = await gates.ask(
        webhook,
        {
          ...{ id: key, before, rollout: id, environment, base, version, baseVersion },
          weight: state.weight,
        },
        ASK_TIMEOUT_MS,
      )
      if (isConfirmed) await confirm(id, before, `webhook ${webhook}`)
    } finally {
      this.#asking.delete(key)
    }
  }

  #list(): readonly Pending[] {
    return this.#deps.store.running().flatMap((rollout) => {
      const pending = toPending(rollout)
      return pending && !this.#asking.has(pending.key) ? [pending] : []
    })
  }

  /** After a clock that went back, asks at once. */
  #dueAt(key: string): number {
    const askedAt = this.#askedAt.get(key)
    if (askedAt === undefined || askedAt > this.#deps.now()) return 0
    return askedAt + ASK_AGAIN_MS
  }
}

function toPending(rollout: Rollout): Pending | undefined {
  const { id, state } = rollout
  const { phase, plan, confirming, generation } = state
  if (!confirming || confirming.isConfirmed || !isRunning(phase)) return undefined
  const { before, at } = confirming
  const webhook = findConfirmation(plan, before)?.webhook
  const key = `confirm_${id}_${generation}_${before}_${at}`
  return webhook === undefined ? undefined : { rollout, before, webhook, key }
}

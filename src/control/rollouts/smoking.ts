// Makes the smoke requests of rollouts that begin, one after the other, and tells the rollout what they have
// come to: at the first that fails, or after the last. A control that starts anew begins again.

import {
  findSmokeProblem,
  type SmokeReply,
  type SmokeRequest,
  type SmokeResult,
  toSmokeName,
} from '../../core/rollout/smoke.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import type { AskedVersion } from './ask-version.ts'
import type { Rollout, RolloutStore } from './store.ts'

/** All requests of a rollout together take no longer. */
export const MAX_SMOKE_MS = 60_000

export type SmokingDeps = {
  readonly store: RolloutStore
  /** As the document has it. */
  readonly find: (version: string) => AssignmentsDocument['versions'][string] | undefined
  /** Never throws. */
  readonly open: (version: AssignmentsDocument['versions'][string]) => Promise<AskedVersion>
  /** Never throws. */
  readonly ask: (
    version: AskedVersion,
    request: SmokeRequest,
    timeoutMs: number,
  ) => Promise<SmokeReply>
  /** Tells a rollout. Never throws. */
  readonly tell: (id: number, generation: number, result: SmokeResult) => Promise<void>
  readonly now: () => number
  readonly arm: () => void
}

/** A result that could not be stored is made again after this time. */
const AGAIN_MS = 30_000

export class Smoking {
  readonly #deps: SmokingDeps
  readonly #running = new Set<string>()
  readonly #madeAt = new Map<string, number>()

  constructor(deps: SmokingDeps) {
    this.#deps = deps
  }

  get isRunning(): boolean {
    return this.#running.size > 0
  }

  /** When requests have to be made; `undefined` if no rollout waits for any. */
  dueAt(): number | undefined {
    const times = this.#list().map((rollout) => this.#dueAt(rollout))
    return times.length > 0 ? Math.max(this.#deps.now(), Math.min(...times)) : undefined
  }

  /** Never throws. */
  async run(): Promise<void> {
    const { now, arm } = this.#deps
    const all = this.#list()
    const due = all.filter((rollout) => this.#dueAt(rollout) <= now())
    if (due.length === 0) return
    const keys = new Set(all.map(toKey))
    for (const key of this.#madeAt.keys()) if (!keys.has(key)) this.#madeAt.delete(key)
    await Promise.all(due.map((rollout) => this.#make(rollout)))
    arm()
  }

  async #make(rollout: Rollout): Promise<void> {
    const key = toKey(rollout)
    this.#running.add(key)
    this.#madeAt.set(key, this.#deps.now())
    try {
      const result = await this.#askAll(rollout)
      await this.#deps.tell(rollout.id, rollout.state.generation, result)
    } finally {
      this.#running.delete(key)
    }
  }

  async #askAll({ seen, state }: Rollout): Promise<SmokeResult> {
    const { find, open, ask } = this.#deps
    const { smoke = [] } = state.plan
    const published = find(seen.version)
    if (!published) return { outcome: 'fail', text: 'the version is not in the document any more' }
    const began = performance.now()
    const version = await open(published)
    for (const [index, request] of smoke.entries()) {
      const name = toSmokeName(request, index, smoke.length)
      const leftMs = MAX_SMOKE_MS - (performance.now() - began)
      if (leftMs <= 0) {
        const text = `${name}: all together may take ${MAX_SMOKE_MS / 1000} s, which are over`
        return { outcome: 'fail', text }
      }
      const reply = await ask(version, request, Math.min(request.timeoutMs, Math.ceil(leftMs)))
      const problem = findSmokeProblem(request, reply)
      if (problem !== undefined) return { outcome: 'fail', text: `${name}: ${problem}` }
    }
    const count =
      smoke.length === 1 ? 'the smoke request was' : `all ${smoke.length} smoke requests were`
    return { outcome: 'pass', text: `${count} answered as expected` }
  }

  #list(): readonly Rollout[] {
    return this.#deps.store.running().filter((rollout) => {
      const { phase } = rollout.state
      const waits = phase.name === 'smoke' && !phase.isPassed && phase.paused === null
      return waits && !this.#running.has(toKey(rollout))
    })
  }

  /** After a clock that went back, at once. */
  #dueAt(rollout: Rollout): number {
    const madeAt = this.#madeAt.get(toKey(rollout))
    return madeAt === undefined || madeAt > this.#deps.now() ? 0 : madeAt + AGAIN_MS
  }
}

/** Another version is another generation. */
function toKey({ id, state }: Rollout): string {
  return `${id} ${state.generation}`
}

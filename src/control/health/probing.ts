// Probes the origins of services that environments point at, in rounds: decides when the next round is
// due, runs it, and keeps the results. tasks.ts sets the alarm. If the document has no probes, no round
// is ever due. Also wakes the origins of a version.

import {
  findWorst,
  type Health,
  newHealth,
  nextHealth,
  type OriginHealth,
  type ProbeResult,
  restoreHealth,
} from '../../core/health.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import type {
  EnvironmentHealthReport,
  ServiceHealthReport,
  ServicesHealthReport,
} from '../../wire/health.ts'
import type { Outbox } from '../outbox.ts'
import type { HealthRecords } from './records.ts'
import { ServicesHealth } from './services-health.ts'
import { findTargets, type ProbeTarget, type Targets } from './targets.ts'

/**
 * The shortest time between two rounds, however many probes there are. Each round sets an alarm, which
 * is a written row: at most 8,640 rows a day, and none without probes.
 */
const LOOK_SPACING_MS = 10_000
export const MAX_LOOKS_PER_DAY = 86_400_000 / LOOK_SPACING_MS

/** A Worker may have six open connections at a time. The control needs some for itself. */
export const PROBES_AT_ONCE = 4

/** A free account may make 50 calls per event. The remaining origins are asked in the next round. */
export const PROBES_PER_LOOK = 40

/** How many origins are reported as down to isolates. Each takes up to 300 characters of every reply. */
export const MAX_DOWN_ORIGINS = 50

export type ProbingDeps = {
  readonly records: HealthRecords
  readonly outbox: Pick<Outbox, 'add'>
  /** The newest revision; `undefined` while there is none. */
  readonly document: () =>
    | {
        readonly digest: string
        readonly content: Pick<AssignmentsDocument, 'environments' | 'versions'>
      }
    | undefined
  readonly ask: (target: ProbeTarget) => Promise<ProbeResult>
  readonly now: () => number
  readonly allowInsecure: boolean
}

const NOTHING: Targets = { services: [], asked: [] }

export class Probing {
  readonly #parts: ProbingDeps
  readonly #services: ServicesHealth
  readonly #origins = new Map<string, OriginHealth>()
  /** When each origin was last asked, by key. A control that restarts asks all of them. */
  readonly #askedAt = new Map<string, number>()
  #targets = NOTHING
  #digest: string | undefined
  #down: readonly string[] = []
  #lookedAt = Number.NEGATIVE_INFINITY
  #isLooking = false

  constructor(parts: ProbingDeps) {
    this.#parts = parts
    for (const [key, health] of parts.records.load('origin')) {
      this.#origins.set(key, restoreHealth(health))
    }
    this.#services = new ServicesHealth(parts.records, parts.outbox)
  }

  /** When the next round is due, in milliseconds since the epoch; `undefined` for never. */
  nextDueAt(now: number): number | undefined {
    const { asked } = this.#current(now)
    if (asked.length === 0) return undefined
    this.#heedClock(now)
    if (this.#isLooking) return now + LOOK_SPACING_MS
    const due = Math.min(...asked.map((target) => this.#dueAt(target, now)))
    return Math.max(due, this.#lookedAt + LOOK_SPACING_MS, now)
  }

  /** Runs a round: asks the origins that are due, those that waited longest first. Never throws. */
  async run(now: number): Promise<void> {
    const due = this.nextDueAt(now)
    if (this.#isLooking || due === undefined || due > now) return
    this.#isLooking = true
    this.#lookedAt = now
    try {
      const { asked } = this.#targets
      const chosen = asked
        .filter((target) => this.#dueAt(target, now) <= now)
        .sort((one, other) => this.#dueAt(one, now) - this.#dueAt(other, now))
        .slice(0, PROBES_PER_LOOK)
      for (const { key } of chosen) this.#askedAt.set(key, now)
      await this.#askAll(chosen)
    } catch (cause) {
      console.error('a round of health probes failed', cause)
    } finally {
      this.#isLooking = false
    }
  }

  get isLooking(): boolean {
    return this.#isLooking
  }

  /** Origins for which all probes failed. Isolates take this as a hint and may still use them. */
  get down(): readonly string[] {
    return this.#down
  }

  #findDown(): readonly string[] {
    const states = new Map<string, boolean>()
    for (const { key, origin } of this.#targets.asked) {
      const isDown = this.#origins.get(key)?.state === 'Down'
      states.set(origin, isDown && states.get(origin) !== false)
    }
    const down = [...states].filter(([, isDown]) => isDown).map(([origin]) => origin)
    return down.slice(0, MAX_DOWN_ORIGINS)
  }

  /** The health of every service of every environment. */
  report(now: number): ServicesHealthReport {
    const { services } = this.#current(now)
    const reports = this.#services.report(services, (target) => this.#healthOf(target, now))
    return { environments: toEnvironments(reports), services: reports, down: this.#down }
  }

  async #askAll(chosen: readonly ProbeTarget[]): Promise<void> {
    const { ask, now } = this.#parts
    const left = [...chosen]
    const work = async () => {
      for (let target = left.shift(); target; target = left.shift()) {
        const probed = await ask(target)
        this.#record(target, probed, now())
      }
    }
    await Promise.all(Array.from({ length: PROBES_AT_ONCE }, work))
  }

  #record(target: ProbeTarget, probed: ProbeResult, now: number): void {
    const before = this.#origins.get(target.key) ?? newHealth(now)
    const after = nextHealth(before, probed, target.status, now)
    // The document may have changed while the answer was on its way.
    if (!this.#targets.asked.some(({ key }) => key === target.key)) return
    this.#origins.set(target.key, after)
    if (after.state !== before.state) this.#parts.records.write('origin', target.key, after)
    const { services } = this.#targets
    this.#services.update(services, (one) => this.#healthOf(one, now), now)
    this.#down = this.#findDown()
  }

  #healthOf({ key, refusal }: ProbeTarget, now: number): Health {
    if (refusal !== undefined) return { state: 'Unknown', since: now, why: refusal }
    return this.#origins.get(key) ?? newHealth(now)
  }

  #dueAt({ key, intervalMs }: ProbeTarget, now: number): number {
    const askedAt = this.#askedAt.get(key)
    return askedAt === undefined ? now : askedAt + intervalMs
  }

  /** After the clock goes back, clamps future times to now. */
  #heedClock(now: number): void {
    if (this.#lookedAt <= now) return
    this.#lookedAt = now
    for (const [key, askedAt] of this.#askedAt) this.#askedAt.set(key, Math.min(askedAt, now))
  }

  /** The targets of the newest document. Deletes the results of targets that it no longer has. */
  #current(now: number): Targets {
    const document = this.#parts.document()
    if (document?.digest === this.#digest) return this.#targets
    this.#digest = document?.digest
    this.#targets = document ? findTargets(document.content, this.#parts.allowInsecure) : NOTHING
    const keys = new Set(this.#targets.asked.map(({ key }) => key))
    for (const key of this.#origins.keys()) {
      if (keys.has(key)) continue
      this.#origins.delete(key)
      this.#askedAt.delete(key)
      this.#parts.records.remove('origin', key)
    }
    this.#services.update(this.#targets.services, (target) => this.#healthOf(target, now), now)
    this.#down = this.#findDown()
    return this.#targets
  }
}

function toEnvironments(services: readonly ServiceHealthReport[]): EnvironmentHealthReport[] {
  return [...Map.groupBy(services, ({ environment }) => environment)].flatMap(
    ([environment, own]) => {
      const parts = own.map(({ prefix, state, since = 0, why }) => {
        return { name: prefix, health: { state, since, why } }
      })
      const worst = findWorst(parts)
      if (!worst) return []
      const { state, since, why } = worst.health
      const told = own.length > 1 ? `${worst.name}: ${why}` : why
      return [{ environment, state, since: since === 0 ? undefined : since, why: told }]
    },
  )
}

/**
 * Each origin gets so many requests, of which the first may have to start an instance; the rollout waits
 * no longer than `WARMING_MS`.
 */
const WARMING_REQUESTS = 3
const WARMING_MS = 5000
const MAX_WARMED_ORIGINS = 20

type WarmingDeps = Pick<ProbingDeps, 'document' | 'ask' | 'allowInsecure'>

/**
 * Wakes the origins of a version before visitors come to it: a backend that sleeps, or whose caches are
 * empty, would make a healthy release look slow.
 *
 * Sends a few health checks to each origin of the version, one after the other, all origins at once.
 * Services without a probe are not asked: nobody has said which request does no harm. Never throws,
 * and takes at most `WARMING_MS`.
 */
export async function warmVersion(
  { document, ask, allowInsecure }: WarmingDeps,
  version: string,
): Promise<void> {
  const versions: AssignmentsDocument['versions'] = document()?.content.versions ?? {}
  const environments = { warmed: { version } }
  const { asked } = findTargets({ environments, versions }, allowInsecure)
  const work = asked.slice(0, MAX_WARMED_ORIGINS).map(async (target) => {
    for (let i = 0; i < WARMING_REQUESTS; i++) await ask(target)
  })
  await withTimeout(Promise.allSettled(work), WARMING_MS).catch(() => undefined)
}

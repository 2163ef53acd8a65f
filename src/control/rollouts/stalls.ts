// Tells of rollouts that stand: once for each time that one waits longer than its plan lets expect, and once
// for each release that has to wait behind one. rollout.waiting and rollout.paused are told by the machine.

import { toDuration } from '../../core/amounts.ts'
import { decideOutcome } from '../../core/judge/verdict.ts'
import { nameVersions } from '../../core/judge/words.ts'
import { findObstacle, toGate } from '../../core/rollout/gate.ts'
import { toQuestion } from '../../core/rollout/plan.ts'
import { isRunning, toObserved, toStepNumber } from '../../core/rollout/state.ts'
import type { Outbox } from '../outbox.ts'
import type { Pair } from './seen.ts'
import type { Rollout, RolloutStore } from './store.ts'

/** A step without a maximum may take twice its minimum, and so much longer at least. */
const LEAST_PATIENCE_MS = 10 * 60_000

/** After so long a pause looks forgotten. */
const PAUSE_PATIENCE_MS = 60 * 60_000

/** After so many looks in a row that came to nothing, about a minute, a rollout is not watched any more. */
const BLIND_LOOKS = 5

/** Releases behind one rollout that are remembered; a pipeline may try again and again. */
export const MAX_QUEUED_RELEASES = 20

/** `rollout_stalls`: what was last told of a rollout; `rollout_queue`: releases that were refused behind one. */
const TABLES = `
CREATE TABLE IF NOT EXISTS rollout_stalls (
  rollout INTEGER PRIMARY KEY,
  told TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS rollout_queue (
  rollout INTEGER NOT NULL,
  version TEXT NOT NULL,
  PRIMARY KEY (rollout, version)
) STRICT, WITHOUT ROWID;
`

export type StallDeps = {
  readonly storage: DurableObjectStorage
  readonly store: RolloutStore
  readonly outbox: Pick<Outbox, 'add'>
  readonly now: () => number
}

type Stall = {
  /** Names the occurrence: the same for as long as it lasts. */
  readonly key: string
  readonly reason: string
}

export class Stalls {
  readonly #deps: StallDeps

  constructor(deps: StallDeps) {
    this.#deps = deps
    deps.storage.sql.exec(TABLES)
  }

  /** Tells if a rollout stands and that was not told yet. */
  tell(id: number): void {
    const { storage, store, outbox } = this.#deps
    const rollout = store.get(id)
    if (!rollout || !isRunning(rollout.state.phase) || rollout.isOlder) return
    const stall = this.#find(rollout)
    const told = this.#told(id)
    if (stall?.key === told) return
    if (!stall) {
      // Looks that fail again are told again; everything else has a key of its own for each occurrence.
      if (told === 'blind' && rollout.failures === 0) this.#forget(id)
      return
    }
    storage.transactionSync(() => {
      storage.sql.exec(
        'INSERT OR REPLACE INTO rollout_stalls (rollout, told) VALUES (?, ?)',
        id,
        stall.key,
      )
      outbox.add({ kind: 'rollout.stalled', ...toFields(rollout), reason: stall.reason })
    })
  }

  /** Tells that a release has to wait for the running rollouts of these environments. */
  queue(pair: Pair, version: string, by: string): void {
    const { storage, store, outbox } = this.#deps
    const names = [pair.environment, pair.base, pair.baseline]
    for (const rollout of store.running()) {
      const { id, environment, base, baseline, seen } = rollout
      const isInTheWay = [environment, base, baseline].some(
        (name) => name !== undefined && names.includes(name),
      )
      const queued = this.queued(id)
      const isNew = version !== seen.version && !queued.includes(version)
      if (!isInTheWay || !isNew || queued.length >= MAX_QUEUED_RELEASES) continue
      storage.transactionSync(() => {
        storage.sql.exec(
          'INSERT INTO rollout_queue (rollout, version) VALUES (?, ?)',
          ...[id, version],
        )
        const reason = `${version} waits until rollout ${id} is over`
        const waiting = [...queued, version]
        outbox.add({ kind: 'rollout.blocking', ...toFields(rollout), by, reason, waiting })
      })
    }
  }

  /** Versions whose rollout was refused because of this one. */
  queued(id: number): string[] {
    const rows = this.#deps.storage.sql.exec<{ version: string }>(
      'SELECT version FROM rollout_queue WHERE rollout = ? ORDER BY version',
      id,
    )
    return [...rows].map(({ version }) => version)
  }

  /** Nothing is remembered of a rollout that has ended. */
  end(id: number): void {
    const { sql } = this.#deps.storage
    if (this.queued(id).length > 0) sql.exec('DELETE FROM rollout_queue WHERE rollout = ?', id)
    if (this.#told(id) !== undefined) this.#forget(id)
  }

  #find(rollout: Rollout): Stall | undefined {
    const { id, state, seen, failures, problem } = rollout
    const { phase, plan, generation } = state
    if (!isRunning(phase)) return undefined
    if (problem !== null && failures >= BLIND_LOOKS) {
      return { key: 'blind', reason: `nobody watches it: ${problem}` }
    }
    const place = `${generation} ${phase.name === 'step' ? phase.index : phase.name}`
    const name = (text: string) => nameVersions(text, seen.version, seen.baseVersion)
    if (phase.paused !== null) {
      const since = this.#deps.store.movedAt(id)
      if (since === undefined || this.#deps.now() - since < PAUSE_PATIENCE_MS) return undefined
      const time = toDuration(PAUSE_PATIENCE_MS)
      return { key: `paused ${since}`, reason: name(`paused for ${time}: ${phase.paused.text}`) }
    }
    const { gate, minMs, maxMs } = toGate(state, phase)
    const outcome = decideOutcome(toQuestion(plan), toObserved(state))
    const obstacle = outcome === 'rollback' ? null : findObstacle(state, phase, outcome)
    if (!obstacle || obstacle.kind === 'time') return undefined
    if (gate === 'manual') return { key: place, reason: name(obstacle.reason) }
    // From its maximum on the machine itself tells that it waits.
    const expectedMs = minMs + Math.max(minMs, LEAST_PATIENCE_MS)
    if (maxMs !== null || phase.elapsedMs < expectedMs) return undefined
    const late = `it takes more than ${toDuration(expectedMs)}, and its plan has at least ${toDuration(minMs)}`
    return { key: place, reason: name(`${late}: ${obstacle.reason}`) }
  }

  #told(id: number): string | undefined {
    const rows = this.#deps.storage.sql.exec<{ told: string }>(
      'SELECT told FROM rollout_stalls WHERE rollout = ?',
      id,
    )
    return [...rows][0]?.told
  }

  #forget(id: number): void {
    this.#deps.storage.sql.exec('DELETE FROM rollout_stalls WHERE rollout = ?', id)
  }
}

function toFields({ id, environment, base, seen, state: { weight, phase, plan } }: Rollout) {
  return {
    rollout: id,
    environment,
    base,
    version: seen.version,
    baseVersion: seen.baseVersion,
    weight,
    phase: phase.name === 'ready' ? ('step' as const) : phase.name,
    step: toStepNumber(plan, phase),
    by: 'control',
  }
}

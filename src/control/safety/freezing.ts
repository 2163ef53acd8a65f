// The freeze: stored, begun and ended by people, and ended by the alarm at its time.

import type { Freeze, FreezeBody } from '../../wire/freeze.ts'
import { MAX_FREEZE_DAYS } from '../../wire/freeze.ts'
import type { Author } from '../document/change.ts'
import type { Ledger } from '../document/ledger.ts'
import type { Outbox } from '../outbox.ts'
import { toOwnEntry } from '../publishing/publisher.ts'

const DAY_MS = 86_400_000

type Row = {
  readonly by: string
  readonly since: number
  readonly until: number | null
  readonly reason: string
}

export type FreezingDeps = {
  readonly sql: SqlStorage
  readonly ledger: Ledger
  readonly outbox: Outbox
  readonly now: () => number
}

export class Freezing {
  readonly #parts: FreezingDeps

  constructor(parts: FreezingDeps) {
    this.#parts = parts
    parts.sql.exec(`CREATE TABLE IF NOT EXISTS freeze (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      by TEXT NOT NULL,
      since INTEGER NOT NULL,
      until INTEGER,
      reason TEXT NOT NULL
    ) STRICT`)
  }

  /** The freeze that is in force. One whose time is over is not, even before the alarm has removed it. */
  current(): Freeze | undefined {
    const freeze = this.#stored()
    return freeze && (freeze.until ?? Infinity) > this.#parts.now() ? freeze : undefined
  }

  /** When the freeze ends by itself. */
  dueAt(): number | undefined {
    return this.#stored()?.until
  }

  /** Why nothing goes forward now, in words; `undefined` if it may. */
  toText(): string | undefined {
    const freeze = this.current()
    if (!freeze) return undefined
    const { by, since, until, reason } = freeze
    const end = until === undefined ? 'until somebody ends it' : `until ${toUtc(until)}`
    return `${by} froze releases at ${toUtc(since)}, ${end}: ${reason}`
  }

  /** @throws TypeError for an end that is not ahead; the route has checked the rest. */
  async begin({ principal, requestId }: Author, { reason, until }: FreezeBody): Promise<void> {
    const { sql, ledger, outbox, now } = this.#parts
    const at = now()
    const { actor, token } = principal
    const detail = until === undefined ? {} : { until }
    await ledger.record([{ at, actor, token, action: 'freeze', detail, reason, requestId }], () => {
      sql.exec(
        'INSERT OR REPLACE INTO freeze (id, by, since, until, reason) VALUES (1, ?, ?, ?, ?)',
        ...[actor, at, until ?? null, reason],
      )
      outbox.add({ kind: 'freeze.begun', by: actor, reason, ...detail })
    })
    ledger.armAlarm()
  }

  async end({ principal, requestId }: Author, reason: string | undefined): Promise<void> {
    if (!this.current()) return
    const { ledger, now } = this.#parts
    const { actor, token } = principal
    const entry = { at: now(), actor, token, action: 'unfreeze', detail: {}, reason, requestId }
    await ledger.record([entry], () => this.#remove(actor, reason))
  }

  /** Ends a freeze whose time is over. */
  async run(): Promise<void> {
    const { ledger, now } = this.#parts
    const { until } = this.#stored() ?? {}
    if (until === undefined || until > now()) return
    const reason = 'its time is over'
    const entry = { ...toOwnEntry('unfreeze', { until }, now()), reason }
    await ledger.record([entry], () => {
      if (this.#stored()?.until === until) this.#remove(entry.actor, reason)
    })
  }

  #remove(by: string, reason: string | undefined): void {
    this.#parts.sql.exec('DELETE FROM freeze')
    this.#parts.outbox.add({
      kind: 'freeze.ended',
      by,
      ...(reason === undefined ? {} : { reason }),
    })
  }

  #stored(): Freeze | undefined {
    const [row] = [...this.#parts.sql.exec<Row>('SELECT by, since, until, reason FROM freeze')]
    if (!row) return undefined
    const { until, ...rest } = row
    return { ...rest, ...(until === null ? {} : { until }) }
  }
}

/** What is wrong with the end of a freeze; `undefined` if it is ahead, and not too far. */
export function findUntilMistake(until: number | undefined, now: number): string | undefined {
  if (until === undefined) return undefined
  if (until <= now) return `it ends at ${toUtc(until)}, which is over`
  if (until <= now + MAX_FREEZE_DAYS * DAY_MS) return undefined
  return `it ends at ${toUtc(until)}: a freeze lasts ${MAX_FREEZE_DAYS} days at most`
}

/** As `2026-12-24 18:00 UTC`. */
export function toUtc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

// The tables of webhooks and of their deliveries. A secret and an address leave this file only to send.

import type { WebhookDelivery, WebhookForm } from '../../wire/webhooks.ts'
import type { LoggedEvent } from './forms.ts'
import { MAX_WEBHOOK_DELIVERIES } from './limits.ts'
import type { SendResult } from './send.ts'

/**
 * `webhooks`: who is told, how far each has read, and how it fares. `webhook_deliveries`: the newest
 * deliveries of each.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS webhooks (
  name TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  form TEXT NOT NULL,
  events TEXT NOT NULL,
  secret BLOB,
  dashboard TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  position INTEGER NOT NULL,
  missed INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  failing_since INTEGER,
  tried_at INTEGER NOT NULL,
  retry_at INTEGER NOT NULL,
  why TEXT,
  disabled_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS webhook_deliveries (
  id INTEGER PRIMARY KEY,
  webhook TEXT NOT NULL,
  event INTEGER NOT NULL,
  kind TEXT NOT NULL,
  cause TEXT NOT NULL,
  at INTEGER NOT NULL,
  tried_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER,
  why TEXT,
  ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_of_webhook ON webhook_deliveries (webhook, id);
`

type Row = {
  readonly name: string
  readonly url: string
  readonly form: WebhookForm
  /** JSON. */
  readonly events: string
  readonly secret: ArrayBuffer | null
  readonly dashboard: string
  readonly created_at: number
  readonly created_by: string
  /** The id of the last event that was delivered, or was not to be. */
  readonly position: number
  readonly missed: number
  readonly failures: number
  readonly failing_since: number | null
  readonly tried_at: number
  readonly retry_at: number
  readonly why: string | null
  readonly disabled_at: number | null
}

export type Webhook = Omit<Row, 'events'> & { readonly events: readonly string[] }

type DeliveryRow = {
  readonly id: number
  readonly webhook: string
  readonly event: number
  readonly kind: string
  readonly cause: WebhookDelivery['cause']
  readonly at: number
  readonly tried_at: number
  readonly attempts: number
  readonly outcome: WebhookDelivery['outcome']
  readonly status: number | null
  readonly why: string | null
  readonly ms: number
}

/** What is written of a webhook after an attempt. */
export type Progress = Pick<
  Webhook,
  'position' | 'failures' | 'failing_since' | 'tried_at' | 'retry_at' | 'why' | 'disabled_at'
>

export class WebhookStore {
  readonly #sql: SqlStorage
  /** All rows: the control asks for them whenever it sets its alarm. */
  #known: readonly Webhook[]

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(TABLES)
    this.#known = this.#read()
  }

  /** In the order of their names. */
  list(): readonly Webhook[] {
    return this.#known
  }

  get(name: string): Webhook | undefined {
    return this.#known.find((one) => one.name === name)
  }

  add({ events, ...row }: Webhook): void {
    this.#sql.exec(
      `INSERT INTO webhooks (name, url, form, events, secret, dashboard, created_at, created_by,
        position, missed, failures, failing_since, tried_at, retry_at, why, disabled_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[row.name, row.url, row.form, JSON.stringify(events), row.secret, row.dashboard],
      ...[row.created_at, row.created_by, row.position, row.missed, row.failures],
      ...[row.failing_since, row.tried_at, row.retry_at, row.why, row.disabled_at],
    )
    this.reload()
  }

  remove(name: string): void {
    this.#sql.exec('DELETE FROM webhooks WHERE name = ?', name)
    this.#sql.exec('DELETE FROM webhook_deliveries WHERE webhook = ?', name)
    this.reload()
  }

  progress(name: string, made: Progress): void {
    this.#sql.exec(
      `UPDATE webhooks SET position = ?, failures = ?, failing_since = ?, tried_at = ?, retry_at = ?,
        why = ?, disabled_at = ? WHERE name = ?`,
      ...[made.position, made.failures, made.failing_since, made.tried_at, made.retry_at],
      ...[made.why, made.disabled_at, name],
    )
    this.reload()
  }

  /** Goes on behind events that are no longer kept, or that this webhook does not get. */
  skipTo(name: string, position: number, missed: number): void {
    this.#sql.exec(
      'UPDATE webhooks SET position = ?, missed = missed + ? WHERE name = ?',
      ...[position, missed, name],
    )
    this.reload()
  }

  /** Notes an attempt; further attempts of the same delivery of an event are the same row. */
  record(
    name: string,
    cause: WebhookDelivery['cause'],
    { id: event, kind }: LoggedEvent,
    { isTaken, status, why, ms }: SendResult,
    at: number,
  ): number {
    const outcome = isTaken ? 'delivered' : 'failed'
    const isRepeated = cause === 'event' || cause === 'confirmation'
    const before = isRepeated ? this.#lastOf(name, cause) : undefined
    if (before?.event === event && before.outcome === 'failed') {
      this.#sql.exec(
        `UPDATE webhook_deliveries SET tried_at = ?, attempts = attempts + 1, outcome = ?, status = ?,
          why = ?, ms = ? WHERE id = ?`,
        ...[at, outcome, status ?? null, why ?? null, ms, before.id],
      )
      return before.id
    }
    const { id } = this.#sql
      .exec<{ id: number }>(
        `INSERT INTO webhook_deliveries
          (webhook, event, kind, cause, at, tried_at, attempts, outcome, status, why, ms)
         VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?) RETURNING id`,
        ...[name, event, kind, cause, at, at, outcome, status ?? null, why ?? null, ms],
      )
      .one()
    this.#sql.exec(
      `DELETE FROM webhook_deliveries WHERE webhook = ? AND id <= (
        SELECT id FROM webhook_deliveries WHERE webhook = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
      ...[name, name, MAX_WEBHOOK_DELIVERIES],
    )
    return id
  }

  delivery(name: string, id: number): WebhookDelivery | undefined {
    const rows = this.#sql.exec<DeliveryRow>(
      'SELECT * FROM webhook_deliveries WHERE webhook = ? AND id = ?',
      ...[name, id],
    )
    return [...rows].map(toDelivery)[0]
  }

  /** Newest first. */
  deliveries(name: string): readonly WebhookDelivery[] {
    const rows = this.#sql.exec<DeliveryRow>(
      'SELECT * FROM webhook_deliveries WHERE webhook = ? ORDER BY id DESC LIMIT ?',
      ...[name, MAX_WEBHOOK_DELIVERIES],
    )
    return [...rows].map(toDelivery)
  }

  /** Reads the table anew: after a transaction that was rolled back, memory is ahead of it. */
  reload(): void {
    this.#known = this.#read()
  }

  #read(): readonly Webhook[] {
    const rows = this.#sql.exec<Row>('SELECT * FROM webhooks ORDER BY name')
    return [...rows].map(({ events, ...row }) => ({ ...row, events: JSON.parse(events) }))
  }

  #lastOf(name: string, cause: WebhookDelivery['cause']): DeliveryRow | undefined {
    const rows = this.#sql.exec<DeliveryRow>(
      `SELECT * FROM webhook_deliveries WHERE webhook = ? AND cause = ? ORDER BY id DESC LIMIT 1`,
      ...[name, cause],
    )
    return [...rows][0]
  }
}

function toDelivery({
  event,
  status,
  why,
  tried_at,
  webhook: _,
  ...row
}: DeliveryRow): WebhookDelivery {
  return {
    ...row,
    event: event === 0 ? undefined : event,
    triedAt: tried_at,
    status: status ?? undefined,
    why: why ?? undefined,
  }
}

// The hash chain of the audit log: what a row's hash covers, and rows as the control tells them. Pure
// but for SHA-256; verify.ts checks a chain that is stored.

import { digestText } from '../assignments/sync.ts'
import type { AuditRow } from './contract.ts'
import type { AuditTableRow } from './tables.ts'

/** What is known of an action before it has a place in the log. */
export type Entry = {
  readonly at: number
  readonly actor: string
  readonly token: string | undefined
  readonly action: string
  readonly detail: unknown
  readonly reason: string | undefined
  readonly requestId: string
}

/** What an action did to the document; all `undefined` for one that left it alone. */
export type Effect = {
  readonly revision: number | undefined
  readonly before: string | undefined
  readonly after: string | undefined
}

export const NO_EFFECT: Effect = { revision: undefined, before: undefined, after: undefined }

/** The newest row of a log, whether or not there is any. */
export type AuditHead = { readonly seq: number; readonly hash: string }

/** What a row's hash covers, in this order. */
const HASHED_COLUMNS = [
  'seq',
  'at',
  'actor',
  'token',
  'action',
  'detail',
  'reason',
  'revision',
  'before',
  'after',
  'request_id',
  'previous',
] as const satisfies readonly (keyof AuditTableRow)[]

/** All columns of the table. */
export const AUDIT_COLUMNS: readonly (keyof AuditTableRow)[] = [...HASHED_COLUMNS, 'hash']

/** The row that follows `head`. */
export async function makeRow(
  { at, actor, token, action, detail, reason, requestId }: Entry,
  { revision, before, after }: Effect,
  head: AuditHead,
): Promise<AuditTableRow> {
  const row = {
    seq: head.seq + 1,
    at,
    actor,
    token: token ?? null,
    action,
    detail: JSON.stringify(detail ?? null),
    reason: reason ?? null,
    revision: revision ?? null,
    before: before ?? null,
    after: after ?? null,
    request_id: requestId,
    previous: head.hash,
  }
  return { ...row, hash: await hashRow(row) }
}

/** SHA-256 of a JSON array of the hashed columns; `null` for what is not there, `detail` as its JSON text. */
export function hashRow(row: Omit<AuditTableRow, 'hash'>): Promise<string> {
  return digestText(JSON.stringify(HASHED_COLUMNS.map((column) => row[column])))
}

/** A row as it is told. One that was damaged is told as far as it can be read. */
export function toAuditRow(row: AuditTableRow): AuditRow {
  return {
    seq: row.seq,
    at: row.at,
    actor: row.actor,
    token: row.token ?? undefined,
    action: row.action,
    detail: parseDetail(row.detail),
    reason: row.reason ?? undefined,
    revision: row.revision ?? undefined,
    before: row.before ?? undefined,
    after: row.after ?? undefined,
    requestId: row.request_id,
    previous: row.previous,
    hash: row.hash,
  }
}

function parseDetail(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

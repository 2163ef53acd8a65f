// The hash chain of the audit log: what a row's hash and its digests cover, and rows as the control
// tells them. Pure but for SHA-256; verify.ts checks a chain that is stored.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { digestText } from '../../loading/sync.ts'
import type { AuditRow } from '../../wire/audit.ts'
import type { AuditTableRow } from '../tables.ts'
import { serialise } from './content.ts'

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
  readonly textDigest: string | undefined
}

export const NO_EFFECT: Effect = {
  revision: undefined,
  before: undefined,
  after: undefined,
  textDigest: undefined,
}

/** The newest row of a log, whether or not there is any. */
export type AuditHead = { readonly seq: number; readonly hash: string }

/**
 * How new rows are made. Rows of form 1, from before there were forms, have digests of the document's
 * text with its keys in the order of that moment, and their hash does not cover the form. Since form 2
 * digests are of the canonical form, and `text_digest` covers every byte of the text besides.
 */
export const FORM = 2

/** What a row's hash covers, in this order. */
const HASHED_COLUMNS_OF_FORM_1 = [
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

/** The same since form 2. */
const HASHED_COLUMNS = [...HASHED_COLUMNS_OF_FORM_1, 'form', 'text_digest'] as const

/** All columns of the table. */
export const AUDIT_COLUMNS: readonly (keyof AuditTableRow)[] = [...HASHED_COLUMNS, 'hash']

/** The row that follows `head`. */
export async function makeRow(
  { at, actor, token, action, detail, reason, requestId }: Entry,
  { revision, before, after, textDigest }: Effect,
  head: AuditHead,
): Promise<AuditTableRow> {
  const row = {
    seq: head.seq + 1,
    at,
    // SQLite keeps no lone surrogates: the row is hashed as it will be read again.
    actor: actor.toWellFormed(),
    token: token ?? null,
    action,
    detail: JSON.stringify(detail ?? null),
    reason: reason?.toWellFormed() ?? null,
    revision: revision ?? null,
    before: before ?? null,
    after: after ?? null,
    request_id: requestId,
    previous: head.hash,
    form: FORM,
    text_digest: textDigest ?? null,
  }
  return { ...row, hash: await hashRow(row) }
}

/** SHA-256 of a JSON array of the hashed columns; `null` for what is not there, `detail` as its JSON text. */
export function hashRow(row: Omit<AuditTableRow, 'hash'>): Promise<string> {
  const isOld = row.form === 1 && row.text_digest === null
  const columns = isOld ? HASHED_COLUMNS_OF_FORM_1 : HASHED_COLUMNS
  return digestText(JSON.stringify(columns.map((column) => row[column])))
}

/** SHA-256 of what a document says without its `audit` field, in the form that a row has. */
export function digestDocument(document: object, form: number): Promise<string> {
  const { audit: _, ...bare } = document as Readonly<Record<string, unknown>>
  return digestText(form === 1 ? serialise(bare) : toCanonicalJson(bare))
}

/** SHA-256 of a document's text without its `audit` field. */
export function digestBareText(document: object): Promise<string> {
  return digestDocument(document, 1)
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
    form: row.form,
    textDigest: row.text_digest ?? undefined,
  }
}

function parseDetail(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

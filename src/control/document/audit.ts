// The hash chain of the audit log: what the hash and the digests of a row cover, and how a row is
// shown. Pure except for SHA-256. verify.ts checks a stored chain.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { digestText } from '../../loading/sync.ts'
import type { AuditRow } from '../../wire/audit.ts'
import type { AuditTableRow } from '../tables.ts'
import { serialise } from './content.ts'

/** An action before it has its place in the log. */
export type Entry = {
  readonly at: number
  readonly actor: string
  readonly token: string | undefined
  readonly action: string
  readonly detail: unknown
  readonly reason: string | undefined
  readonly requestId: string
}

/** What an action changed in the document; all `undefined` if it changed nothing there. */
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

/** The number and hash of the newest row; a log without rows has number 0. */
export type AuditHead = { readonly seq: number; readonly hash: string }

/**
 * The form of new rows. In form 1, which older Holos wrote, digests are of the document's text with its
 * keys in the order that they happened to have, and the hash does not cover the form. In form 2 digests
 * are of the canonical JSON, and `text_digest` also covers every byte of the text.
 */
export const FORM = 2

/** The columns that the hash of a row covers, in this order. */
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

/** The columns that the hash covers in form 2. */
const HASHED_COLUMNS = [...HASHED_COLUMNS_OF_FORM_1, 'form', 'text_digest'] as const

/** All columns of the table. */
export const AUDIT_COLUMNS: readonly (keyof AuditTableRow)[] = [...HASHED_COLUMNS, 'hash']

/** Makes the row that follows `head`. */
export async function makeRow(
  { at, actor, token, action, detail, reason, requestId }: Entry,
  { revision, before, after, textDigest }: Effect,
  head: AuditHead,
): Promise<AuditTableRow> {
  const row = {
    seq: head.seq + 1,
    at,
    // SQLite cannot store lone surrogates: hash the text that will be read back.
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

/**
 * SHA-256 of a JSON array of the hashed columns. Missing values are `null`; `detail` is its JSON text.
 */
export function hashRow(row: Omit<AuditTableRow, 'hash'>): Promise<string> {
  const isOld = row.form === 1 && row.text_digest === null
  const columns = isOld ? HASHED_COLUMNS_OF_FORM_1 : HASHED_COLUMNS
  return digestText(JSON.stringify(columns.map((column) => row[column])))
}

/** SHA-256 of a document without its `audit` field, by the rules of a row's form. */
export function digestDocument(document: object, form: number): Promise<string> {
  const { audit: _, ...bare } = document as Readonly<Record<string, unknown>>
  return digestText(form === 1 ? serialise(bare) : toCanonicalJson(bare))
}

/** SHA-256 of a document's text without its `audit` field. */
export function digestBareText(document: object): Promise<string> {
  return digestDocument(document, 1)
}

/** A row as the API shows it. Of a damaged row, what can be read is shown. */
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

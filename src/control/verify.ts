// Checks the audit log against itself, the history against the log, and a copy of a document against
// both. Whatever single row was changed, removed or moved, something no longer fits and is named.

import { MAX_ASSIGNMENTS_BYTES } from '../assignments/limits.ts'
import { digestText } from '../assignments/sync.ts'
import { hashRow } from './audit.ts'
import type { Verification } from './contract.ts'
import { isOwnText, serialise } from './document.ts'
import type { History } from './history.ts'
import { MAX_VERIFY_PROBLEMS, VERIFY_PAGE_ROWS } from './limits.ts'
import type { State } from './state.ts'
import { type AuditTableRow, NO_HASH, type RevisionRow } from './tables.ts'

export type VerifyParts = {
  readonly sql: SqlStorage
  readonly history: History
  readonly state: State
}

type Problem = Verification['problems'][number]

/** What the rows so far say that the next one must fit. */
type Link = {
  readonly seq: number
  readonly hash: string
  readonly revision: number
  readonly after: string | undefined
}

const FIRST: Link = { seq: 0, hash: NO_HASH, revision: 0, after: undefined }

/** Rows that are added meanwhile are left to the next time. Never throws for what it reads. */
export async function verifyChain(
  parts: VerifyParts,
  copy: string | undefined,
): Promise<Verification> {
  const { sql, state } = parts
  const noted = state.auditHead()
  const last = newestSeq(sql)
  const problems: Problem[] = []
  let rows = 0
  let link = FIRST
  let page = readPage(sql, Number.MIN_SAFE_INTEGER, last)
  while (page.length > 0 && problems.length < MAX_VERIFY_PROBLEMS) {
    for (const row of page) {
      const found = [...checkLink(row, link), ...(await checkContent(row, parts.history))]
      problems.push(...found.map((message) => ({ seq: row.seq, message })))
      link = follow(row, link)
      rows++
    }
    page = readPage(sql, link.seq, last)
  }
  if (page.length === 0 && (link.seq !== noted.seq || link.hash !== noted.hash)) {
    const message = `the log ends with row ${link.seq}, but row ${noted.seq} (${noted.hash}) was written last`
    problems.push({ seq: undefined, message })
  }
  const others = [...findOrphans(sql), ...(copy === undefined ? [] : await checkCopy(copy, parts))]
  problems.push(...others.map((message) => ({ seq: undefined, message })))
  return { rows, head: link.hash, problems: problems.slice(-MAX_VERIFY_PROBLEMS) }
}

function newestSeq(sql: SqlStorage): number {
  return sql.exec<{ top: number }>('SELECT coalesce(max(seq), 0) AS top FROM audit').one().top
}

function readPage(sql: SqlStorage, after: number, last: number): AuditTableRow[] {
  return [
    ...sql.exec<AuditTableRow>(
      'SELECT * FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
      after,
      last,
      VERIFY_PAGE_ROWS,
    ),
  ]
}

function follow({ seq, hash, revision, after }: AuditTableRow, link: Link): Link {
  return {
    seq,
    hash,
    revision: revision ?? link.revision,
    after: revision === null ? link.after : (after ?? undefined),
  }
}

function* checkLink(row: AuditTableRow, link: Link): Generator<string> {
  if (row.seq !== link.seq + 1) {
    yield `it follows row ${link.seq}: what was between is missing`
  }
  if (row.previous !== link.hash) yield `its "previous" is not the hash of row ${link.seq}`
  if (row.revision === null) return
  if (row.revision <= link.revision) yield `its revision ${row.revision} is not a higher one`
  if ((row.before ?? undefined) !== link.after) {
    yield `its "before" is not what revision ${link.revision} was`
  }
}

async function checkContent(row: AuditTableRow, history: History): Promise<string[]> {
  const wrong = (await hashRow(row)) === row.hash ? [] : ['its hash is not that of its fields']
  if (row.revision === null) return wrong
  const stored = history.row(row.revision)
  if (!stored) return [...wrong, `revision ${row.revision} is missing from the history`]
  return [...wrong, ...(await checkRevision(stored, row))]
}

async function checkRevision(stored: RevisionRow, row: AuditTableRow): Promise<string[]> {
  const name = `revision ${stored.revision}`
  const wrong: string[] = []
  if (stored.seq !== row.seq) wrong.push(`${name} says that row ${stored.seq} made it`)
  if (stored.digest !== (await digestText(stored.text))) {
    wrong.push(`the digest of ${name} is not that of its text`)
  }
  const document = parseObject(stored.text)
  // One content has one spelling, so that not even a blank can be added.
  if (!document || !isOwnText(document, stored.text)) {
    return [...wrong, `the text of ${name} is not as the control wrote it`]
  }
  return [...wrong, ...(await checkDocument(document, row, name))]
}

async function checkDocument(
  { audit, ...bare }: Record<string, unknown>,
  row: AuditTableRow,
  name: string,
): Promise<string[]> {
  const wrong: string[] = []
  if (bare.revision !== row.revision) wrong.push(`${name} says that it is ${bare.revision}`)
  if (audit !== row.hash) wrong.push(`the "audit" of ${name} is not the hash of row ${row.seq}`)
  if ((await digestText(serialise(bare))) !== row.after) {
    wrong.push(`the content of ${name} is not what row ${row.seq} says`)
  }
  return wrong
}

/** Revisions that no row made. */
function findOrphans(sql: SqlStorage): string[] {
  const rows = sql.exec<{ revision: number }>(
    `SELECT revisions.revision FROM revisions LEFT JOIN audit ON audit.seq = revisions.seq
     WHERE audit.revision IS NOT revisions.revision LIMIT ?`,
    MAX_VERIFY_PROBLEMS,
  )
  return [...rows].map(({ revision }) => `no row of the log made revision ${revision}`)
}

async function checkCopy(copy: string, { sql, history }: VerifyParts): Promise<string[]> {
  const document = copy.length <= MAX_ASSIGNMENTS_BYTES ? parseObject(copy) : undefined
  if (!document) return ['the copy is no document']
  const { revision } = document
  const name = `the copy of revision ${revision}`
  if (typeof revision !== 'number') return ['the copy has no revision']
  const rows = sql.exec<AuditTableRow>('SELECT * FROM audit WHERE revision = ? LIMIT 1', revision)
  const row = [...rows][0]
  if (row) return checkDocument(document, row, name)
  const highest = history.highest()
  if (revision > highest) return [`${name} is newer than the history, which ends with ${highest}`]
  return [`no row of the log made revision ${revision}, of which there is a copy`]
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

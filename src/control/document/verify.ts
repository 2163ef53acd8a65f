// Checks the hash chain of the audit log, the history against the log, and a copy of a document against
// both. It reports every change, removal or move of a single row.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../../document/limits.ts'
import { digestText } from '../../loading/sync.ts'
import type { Verification } from '../../wire/audit.ts'
import type { State } from '../publishing/state.ts'
import { type AuditTableRow, NO_HASH, type RevisionRow } from '../tables.ts'
import { digestBareText, digestDocument, FORM, hashRow } from './audit.ts'
import { isOwnText } from './content.ts'
import type { History } from './history.ts'

/** So many audit rows are read into memory at once. */
const VERIFY_PAGE_ROWS = 200

/** The most problems that are listed. */
export const MAX_VERIFY_PROBLEMS = 100

export type VerifyDeps = {
  readonly sql: SqlStorage
  readonly history: History
  readonly state: State
}

type Problem = Verification['problems'][number]

/** The end of the chain so far, which the next row must continue. */
type Link = {
  readonly seq: number
  readonly hash: string
  readonly revision: number
  readonly after: string | undefined
  /** The form of the digest `after`. */
  readonly form: number
}

const FIRST: Link = { seq: 0, hash: NO_HASH, revision: 0, after: undefined, form: FORM }

/** Rows added while this runs are not checked. Never throws for damaged data. */
export async function verifyChain(
  parts: VerifyDeps,
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
      const found = [
        ...checkLink(row, link),
        ...(await checkBefore(row, link, parts.history)),
        ...(await checkContent(row, parts.history)),
      ]
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

function follow({ seq, hash, revision, after, form }: AuditTableRow, link: Link): Link {
  if (revision === null) return { ...link, seq, hash }
  return { seq, hash, revision, after: after ?? undefined, form }
}

function* checkLink(row: AuditTableRow, link: Link): Generator<string> {
  if (row.seq !== link.seq + 1) {
    yield `it follows row ${link.seq}: the rows between them are missing`
  }
  if (row.previous !== link.hash) yield `its "previous" is not the hash of row ${link.seq}`
  if (row.revision === null) return
  if (row.revision <= link.revision) yield `its revision ${row.revision} is not a higher one`
}

async function checkBefore(row: AuditTableRow, link: Link, history: History): Promise<string[]> {
  if (row.revision === null) return []
  const before = row.before ?? undefined
  const isSameForm = row.form === link.form || link.after === undefined
  if (isSameForm && before === link.after) return []
  const isOld = row.form === 1 || link.form === 1
  if (isOld && before === (await toOtherDigest(row.form, link, history))) return []
  return [`its "before" is not what revision ${link.revision} was`]
}

/**
 * The other digest that `before` may have, if this row or the one before it has form 1. In a row of
 * form 2 it is the digest of the same document in form 2. In a row of form 1 it is the digest with the
 * keys of versions in the order of the schema, which the document had after a restart of the control.
 */
async function toOtherDigest(
  form: number,
  { revision }: Link,
  history: History,
): Promise<string | undefined> {
  const document = parseObject(history.row(revision)?.text ?? '')
  return document && digestDocument(form === 1 ? toReadAgain(document) : document, form)
}

/** The order of a version's keys in the schema of form 1. */
const VERSION_KEYS = ['manifest', 'services', 'open', 'withdrawn', 'published']

function toReadAgain(document: Record<string, unknown>): object {
  const versions = Object.entries((document.versions ?? {}) as Record<string, object>).map(
    ([id, version]) => [
      id,
      Object.fromEntries(
        VERSION_KEYS.filter((key) => Object.hasOwn(version, key)).map((key) => [
          key,
          (version as Record<string, unknown>)[key],
        ]),
      ),
    ],
  )
  return { ...document, versions: Object.fromEntries(versions) }
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
  // The control writes a document in one way only, so even an added space is found.
  if (!document || !isOwnText(document, stored.text)) {
    return [...wrong, `the text of ${name} is not as the control wrote it`]
  }
  if (row.form !== 1 && (await digestBareText(document)) !== row.text_digest) {
    wrong.push(`the text of ${name} is not the one that row ${row.seq} was made of`)
  }
  return [...wrong, ...(await checkDocument(document, row, name))]
}

async function checkDocument(
  document: Record<string, unknown>,
  row: AuditTableRow,
  name: string,
): Promise<string[]> {
  const wrong: string[] = []
  const { audit, revision } = document
  if (revision !== row.revision) wrong.push(`${name} says that it is ${revision}`)
  if (audit !== row.hash) wrong.push(`the "audit" of ${name} is not the hash of row ${row.seq}`)
  if ((await digestDocument(document, row.form)) !== row.after) {
    wrong.push(`the content of ${name} is not what row ${row.seq} says`)
  }
  return wrong
}

/** Revisions without an audit row. */
function findOrphans(sql: SqlStorage): string[] {
  const rows = sql.exec<{ revision: number }>(
    `SELECT revisions.revision FROM revisions LEFT JOIN audit ON audit.seq = revisions.seq
     WHERE audit.revision IS NOT revisions.revision LIMIT ?`,
    MAX_VERIFY_PROBLEMS,
  )
  return [...rows].map(({ revision }) => `revision ${revision} has no row in the log`)
}

async function checkCopy(copy: string, { sql, history }: VerifyDeps): Promise<string[]> {
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
  return [`the copy is of revision ${revision}, which has no row in the log`]
}

/** `undefined` for text that is no JSON object, or that is nested too deeply to be serialised. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    toCanonicalJson(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

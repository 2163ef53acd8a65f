// Every revision, whole: reading and adding. Who made one stands in its audit row and nowhere else.

import { parseAssignments } from '../../document/parse.ts'
import type { Identity } from '../../loading/sync.ts'
import type { RevisionSummary } from '../../wire/history.ts'
import type { PageQuery } from '../contract.ts'
import type { RevisionRow } from '../tables.ts'
import { type Content, toContent } from './content.ts'

/** Rows on one page of the history or the audit log, whatever was asked for. */
const MAX_ANSWERED_ROWS = 200

type SummaryRow = {
  readonly revision: number
  readonly digest: string
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly reason: string | null
}

/** The newest revision, ready for use. */
export type Head = Identity & { readonly text: string; readonly content: Content }

const SUMMARIES = `SELECT revisions.revision, revisions.digest, audit.at, audit.actor, audit.action,
  audit.reason FROM revisions JOIN audit ON audit.seq = revisions.seq`

/** How many damaged revisions are stepped over in search of one that can be read. */
const MAX_DAMAGED = 20

export class History {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** The newest that can be read. A damaged one is logged and stepped over, never thrown about. */
  newest(): Head | undefined {
    const rows = this.#sql.exec<RevisionRow>(
      'SELECT * FROM revisions ORDER BY revision DESC LIMIT ?',
      MAX_DAMAGED,
    )
    for (const row of rows) {
      const content = toReadable(row)
      if (content) {
        return { revision: row.revision, digest: row.digest, text: row.text, content }
      }
      console.error(`revision ${row.revision} of the history cannot be read: it was damaged`)
    }
    return undefined
  }

  /** The highest number ever given; 0 for none. */
  highest(): number {
    return this.#sql
      .exec<{ top: number }>('SELECT coalesce(max(revision), 0) AS top FROM revisions')
      .one().top
  }

  row(revision: number): RevisionRow | undefined {
    return [
      ...this.#sql.exec<RevisionRow>('SELECT * FROM revisions WHERE revision = ?', revision),
    ][0]
  }

  content(revision: number): Content | undefined {
    const row = this.row(revision)
    return row && toReadable(row)
  }

  /** Whether the control wrote this document. */
  has({ revision, digest }: Identity): boolean {
    return this.row(revision)?.digest === digest
  }

  summary(revision: number): RevisionSummary | undefined {
    const rows = this.#sql.exec<SummaryRow>(`${SUMMARIES} WHERE revisions.revision = ?`, revision)
    return [...rows].map(toSummary)[0]
  }

  /** Newest first. */
  page({ before, limit }: PageQuery): readonly RevisionSummary[] {
    const rows = this.#sql.exec<SummaryRow>(
      `${SUMMARIES} WHERE revisions.revision < ? ORDER BY revisions.revision DESC LIMIT ?`,
      before ?? Number.MAX_SAFE_INTEGER,
      clampLimit(limit),
    )
    return [...rows].map(toSummary)
  }

  /** What came after `revision`, newest first. */
  since(revision: number, limit: number): readonly RevisionSummary[] {
    const rows = this.#sql.exec<SummaryRow>(
      `${SUMMARIES} WHERE revisions.revision > ? ORDER BY revisions.revision DESC LIMIT ?`,
      revision,
      limit,
    )
    return [...rows].map(toSummary)
  }

  insert({ revision, seq, digest, text }: RevisionRow): void {
    this.#sql.exec(
      'INSERT INTO revisions (revision, seq, digest, text) VALUES (?, ?, ?, ?)',
      revision,
      seq,
      digest,
      text,
    )
  }
}

/** How many rows a page has that was asked for with `limit`. */
export function clampLimit(limit: number): number {
  return Number.isInteger(limit)
    ? Math.min(Math.max(limit, 1), MAX_ANSWERED_ROWS)
    : MAX_ANSWERED_ROWS
}

/** Its origins were found right when it was committed, under the settings of then. */
function toReadable({ revision, text }: RevisionRow): Content | undefined {
  const parsed = parseAssignments(text, { allowInsecure: true })
  return parsed.ok && parsed.value.revision === revision ? toContent(parsed.value) : undefined
}

function toSummary({ reason, ...row }: SummaryRow): RevisionSummary {
  return { ...row, reason: reason ?? undefined }
}

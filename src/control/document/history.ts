// The stored revisions: reading and adding. The audit row of a revision says who made it.

import { parseAssignments } from '../../document/parse.ts'
import type { Identity } from '../../loading/sync.ts'
import type { RevisionSummary } from '../../wire/history.ts'
import type { PageQuery } from '../contract.ts'
import type { RevisionRow } from '../tables.ts'
import { type Content, toContent } from './content.ts'

/** The most rows that a page of the history or the audit log has. */
export const MAX_ANSWERED_ROWS = 200

type SummaryRow = {
  readonly revision: number
  readonly digest: string
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly reason: string | null
}

/** The newest revision, parsed. */
export type Head = Identity & { readonly text: string; readonly content: Content }

const SUMMARIES = `SELECT revisions.revision, revisions.digest, audit.at, audit.actor, audit.action,
  audit.reason FROM revisions JOIN audit ON audit.seq = revisions.seq`

/** How many damaged revisions are skipped in search of a readable one. */
const MAX_DAMAGED = 20

export class History {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** The newest revision that can be read. Damaged ones are logged and skipped. Never throws for them. */
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

  /** The highest revision in the history; 0 for none. */
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

  /** The revisions after `revision`, newest first. */
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

/** Limits the number of rows that a caller asked for. */
export function clampLimit(limit: number): number {
  return Number.isInteger(limit)
    ? Math.min(Math.max(limit, 1), MAX_ANSWERED_ROWS)
    : MAX_ANSWERED_ROWS
}

/**
 * Parses a stored revision. Accepts all origins: they were checked, with the settings of then, at the
 * commit.
 */
function toReadable({ revision, text }: RevisionRow): Content | undefined {
  const parsed = parseAssignments(text, { allowInsecure: true })
  return parsed.ok && parsed.value.revision === revision ? toContent(parsed.value) : undefined
}

function toSummary({ reason, ...row }: SummaryRow): RevisionSummary {
  return { ...row, reason: reason ?? undefined }
}

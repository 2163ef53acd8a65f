// Commits a revision and its audit row in one transaction, with the alarm that publishes it. Whoever calls
// has made the content and knows that its author may make it.

import { err, ok, type Result } from '../../core/result.ts'
import { digestText } from '../../loading/sync.ts'
import type { AuditRow } from '../../wire/audit.ts'
import type { NewEvent } from '../../wire/events.ts'
import type { PageQuery } from '../contract.ts'
import { MAX_COMMIT_ATTEMPTS } from '../limits.ts'
import type { Outbox } from '../outbox.ts'
import type { State } from '../publishing/state.ts'
import type { AuditTableRow } from '../tables.ts'
import type { Tasks } from '../tasks.ts'
import {
  AUDIT_COLUMNS,
  type AuditHead,
  digestBareText,
  digestDocument,
  type Effect,
  type Entry,
  FORM,
  makeRow,
  NO_EFFECT,
  toAuditRow,
} from './audit.ts'
import { type Content, toBare, toText } from './content.ts'
import { createParseLast, type DraftProblem } from './draft.ts'
import { clampLimit, type Head, type History } from './history.ts'

export type LedgerDeps = {
  readonly storage: DurableObjectStorage
  readonly history: History
  readonly state: State
  readonly tasks: Tasks
  readonly outbox: Outbox
  readonly allowInsecure: boolean
}

/** `stale`: the newest revision is no longer the one that the content was made from. */
export type CommitFailure = 'stale' | readonly DraftProblem[]

export type CommitOptions = {
  readonly floor?: number
  readonly also?: (head: Head) => void
  readonly notes?: readonly Entry[]
}

export class Ledger {
  readonly #parts: LedgerDeps
  #head: Head | undefined
  readonly #parseLast = createParseLast()

  constructor(parts: LedgerDeps) {
    this.#parts = parts
    this.#head = parts.history.newest()
  }

  /** The newest revision, from memory. */
  get head(): Head | undefined {
    return this.#head
  }

  /** How many bytes the control's database has. */
  get databaseBytes(): number {
    return this.#parts.storage.sql.databaseSize
  }

  /** The number that the next revision gets, above all that were ever given and above `floor`. */
  nextRevision(floor = 0): number {
    return Math.max(this.#parts.history.highest(), this.#head?.revision ?? 0, floor) + 1
  }

  /**
   * Commits `content` as the revision that follows `base`, or nothing at all. SHA-256 is
   * asynchronous, so that others may come between; the transaction looks once more at what the
   * hashes were made from.
   *
   * @param floor The new revision is above this one too.
   * @param also Writes that belong to the same transaction.
   * @param notes What the audit log says before it, in rows of their own.
   */
  async commit(
    content: Content,
    entry: Entry,
    base: Head | undefined,
    { floor = 0, also, notes = [] }: CommitOptions = {},
  ): Promise<Result<Head, CommitFailure>> {
    const { storage, history, outbox } = this.#parts
    // Of what is stored, not of how it was read: a later Holo may read the same text otherwise.
    const before = base && (await digestDocument(JSON.parse(base.text), FORM))
    for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt++) {
      if (this.#head !== base) return err('stale')
      const auditHead = this.#auditHead()
      const revision = this.nextRevision(floor)
      const noted = await makeRows(notes, auditHead)
      const sealed = await this.#seal(
        content,
        entry,
        { before, revision },
        noted.at(-1) ?? auditHead,
      )
      if (!sealed.ok) return sealed
      const { head, row } = sealed.value
      if (this.#head !== base) return err('stale')
      if (!isSameHead(this.#auditHead(), auditHead)) continue
      storage.transactionSync(() => {
        history.insert({ revision, seq: row.seq, digest: head.digest, text: head.text })
        for (const one of [...noted, row]) this.#insertAudit(one)
        outbox.add(toEvent(head, entry))
        also?.(head)
      })
      this.#head = head
      this.armAlarm()
      return ok(head)
    }
    return err('stale')
  }

  /** The text and digest that `content` would have as a revision of its own, without an audit row. */
  async preview(content: Content, base: Head | undefined): Promise<Result<Head, CommitFailure>> {
    const revision = this.nextRevision()
    const problems = this.#findProblems(content, revision)
    if (problems.length > 0) return err(problems)
    const text = toText(toBare(content, revision))
    const digest = await digestText(text)
    return this.#head === base ? ok({ revision, digest, text, content }) : err('stale')
  }

  /** Commits what `write` does with audit rows of it, or neither. */
  async record(entries: readonly Entry[], write: () => void): Promise<void> {
    const { storage } = this.#parts
    for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt++) {
      const auditHead = this.#auditHead()
      const rows = await makeRows(entries, auditHead)
      if (!isSameHead(this.#auditHead(), auditHead)) continue
      storage.transactionSync(() => {
        write()
        for (const row of rows) this.#insertAudit(row)
      })
      return
    }
    throw new Error('the audit log was too busy')
  }

  /** Sets the one alarm to when something is due. Not awaited: it belongs to the writes before it. */
  armAlarm(): void {
    this.#parts.tasks.arm()
  }

  /** Newest first. */
  auditPage({ before, limit }: PageQuery): readonly AuditRow[] {
    const rows = this.#parts.storage.sql.exec<AuditTableRow>(
      'SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?',
      before ?? Number.MAX_SAFE_INTEGER,
      clampLimit(limit),
    )
    return [...rows].map(toAuditRow)
  }

  /**
   * What the edge would find wrong with the document. It is read with another hash of its audit row than it
   * gets, which is as long and as right: so the reading for the dry run serves for the commit as well.
   */
  #findProblems(content: Content, revision: number): readonly DraftProblem[] {
    const text = toText({ ...toBare(content, revision), audit: ANY_HASH })
    const parsed = this.#parseLast(text, this.#parts.allowInsecure)
    return parsed.ok ? [] : parsed.error.map(({ path, message }) => ({ path, message }))
  }

  /** The document with the hash of its audit row in it. */
  async #seal(
    content: Content,
    entry: Entry,
    { revision, before }: Pick<Effect, 'before'> & { readonly revision: number },
    auditHead: AuditHead,
  ): Promise<Result<{ head: Head; row: AuditTableRow }, CommitFailure>> {
    const problems = this.#findProblems(content, revision)
    if (problems.length > 0) return err(problems)
    const bare = toBare(content, revision)
    const [after, textDigest] = await Promise.all([
      digestDocument(bare, FORM),
      digestBareText(bare),
    ])
    const row = await makeRow(entry, { revision, before, after, textDigest }, auditHead)
    const text = toText({ ...bare, audit: row.hash })
    return ok({ head: { revision, digest: await digestText(text), text, content }, row })
  }

  /** What the next row follows: as written down, unless the table has gone further than that. */
  #auditHead(): AuditHead {
    const { storage, state } = this.#parts
    const noted = state.auditHead()
    const rows = storage.sql.exec<AuditHead>(
      'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1',
    )
    const newest = [...rows][0]
    return newest && newest.seq > noted.seq ? newest : noted
  }

  #insertAudit(row: AuditTableRow): void {
    const { storage, state } = this.#parts
    storage.sql.exec(
      `INSERT INTO audit (${AUDIT_COLUMNS.join(', ')})
       VALUES (${AUDIT_COLUMNS.map(() => '?').join(', ')})`,
      ...AUDIT_COLUMNS.map((column) => row[column]),
    )
    state.write({ audit_seq: row.seq, audit_hash: row.hash })
  }
}

function toEvent({ revision, digest }: Head, { action, actor, reason }: Entry): NewEvent {
  return {
    kind: 'revision.committed',
    revision,
    digest,
    action,
    by: actor,
    ...(reason === undefined ? {} : { reason }),
  }
}

/** Rows that leave the document alone, each following the one before. */
async function makeRows(
  entries: readonly Entry[],
  auditHead: AuditHead,
): Promise<readonly AuditTableRow[]> {
  const rows: AuditTableRow[] = []
  for (const entry of entries) rows.push(await makeRow(entry, NO_EFFECT, rows.at(-1) ?? auditHead))
  return rows
}

const ANY_HASH = '0'.repeat(64)

function isSameHead(a: AuditHead, b: AuditHead): boolean {
  return a.seq === b.seq && a.hash === b.hash
}

// Commits a revision, its audit row and its event in one transaction, and sets the alarm that publishes
// it. The caller has made the content and checked that its author may make it.

import { getOwn } from '../../core/own.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { digestText } from '../../loading/sync.ts'
import type { AuditRow } from '../../wire/audit.ts'
import type { NewEvent } from '../../wire/events.ts'
import type { PageQuery, RefusedResult } from '../contract.ts'
import { MAX_COMMIT_ATTEMPTS } from '../limits.ts'
import type { Outbox } from '../outbox.ts'
import type { State } from '../publishing/state.ts'
import type { Served } from '../safety/served.ts'
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
  readonly served: Served
  readonly allowInsecure: boolean
}

/** `stale`: a newer revision was committed since the content was made. */
export type CommitFailure = 'stale' | readonly DraftProblem[] | RefusedByGuard

/** What a guard of a commit says. */
export type RefusedByGuard = Exclude<RefusedResult, { readonly kind: 'stale' | 'invalid' }>

export type CommitOptions = {
  readonly floor?: number
  readonly also?: (head: Head) => void
  readonly notes?: readonly Entry[]
  /** A token with a budget makes the change. */
  readonly isBudgeted?: boolean
  readonly guard?: (() => RefusedByGuard | undefined) | undefined
}

export class Ledger {
  readonly #parts: LedgerDeps
  #head: Head | undefined
  readonly #parseLast = createParseLast()

  constructor(parts: LedgerDeps) {
    this.#parts = parts
    this.#head = parts.history.newest()
  }

  /** The newest revision, kept in memory. */
  get head(): Head | undefined {
    return this.#head
  }

  /** The size of the control's database. */
  get databaseBytes(): number {
    return this.#parts.storage.sql.databaseSize
  }

  /** The number of the next revision: above all earlier ones and above `floor`. */
  nextRevision(floor = 0): number {
    return Math.max(this.#parts.history.highest(), this.#head?.revision ?? 0, floor) + 1
  }

  /**
   * Commits `content` as the revision after `base`, or nothing. SHA-256 is asynchronous, so other calls
   * may run in between. Before the transaction, it is checked again that `base` and the end of the log,
   * which the hashes were made from, are still the newest.
   *
   * @param floor The new revision gets a number above this one too.
   * @param also More writes for the same transaction.
   * @param notes Audit rows to write before the row of this revision.
   * @param guard Asked at the moment of the commit, so that nothing can change after its answer.
   */
  async commit(
    content: Content,
    entry: Entry,
    base: Head | undefined,
    { floor = 0, also, notes = [], guard, isBudgeted = false }: CommitOptions = {},
  ): Promise<Result<Head, CommitFailure>> {
    const { storage, history, outbox, served } = this.#parts
    // The digest is of the stored text, not of the parsed content: a later Holo may parse the text
    // differently.
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
      const refused = guard?.()
      if (refused) return err(refused)
      storage.transactionSync(() => {
        history.insert({ revision, seq: row.seq, digest: head.digest, text: head.text })
        for (const one of [...noted, row]) this.#insertAudit(one)
        outbox.add(toEvent(head, entry))
        if (base) for (const event of toChanges(base, head, entry)) outbox.add(event)
        also?.(head)
        served.note(base?.content, content, isBudgeted)
      })
      this.#head = head
      this.armAlarm()
      return ok(head)
    }
    return err('stale')
  }

  /**
   * The text and digest of `content` as if it were committed, but without an audit hash: for dry runs.
   */
  async preview(content: Content, base: Head | undefined): Promise<Result<Head, CommitFailure>> {
    const revision = this.nextRevision()
    const problems = this.#findProblems(content, revision)
    if (problems.length > 0) return err(problems)
    const text = toText(toBare(content, revision))
    const digest = await digestText(text)
    return this.#head === base ? ok({ revision, digest, text, content }) : err('stale')
  }

  /** Commits the writes of `write` and audit rows for them in one transaction. */
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

  /** Sets the control's alarm. Not awaited, so that it commits with the writes before it. */
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
   * Validates the document with the edge's parser. A placeholder stands for the audit hash, which has
   * the same length: so the text is the same for the dry run and the commit, and is parsed only once.
   */
  #findProblems(content: Content, revision: number): readonly DraftProblem[] {
    const text = toText({ ...toBare(content, revision), audit: ANY_HASH })
    const parsed = this.#parseLast(text, this.#parts.allowInsecure)
    return parsed.ok ? [] : parsed.error.map(({ path, message }) => ({ path, message }))
  }

  /** Makes the audit row, and the document that contains the row's hash. */
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

  /** The newest audit row: as noted in `state`, or from the table if that has a newer one. */
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

/** One event for each environment that points at another version than before. */
function toChanges(before: Head, head: Head, { action, actor }: Entry): readonly NewEvent[] {
  const [was, is] = [before.content.environments, head.content.environments]
  const names = [...new Set([...Object.keys(is), ...Object.keys(was)])]
  return names.flatMap((environment): NewEvent[] => {
    const earlier = getOwn(was, environment)?.version
    const version = getOwn(is, environment)?.version
    if (earlier === version) return []
    return [
      {
        kind: 'environment.changed',
        environment,
        version,
        before: earlier,
        revision: head.revision,
        action,
        by: actor,
      },
    ]
  })
}

/** Makes audit rows that do not concern the document, each chained to the one before. */
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

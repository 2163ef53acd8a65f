// Writes the newest revision to KV, in the steps of one alarm. Each step can be repeated and is
// recorded before the next one, so that a control that is interrupted continues where it stopped.

import { withTimeout } from '../../core/with-timeout.ts'
import { OLD_FLAGS_KEPT_S, splitFlags } from '../../loading/flags-key.ts'
import { ASSIGNMENTS_KEY } from '../../loading/kv-source.ts'
import type { Entry } from '../document/audit.ts'
import type { Head, History } from '../document/history.ts'
import type { Ledger } from '../document/ledger.ts'
import type { Marking } from '../document/marking.ts'
import { charge, toRetryMs } from '../intervals.ts'
import { MAX_COMMIT_ATTEMPTS } from '../limits.ts'
import type { Outbox } from '../outbox.ts'
import type { Safety } from '../safety/safety.ts'
import { type KvReadResult, readFound } from './read-kv.ts'
import { ALARMS, dueAt, isPublicationDue } from './schedule.ts'
import type { Edits, State } from './state.ts'

/** A write goes to KV's central stores and takes longer than a read. */
export const KV_PUT_TIMEOUT_MS = 10_000

export type PublisherDeps = {
  readonly kv: KVNamespace
  readonly ledger: Ledger
  readonly history: History
  readonly state: State
  readonly outbox: Outbox
  readonly edits: Edits
  readonly marking: Marking
  readonly safety: Safety
  readonly now: () => number
  readonly allowInsecure: boolean
}

export class Publisher {
  readonly #parts: PublisherDeps
  #isRunning = false

  constructor(parts: PublisherDeps) {
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Whether KV lacks the newest revision. */
  get isDue(): boolean {
    const { state, ledger } = this.#parts
    return isPublicationDue(state.publication(), ledger.head?.revision)
  }

  /** When the next publication is due; `undefined` if KV has the newest revision. */
  get dueAt(): number | undefined {
    const { state, now } = this.#parts
    return this.isDue ? dueAt(state.publication(), now()) : undefined
  }

  /** Makes one attempt if one is due. Never throws. The caller sets the alarm for the next one. */
  async run(): Promise<void> {
    const { state, now } = this.#parts
    if (this.#isRunning || !this.isDue) return
    const publication = state.publication()
    const startedAt = now()
    if (dueAt(publication, startedAt) > startedAt) return
    this.#isRunning = true
    const alarmDebt = charge(publication.alarmDebt, startedAt, ALARMS)
    try {
      await this.#publish(alarmDebt)
    } catch (cause) {
      this.#recordFailure(cause, alarmDebt)
    } finally {
      this.#isRunning = false
    }
  }

  async #publish(alarmDebt: number): Promise<void> {
    const { ledger, state, outbox, now } = this.#parts
    const found = await readFound(this.#parts)
    await this.#saveEdit(found)
    // Publish the newest revision, even if it was committed only now.
    const { head } = ledger
    if (!head) return
    if (!(found.kind === 'own' && found.revision === head.revision)) {
      state.write({ last_put_at: now(), alarm_debt: alarmDebt })
      await this.#put(head, found)
    }
    const hadFailed = state.publication().failures > 0
    state.write({
      alarm_debt: alarmDebt,
      published: head.revision,
      put_again: 0,
      failures: 0,
      retry_at: 0,
      publish_error: null,
      external_problem: null,
    })
    // There is no await between the two writes, so that both are stored or neither.
    if (hadFailed) outbox.add({ kind: 'publication.recovered', revision: head.revision })
  }

  /**
   * Writes the document. Large flags come first, under a key of their own, so that a reader who finds the new document
   * finds them; those before them are kept for a while, for readers who still get the document before.
   */
  async #put(head: Head, found: KvReadResult): Promise<void> {
    const { kv, history, marking, state } = this.#parts
    const next = await splitFlags(head.text)
    const metadata = marking.markOf(head) ?? null
    const published = history.row(state.publication().published)?.text ?? ''
    const before = (await splitFlags(published)).flags
    const isSame = next.flags?.key === before?.key
    if (next.flags && (!isSame || found.kind === 'torn')) {
      await withTimeout(kv.put(next.flags.key, next.flags.text), KV_PUT_TIMEOUT_MS)
    }
    await withTimeout(kv.put(ASSIGNMENTS_KEY, next.text, { metadata }), KV_PUT_TIMEOUT_MS)
    if (!before || isSame) return
    const expiring = kv.put(before.key, before.text, { expirationTtl: OLD_FLAGS_KEPT_S })
    await withTimeout(expiring, KV_PUT_TIMEOUT_MS).catch((cause) =>
      console.warn('flags that are no longer in use stay in KV', cause),
    )
  }

  /** Keeps the document that is about to be overwritten, and gives ours a higher revision. */
  async #saveEdit(found: KvReadResult): Promise<void> {
    if (found.kind === 'nothing' || found.kind === 'torn' || found.kind === 'own') return
    const { edits, ledger, now } = this.#parts
    const { digest, text } = found
    const revision = found.kind === 'edit' ? found.revision : undefined
    if (!edits.has(digest)) {
      console.warn(`a document in KV is overwritten and kept: revision ${revision}, ${digest}`)
      edits.keep({ at: now(), outcome: 'overwritten', revision, digest, text })
    }
    if (revision === undefined) return
    await liftAbove(ledger, revision, { over: { revision, digest } }, now())
  }

  #recordFailure(cause: unknown, alarmDebt: number): void {
    const { state, ledger, outbox, now } = this.#parts
    const failures = state.publication().failures + 1
    const message = cause instanceof Error ? cause.message : String(cause)
    console.error(`KV did not take the document, attempt ${failures}`, cause)
    state.write({
      alarm_debt: alarmDebt,
      failures,
      retry_at: now() + toRetryMs(failures),
      publish_error: message,
    })
    // One event per outage, however many attempts fail.
    const revision = ledger.head?.revision ?? 0
    if (failures === 1) outbox.add({ kind: 'publication.failed', revision, message })
  }
}

/** The audit entry of something that the control does by itself. */
export function toOwnEntry(action: string, detail: unknown, at: number): Entry {
  return {
    at,
    actor: 'control',
    token: undefined,
    action,
    detail,
    reason: undefined,
    requestId: '',
  }
}

/**
 * Re-commits the head under a revision above `floor`, so that isolates which hold an unknown document accept
 * it: they refuse an older revision, and an equal one with other content. `detail` tells the audit log why.
 */
export async function liftAbove(
  ledger: Ledger,
  floor: number,
  detail: unknown,
  now: number,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt++) {
    const { head } = ledger
    if (!head || head.revision > floor) return
    const entry = toOwnEntry('republish', detail, now)
    const lifted = await ledger.commit(head.content, entry, head, { floor })
    if (!lifted.ok && lifted.error !== 'stale') {
      console.error(`the document could not be committed above revision ${floor}`, lifted.error)
      return
    }
  }
}

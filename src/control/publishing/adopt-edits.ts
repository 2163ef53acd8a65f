// Finds documents in KV that the control did not write, from the reports of isolates and by reading KV
// every minute. Adopts, replaces or reports them (docs/operations.md). This file only reads KV;
// publisher.ts writes.

import { withOwnKeys } from '../../document/previews.ts'
import { MAX_WRITTEN_REVISION } from '../../document/schema.ts'
import type { Identity, SyncReport } from '../../loading/sync.ts'
import type { Head } from '../document/history.ts'
import { withKnownMarks } from '../document/opening.ts'
import { allowedAt, charge } from '../intervals.ts'
import { liftAbove, type PublisherDeps, toOwnEntry } from './publisher.ts'
import { type KvReadResult, MAX_ADOPTED_REVISION, readFound } from './read-kv.ts'
import { isPublicationDue } from './schedule.ts'

/** For this long KV may still return older documents: it says "up to 60 seconds or more". */
export const KV_PROPAGATION_MS = 120_000

/** Reports of isolates may cause so many reads of KV at once, then one per interval. */
const LOOK_BURST = 6
const LOOK_COST_MS = 20_000

/**
 * Isolates refuse a higher revision that a person wrote. A report of a higher one is wrong and is
 * ignored.
 */
export const MAX_LIFTED_REVISION = MAX_WRITTEN_REVISION

const LOOKS = { burst: LOOK_BURST, costMs: LOOK_COST_MS }

/** Whether KV could be read: the result of one look at it. */
export type Look = 'read' | 'unreadable'

export class External {
  readonly #parts: PublisherDeps
  #looking: Promise<Look> | undefined
  #debt = 0
  /** A document that an isolate got from KV and that the control does not see in KV yet. */
  #awaited: { readonly digest: string; readonly since: number } | undefined

  constructor(parts: PublisherDeps) {
    this.#parts = parts
  }

  /** Reads KV if the report is a reason to, within the rate limit. Never throws. */
  consider(report: SyncReport): Promise<Look> | undefined {
    const { now } = this.#parts
    if (this.#looking || now() < allowedAt(this.#debt, LOOKS) || !this.#isOdd(report)) {
      return undefined
    }
    this.#debt = charge(this.#debt, now(), LOOKS)
    return this.look(report)
  }

  /** A new control without a document reads KV: somebody may have written a document there by hand. */
  async lookWhenEmpty(): Promise<Look> {
    return this.#parts.ledger.head ? 'read' : this.look()
  }

  /** Reads KV and acts on the document there. One read at a time. Never throws. */
  look(report?: SyncReport): Promise<Look> {
    this.#looking ??= this.#look(report).finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  #isOdd({ held, kv }: SyncReport): boolean {
    const { head } = this.#parts.ledger
    if (!head) return true
    if (kv && !isSame(kv, head) && !(this.#isKnown(kv) && this.#isPropagating())) return true
    return held !== undefined && this.#isInTheWay(held, head)
  }

  async #look(report: SyncReport | undefined): Promise<Look> {
    let found: KvReadResult
    try {
      found = await readFound(this.#parts)
    } catch (cause) {
      console.warn('the control could not look at KV', cause)
      return 'unreadable'
    }
    try {
      await this.#settle(found, report)
    } catch (cause) {
      console.error('the document in KV could not be adopted or replaced', cause)
    }
    return 'read'
  }

  async #settle(found: KvReadResult, report: SyncReport | undefined): Promise<void> {
    const { ledger, state } = this.#parts
    const { head } = ledger
    // A publication is due: it reads KV itself, and keeps the document that it overwrites.
    if (head && isPublicationDue(state.publication(), head.revision)) return
    if (found.kind === 'torn') return this.#putAgain()
    if (found.kind === 'bad') return state.writeProblem(found.problem)
    state.writeProblem(undefined)
    if (found.kind === 'edit' && (!head || found.revision >= head.revision)) {
      return this.#adopt(found, head)
    }
    if (!head) return
    if (found.kind === 'own' && found.revision === head.revision) {
      return this.#lift(report, head)
    }
    const isNewEdit = found.kind === 'edit' && !this.#isKnown(found)
    if (isNewEdit || !this.#isPropagating()) this.#putAgain()
  }

  #putAgain(): void {
    this.#parts.state.write({ put_again: 1 })
    this.#parts.ledger.armAlarm()
  }

  async #adopt(
    found: Extract<KvReadResult, { kind: 'edit' }>,
    head: Head | undefined,
  ): Promise<void> {
    const { ledger, edits, now, safety } = this.#parts
    const { revision, digest, text } = found
    const content = withOwnKeys(withKnownMarks(found.content, head?.content), head?.content)
    const options = { takesBack: false, belowFloor: false }
    const held = head && safety.findHeld(head.content, content, options)
    if (held) {
      console.warn(`an edit of KV is not adopted: ${held.detail}`)
      edits.keep({ at: now(), outcome: 'overwritten', revision, digest, text })
      await liftAbove(ledger, revision, { over: { revision, digest }, why: held.detail }, now())
      return
    }
    const entry = toOwnEntry('adopt', { revision, digest }, now())
    const adopted = await ledger.commit(content, entry, head, {
      floor: revision,
      also: () => edits.keep({ at: now(), outcome: 'adopted', revision, digest, text }),
    })
    if (adopted.ok) console.warn(`revision ${adopted.value.revision} adopts an edit of KV`, digest)
    else console.warn('an edit of KV was not adopted', adopted.error)
  }

  /**
   * If an isolate holds an unknown document that makes it refuse ours, commits ours under a higher
   * revision.
   */
  async #lift(report: SyncReport | undefined, head: Head): Promise<void> {
    const held = report?.held
    if (!held || !this.#isInTheWay(held, head)) return
    // If the isolate got it from KV, the control may soon see it in KV too, and then adopts it.
    const mayFollow = report.kv && isSame(report.kv, held) && !this.#isKnown(held)
    if (mayFollow && !this.#hasWaitedFor(held)) return
    await liftAbove(this.#parts.ledger, held.revision, { held }, this.#parts.now())
  }

  /**
   * Whether the same document has been reported for so long that the control would have seen it in KV.
   */
  #hasWaitedFor({ digest }: Identity): boolean {
    const now = this.#parts.now()
    if (this.#awaited?.digest !== digest) this.#awaited = { digest, since: now }
    return now - this.#awaited.since >= KV_PROPAGATION_MS
  }

  #isInTheWay(held: Identity, head: Head): boolean {
    if (isSame(held, head) || held.revision < head.revision) return false
    const isReserved = head.revision > MAX_LIFTED_REVISION
    const highest = isReserved ? MAX_ADOPTED_REVISION : MAX_LIFTED_REVISION
    return held.revision <= highest && !this.#parts.history.has(held)
  }

  #isKnown(identity: Identity): boolean {
    return this.#parts.history.has(identity) || this.#parts.edits.has(identity.digest)
  }

  /** Whether the last write may not be visible everywhere yet. */
  #isPropagating(): boolean {
    const { state, now } = this.#parts
    return now() - state.publication().lastPutAt < KV_PROPAGATION_MS
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return a.revision === b.revision && a.digest === b.digest
}

// Documents in KV that the control did not write: noticed by what isolates report and by a look every
// minute, then adopted, replaced or told about (docs/operations.md). What is in KV is only read here;
// publisher.ts writes it.

import { MAX_WRITTEN_REVISION } from '../../document/schema.ts'
import type { Identity, SyncReport } from '../../loading/sync.ts'
import { allowedAt, charge } from '../allowance.ts'
import type { Head } from '../document/history.ts'
import { withKnownMarks } from '../document/opening.ts'
import { liftAbove, toOwnEntry } from './lift-revision.ts'
import type { PublisherDeps } from './publisher.ts'
import { type KvReadResult, MAX_ADOPTED_REVISION, readFound } from './read-kv.ts'
import { isPublicationDue } from './schedule.ts'

/** For this long KV may still return older documents: it says "up to 60 seconds or more". */
export const KV_PROPAGATION_MS = 120_000

/** Looks at KV because of what isolates report: so many at once, then one in this time. */
const LOOK_BURST = 6
const LOOK_COST_MS = 20_000

/** No isolate takes a higher one that a person wrote: one that reports it is mistaken, and not followed. */
const MAX_LIFTED_REVISION = MAX_WRITTEN_REVISION

const LOOKS = { burst: LOOK_BURST, costMs: LOOK_COST_MS }

/** Whether KV could be read. */
export type Look = 'read' | 'unreadable'

export class External {
  readonly #parts: PublisherDeps
  #looking: Promise<Look> | undefined
  #debt = 0
  /** A document that an isolate had from KV, and that KV does not show here. */
  #awaited: { readonly digest: string; readonly since: number } | undefined

  constructor(parts: PublisherDeps) {
    this.#parts = parts
  }

  /** A look at KV when a report gives reason to, and there were not many lately. Never throws. */
  consider(report: SyncReport): Promise<Look> | undefined {
    const { now } = this.#parts
    if (this.#looking || now() < allowedAt(this.#debt, LOOKS) || !this.#isOdd(report)) {
      return undefined
    }
    this.#debt = charge(this.#debt, now(), LOOKS)
    return this.look(report)
  }

  /** Reads KV and does what is to be done. One at a time; never throws. */
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
      console.error('what was found in KV could not be dealt with', cause)
    }
    return 'read'
  }

  async #settle(found: KvReadResult, report: SyncReport | undefined): Promise<void> {
    const { ledger, state } = this.#parts
    const { head } = ledger
    // Whoever publishes looks at KV first, and keeps what it overwrites.
    if (head && isPublicationDue(state.publication(), head.revision)) return
    if (found.kind === 'bad') return state.writeProblem(found.problem)
    state.writeProblem(undefined)
    if (found.kind === 'edit' && (!head || found.revision >= head.revision)) {
      return this.#adopt(found, head)
    }
    if (!head) return
    if (found.kind === 'own' && found.revision === head.revision) {
      return this.#lift(report, head)
    }
    const isNews = found.kind === 'edit' && !this.#isKnown(found)
    if (isNews || !this.#isPropagating()) {
      state.write({ put_again: 1 })
      ledger.armAlarm()
    }
  }

  async #adopt(
    found: Extract<KvReadResult, { kind: 'edit' }>,
    head: Head | undefined,
  ): Promise<void> {
    const { ledger, edits, now } = this.#parts
    const { revision, digest, text } = found
    const content = withKnownMarks(found.content, head?.content)
    const entry = toOwnEntry('adopt', { revision, digest }, now())
    const adopted = await ledger.commit(content, entry, head, {
      floor: revision,
      also: () => edits.keep({ at: now(), outcome: 'adopted', revision, digest, text }),
    })
    if (adopted.ok) console.warn(`revision ${adopted.value.revision} adopts an edit of KV`, digest)
    else console.warn('an edit of KV was not adopted', adopted.error)
  }

  /** An isolate holds what the history does not have, and would refuse our newest: go above it. */
  async #lift(report: SyncReport | undefined, head: Head): Promise<void> {
    const held = report?.held
    if (!held || !this.#isInTheWay(held, head)) return
    // What KV gave it a moment ago, KV may be about to show here too, and then it is adopted.
    const mayFollow = report.kv && isSame(report.kv, held) && !this.#isKnown(held)
    if (mayFollow && !this.#hasWaitedFor(held)) return
    await liftAbove(this.#parts.ledger, held.revision, { held }, this.#parts.now())
  }

  /** Whether the same document has been reported for so long that KV must have shown it by now. */
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

  /** The last put may not be seen everywhere yet. */
  #isPropagating(): boolean {
    const { state, now } = this.#parts
    return now() - state.publication().lastPutAt < KV_PROPAGATION_MS
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return a.revision === b.revision && a.digest === b.digest
}

// How a request gets its document: from the isolate's memory, from KV and the control, from the
// data centre's last good copy, or not at all. What is in memory never expires and is only ever
// replaced by a higher revision.
//
// Requests share values, never promises: a promise of a request that has ended may never resolve. A
// request that waits for another one's call looks at memory again and again until its own deadline.

import type { CompiledAssignments } from '../document/compile.ts'
import type { Colo } from './colo.ts'
import { ControlSource } from './control-source.ts'
import { type DocumentSource, type HeldDocument, Holding, type RefusalReason } from './holding.ts'
import { KvSource, type KvText, type MarkedText } from './kv-source.ts'
import type { BatchSource, SyncReply, SyncReport } from './sync.ts'
import type { Turns, WaitUntil } from './turns.ts'

/**
 * How long a request of a new isolate waits for KV and the control before it takes the data
 * centre's last good copy. Together with the time limit of colo.ts, a cold start stays below half a
 * second whatever is down.
 */
const COLD_WAIT_MS = 350

/** A copy that KV has not confirmed for so many intervals has missed reads: the isolate slept. */
const OVER_OLD_INTERVALS = 2

/** How often a waiting request looks whether another request's reload has finished. */
const POLL_MS = 5

/** Where a request's document came from; `default` means that there is none. */
export type Origin = 'memory' | DocumentSource | 'default'

export type LoadResult = {
  readonly origin: Origin
  /** `undefined` exactly if the origin is `default`. */
  readonly assignments: CompiledAssignments | undefined
  /** It had to be fresh, but the control has not confirmed it lately. */
  readonly isStale: boolean
}

export type LoaderOptions = Freshness & {
  readonly readKv: () => Promise<KvText | MarkedText>
  readonly askControl: (report: SyncReport) => Promise<SyncReply>
  readonly colo: Colo
  /**
   * Called with the origins that the control finds down, whenever it answers; often there are none.
   */
  readonly noteDown?: (origins: readonly string[]) => void
  /** What sends counts with the calls of the control; absent if nothing is counted. */
  readonly counting?: BatchSource
  readonly allowInsecure: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** 0 to 1, for the jitter. */
  readonly random: () => number
}

/** What an isolate has done since it started. */
export type LoaderCounters = {
  /** Reads of KV. */
  readonly kvReads: number
  /** Calls of the control. */
  readonly controlCalls: number
  /** Calls that were not made because another isolate of the data centre had just been answered. */
  readonly sharedConfirmations: number
  /** Documents decided with a copy that the control had not confirmed lately. */
  readonly staleDocuments: number
}

const NOTHING: LoadResult = { origin: 'default', assignments: undefined, isStale: false }

export class AssignmentsLoader {
  readonly #options: LoaderOptions
  readonly #holding: Holding
  readonly #kv: KvSource
  readonly #control: ControlSource
  #staleDocuments = 0

  constructor(options: LoaderOptions) {
    const holding = new Holding(options.allowInsecure)
    const { noteDown, counting } = options
    this.#options = options
    this.#holding = holding
    this.#control = new ControlSource({ ...options, holding, noteDown, counting })
    // The next document must not have to wait until the control confirms what KV brought.
    const noteTaken = () => this.#control.turns.hurry()
    this.#kv = new KvSource({ ...options, holding, noteTaken })
  }

  get counters(): LoaderCounters {
    return {
      kvReads: this.#kv.reads,
      controlCalls: this.#control.calls,
      sharedConfirmations: this.#control.sharedConfirmations,
      staleDocuments: this.#staleDocuments,
    }
  }

  /** Refusals since the isolate started, by reason. */
  get refusals(): Readonly<Record<RefusalReason, number>> {
    return this.#holding.refusals
  }

  /**
   * The document for one request. Never throws. A warm isolate answers at once and asks KV and the
   * control after the reply. Only a request that `mustBeFresh` (a page's document) waits a little,
   * if the control has not confirmed the copy lately, and it does not wait while the control fails.
   */
  async load(mustBeFresh: boolean, waitUntil: WaitUntil): Promise<LoadResult> {
    const { now } = this.#options
    const began = now()
    const before = this.#holding.held
    const own = this.#startDue(began, waitUntil)
    if (!before || (mustBeFresh && !isFresh(before, began, this.#options))) {
      await this.#waitForBetter(mustBeFresh, began, own)
    }
    if (!this.#holding.held) await this.#takeLastGood()
    const { held } = this.#holding
    if (!held) return NOTHING
    const isStale = mustBeFresh && !isFresh(held, now(), this.#options)
    if (isStale) this.#staleDocuments += 1
    const isNew = held.identity !== before?.identity
    return { origin: isNew ? held.source : 'memory', assignments: held.compiled, isStale }
  }

  /**
   * Calls the control although no call is due, so that counts are sent. Milliseconds until it may
   * be tried again; `undefined` after a try, successful or not. Never throws.
   */
  flush(waitUntil: WaitUntil): Promise<number | undefined> {
    return this.#control.askEarly(waitUntil)
  }

  /** Begins calls that are due and not running. */
  #startDue(now: number, waitUntil: WaitUntil): OwnCalls {
    const own: OwnCalls = { kv: undefined, control: undefined }
    const start = (name: keyof OwnCalls, source: KvSource | ControlSource) => {
      const call = source.startDue(now, waitUntil)?.finally(() => {
        own[name] = undefined
      })
      own[name] = call
      if (call) waitUntil(call)
    }
    start('kv', this.#kv)
    start('control', this.#control)
    return own
  }

  #waitForBetter(mustBeFresh: boolean, began: number, own: OwnCalls): Promise<void> {
    const { now } = this.#options
    const [kv, control] = [this.#kv.turns, this.#control.turns]
    const parts = { holding: this.#holding, kv, control, freshness: this.#options, now }
    return waitForBetter(parts, mustBeFresh, began, own)
  }

  async #takeLastGood(): Promise<void> {
    const kept = await this.#options.colo.loadDocument()
    // KV or the control may have answered meanwhile; their answers take precedence.
    if (kept && !this.#holding.held) {
      await this.#holding.offer(kept.text, 'cache', { mark: kept.mark })
    }
  }
}

export type Freshness = {
  /** Milliseconds between two reads of KV, before jitter. */
  readonly kvRefreshMs: number
  /** Age in milliseconds from which the control is asked after the reply. */
  readonly controlRefreshMs: number
  /** Age in milliseconds above which a page's document waits for the control. */
  readonly staleAfterMs: number
  /** How long it waits at most, in milliseconds. */
  readonly documentWaitMs: number
}

/** Whether a document is fresh. Its age counts from when the control last confirmed it. */
function isFresh(
  { confirmedAt }: HeldDocument,
  now: number,
  { staleAfterMs }: Pick<Freshness, 'staleAfterMs'>,
): boolean {
  return now - confirmedAt <= staleAfterMs
}

/** The calls that a request itself has begun; each becomes `undefined` when it ends. */
type OwnCalls = { kv: Promise<void> | undefined; control: Promise<void> | undefined }

type WaitDeps = {
  readonly holding: Holding
  readonly kv: Turns
  readonly control: Turns
  readonly freshness: Freshness
  readonly now: () => number
}

/**
 * Waits until there is a good enough document, or no source is left that could bring one. A request
 * without a document takes the first that arrives. A request with one waits for the control, and
 * for KV too if KV has not been read for long, because the control may be down.
 */
async function waitForBetter(
  { holding, kv, control, freshness, now }: WaitDeps,
  mustBeFresh: boolean,
  began: number,
  own: OwnCalls,
): Promise<void> {
  const { documentWaitMs, kvRefreshMs } = freshness
  for (;;) {
    const at = now()
    const { held } = holding
    if (held && (!mustBeFresh || isFresh(held, at, freshness))) return
    // No request waits for a source that is known to fail, except one that has no document and has
    // just begun that call.
    const mayAwait = (turns: Turns, call: Promise<void> | undefined) =>
      turns.isUnderWay(at) && (!turns.isFailing || (!held && call !== undefined))
    const awaitsControl = mayAwait(control, own.control)
    const needsKv = !held || at - held.seenInKvAt > OVER_OLD_INTERVALS * kvRefreshMs
    const awaitsKv = needsKv && mayAwait(kv, own.kv)
    if (!awaitsControl && !awaitsKv) return
    if (at - began >= (held ? documentWaitMs : COLD_WAIT_MS)) {
      if (awaitsControl) control.disappoint()
      if (awaitsKv) kv.disappoint()
      return
    }
    const nap = new Promise<void>((resolve) => setTimeout(resolve, POLL_MS))
    await Promise.race([nap, own.kv, own.control].filter(Boolean))
  }
}

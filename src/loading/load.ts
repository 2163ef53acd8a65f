// How a request gets its document: from the isolate's memory, from KV and the control, from the data
// centre's last good copy, or not at all. What is in memory never expires and is only ever replaced by
// a higher revision.
//
// Requests share values, never promises: a promise of a request that has ended may never resolve. A
// request that waits for another one's call looks at memory again and again until its own deadline.

import type { CompiledAssignments } from '../document/compile.ts'
import type { Colo } from './colo.ts'
import { ControlSource } from './control-source.ts'
import { type DocumentSource, type HeldDocument, Holding, type RefusalReason } from './holding.ts'
import { KvSource, type KvText } from './kv-source.ts'
import type { BatchSource, SyncReply, SyncReport } from './sync.ts'
import type { Turns, WaitUntil } from './turns.ts'

/**
 * How long a request of a cold isolate waits for KV and the control before it takes the data
 * centre's last good copy. With the next bound it keeps a cold start below half a second whatever is
 * down.
 */
const COLD_WAIT_MS = 350

/** A copy that KV has not shown for so many of its intervals has missed reads: the isolate slept. */
const OVER_OLD_INTERVALS = 2

/** How often a waiter looks whether another request's reload has arrived. */
const POLL_MS = 5

/** Where a request's document came from; `default` is none at all. */
export type Origin = 'memory' | DocumentSource | 'default'

export type LoadResult = {
  readonly origin: Origin
  /** `undefined` with the origin `default`, and then alone. */
  readonly assignments: CompiledAssignments | undefined
  /** It had to be fresh, and the control has not confirmed it lately. */
  readonly isStale: boolean
}

export type LoaderOptions = Freshness & {
  readonly readKv: () => Promise<KvText>
  readonly askControl: (report: SyncReport) => Promise<SyncReply>
  readonly colo: Colo
  /** Told of the origins that the control finds down, whenever it is heard: often there are none. */
  readonly noteDown?: (origins: readonly string[]) => void
  /** Whose counts travel on the calls of the control; absent where nobody counts. */
  readonly counting?: BatchSource
  readonly allowInsecure: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** 0 to 1, for the jitter. */
  readonly random: () => number
}

/** What an isolate has done since it began. */
export type LoaderCounters = {
  /** Reads of KV. */
  readonly kvReads: number
  /** Calls of the control. */
  readonly controlCalls: number
  /** Calls that were spared, because another isolate of the data centre had just been answered. */
  readonly sharedConfirmations: number
  /** Documents decided on a copy that the control had not confirmed lately. */
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
    // The next document shall not have to wait for the control's word on what KV brought.
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

  /** Refusals since the isolate began, by reason. */
  get refusals(): Readonly<Record<RefusalReason, number>> {
    return this.#holding.refusals
  }

  /**
   * The document for one request. Never throws. A warm isolate answers at once and asks KV and the
   * control behind the reply; only what `mustBeFresh` (a page's document) waits a little where the
   * control has not confirmed the copy lately, and not at all while the control fails.
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
   * Asks the control although that is not due, so that counts travel. Milliseconds until it may be
   * tried again; `undefined` once it was tried, with or without success. Never throws.
   */
  flush(waitUntil: WaitUntil): Promise<number | undefined> {
    return this.#control.askEarly(waitUntil)
  }

  /** Begins what is due and not under way. */
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
    const text = await this.#options.colo.loadDocument()
    // KV or the control may have answered meanwhile, and what they say comes first.
    if (text !== undefined && !this.#holding.held) await this.#holding.offer(text, 'cache')
  }
}

export type Freshness = {
  /** Milliseconds between two looks at KV, before jitter. */
  readonly kvRefreshMs: number
  /** Age in milliseconds from which the control is asked behind the reply. */
  readonly controlRefreshMs: number
  /** Age in milliseconds past which a page's document waits for the control. */
  readonly staleAfterMs: number
  /** How long it waits at most, in milliseconds. */
  readonly documentWaitMs: number
}

/** The age counts from when the control last confirmed it. */
export function isFresh(
  { confirmedAt }: HeldDocument,
  now: number,
  { staleAfterMs }: Pick<Freshness, 'staleAfterMs'>,
): boolean {
  return now - confirmedAt <= staleAfterMs
}

/** The calls that a request itself has begun; each is `undefined` again when it has ended. */
export type OwnCalls = { kv: Promise<void> | undefined; control: Promise<void> | undefined }

export type WaitDeps = {
  readonly holding: Holding
  readonly kv: Turns
  readonly control: Turns
  readonly freshness: Freshness
  readonly now: () => number
}

/**
 * Waits until there is a document that will do, or nobody is left who could bring it. Who has none
 * takes that of whoever answers first; who has one waits for the control, and for KV too where it
 * has not been read for long, because the control may be down.
 */
export async function waitForBetter(
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
    // Nobody waits for what is known to fail, but for who has nothing and has just begun to ask.
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

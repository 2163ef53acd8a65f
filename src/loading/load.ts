// The ladder on which a request gets its document: the isolate's memory, KV and the control, the data
// centre's last good copy, nothing. What is in memory never expires and is only ever replaced by a
// higher revision. What each source is asked, and when, is kv-source.ts' and control-source.ts' affair.

import type { Compiled } from '../document/compile.ts'
import type { WaitUntil } from './background.ts'
import type { Colo } from './colo.ts'
import { ControlSource } from './control-source.ts'
import { type Freshness, isFresh, type OwnCalls, waitForBetter } from './freshness.ts'
import { Holding, type Refusal, type Source } from './holding.ts'
import { KvSource, type KvText } from './kv-source.ts'
import type { Counting, SyncReply, SyncReport } from './sync.ts'

/** Where a request's document came from; `default` is none at all. */
export type Origin = 'memory' | Source | 'default'

export type Loaded = {
  readonly origin: Origin
  /** `undefined` with the origin `default`, and then alone. */
  readonly assignments: Compiled | undefined
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
  readonly counting?: Counting
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

const NOTHING: Loaded = { origin: 'default', assignments: undefined, isStale: false }

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
  get refusals(): Readonly<Record<Refusal, number>> {
    return this.#holding.refusals
  }

  /**
   * The document for one request. Never throws. A warm isolate answers at once and asks KV and the
   * control behind the reply; only what `mustBeFresh` (a page's document) waits a little where the
   * control has not confirmed the copy lately, and not at all while the control fails.
   */
  async load(mustBeFresh: boolean, waitUntil: WaitUntil): Promise<Loaded> {
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

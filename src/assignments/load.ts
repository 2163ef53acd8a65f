// The ladder on which a request gets its document: the isolate's memory, KV and the control, the data
// centre's last good copy, nothing. What is in memory never expires and is only ever replaced by a
// higher revision. Its age counts from when the control last confirmed it.
//
// Values are shared between requests, promises never: one whose request has ended may never
// resolve. Whoever waits for another request's call looks at memory again until its own deadline.

import type { Colo } from './colo.ts'
import type { Compiled } from './compile.ts'
import { type Held, Holding, type Refusal, type Source } from './holding.ts'
import {
  COLD_WAIT_MS,
  CONTROL_TIMEOUT_MS,
  FIRST_BACK_OFF_MS,
  KV_TIMEOUT_MS,
  LONGEST_BACK_OFF_MS,
  OVER_OLD_INTERVALS,
  POLL_MS,
} from './limits.ts'
import {
  type Counting,
  type Identity,
  isSyncReply,
  type SyncReply,
  type SyncReport,
} from './sync.ts'
import { withTimeout } from './timeout.ts'
import { type Turn, Turns } from './turns.ts'

/** What KV holds: the text, `null` when the key does not exist, or `oversize` unread. */
export type KvText = string | null | 'oversize'

/** Where a request's document came from; `default` is none at all. */
export type Origin = 'memory' | Source | 'default'

export type Loaded = {
  readonly origin: Origin
  /** `undefined` with the origin `default`, and then alone. */
  readonly assignments: Compiled | undefined
  /** It had to be fresh, and the control has not confirmed it lately. */
  readonly isStale: boolean
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
  kvReads: number
  /** Calls of the control. */
  controlCalls: number
  /** Calls that were spared, because another isolate of the data centre had just been answered. */
  sharedConfirmations: number
  /** Documents decided on a copy that the control had not confirmed lately. */
  staleDocuments: number
}

type WaitUntil = (work: Promise<unknown>) => void

export class AssignmentsLoader {
  readonly counters: LoaderCounters = {
    kvReads: 0,
    controlCalls: 0,
    sharedConfirmations: 0,
    staleDocuments: 0,
  }
  readonly #options: LoaderOptions
  readonly #holding: Holding
  readonly #kv: Turns
  readonly #control: Turns
  /** The brake of a control with many callers. */
  #controlNotBefore = 0
  #kvIdentity: Identity | undefined

  constructor(options: LoaderOptions) {
    this.#options = options
    this.#holding = new Holding(options.allowInsecure)
    const { kvRefreshMs, controlRefreshMs, random } = options
    const backOff = { firstBackOffMs: FIRST_BACK_OFF_MS, longestBackOffMs: LONGEST_BACK_OFF_MS }
    this.#kv = new Turns({ ...backOff, timeoutMs: KV_TIMEOUT_MS, intervalMs: kvRefreshMs, random })
    this.#control = new Turns({
      ...backOff,
      timeoutMs: CONTROL_TIMEOUT_MS,
      intervalMs: controlRefreshMs,
      random,
    })
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
    const began = this.#options.now()
    const before = this.#holding.held
    const started = this.#startDue(began, waitUntil)
    if (!before || (mustBeFresh && !this.#isFresh(before, began))) {
      await this.#waitForBetter(mustBeFresh, began, started)
    }
    if (!this.#holding.held) {
      const text = await this.#options.colo.loadDocument()
      // KV or the control may have answered meanwhile, and what they say comes first.
      if (text !== undefined && !this.#holding.held) await this.#holding.offer(text, 'cache')
    }
    const { held } = this.#holding
    if (!held) return NOTHING
    const isStale = mustBeFresh && !this.#isFresh(held, this.#options.now())
    if (isStale) this.counters.staleDocuments += 1
    const isNew = held.identity !== before?.identity
    return { origin: isNew ? held.source : 'memory', assignments: held.compiled, isStale }
  }

  /**
   * Asks the control although that is not due, so that counts travel. Milliseconds until it may be
   * tried again; `undefined` once it was tried, with or without success. Never throws.
   */
  async flush(waitUntil: WaitUntil): Promise<number | undefined> {
    const began = this.#options.now()
    if (began < this.#controlNotBefore) return this.#controlNotBefore - began
    const turn = this.#control.beginEarly(began)
    if (turn === undefined) return 0
    const isConfirmed = await this.#askControl(began, waitUntil)
    if (isConfirmed) this.#control.succeed(turn)
    else this.#control.fail(turn, this.#options.now())
    return undefined
  }

  #isFresh(held: Held, now: number): boolean {
    return now - held.confirmedAt <= this.#options.staleAfterMs
  }

  /** Begins what is due and not under way. */
  #startDue(now: number, waitUntil: WaitUntil): Started {
    const started: Started = { kv: undefined, control: undefined }
    const kv = this.#kv.begin(now)
    if (kv !== undefined) {
      started.kv = this.#reloadFromKv(kv, now, waitUntil).finally(() => {
        started.kv = undefined
      })
      waitUntil(started.kv)
    }
    const control = this.#control.begin(now)
    if (control !== undefined) {
      started.control = this.#refresh(control, now, waitUntil).finally(() => {
        started.control = undefined
      })
      waitUntil(started.control)
    }
    return started
  }

  /**
   * Waits until there is a document that will do, or nobody is left who could bring it. Who has none
   * takes that of whoever answers first; who has one waits for the control, and for KV too where it
   * has not been read for long, because the control may be down.
   */
  async #waitForBetter(mustBeFresh: boolean, began: number, started: Started): Promise<void> {
    const { now, documentWaitMs, kvRefreshMs } = this.#options
    for (;;) {
      const at = now()
      const { held } = this.#holding
      if (held && (!mustBeFresh || this.#isFresh(held, at))) return
      // Nobody waits for what is known to fail, but for who has nothing and has just begun to ask.
      const mayAwait = (turns: Turns, own: Promise<void> | undefined) =>
        turns.isUnderWay(at) && (!turns.isFailing || (!held && own !== undefined))
      const awaitsControl = mayAwait(this.#control, started.control)
      const needsKv = !held || at - held.seenInKvAt > OVER_OLD_INTERVALS * kvRefreshMs
      const awaitsKv = needsKv && mayAwait(this.#kv, started.kv)
      if (!awaitsControl && !awaitsKv) return
      if (at - began >= (held ? documentWaitMs : COLD_WAIT_MS)) {
        if (awaitsControl) this.#control.disappoint()
        if (awaitsKv) this.#kv.disappoint()
        return
      }
      const nap = new Promise<void>((resolve) => setTimeout(resolve, POLL_MS))
      await Promise.race([nap, started.kv, started.control].filter(Boolean))
    }
  }

  async #reloadFromKv(turn: Turn, began: number, waitUntil: WaitUntil): Promise<void> {
    const text = await this.#readKv()
    if (text === 'failed') return this.#kv.fail(turn, this.#options.now())
    if (text !== undefined) {
      const { identity, outcome } = await this.#holding.offer(text, 'kv')
      if (identity) {
        this.#kvIdentity = identity
        this.#holding.seeInKv(identity, began)
      }
      if (identity && outcome === 'taken') {
        // The control has not confirmed this one, and the next document would not be fresh.
        this.#control.hurry()
        waitUntil(this.#options.colo.storeDocument(text, identity.revision))
      }
    }
    this.#kv.succeed(turn)
  }

  /** The document in KV, `undefined` when it has none that can be read. */
  async #readKv(): Promise<string | undefined | 'failed'> {
    this.counters.kvReads += 1
    try {
      const text = await withTimeout(this.#options.readKv(), KV_TIMEOUT_MS)
      if (text === 'oversize') {
        this.#holding.refuse('oversize', 'the document in KV is larger than 256 KiB')
        return undefined
      }
      // An isolate that holds a document has lost its key; one that holds none is new.
      if (text === null && this.#holding.held) {
        this.#holding.refuse('missing', 'KV has no key "assignments" any more')
      }
      return text ?? undefined
    } catch (cause) {
      this.#holding.refuse('unreadable', `KV failed: ${toMessage(cause)}`)
      return 'failed'
    }
  }

  /** Has the document confirmed: by what the data centre knows, else by the control. */
  async #refresh(turn: Turn, began: number, waitUntil: WaitUntil): Promise<void> {
    const { controlRefreshMs, now } = this.#options
    const confirmedAt = await this.#readShared(began)
    if (confirmedAt !== undefined) {
      this.counters.sharedConfirmations += 1
      return this.#control.succeed(turn, confirmedAt + this.#control.jittered(controlRefreshMs))
    }
    if (now() < this.#controlNotBefore) return this.#control.pass(turn)
    const isConfirmed = await this.#askControl(began, waitUntil)
    if (isConfirmed) this.#control.succeed(turn)
    else this.#control.fail(turn, now())
  }

  /** When another isolate of this data centre was told what is newest, if that is not long ago. */
  async #readShared(now: number): Promise<number | undefined> {
    const { colo, controlRefreshMs } = this.#options
    const shared = await colo.loadConfirmation()
    if (!shared || now - shared.at > controlRefreshMs) return undefined
    this.#options.noteDown?.(shared.down ?? [])
    if (this.#holding.confirm(shared.identity, shared.at)) return shared.at
    // An older one is no lie: this isolate may have heard of a newer one from KV.
    if (shared.identity.revision <= (this.#holding.held?.identity.revision ?? 0)) return undefined
    const text = await colo.loadDocument()
    if (text === undefined) return undefined
    await this.#holding.offer(text, 'cache', shared.identity)
    return this.#holding.confirm(shared.identity, shared.at) ? shared.at : undefined
  }

  /** Whether the control has answered, and what it says is newest is in use now. */
  async #askControl(began: number, waitUntil: WaitUntil): Promise<boolean> {
    const { askControl, colo, counting } = this.#options
    this.counters.controlCalls += 1
    const batch = counting?.take(began)
    const report = {
      held: this.#holding.held?.identity,
      kv: this.#kvIdentity,
      ...(batch ? { batch } : {}),
    }
    let reply: SyncReply
    try {
      const answer = await withTimeout(askControl(report), CONTROL_TIMEOUT_MS)
      if (!isSyncReply(answer)) throw new TypeError('it gave an answer that is none')
      reply = answer
    } catch (cause) {
      if (batch) counting?.failed(batch)
      this.#holding.refuse('control-unreachable', `the control failed: ${toMessage(cause)}`)
      return false
    }
    if (batch) counting?.arrived(batch, reply.collected)
    else counting?.collect(reply.collected)
    this.#controlNotBefore = began + this.#control.jittered(reply.nextMs)
    const { current, text, down } = reply
    this.#options.noteDown?.(down ?? [])
    // It has nothing to say yet; KV may have.
    if (!current) return true
    if (text !== undefined) {
      const { outcome } = await this.#holding.offer(text, 'control', current)
      if (outcome === 'taken') waitUntil(colo.storeDocument(text, current.revision))
    } else {
      this.#holding.judge(current)
    }
    if (!this.#holding.confirm(current, began)) return false
    waitUntil(colo.storeConfirmation({ identity: current, at: began, ...(down ? { down } : {}) }))
    return true
  }
}

type Started = { kv: Promise<void> | undefined; control: Promise<void> | undefined }

const NOTHING: Loaded = { origin: 'default', assignments: undefined, isStale: false }

function toMessage(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

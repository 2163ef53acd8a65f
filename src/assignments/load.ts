// The ladder on which a request gets its document: the isolate's memory, KV, the colo's last good
// copy, nothing. What is in memory never expires and is only ever replaced by a higher revision.
//
// Values are shared between requests, promises never: one whose request has ended may never
// resolve. Whoever waits for another request's reload looks at memory again until its own deadline.

import { err, ok, type Result } from '../core/result.ts'
import { type Compiled, compileAssignments } from './compile.ts'
import type { KvText } from './kv.ts'
import type { LastGood } from './last-good.ts'
import {
  COLD_WAIT_MS,
  DOCUMENT_WAIT_MS,
  FIRST_BACK_OFF_MS,
  JITTER,
  LONGEST_BACK_OFF_MS,
  OVER_OLD_INTERVALS,
  POLL_MS,
  RELOAD_TIMEOUT_MS,
} from './limits.ts'
import { formatProblems, parseAssignments } from './parse.ts'
import { withTimeout } from './timeout.ts'

/** Where a request's document came from; `default` is none at all. */
export type Origin = 'memory' | 'kv' | 'cache' | 'default'

export type Loaded =
  | { readonly origin: 'memory' | 'kv' | 'cache'; readonly assignments: Compiled }
  | { readonly origin: 'default'; readonly assignments: undefined }

/** Why a document that was read did not replace the one in use, or why none could be read. */
export type Refusal = 'missing' | 'oversize' | 'invalid' | 'older' | 'same-revision' | 'unreadable'

export type LoaderOptions = {
  readonly readKv: () => Promise<KvText>
  readonly lastGood: LastGood
  /** Milliseconds between two looks at KV, before jitter. */
  readonly refreshMs: number
  readonly allowInsecure: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** 0 to 1, for the jitter. */
  readonly random: () => number
}

type Held = {
  readonly text: string
  readonly compiled: Compiled
  /** Where this revision was had from first. */
  readonly source: 'kv' | 'cache'
  /** When the read began that last confirmed it; -Infinity when KV never did. */
  readonly confirmedAt: number
}

type WaitUntil = (work: Promise<unknown>) => void

export class AssignmentsLoader {
  /** Refusals since the isolate began, by reason. */
  readonly refusals: Record<Refusal, number> = {
    missing: 0,
    oversize: 0,
    invalid: 0,
    older: 0,
    'same-revision': 0,
    unreadable: 0,
  }
  /** Reads of KV since the isolate began. */
  reads = 0
  readonly #options: LoaderOptions
  #held: Held | undefined
  #reload: { readonly number: number; readonly expiresAt: number } | undefined
  #nextReloadAt = 0
  #failures = 0
  /** KV failed, or let somebody wait in vain: nobody waits for it until it has answered again. */
  #isFailing = false
  #lastLogged = ''

  constructor(options: LoaderOptions) {
    this.#options = options
  }

  /**
   * The document for one request. Never throws. A warm isolate answers at once and reloads behind
   * the reply; only what `mustBeFresh` (a page's document) waits a little where the copy is so old
   * that reloads must have been missed.
   */
  async load(mustBeFresh: boolean, waitUntil: WaitUntil): Promise<Loaded> {
    const now = this.#options.now()
    const held = this.#held
    if (!held) return this.#loadCold(waitUntil)
    const started = this.#startReload(now, waitUntil)
    const overOld = now - held.confirmedAt > OVER_OLD_INTERVALS * this.#options.refreshMs
    if (mustBeFresh && overOld && !this.#isFailing && (started || this.#isReloading(now))) {
      await this.#waitFor(() => this.#held !== held, DOCUMENT_WAIT_MS, started)
      const current = this.#held ?? held
      return { origin: current === held ? 'memory' : 'kv', assignments: current.compiled }
    }
    return { origin: 'memory', assignments: held.compiled }
  }

  async #loadCold(waitUntil: WaitUntil): Promise<Loaded> {
    const now = this.#options.now()
    const started = this.#startReload(now, waitUntil)
    if (started || (!this.#isFailing && this.#isReloading(now))) {
      await this.#waitFor(() => this.#held !== undefined, COLD_WAIT_MS, started)
    }
    if (!this.#held) {
      const text = await this.#options.lastGood.load()
      // KV may have answered meanwhile, and what it says comes first.
      if (!this.#held && text !== undefined) this.#adopt(text, 'cache', Number.NEGATIVE_INFINITY)
    }
    return this.#held ? { origin: this.#held.source, assignments: this.#held.compiled } : NOTHING
  }

  /** Begins a reload if one is due and none is under way. */
  #startReload(now: number, waitUntil: WaitUntil): Promise<void> | undefined {
    if (now < this.#nextReloadAt || this.#isReloading(now)) return undefined
    const number = (this.#reload?.number ?? 0) + 1
    this.#reload = { number, expiresAt: now + RELOAD_TIMEOUT_MS }
    const { refreshMs, random } = this.#options
    this.#nextReloadAt = now + refreshMs * (1 - JITTER + 2 * JITTER * random())
    const work = this.#reloadFromKv(number, now, waitUntil)
    waitUntil(work)
    return work
  }

  #isReloading(now: number): boolean {
    return this.#reload !== undefined && now < this.#reload.expiresAt
  }

  async #reloadFromKv(number: number, startedAt: number, waitUntil: WaitUntil): Promise<void> {
    const read = await this.#readKv()
    // A reply that comes after its mark has expired still counts: `#adopt` takes a higher revision
    // and nothing else. What it may not do is end a later reload's mark or back-off.
    const isCurrent = this.#reload?.number === number
    if (isCurrent) this.#reload = { number, expiresAt: startedAt }
    const adopted = read.ok && this.#adopt(read.value, 'kv', startedAt)
    if (adopted) {
      waitUntil(this.#options.lastGood.store(adopted.text, adopted.compiled.revision))
    }
    if (!isCurrent) return
    const answered = read.ok || read.error === 'nothing'
    this.#failures = answered ? 0 : this.#failures + 1
    this.#isFailing = !answered
    if (!read.ok) this.#nextReloadAt = this.#options.now() + this.#backOffMs()
  }

  async #readKv(): Promise<Result<string, 'nothing' | 'failed'>> {
    this.reads += 1
    try {
      const text = await withTimeout(this.#options.readKv(), RELOAD_TIMEOUT_MS)
      if (text === null) {
        // An isolate that holds a document has lost its key; one that holds none is new.
        if (this.#held) this.#refuse('missing', 'KV has no key "assignments" any more')
        return err('nothing')
      }
      if (text !== 'oversize') return ok(text)
      this.#refuse('oversize', 'the document is larger than 256 KiB')
      return err('nothing')
    } catch (cause) {
      this.#refuse('unreadable', `KV failed: ${cause instanceof Error ? cause.message : cause}`)
      return err('failed')
    }
  }

  /** Takes `text` if it is valid and newer; the new holding, or `undefined` when nothing changed. */
  #adopt(text: string, source: Held['source'], confirmedAt: number): Held | undefined {
    const held = this.#held
    if (held && held.text === text) {
      this.#held = { ...held, confirmedAt: Math.max(held.confirmedAt, confirmedAt) }
      return undefined
    }
    const parsed = parseAssignments(text, this.#options)
    if (!parsed.ok) {
      this.#refuse('invalid', formatProblems(parsed.error))
      return undefined
    }
    const { revision } = parsed.value
    const used = held?.compiled.revision ?? 0
    if (revision < used) {
      this.#refuse('older', `revision ${revision} is older than ${used}, which is in use`)
      return undefined
    }
    if (revision === used) {
      this.#refuse(
        'same-revision',
        `revision ${revision} is in use with other content: raise "revision" to ${revision + 1}`,
      )
      return undefined
    }
    this.#held = { text, compiled: compileAssignments(parsed.value), source, confirmedAt }
    this.#lastLogged = ''
    return this.#held
  }

  /** Counts every refusal, and logs each once until something else happens. */
  #refuse(reason: Refusal, why: string): void {
    this.refusals[reason] += 1
    if (why === this.#lastLogged) return
    this.#lastLogged = why
    const kept = this.#held
      ? `revision ${this.#held.compiled.revision} stays in use`
      : 'none is in use'
    console.warn(`assignments refused (${reason}), ${kept}: ${why}`)
  }

  #backOffMs(): number {
    return Math.min(FIRST_BACK_OFF_MS * 2 ** Math.max(0, this.#failures - 1), LONGEST_BACK_OFF_MS)
  }

  /** Waits until `arrived`, our own reload ends, or `ms` have passed. */
  async #waitFor(
    arrived: () => boolean,
    ms: number,
    own: Promise<void> | undefined,
  ): Promise<void> {
    const { now } = this.#options
    const deadline = now() + ms
    const nap = () => new Promise<void>((resolve) => setTimeout(resolve, POLL_MS))
    while (!arrived() && this.#isReloading(now())) {
      if (now() >= deadline) {
        this.#isFailing = true
        return
      }
      await (own ? Promise.race([own, nap()]) : nap())
    }
  }
}

const NOTHING: Loaded = { origin: 'default', assignments: undefined }

// The control as a source of the document: it confirms the one in use or sends a newer one, and one
// answer serves the whole data centre. Counts are sent along. load.ts decides how long a request
// waits.

import { withTimeout } from '../core/with-timeout.ts'
import type { Colo } from './colo.ts'
import type { Holding } from './holding.ts'
import {
  type BatchSource,
  isSyncReply,
  type SyncReply,
  type SyncReport,
  withoutForeignCollected,
} from './sync.ts'
import { type Turn, Turns, type WaitUntil } from './turns.ts'

/** A later answer would not help, and the next call has to be able to begin. */
const SYNC_TIMEOUT_MS = 2000

export type ControlSourceDeps = {
  readonly holding: Holding
  readonly askControl: (report: SyncReport) => Promise<SyncReply>
  readonly colo: Colo
  readonly noteDown: ((origins: readonly string[]) => void) | undefined
  readonly counting: BatchSource | undefined
  /**
   * Milliseconds between two calls, before jitter. Another isolate's answer is believed for as
   * long.
   */
  readonly controlRefreshMs: number
  readonly now: () => number
  readonly random: () => number
}

export class ControlSource {
  readonly turns: Turns
  /**
   * Since the isolate started; the second counts calls that another isolate's answer made
   * unnecessary.
   */
  calls = 0
  sharedConfirmations = 0
  readonly #deps: ControlSourceDeps
  /** When the control may be called again: a busy control asks its callers to wait. */
  #notBefore = 0

  constructor(deps: ControlSourceDeps) {
    this.#deps = deps
    const { controlRefreshMs: intervalMs, random } = deps
    this.turns = new Turns({ timeoutMs: SYNC_TIMEOUT_MS, intervalMs, random })
  }

  /** Begins a call if one is due and none is running. The promise never rejects. */
  startDue(now: number, waitUntil: WaitUntil): Promise<void> | undefined {
    const turn = this.turns.begin(now)
    return turn === undefined ? undefined : this.#refresh(turn, now, waitUntil)
  }

  /**
   * Calls the control although no call is due. Milliseconds until it may be tried again;
   * `undefined` after a try, successful or not. Never throws.
   */
  async askEarly(waitUntil: WaitUntil): Promise<number | undefined> {
    const began = this.#deps.now()
    if (began < this.#notBefore) return this.#notBefore - began
    const turn = this.turns.beginEarly(began)
    if (turn === undefined) return 0
    await this.#askInTurn(turn, began, waitUntil)
    return undefined
  }

  /** Confirms the document: by what the data centre knows, else by the control. */
  async #refresh(turn: Turn, began: number, waitUntil: WaitUntil): Promise<void> {
    const { controlRefreshMs, now } = this.#deps
    const confirmedAt = await this.#readShared(began)
    if (confirmedAt !== undefined) {
      this.sharedConfirmations += 1
      return this.turns.succeed(turn, confirmedAt + this.turns.jittered(controlRefreshMs))
    }
    if (now() < this.#notBefore) return this.turns.pass(turn)
    return this.#askInTurn(turn, began, waitUntil)
  }

  /** When another isolate of this data centre heard from the control, if that was recent enough. */
  async #readShared(now: number): Promise<number | undefined> {
    const { holding, colo, controlRefreshMs, noteDown, counting } = this.#deps
    const shared = await colo.loadConfirmation()
    if (!shared || now - shared.at > controlRefreshMs) return undefined
    noteDown?.(shared.down ?? [])
    counting?.collect(shared.collected)
    if (holding.confirm(shared.identity, shared.at)) return shared.at
    // An older confirmation is not wrong: this isolate may have got a newer document from KV.
    if (shared.identity.revision <= (holding.held?.identity.revision ?? 0)) return undefined
    const text = await colo.loadDocument()
    if (!text) return undefined
    await holding.offer(text.text, 'cache', { called: shared.identity, mark: text.mark })
    return holding.confirm(shared.identity, shared.at) ? shared.at : undefined
  }

  async #askInTurn(turn: Turn, began: number, waitUntil: WaitUntil): Promise<void> {
    const reply = await this.#ask(began)
    const isConfirmed = reply !== undefined && (await this.#take(reply, began, waitUntil))
    if (isConfirmed) this.turns.succeed(turn)
    else this.turns.fail(turn, this.#deps.now())
  }

  /**
   * The control's answer, `undefined` if it gave none. Counts are marked as arrived or failed
   * accordingly.
   */
  async #ask(began: number): Promise<SyncReply | undefined> {
    const { askControl, counting, holding } = this.#deps
    this.calls += 1
    const batch = counting?.take(began)
    const report = {
      held: holding.held?.identity,
      kv: holding.lastInKv,
      ...(batch ? { batch } : {}),
    }
    try {
      const answer = await withTimeout(askControl(report), SYNC_TIMEOUT_MS)
      if (!isSyncReply(answer)) throw new TypeError('it gave an answer that is none')
      const reply = withoutForeignCollected(answer)
      if (batch) counting?.arrived(batch, reply.collected)
      else counting?.collect(reply.collected)
      return reply
    } catch (cause) {
      if (batch) counting?.failed(batch)
      const why = `the control failed: ${cause instanceof Error ? cause.message : cause}`
      holding.refuse('control-unreachable', why)
      return undefined
    }
  }

  /** Whether the document that the control calls newest is now in use. */
  async #take(reply: SyncReply, began: number, waitUntil: WaitUntil): Promise<boolean> {
    const { colo, holding, noteDown } = this.#deps
    const { current, text, form, down, collected, nextMs } = reply
    this.#notBefore = began + this.turns.jittered(nextMs)
    noteDown?.(down ?? [])
    // The control has no document yet; KV may have one.
    if (!current) return true
    if (text !== undefined) {
      const mark = form === undefined ? undefined : { form, digest: current.digest }
      const { outcome } = await holding.offer(text, 'control', { called: current, mark })
      if (outcome === 'taken') waitUntil(colo.storeDocument(text, current))
    } else {
      holding.judge(current)
    }
    if (!holding.confirm(current, began)) return false
    const asked = { ...(down ? { down } : {}), ...(collected ? { collected } : {}) }
    waitUntil(colo.storeConfirmation({ identity: current, at: began, ...asked }))
    return true
  }
}

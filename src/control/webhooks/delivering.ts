// Delivers events to webhooks: each gets those that it asked for, in their order, one after the other, and
// again until its receiver has taken it. A receiver that fails delays nobody else. One that fails for days
// is disabled.

import { checkWebhookUrl } from '../../document/origin.ts'
import type { HoloEvent } from '../../wire/events.ts'
import { matchesKind } from '../../wire/webhooks.ts'
import type { Ledger } from '../document/ledger.ts'
import type { Outbox } from '../outbox.ts'
import { toOwnEntry } from '../publishing/publisher.ts'
import { type SentEvent, toBody, toMessageId } from './forms.ts'
import {
  DELIVERIES_PER_RUN,
  LONGEST_WEBHOOK_WAIT_MS,
  MAX_FAILING_MS,
  WAITING_COUNTED,
  WEBHOOK_TIMEOUT_MS,
  WEBHOOK_WAITS_MS,
  WEBHOOKS_AT_ONCE,
} from './limits.ts'
import type { Send, SendResult } from './send.ts'
import { sign } from './signing.ts'
import type { Progress, Webhook, WebhookStore } from './store.ts'

/** How many events are read at once to find the next one of a webhook. */
const SCAN_EVENTS = 100

/**
 * A webhook's position is stored after this many events that it does not get, so that no more are read again after a
 * restart.
 */
const UNNOTED_EVENTS = 500

/** The wait after the result of a delivery could not be stored. */
const HOLD_MS = 60_000

export type DeliveringDeps = {
  readonly storage: DurableObjectStorage
  readonly store: WebhookStore
  readonly outbox: Outbox
  readonly ledger: Pick<Ledger, 'record'>
  readonly send: Send
  readonly now: () => number
  /** Sets the alarm of the control for the next task that is due. */
  readonly arm: () => void
  readonly allowInsecure: boolean
}

/** What is known of the events after the position of a webhook. */
type Ahead = {
  /** When the webhook was made: another one may have taken its name. */
  readonly of: number
  /** Everything up to here was looked at. */
  readonly upTo: number
  /** The next event to deliver. */
  readonly event: HoloEvent | undefined
}

export class Delivering {
  readonly #deps: DeliveringDeps
  readonly #ahead = new Map<string, Ahead>()
  /** Webhooks that are sent something now. */
  readonly #busy = new Set<string>()
  #heldUntil = 0

  constructor(deps: DeliveringDeps) {
    this.#deps = deps
    deps.outbox.addReader(() => deps.store.list().some(isEnabled))
  }

  get isRunning(): boolean {
    return this.#busy.size > 0
  }

  /** When the next delivery is due; `undefined` if there is none, or while no more can be made at once. */
  dueAt(): number | undefined {
    const { store, now } = this.#deps
    if (store.list().length === 0 || this.#busy.size >= WEBHOOKS_AT_ONCE) return undefined
    const at = now()
    const times = this.#listWaiting().map((webhook) => this.#retryAt(webhook))
    if (times.length === 0) return undefined
    return Math.max(at, Math.min(this.#heldUntil, at + HOLD_MS), Math.min(...times))
  }

  /** Makes the deliveries that are due, a few at a time. Never throws. */
  async run(): Promise<void> {
    const { now } = this.#deps
    const due = this.dueAt()
    if (due === undefined || due > now()) return
    const budget = { left: DELIVERIES_PER_RUN }
    const free = WEBHOOKS_AT_ONCE - this.#busy.size
    await Promise.all(Array.from({ length: free }, () => this.#work(budget)))
  }

  /** Delivers one event after the other, to the webhook that waits longest. */
  async #work(budget: { left: number }): Promise<void> {
    const { now, arm } = this.#deps
    try {
      while (budget.left > 0) {
        const name = this.#findDue()
        if (name === undefined) break
        budget.left--
        this.#busy.add(name)
        try {
          await this.#deliverNext(name)
        } finally {
          this.#busy.delete(name)
        }
      }
      this.#noteSkipped()
    } catch (cause) {
      console.error('deliveries of webhooks could not be stored', cause)
      this.#heldUntil = now() + HOLD_MS
      this.#recover()
    }
    arm()
  }

  /** Those that have an event to get, and are not getting one now. */
  #listWaiting(): readonly Webhook[] {
    return this.#deps.store
      .list()
      .filter(
        (webhook) =>
          isEnabled(webhook) && !this.#busy.has(webhook.name) && this.#find(webhook) !== undefined,
      )
  }

  #findDue(): string | undefined {
    const at = this.#deps.now()
    return this.#listWaiting()
      .filter((webhook) => this.#retryAt(webhook) <= at)
      .toSorted((one, other) => one.tried_at - other.tried_at)[0]?.name
  }

  /** Sends an event once. Never throws. */
  async send(webhook: Webhook, event: SentEvent, timeoutMs: number): Promise<SendResult> {
    const { send, now, allowInsecure } = this.#deps
    const { url, form, secret, dashboard } = webhook
    const wrong = checkWebhookUrl(url, allowInsecure)
    if (wrong) return { isTaken: false, why: `the address is refused: ${wrong}`, ms: 0 }
    const body = toBody(form, event, dashboard)
    if (body === undefined) {
      return { isTaken: false, why: `the form ${form} says nothing about such an event`, ms: 0 }
    }
    const headers = secret ? await sign(secret, toMessageId(event), now(), body) : {}
    return send({ url, headers, body }, timeoutMs)
  }

  /** How many events wait for a webhook, up to `WAITING_COUNTED`. */
  countWaiting(webhook: Webhook): number {
    let count = 0
    let after = webhook.position
    while (count < WAITING_COUNTED) {
      const { events, next } = this.#deps.outbox.page(after, SCAN_EVENTS)
      if (events.length === 0) break
      count += events.filter((event) => isFor(webhook, event)).length
      after = next
    }
    return Math.min(count, WAITING_COUNTED)
  }

  async #deliverNext(name: string): Promise<void> {
    const webhook = this.#deps.store.get(name)
    const event = webhook && this.#find(webhook)
    if (!event) return
    await this.#note(webhook, event, await this.send(webhook, event, WEBHOOK_TIMEOUT_MS))
  }

  /** Stores what came of an attempt, unless the webhook was removed or told to go on meanwhile. */
  async #note(webhook: Webhook, event: HoloEvent, result: SendResult): Promise<void> {
    const { storage, store, ledger, outbox, now } = this.#deps
    const { name } = webhook
    const current = store.get(name)
    if (current?.created_at !== webhook.created_at || current.position !== webhook.position) return
    const at = now()
    const made = result.isTaken ? toTaken(event, at) : toFailed(current, result, at)
    const write = () => {
      if (result.isTaken) {
        const { missed } = outbox.page(current.position, 1)
        if (missed > 0) store.skipTo(name, current.position, missed)
      }
      store.progress(name, made)
      store.record(name, 'event', event, result, at)
    }
    if (made.disabled_at === null) {
      storage.transactionSync(write)
      return
    }
    const { origin } = new URL(webhook.url)
    const why = made.why ?? ''
    console.error(`the webhook ${name} is disabled: ${why}`)
    await ledger.record([toOwnEntry('webhook-disable', { name, origin, why }, at)], () => {
      write()
      outbox.add({ kind: 'webhook.disabled', webhook: name, origin, by: 'control', why })
    })
  }

  /** The next event of a webhook; `undefined` if it has had all. */
  #find(webhook: Webhook): HoloEvent | undefined {
    const { name, created_at: of, position } = webhook
    const known = this.#ahead.get(name)
    const ahead = known?.of === of && known.upTo >= position ? known : undefined
    if (ahead?.event && ahead.event.id > position) return ahead.event
    let upTo = ahead?.upTo ?? position
    if (upTo >= this.#deps.outbox.newest()) return undefined
    let event: HoloEvent | undefined
    while (event === undefined) {
      const { events, next } = this.#deps.outbox.page(upTo, SCAN_EVENTS)
      if (events.length === 0) break
      event = events.find((one) => isFor(webhook, one))
      upTo = event?.id ?? next
    }
    this.#ahead.set(name, { of, upTo, event })
    return event
  }

  /** Stores the positions of webhooks that have passed many events without getting one. */
  #noteSkipped(): void {
    const { store } = this.#deps
    for (const { name, created_at, position } of store.list()) {
      const ahead = this.#ahead.get(name)
      if (ahead?.of !== created_at || ahead.event) continue
      if (ahead.upTo - position > UNNOTED_EVENTS) store.skipTo(name, ahead.upTo, 0)
    }
  }

  /** Reads the tables again, because memory may be ahead of what is stored. */
  #recover(): void {
    this.#ahead.clear()
    try {
      this.#deps.store.reload()
    } catch (cause) {
      console.error('the webhooks could not be read', cause)
    }
  }

  /** Ignores a time that no wait explains: a wrong clock wrote it. */
  #retryAt({ retry_at }: Webhook): number {
    return retry_at - this.#deps.now() > LONGEST_WEBHOOK_WAIT_MS ? 0 : retry_at
  }
}

function isEnabled({ disabled_at }: Webhook): boolean {
  return disabled_at === null
}

function isFor({ events, form, dashboard }: Webhook, event: HoloEvent): boolean {
  if (!events.some((pattern) => matchesKind(pattern, event.kind))) return false
  const saysAll = form !== 'cdevents' && form !== 'pull'
  return saysAll || toBody(form, event, dashboard) !== undefined
}

function toTaken({ id }: HoloEvent, at: number): Progress {
  return {
    position: id,
    failures: 0,
    failing_since: null,
    tried_at: at,
    retry_at: 0,
    why: null,
    disabled_at: null,
  }
}

const GONE = 410

function toFailed(
  { position, failures: before, failing_since }: Webhook,
  { status, why = '', retryAfterMs = 0 }: SendResult,
  at: number,
): Progress {
  const failures = before + 1
  // If the clock went back, the time of failing is counted from now.
  const since = failing_since === null || failing_since > at ? at : failing_since
  const last = WEBHOOK_WAITS_MS.length - 1
  const waitMs = WEBHOOK_WAITS_MS[Math.min(failures - 1, last)] ?? LONGEST_WEBHOOK_WAIT_MS
  const isOver = status === GONE || at - since >= MAX_FAILING_MS
  return {
    position,
    failures,
    failing_since: since,
    tried_at: at,
    retry_at: at + Math.max(waitMs, Math.min(retryAfterMs, LONGEST_WEBHOOK_WAIT_MS)),
    why: status === GONE ? `${why}: its receiver is gone` : why,
    disabled_at: isOver ? at : null,
  }
}

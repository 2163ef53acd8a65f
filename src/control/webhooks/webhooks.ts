// Adds, lists and removes webhooks, and sends tests and redeliveries. delivering.ts delivers events.

import { err, ok, type Result } from '../../core/result.ts'
import { checkWebhookUrl } from '../../document/origin.ts'
import type { HoloEvent } from '../../wire/events.ts'
import {
  EVENTS_FOR_PEOPLE,
  type NewWebhookBody,
  newWebhookBody,
  SIGNED_FORMS,
  WEBHOOK_SECRET,
  type WebhookDelivery,
  type WebhookSummary,
} from '../../wire/webhooks.ts'
import type { RefusedResult } from '../caller.ts'
import type { Entry } from '../document/audit.ts'
import type { Author } from '../document/change.ts'
import { OneAtATime } from '../one-at-a-time.ts'
import type { NewWebhook } from './contract.ts'
import type { Delivering, DeliveringDeps } from './delivering.ts'
import type { SentEvent, TestEvent } from './forms.ts'
import { ASKED_TIMEOUT_MS, MAX_WEBHOOKS } from './limits.ts'
import { toSigningKey } from './signing.ts'
import type { Webhook } from './store.ts'

type Deps = Omit<DeliveringDeps, 'send'> & { readonly delivering: Delivering }

type Refused<T> = Promise<Result<T, RefusedResult>>

export class Webhooks {
  readonly #deps: Deps
  /** Tests and redeliveries wait for others: one at a time for each webhook. */
  readonly #alone = new OneAtATime()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  list(): readonly WebhookSummary[] {
    return this.#deps.store.list().map((webhook) => this.#toSummary(webhook))
  }

  deliveries(name: string): readonly WebhookDelivery[] | undefined {
    const { store } = this.#deps
    return store.get(name) && store.deliveries(name)
  }

  async add(author: Author, { dashboard, ...asked }: NewWebhook): Refused<WebhookSummary> {
    const { store, outbox, now, allowInsecure } = this.#deps
    if (!newWebhookBody.safeParse(asked).success) {
      throw new TypeError('the route checks the body of a new webhook')
    }
    const wrong = this.#findWrong(asked) ?? findWrongUrl(asked, allowInsecure)
    if (wrong) return toInvalid(wrong.path, wrong.message)
    const { name, url, form } = asked
    const at = now()
    const webhook: Webhook = {
      name,
      url: new URL(url).href,
      form,
      events:
        form === 'pull'
          ? []
          : (asked.events ?? (SIGNED_FORMS.has(form) ? ['*'] : EVENTS_FOR_PEOPLE)),
      secret: toStoredSecret(asked),
      dashboard,
      created_at: at,
      created_by: author.principal.actor,
      position: outbox.newest(),
      missed: 0,
      failures: 0,
      failing_since: null,
      tried_at: 0,
      retry_at: 0,
      why: null,
      disabled_at: null,
    }
    const { origin } = new URL(url)
    const detail = { name, origin, form, events: webhook.events }
    try {
      await this.#record(author, 'webhook-add', detail, () => {
        store.add(webhook)
        outbox.add({ kind: 'webhook.added', webhook: name, origin, by: author.principal.actor })
      })
    } catch (cause) {
      // Another call may have taken the name meanwhile.
      const late = this.#findWrong(asked)
      if (late) return toInvalid(late.path, late.message)
      throw cause
    }
    return ok(this.#toSummary(webhook))
  }

  async remove(author: Author, name: string): Refused<WebhookSummary | undefined> {
    const { store, outbox } = this.#deps
    const webhook = store.get(name)
    if (!webhook) return ok(undefined)
    const { origin } = new URL(webhook.url)
    const summary = this.#toSummary(webhook)
    await this.#record(author, 'webhook-remove', { name, origin }, () => {
      store.remove(name)
      outbox.add({ kind: 'webhook.removed', webhook: name, origin, by: author.principal.actor })
    })
    return ok(summary)
  }

  async resume(author: Author, name: string, skip: boolean): Refused<WebhookSummary | undefined> {
    const { store, outbox, arm } = this.#deps
    if (!store.get(name)) return ok(undefined)
    await this.#record(author, 'webhook-resume', { name, skip }, () => {
      const webhook = store.get(name)
      if (!webhook) return
      store.progress(name, {
        position: skip ? outbox.newest() : webhook.position,
        failures: 0,
        failing_since: null,
        tried_at: webhook.tried_at,
        retry_at: 0,
        why: null,
        disabled_at: null,
      })
    })
    arm()
    const webhook = store.get(name)
    return ok(webhook && this.#toSummary(webhook))
  }

  test(author: Author, name: string): Refused<WebhookDelivery | undefined> {
    const event: TestEvent = { id: 0, at: this.#deps.now(), kind: 'webhook.test' }
    return this.#sendOnce(author, name, 'test', event)
  }

  async redeliver(author: Author, name: string, id: number): Refused<WebhookDelivery | undefined> {
    const { store, outbox } = this.#deps
    const delivery = store.get(name) && store.delivery(name, id)
    if (!delivery) return ok(undefined)
    const { event: number } = delivery
    if (number === undefined) return toInvalid('delivery', 'it was no event: only events are kept')
    const event: HoloEvent | undefined = outbox.page(number - 1, 1).events[0]
    if (event?.id !== number) return toInvalid('delivery', 'its event is no longer kept')
    return this.#sendOnce(author, name, 'redelivery', event)
  }

  async #sendOnce(
    author: Author,
    name: string,
    cause: 'test' | 'redelivery',
    event: SentEvent,
  ): Refused<WebhookDelivery | undefined> {
    const { store, delivering, now } = this.#deps
    const webhook = store.get(name)
    if (!webhook) return ok(undefined)
    const sent = await this.#alone.run('send', name, () =>
      delivering.send(webhook, event, ASKED_TIMEOUT_MS),
    )
    if (!sent.ok) return err({ kind: 'denied', denial: 'one_at_a_time' })
    const detail = { name, ...(cause === 'test' ? {} : { event: event.id }) }
    let id = 0
    await this.#record(
      author,
      cause === 'test' ? 'webhook-test' : 'webhook-redeliver',
      detail,
      () => {
        if (store.get(name)) id = store.record(name, cause, event, sent.value, now())
      },
    )
    return ok(store.delivery(name, id))
  }

  /** Writes the audit row in the transaction of `write`. */
  async #record(
    { principal, requestId }: Author,
    action: string,
    detail: unknown,
    write: () => void,
  ) {
    const { ledger, store, now } = this.#deps
    const { actor, token } = principal
    const entry: Entry = { at: now(), actor, token, action, detail, reason: undefined, requestId }
    try {
      await ledger.record([entry], write)
    } catch (cause) {
      store.reload()
      throw cause
    }
  }

  #findWrong({ name, form, secret }: NewWebhookBody) {
    const known = this.#deps.store.list()
    if (known.some((one) => one.name === name)) {
      return { path: 'name', message: `there is a webhook "${name}" already: remove it first` }
    }
    if (known.length >= MAX_WEBHOOKS) {
      return { path: '', message: `there are ${MAX_WEBHOOKS} webhooks, and no more can be` }
    }
    if (form === 'pull') return undefined
    const isSigned = SIGNED_FORMS.has(form)
    if (isSigned && secret !== undefined && !WEBHOOK_SECRET.test(secret)) {
      return { path: 'secret', message: 'write whsec_ and 24 to 64 bytes in base64' }
    }
    if (isSigned === (secret !== undefined)) return undefined
    const message = isSigned
      ? `deliveries of the form "${form}" are signed: give a secret`
      : `a chat verifies no signature: leave the secret out for the form "${form}"`
    return { path: 'secret', message }
  }

  #toSummary(webhook: Webhook): WebhookSummary {
    const { name, form, url, events, created_at, created_by, missed, failures } = webhook
    const isDisabled = webhook.disabled_at !== null
    const isFailing = !isDisabled && failures > 0
    return {
      name,
      form,
      origin: new URL(url).origin,
      events: [...events],
      createdAt: created_at,
      createdBy: created_by,
      state: isDisabled ? 'disabled' : isFailing ? 'failing' : 'active',
      waiting: this.#deps.delivering.countWaiting(webhook),
      missed,
      failures,
      triedAt: webhook.tried_at || undefined,
      failingSince: webhook.failing_since ?? undefined,
      retryAt: isFailing ? webhook.retry_at : undefined,
      disabledAt: webhook.disabled_at ?? undefined,
      why: webhook.why ?? undefined,
    }
  }
}

function toStoredSecret({ form, secret }: NewWebhookBody): ArrayBuffer | null {
  if (secret === undefined) return null
  if (form !== 'pull') return toSigningKey(secret)
  return Uint8Array.from(new TextEncoder().encode(secret)).buffer
}

function findWrongUrl({ url }: NewWebhookBody, allowInsecure: boolean) {
  const message = checkWebhookUrl(url, allowInsecure)
  return message === undefined ? undefined : { path: 'url', message }
}

function toInvalid(path: string, message: string): Result<never, RefusedResult> {
  return err({ kind: 'invalid', problems: [{ path, message }] })
}

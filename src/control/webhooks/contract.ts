// The calls of the control that concern webhooks.

import type { Result } from '../../core/result.ts'
import type { NewWebhookBody, WebhookDelivery, WebhookSummary } from '../../wire/webhooks.ts'
import type { Answer, Caller, RefusedResult } from '../caller.ts'

/** A webhook to add. `dashboard` is the address of the dashboard, for links in messages. */
export type NewWebhook = NewWebhookBody & { readonly dashboard: string }

type Refusable<T> = Promise<Result<T | undefined, RefusedResult>>

/** `undefined` stands for a webhook, or a delivery, that there is not. */
export type WebhookCalls = {
  readonly webhooks: (caller: Caller) => Answer<readonly WebhookSummary[]>
  readonly addWebhook: (
    caller: Caller,
    asked: NewWebhook,
  ) => Promise<Result<WebhookSummary, RefusedResult>>
  readonly removeWebhook: (caller: Caller, name: string) => Refusable<WebhookSummary>
  /** Tries again at once, an event that waits or a disabled webhook; with `skip`, from the next event. */
  readonly resumeWebhook: (caller: Caller, name: string, skip: boolean) => Refusable<WebhookSummary>
  readonly deliveries: (
    caller: Caller,
    name: string,
  ) => Answer<readonly WebhookDelivery[] | undefined>
  /** Sends a made-up event, once. */
  readonly testWebhook: (caller: Caller, name: string) => Refusable<WebhookDelivery>
  /** Sends the event of a delivery once more, once. */
  readonly redeliver: (caller: Caller, name: string, id: number) => Refusable<WebhookDelivery>
}

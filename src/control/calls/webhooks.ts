// The calls that read, change and test webhooks.

import type { ControlParts } from '../parts.ts'
import type { WebhookCalls } from '../webhooks/contract.ts'

export function createWebhookCalls({ rights, webhooks }: ControlParts): WebhookCalls {
  return {
    webhooks: (caller) => rights.answer(caller, 'read', () => webhooks.list()),

    deliveries: (caller, name) => rights.answer(caller, 'read', () => webhooks.deliveries(name)),

    addWebhook: (caller, asked) =>
      rights.actUnlimited(caller, 'admin', (author) => webhooks.add(author, asked)),

    removeWebhook: (caller, name) =>
      rights.actUnlimited(caller, 'admin', (author) => webhooks.remove(author, name)),

    resumeWebhook: (caller, name, skip) =>
      rights.actUnlimited(caller, 'admin', (author) => webhooks.resume(author, name, skip)),

    testWebhook: (caller, name) =>
      rights.actUnlimited(caller, 'admin', (author) => webhooks.test(author, name)),

    redeliver: (caller, name, id) =>
      rights.actUnlimited(caller, 'admin', (author) => webhooks.redeliver(author, name, id)),
  }
}

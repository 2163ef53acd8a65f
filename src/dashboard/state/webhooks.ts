// What can be done to a webhook. Each returns why it was refused.

import { type CallFailure, call } from '../api/client.ts'
import { announce } from '../parts/notices.tsx'
import { type DeliveryItem, toReplyText } from '../say/webhooks.ts'
import type { NewWebhook } from './new-webhook.ts'
import { readWebhooks } from './site.ts'

type Refused = Promise<CallFailure | undefined>

export async function addWebhook(body: NewWebhook): Refused {
  const added = await call('POST /webhooks', { body })
  return added.ok ? tellDone(`The webhook ${body.name} is added.`) : added.error
}

export async function removeWebhook(name: string): Refused {
  const removed = await call('DELETE /webhooks/{name}', { params: { name } })
  return removed.ok ? tellDone(`The webhook ${name} is removed.`) : removed.error
}

export async function resumeWebhook(name: string, skip: boolean): Refused {
  const resumed = await call('POST /webhooks/{name}/resume', { params: { name }, body: { skip } })
  if (!resumed.ok) return resumed.error
  return tellDone(skip ? `${name} goes on with the next event.` : `${name} is tried again now.`)
}

export async function testWebhook(name: string): Refused {
  const sent = await call('POST /webhooks/{name}/test', { params: { name } })
  return sent.ok ? tellSent(sent.value) : sent.error
}

export async function redeliver(name: string, delivery: number): Refused {
  const sent = await call('POST /webhooks/{name}/redeliver', {
    params: { name },
    body: { delivery },
  })
  return sent.ok ? tellSent(sent.value) : sent.error
}

async function tellSent(delivery: DeliveryItem): Refused {
  const isTaken = delivery.outcome === 'delivered'
  const text = `The receiver ${isTaken ? 'took it' : 'did not take it'}: ${toReplyText(delivery)}.`
  announce({ tone: isTaken ? 'good' : 'warn', text })
  await readWebhooks()
  return undefined
}

async function tellDone(text: string): Refused {
  announce({ tone: 'good', text })
  await readWebhooks()
  return undefined
}

// Asks a webhook whether a rollout may go on, with a signed message. A 2xx reply means yes; any other reply, or
// none, means not yet.

import { checkWebhookUrl } from '../../document/origin.ts'
import type { DeliveringDeps } from './delivering.ts'
import type { SendResult } from './send.ts'
import { sign } from './signing.ts'
import type { Webhook, WebhookStore } from './store.ts'

/** What is asked of whom, about which rollout. */
export type GateQuestion = {
  /** The same each time that it is asked. */
  readonly id: string
  readonly before: 'start' | 'step' | 'promotion' | 'rollback'
  /** Left out before the start. */
  readonly rollout?: number
  readonly environment: string
  readonly base?: string | undefined
  readonly version: string
  readonly baseVersion?: string
  readonly weight?: number
  readonly reason?: string
}

export type AskingDeps = Pick<DeliveringDeps, 'send' | 'now' | 'allowInsecure'> & {
  readonly storage: DurableObjectStorage
  readonly store: WebhookStore
}

/** Why this webhook cannot confirm, or be checked; `undefined` if it can. */
export function findUnaskable(
  store: WebhookStore,
  name: string,
  form: 'standard' | 'pull' = 'standard',
): string | undefined {
  const webhook = store.get(name)
  if (!webhook) return `there is no webhook "${name}": add it with "holo webhooks add"`
  if (webhook.form === form) return undefined
  return `the webhook "${name}" has the form "${webhook.form}", and this takes one of the form "${form}"`
}

const KIND = 'rollout.confirm'

/** Asks once, for at most `timeoutMs`. Never throws. */
export async function askWebhook(
  asking: AskingDeps,
  name: string,
  question: GateQuestion,
  timeoutMs: number,
): Promise<boolean> {
  const { storage, store, now } = asking
  const webhook = store.get(name)
  if (!webhook || findUnaskable(store, name) !== undefined) return false
  try {
    const result = await send(asking, webhook, question, timeoutMs)
    const at = now()
    const event = { id: 0, at, kind: KIND } as const
    if (store.get(name)?.created_at === webhook.created_at) {
      storage.transactionSync(() => store.record(name, 'confirmation', event, result, at))
    }
    return result.isTaken
  } catch (cause) {
    console.error(`the webhook ${name} could not be asked`, cause)
    return false
  }
}

async function send(
  { send, now, allowInsecure }: AskingDeps,
  { url, secret, dashboard }: Webhook,
  { id, ...question }: GateQuestion,
  timeoutMs: number,
): Promise<SendResult> {
  const wrong = checkWebhookUrl(url, allowInsecure)
  if (wrong) return { isTaken: false, why: `the address is refused: ${wrong}`, ms: 0 }
  const at = now()
  const link = `${dashboard}#/rollouts${question.rollout === undefined ? '' : `/${question.rollout}`}`
  const data = { ...question, text: toText(question), link }
  const body = JSON.stringify({ type: KIND, timestamp: new Date(at).toISOString(), data })
  const headers = secret ? await sign(secret, id, at, body) : {}
  return send({ url, headers, body }, timeoutMs)
}

const WHAT = {
  start: 'be rolled out',
  step: 'take the next step',
  promotion: 'be promoted',
  rollback: 'be taken back now',
}

function toText({ before, version, environment }: Omit<GateQuestion, 'id'>): string {
  return `May ${version} in "${environment}" ${WHAT[before]}? Answer 2xx to confirm.`
}

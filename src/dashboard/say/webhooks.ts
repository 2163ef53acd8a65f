// Webhooks, their deliveries, and what a rollout asks of them, in words. Pure.

import { getOwn } from '../../core/own.ts'
import type { WebhookForm } from '../../wire/webhooks.ts'
import type { ReplyOf } from '../api/client.ts'
import { toAmount, toClockLabel, toListText, toSpanLabel } from './format.ts'
import type { RunningRolloutReply, Tone } from './sentence.ts'

export type WebhookItem = ReplyOf<'GET /webhooks'>['webhooks'][number]
export type DeliveryItem = ReplyOf<'GET /webhooks/{name}/deliveries'>['deliveries'][number]

type FormWords = {
  readonly label: string
  readonly about: string
  /** What a secret is for; `none` where the address itself is the secret. */
  readonly secret: 'signs' | 'authorizes' | 'none'
  /** The events that it gets if nobody chooses. */
  readonly usual: string
}

const FOR_PEOPLE = 'starts, ends, stalls and failures'

export const FORM_WORDS: Readonly<Record<WebhookForm, FormWords>> = {
  standard: {
    label: 'Signed JSON',
    about: 'for programs, as Standard Webhooks has it; it can also confirm steps of rollouts',
    secret: 'signs',
    usual: 'every event',
  },
  cdevents: {
    label: 'CDEvents',
    about: 'signed, for pipelines',
    secret: 'signs',
    usual: 'every change of an environment',
  },
  slack: {
    label: 'Slack',
    about: 'a message for an incoming webhook',
    secret: 'none',
    usual: FOR_PEOPLE,
  },
  discord: {
    label: 'Discord',
    about: 'a message for a webhook of a channel',
    secret: 'none',
    usual: FOR_PEOPLE,
  },
  teams: {
    label: 'Teams',
    about: 'a card for a workflow of Microsoft Teams',
    secret: 'none',
    usual: FOR_PEOPLE,
  },
  pull: {
    label: 'Values to check',
    about: 'gets no events: it is asked for JSON that rollouts check',
    secret: 'authorizes',
    usual: 'none',
  },
}

/** What a webhook is there for, beside its form. */
export function toPurpose({ form, events }: Pick<WebhookItem, 'form' | 'events'>): string {
  if (form === 'pull') return 'Is asked for values that rollouts check'
  if (events.length === 0) return 'Gets no events: it only confirms steps of rollouts'
  return events.includes('*') ? 'Gets every event' : `Gets ${toListText(events)}`
}

export type WebhookState = {
  readonly tone: Exclude<Tone, 'calm'> | 'quiet'
  readonly label: string
  readonly text: string
}

export function toWebhookState(webhook: WebhookItem, now: number): WebhookState {
  const { form, state, why = 'nobody knows why', failures, failingSince, retryAt } = webhook
  if (state === 'disabled') {
    const since = webhook.disabledAt
    return {
      tone: 'bad',
      label: 'disabled',
      text: `Nothing is sent${since === undefined ? '' : ` since ${toClockLabel(since, now)}`}: ${why}.`,
    }
  }
  if (state === 'failing') {
    const since = failingSince === undefined ? '' : ` since ${toClockLabel(failingSince, now)}`
    const next = retryAt === undefined ? '' : ` ${toRetryText(retryAt, now)}.`
    return {
      tone: 'warn',
      label: `failing${since}`,
      text: `${toAmount(failures, 'attempt')} failed: ${why}.${next}`,
    }
  }
  if (form === 'pull') {
    return { tone: 'quiet', label: 'ready', text: 'A rollout with a check asks it.' }
  }
  if (webhook.events.length === 0) {
    return { tone: 'quiet', label: 'ready', text: 'A rollout whose plan names it asks it.' }
  }
  if (webhook.triedAt === undefined) {
    return { tone: 'quiet', label: 'ready', text: 'No event was sent to it yet.' }
  }
  return { tone: 'good', label: 'fine', text: 'Its receiver takes what it is sent.' }
}

function toRetryText(at: number, now: number): string {
  return at <= now ? 'The next try is due' : `Next try in ${toSpanLabel(at - now)}`
}

/** How all of them fare. */
export function toWebhooksSentence(webhooks: readonly WebhookItem[]): {
  readonly tone: Tone
  readonly text: string
} {
  const name = (state: WebhookItem['state']) =>
    webhooks.filter((one) => one.state === state).map((one) => one.name)
  const [disabled, failing] = [name('disabled'), name('failing')]
  if (disabled.length > 0) {
    const is = disabled.length === 1 ? 'is' : 'are'
    return {
      tone: 'bad',
      text: `${toListText(disabled)} ${is} disabled: nothing more is sent there.`,
    }
  }
  if (failing.length > 0) {
    const fails = failing.length === 1 ? 'does not take its' : 'do not take their'
    return { tone: 'warn', text: `${toListText(failing)} ${fails} events; Holo tries again.` }
  }
  const takers = webhooks.filter(({ form }) => form !== 'pull').length
  const asked = webhooks.length - takers
  const parts = [
    ...(takers > 0 ? [`${toAmount(takers, 'webhook')} ${takers === 1 ? 'is' : 'are'} told`] : []),
    ...(asked > 0 ? [`${toAmount(asked, 'source')} can be asked by rollouts`] : []),
  ]
  return { tone: 'calm', text: `${toListText(parts)}, and nothing is wrong.` }
}

const CAUSES: Readonly<Record<DeliveryItem['cause'], string>> = {
  event: 'an event',
  redelivery: 'sent again by hand',
  test: 'a test',
  confirmation: 'a question to confirm',
}

export function toDeliveryCause({ cause }: Pick<DeliveryItem, 'cause'>): string {
  return getOwn(CAUSES, cause) ?? cause
}

/** The outcome of the last attempt, as in `answered 200 after 34 ms`. */
export function toReplyText({ status, why, ms, outcome }: DeliveryItem): string {
  if (outcome === 'delivered') return `answered ${status ?? '2xx'} after ${ms}\u202fms`
  return `${why ?? 'failed'}, after ${ms}\u202fms`
}

/**
 * When an event that was not taken is sent again.
 *
 * @param isNewest whether the webhook has got no later event: it gets one after the other.
 */
export function toNextTryText(
  { state, retryAt }: Pick<WebhookItem, 'state' | 'retryAt'>,
  { outcome, cause }: Pick<DeliveryItem, 'outcome' | 'cause'>,
  isNewest: boolean,
  now: number,
): string | undefined {
  if (outcome === 'delivered' || cause !== 'event' || !isNewest) return undefined
  if (state === 'disabled') return 'Not tried again: the webhook is disabled'
  return retryAt === undefined ? undefined : toRetryText(retryAt, now)
}

const BEFORE = {
  start: 'it begins',
  step: 'each further step',
  promotion: 'everybody gets the version',
  rollback: 'it takes the version back',
} as const

const SILENCE = {
  goOn: 'it goes on',
  hold: 'it holds',
  rollBack: 'it takes the version back',
} as const

/** What the rollout that runs asks of a webhook. */
export function listUses(name: string, rollout: RunningRolloutReply | undefined): string[] {
  if (!rollout) return []
  const { id, plan } = rollout
  return [
    ...(plan.confirm ?? [])
      .filter(({ webhook }) => webhook === name)
      .map(
        ({ before, waitMs, silence }) =>
          `Rollout ${id} asks it to confirm before ${getOwn(BEFORE, before) ?? before}. After ${toSpanLabel(waitMs)} without a yes ${getOwn(SILENCE, silence) ?? silence}.`,
      ),
    ...(plan.checks ?? [])
      .filter(({ webhook }) => webhook === name)
      .map(
        (check) =>
          `Rollout ${id} checks “${check.name}” in it: ${check.path ?? ''} ${toGoodText(check)}.`,
      ),
  ]
}

type Check = NonNullable<RunningRolloutReply['plan']['checks']>[number]

function toGoodText({ is, below, atMost, basePath }: Check): string {
  if (is !== undefined) return `has to be ${is}`
  if (below !== undefined) return `has to be below ${below}`
  return `has to be at most ${atMost} times ${basePath ?? 'as many as before'}`
}

// Webhooks in words, and what the form of a new one sends.

import { describe, expect, it } from 'vitest'
import type { RunningRolloutReply } from '../../src/dashboard/say/sentence.ts'
import {
  type DeliveryItem,
  listUses,
  toNextTryText,
  toPurpose,
  toReplyText,
  toWebhookState,
  toWebhooksSentence,
  type WebhookItem,
} from '../../src/dashboard/say/webhooks.ts'
import { type DraftedWebhook, toNewWebhook } from '../../src/dashboard/state/new-webhook.ts'
import { newWebhookBody, WEBHOOK_FORMS } from '../../src/wire/webhooks.ts'
import { exampleRollout } from '../support/rollout-api.ts'

const NOW = Date.UTC(2026, 10, 27, 12)
const MINUTE_MS = 60_000

const plain = (text: string | undefined) => text?.replaceAll('\u202f', ' ')

const webhook = (fields: Partial<WebhookItem> = {}): WebhookItem => ({
  name: 'team',
  form: 'slack',
  origin: 'https://hooks.example.com',
  events: ['rollout.*'],
  createdAt: NOW,
  createdBy: 'ada',
  state: 'active',
  waiting: 0,
  missed: 0,
  failures: 0,
  triedAt: NOW,
  ...fields,
})

const failing = webhook({
  state: 'failing',
  failures: 2,
  failingSince: NOW - 9 * MINUTE_MS,
  retryAt: NOW + 2 * MINUTE_MS,
  why: 'answered 503',
})

describe('how a webhook fares', () => {
  it('says that it is fine, or that nothing was sent yet', () => {
    expect(toWebhookState(webhook(), NOW)).toMatchObject({ tone: 'good', label: 'fine' })
    const fresh = webhook({ triedAt: undefined })
    expect(toWebhookState(fresh, NOW)).toMatchObject({ tone: 'quiet', label: 'ready' })
  })

  it('says since when it fails, why, and when it is tried again', () => {
    const { tone, label, text } = toWebhookState(failing, NOW)
    expect([tone, label]).toEqual(['warn', expect.stringMatching(/^failing since .*\d/)])
    expect(plain(text)).toBe('2 attempts failed: answered 503. Next try in 2 min.')
    expect(toWebhookState({ ...failing, retryAt: NOW - 1 }, NOW).text).toContain('is due')
  })

  it('says since when nothing is sent', () => {
    const gone = webhook({ state: 'disabled', disabledAt: NOW, why: 'answered 410' })
    expect(toWebhookState(gone, NOW).text).toMatch(/^Nothing is sent since .*\d.*: answered 410\.$/)
  })

  it('says what it is there for', () => {
    expect(toPurpose(webhook())).toBe('Gets rollout.*')
    expect(toPurpose(webhook({ events: ['*'] }))).toBe('Gets every event')
    expect(toPurpose(webhook({ events: [] }))).toContain('only confirms')
    expect(toPurpose(webhook({ form: 'pull', events: [] }))).toContain('values that rollouts check')
  })

  it('names those that fail, the disabled ones first', () => {
    const gone = webhook({ name: 'old', state: 'disabled' })
    expect(toWebhooksSentence([failing, gone]).text).toContain('old is disabled')
    expect(toWebhooksSentence([failing, { ...failing, name: 'b' }]).text).toBe(
      'team and b do not take their events; Holo tries again.',
    )
    expect(toWebhooksSentence([webhook(), webhook({ form: 'pull' })])).toEqual({
      tone: 'calm',
      text: '1 webhook is told and 1 source can be asked by rollouts, and nothing is wrong.',
    })
  })
})

const delivery = (fields: Partial<DeliveryItem> = {}): DeliveryItem => ({
  id: 1,
  event: 7,
  kind: 'rollout.ended',
  cause: 'event',
  at: NOW,
  triedAt: NOW,
  attempts: 2,
  outcome: 'failed',
  status: 503,
  why: 'answered 503',
  ms: 12,
  ...fields,
})

describe('a delivery', () => {
  it('says what came of it', () => {
    expect(plain(toReplyText(delivery()))).toBe('answered 503, after 12 ms')
    expect(plain(toReplyText(delivery({ outcome: 'delivered', status: 204 })))).toBe(
      'answered 204 after 12 ms',
    )
  })

  it('is tried again if it is the last event of a webhook that fails', () => {
    expect(plain(toNextTryText(failing, delivery(), true, NOW))).toBe('Next try in 2 min')
    expect(toNextTryText(failing, delivery(), false, NOW)).toBeUndefined()
    expect(toNextTryText(failing, delivery({ cause: 'redelivery' }), true, NOW)).toBeUndefined()
    expect(toNextTryText(failing, delivery({ outcome: 'delivered' }), true, NOW)).toBeUndefined()
    const gone = webhook({ state: 'disabled' })
    expect(toNextTryText(gone, delivery(), true, NOW)).toContain('Not tried again')
  })
})

describe('what the rollout that runs asks of a webhook', () => {
  it('names confirmations and checks, and nothing of others', () => {
    const rollout = exampleRollout() as unknown as RunningRolloutReply
    const plan: RunningRolloutReply['plan'] = {
      ...rollout.plan,
      confirm: [{ before: 'step', webhook: 'team', waitMs: 30 * MINUTE_MS, silence: 'hold' }],
      checks: [{ name: 'errors', webhook: 'sentry', path: 'data.0', below: 10, failures: 3 }],
    }
    const asked = { ...rollout, id: 7, plan }
    expect(listUses('team', asked).map(plain)).toEqual([
      'Rollout 7 asks it to confirm before each further step. After 30 min without a yes it holds.',
    ])
    expect(listUses('sentry', asked)).toEqual([
      'Rollout 7 checks “errors” in it: data.0 has to be below 10.',
    ])
    expect(listUses('other', asked)).toEqual([])
    expect(listUses('team', undefined)).toEqual([])
  })
})

const draft = (fields: Partial<DraftedWebhook> = {}): DraftedWebhook => ({
  name: 'team',
  url: 'https://hooks.example.com/x',
  form: 'standard',
  events: 'usual',
  kinds: '',
  secret: '',
  ...fields,
})

describe('a new webhook', () => {
  it.each(WEBHOOK_FORMS)('is what the API accepts: %s', (form) => {
    const { body, made } = toNewWebhook(draft({ form }))
    expect(newWebhookBody.safeParse(body).success).toBe(true)
    // Only a signed one has a secret that is made for it, which is another one each time.
    expect(made !== undefined).toBe(form === 'standard' || form === 'cdevents')
    expect(body.secret).toBe(made)
    if (made !== undefined) expect(toNewWebhook(draft({ form })).made).not.toBe(made)
  })

  it('keeps a secret that was typed, and shows it no more', () => {
    const { body, made } = toNewWebhook(draft({ form: 'pull', secret: ' Bearer x ' }))
    expect([body.secret, made]).toEqual(['Bearer x', undefined])
    expect(toNewWebhook(draft({ form: 'slack', secret: 'x' })).body).not.toHaveProperty('secret')
  })

  it('gets the events that were chosen', () => {
    const events = (fields: Partial<DraftedWebhook>) => toNewWebhook(draft(fields)).body.events
    expect(events({})).toBeUndefined()
    expect(events({ events: 'all' })).toEqual(['*'])
    expect(events({ events: 'none' })).toEqual([])
    expect(events({ events: 'chosen', kinds: 'rollout.ended, service.*' })).toEqual([
      'rollout.ended',
      'service.*',
    ])
  })
})

// Webhooks: who is told of events, in which form, and what became of each delivery. No reply contains a
// secret, or more of an address than its origin.

import * as z from 'zod'
import { EVENT_FIELDS } from './events.ts'
import { milliseconds, type Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/**
 * What receivers get: signed JSON, signed CDEvents, or a message of a chat. `pull` gets nothing: it is asked for
 * values that rollouts check.
 */
export const WEBHOOK_FORMS = ['standard', 'cdevents', 'slack', 'discord', 'teams', 'pull'] as const

export type WebhookForm = (typeof WEBHOOK_FORMS)[number]

/** Chats verify nothing: their address is the secret. */
export const SIGNED_FORMS: ReadonlySet<string> = new Set<WebhookForm>(['standard', 'cdevents'])

/** What chats are told if nobody says which events: ends, stalls and failures. */
export const EVENTS_FOR_PEOPLE = [
  'rollout.started',
  'rollout.paused',
  'rollout.waiting',
  'rollout.stalled',
  'rollout.blocking',
  'rollout.ended',
  'service.health',
  'publication.*',
  'webhook.*',
] as const

const MAX_WEBHOOK_URL_CHARACTERS = 2000
const MAX_EVENT_PATTERNS = 30

/** `whsec_` and base64 of 24 to 64 bytes (Standard Webhooks). */
export const WEBHOOK_SECRET =
  /^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and "-", beginning with a letter')

const pattern = z
  .string()
  .refine(
    (text) => Object.keys(EVENT_FIELDS).some((kind) => matchesKind(text, kind)),
    'there is no such kind of event: write one as in "rollout.ended", a group as in "rollout.*", or "*"',
  )

/** Whether a pattern of `events` means a kind of event. */
export function matchesKind(pattern: string, kind: string): boolean {
  return pattern === '*' || pattern === kind || pattern === `${kind.split('.', 1)[0]}.*`
}

export const newWebhookBody = z.strictObject({
  name,
  url: z
    .string()
    .max(MAX_WEBHOOK_URL_CHARACTERS)
    .describe('Where events are sent: https, and not a private address. Never shown again'),
  form: z.enum(WEBHOOK_FORMS),
  events: z
    .array(pattern)
    .max(MAX_EVENT_PATTERNS)
    .optional()
    .describe(
      'Kinds of events, groups as in "rollout.*", or "*". If left out: all for signed forms; starts, ends, stalls and failures for chats. None for one that only confirms',
    ),
  secret: z
    .string()
    .regex(/^[\x20-\x7e]{1,1000}$/, 'at most 1000 characters of ASCII')
    .optional()
    .describe(
      'What deliveries of the signed forms are signed with (whsec_ and 24 to 64 bytes in base64), or for "pull" the header Authorization. Never shown again',
    ),
})

export type NewWebhookBody = Shaped<typeof newWebhookBody>

export const webhookParams = z.strictObject({ name })

export const webhook = z.strictObject({
  name: z.string(),
  form: z.enum(WEBHOOK_FORMS),
  origin: z.string().describe('Of the address: its path may be a secret'),
  events: z.array(z.string()),
  createdAt: milliseconds,
  createdBy: z.string(),
  state: z
    .enum(['active', 'failing', 'disabled'])
    .describe('`failing`: the next event was not taken and is tried again; `disabled`: it is not'),
  waiting: z.int().describe('Events that are not delivered yet; 1000 stands for more'),
  missed: z.int().describe('Events that were no longer kept when it was their turn'),
  failures: z.int().describe('Attempts in a row that failed'),
  triedAt: milliseconds.optional().describe('The last attempt to deliver an event'),
  failingSince: milliseconds.optional(),
  retryAt: milliseconds.optional(),
  disabledAt: milliseconds.optional(),
  why: z.string().optional().describe('Why the last attempt failed'),
})

export type WebhookSummary = Shaped<typeof webhook>

export const webhooksReply = z.strictObject({ webhooks: z.array(webhook) })

/** One event on its way to one receiver, with all attempts. */
export const delivery = z.strictObject({
  id: z.int(),
  event: z
    .int()
    .optional()
    .describe('Its id; left out of a test and of a question to confirm something'),
  kind: z.string(),
  cause: z.enum(['event', 'redelivery', 'test', 'confirmation']),
  at: milliseconds.describe('The first attempt'),
  triedAt: milliseconds.describe('The last attempt'),
  attempts: z.int(),
  outcome: z.enum(['delivered', 'failed']).describe('Of the last attempt'),
  status: z.int().optional().describe('Of the reply; left out if there was none'),
  why: z.string().optional().describe('Why it failed'),
  ms: z.int().describe('How long the last attempt took'),
})

export type WebhookDelivery = Shaped<typeof delivery>

export const deliveriesReply = z.strictObject({
  deliveries: z.array(delivery).describe('Newest first'),
})

export const redeliverBody = z.strictObject({
  delivery: z.int().min(1).describe('The id of a delivery'),
})

export const resumeBody = z.strictObject({
  skip: z
    .boolean()
    .optional()
    .describe('Whether to leave out what has not been delivered, and go on with the next event'),
})

export const webhookAsRead = /* @__PURE__ */ forReaders(() => toTolerant(webhook))
export const webhooksAsRead = /* @__PURE__ */ forReaders(() => toTolerant(webhooksReply))
export const deliveryAsRead = /* @__PURE__ */ forReaders(() => toTolerant(delivery))
export const deliveriesAsRead = /* @__PURE__ */ forReaders(() => toTolerant(deliveriesReply))

export const webhookOutput = webhookAsRead
export const webhooksOutput = webhooksAsRead
export const deliveryOutput = deliveryAsRead
export const deliveriesOutput = deliveriesAsRead
export const newWebhookOutput = /* @__PURE__ */ forReaders(() =>
  webhookAsRead.extend({
    secret: z.string().optional().describe('If the command has made one; it is shown once'),
  }),
)

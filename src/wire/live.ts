// The messages of `GET /live`, a WebSocket that tells a page what happens while it is open. Each message
// is JSON, except the two words that a viewer sends. docs/api.md describes them.

import * as z from 'zod'
import { event } from './events.ts'
import { milliseconds } from './parts.ts'

/** A viewer sends the first, and the platform answers the second without waking the control. */
export const LIVE_PING = 'ping'
export const LIVE_PONG = 'pong'

/** A viewer sends this after every so many messages. One that does not is taken for one that does not read. */
export const LIVE_SEEN = 'seen'
export const LIVE_SEEN_EVERY = 20

/** Why the control closed the connection. After any other code the viewer should connect again. */
export const LIVE_CLOSE = {
  /** The viewer sent something else than `ping` and `seen`, or `seen` without having been told anything. */
  unexpected: 4400,
  /** The session or token is over: sign in. */
  signedOut: 4401,
  /** The viewer did not say that it has seen the messages: connect again, and read what was missed. */
  tooSlow: 4408,
  /** The connection is as old as one may be whose credential is of Cloudflare Access: connect again. */
  renew: 4409,
  /** There are as many viewers as the control takes: ask from time to time instead. */
  tooMany: 4429,
} as const

const kinds = {
  hello: z.object({
    kind: z.literal('hello'),
    revision: z.int().describe('Of the document; 0 while there is none'),
    event: z.int().describe('The id of the newest event: those after it will be told'),
    now: milliseconds,
  }),
  event: z.object({ kind: z.literal('event'), event }),
  missed: z.object({
    kind: z.literal('missed'),
    event: z.int().describe('The id of an event that is too long for a message: see GET /events'),
  }),
  window: z.object({
    kind: z.literal('window'),
    at: milliseconds.describe('When the window began whose counts are stored now'),
  }),
  bye: z.object({ kind: z.literal('bye'), reason: z.string().describe('For people') }),
}

export const liveMessage = z
  .union([kinds.hello, kinds.event, kinds.missed, kinds.window, kinds.bye])
  .describe('Each message of the WebSocket')

export type LiveMessage = z.infer<typeof liveMessage>

// What an isolate and the control say to each other: which document one holds, and whether the other
// has a newer. Counts travel along. Plain data, because it crosses a call between machines.

import { type Batch, type Collected, isCollected } from '../core/counting/batch.ts'
import { toHex } from '../core/hex.ts'

/** Which document it is: two of one revision differ in their digest. */
export type Identity = {
  readonly revision: number
  /** SHA-256 of the text's bytes, 64 lower-case hex digits. */
  readonly digest: string
}

/** What an isolate tells the control. */
export type SyncReport = {
  /** The document it decides with. */
  readonly held: Identity | undefined
  /** The last valid document that KV gave it. */
  readonly kv: Identity | undefined
  /** What it has counted since its last batch; absent where that is nothing. */
  readonly batch?: Batch
}

/** What the control answers. */
export type SyncReply = {
  /** The newest document; `undefined` while the control has none. */
  readonly current: Identity | undefined
  /** Its text, when the isolate holds another. */
  readonly text: string | undefined
  /** Milliseconds until this isolate should ask again: the brake of a control with many callers. */
  readonly nextMs: number
  /** Origins that probes found down, as services name them; absent where there are none. */
  readonly down?: readonly string[]
  /** Whose visitors the isolate shall collect; absent while nobody compares environments. */
  readonly collected?: Collected
}

/** What counts requests in the isolate, as whoever calls the control sees it. Never throws. */
export type Counting = {
  /** What to send with a call that begins now. Exactly one of the next two follows. */
  readonly take: (now: number) => Batch | undefined
  /** The control has it. */
  readonly arrived: (batch: Batch, collected: Collected | undefined) => void
  /** The control may have it. */
  readonly failed: (batch: Batch) => void
  /** What a reply asks for on a call that carried nothing. */
  readonly collect: (collected: Collected | undefined) => void
}

/** Whether an answer has the shape of one: a control that lies must not end a request. */
export function isSyncReply(answer: unknown): answer is SyncReply {
  const { current, text, nextMs, collected, down } = (answer ?? {}) as Partial<
    Record<keyof SyncReply, unknown>
  >
  return (
    typeof nextMs === 'number' &&
    Number.isFinite(nextMs) &&
    (text === undefined || typeof text === 'string') &&
    (down === undefined || isDownList(down)) &&
    (collected === undefined || isCollected(collected)) &&
    (current === undefined || isIdentity(current))
  )
}

/** Whether a value is a list of origins, as far as anybody has to know. */
export function isDownList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((origin) => typeof origin === 'string')
}

/** Whether a value that came from elsewhere is an identity. */
export function isIdentity(value: unknown): value is Identity {
  const { revision, digest } = (value ?? {}) as Partial<Record<keyof Identity, unknown>>
  return Number.isInteger(revision) && typeof digest === 'string'
}

const encoder = new TextEncoder()

/** SHA-256 of a text's UTF-8 bytes, 64 lower-case hex digits. */
export async function digestText(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))
}

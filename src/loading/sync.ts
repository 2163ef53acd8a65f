// What an isolate and the control tell each other: which document the isolate holds, whether there
// is a newer one, and counts. Plain data, because it crosses a call between machines.

import { type Batch, type Collected, isCollected } from '../core/counting/batch.ts'
import { toHex } from '../core/hex.ts'

/** Identifies a document: two of one revision differ in their digest. */
export type Identity = {
  readonly revision: number
  /** SHA-256 of the text's bytes, 64 lower-case hex digits. */
  readonly digest: string
}

/** What an isolate reports to the control. */
export type SyncReport = {
  /** The document it decides with. */
  readonly held: Identity | undefined
  /** The last valid document that KV gave it. */
  readonly kv: Identity | undefined
  /** What it has counted since its last batch; absent if nothing. */
  readonly batch?: Batch
}

/** What the control answers. */
export type SyncReply = {
  /** The newest document; `undefined` while the control has none. */
  readonly current: Identity | undefined
  /** Its text, if the isolate holds another document. */
  readonly text: string | undefined
  /** The validator that has accepted the text (`CheckedMark`); absent if the control's own does not. */
  readonly form?: string
  /** Milliseconds until this isolate should ask again: longer if the control has many callers. */
  readonly nextMs: number
  /** Origins that probes found down, named as in services; absent if there are none. */
  readonly down?: readonly string[]
  /** Whose visitors the isolate should collect; absent while nobody compares environments. */
  readonly collected?: Collected
}

/** The isolate's counts, as the caller of the control uses them. Never throws. */
export type BatchSource = {
  /**
   * The batch to send with a call that begins now. `arrived` or `failed` has to follow, exactly
   * once.
   */
  readonly take: (now: number) => Batch | undefined
  /** The control has received it. */
  readonly arrived: (batch: Batch, collected: Collected | undefined) => void
  /** The control may have received it. */
  readonly failed: (batch: Batch) => void
  /** What a reply asks for, after a call without a batch. */
  readonly collect: (collected: Collected | undefined) => void
}

/**
 * Whether an answer has the right shape: a bad answer of the control must not break a request. What
 * shall be collected is left to `withoutForeignCollected`.
 */
export function isSyncReply(answer: unknown): answer is SyncReply {
  const { current, text, form, nextMs, down } = (answer ?? {}) as Partial<
    Record<keyof SyncReply, unknown>
  >
  return (
    typeof nextMs === 'number' &&
    Number.isFinite(nextMs) &&
    (text === undefined || typeof text === 'string') &&
    (form === undefined || typeof form === 'string') &&
    (down === undefined || isDownList(down)) &&
    (current === undefined || isIdentity(current))
  )
}

/**
 * The answer without what another release of the control wants collected in a form of its own: while
 * a deployment spreads, the document counts all the same.
 */
export function withoutForeignCollected(reply: SyncReply): SyncReply {
  const { collected, ...rest } = reply
  return isCollected(collected) ? reply : rest
}

/** Whether a value is a list of texts; whether they are origins does not matter here. */
export function isDownList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((origin) => typeof origin === 'string')
}

/** Whether a value that came from elsewhere has the shape of an identity. */
export function isIdentity(value: unknown): value is Identity {
  const { revision, digest } = (value ?? {}) as Partial<Record<keyof Identity, unknown>>
  return Number.isInteger(revision) && typeof digest === 'string'
}

const encoder = new TextEncoder()

/** SHA-256 of a text's UTF-8 bytes, 64 lower-case hex digits. */
export async function digestText(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))
}

// Reads of the answers to copies only what their comparison needs. The base's body is read as soon as it comes, so
// that its connection becomes free for visitors; the shadow's once the base's is known, and no further than the two
// can still be equal.

import { toHex } from '../../core/hex.ts'
import type { AnswerBody, ShadowAnswer } from '../../core/shadow/compare.ts'
import type { AnswerPair } from '../../core/shadow/outcome.ts'
import { MAX_COMPARED_BYTES } from '../../core/shadow/plan.ts'

/** The head of an answer, and its response if there is a body to read. */
export type CopiedAnswer = {
  /** Its body is `unread`. */
  readonly answer: ShadowAnswer
  readonly response: Response | undefined
}

/** The base's answer with what others are compared with; its body is `unread` as well. */
export type BaseAnswer = {
  readonly answer: ShadowAnswer
  /** `undefined` if bodies are not compared. */
  readonly kept: KeptBody | undefined
}

/** A copy that was given up before its answer was read. */
export const GIVEN_UP: ShadowAnswer = toUnanswered('shadow_timeout', 0)

/**
 * An answer that is thrown away is read if it is no longer than this, so that its connection can be used again. A
 * longer one is cancelled.
 */
const MAX_DISCARDED_BYTES = 16_384

const PIECE_BYTES = 65_536

/** Streams of events have no end, and no two have the same. */
const ENDLESS = /^(?:text\/event-stream|multipart\/x-mixed-replace)\b/i
const JSON_TYPE = /^[\w.-]+\/(?:[\w.-]+\+)?json\b/i

/** The start of a body, in memory: MAX_COMPARED_BYTES at most. It is parsed and hashed only if that is asked for. */
class KeptBody {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly isWhole: boolean
  readonly #isJson: boolean
  #parsed: { readonly value: unknown } | undefined | 'not yet' = 'not yet'
  #hash: Promise<string> | undefined

  constructor({ bytes, isWhole }: ReadBytes, type: string) {
    this.bytes = bytes
    this.isWhole = isWhole
    this.#isJson = isWhole && JSON_TYPE.test(type)
  }

  /** `undefined` if it is not JSON, whatever its type says, or cut off. */
  get json(): { readonly value: unknown } | undefined {
    if (this.#parsed === 'not yet') this.#parsed = this.#isJson ? parse(this.bytes) : undefined
    return this.#parsed
  }

  hash(): Promise<string> {
    this.#hash ??= digest(this.bytes)
    return this.#hash
  }

  /** What is compared; without a hash if the bodies are known to differ. */
  toBody(hash: string | undefined): AnswerBody {
    if (this.json) return { kind: 'json', value: this.json.value }
    return { kind: 'other', hash, bytes: this.bytes.length, isCut: !this.isWhole }
  }
}

/** Reads the base's answer. Never throws. */
export async function readBase(
  { answer, response }: CopiedAnswer,
  signal: AbortSignal,
): Promise<BaseAnswer> {
  if (!response || isEndless(response)) {
    await discard(response)
    return { answer, kept: undefined }
  }
  try {
    const read = await untilAborted(signal, readBytes(response, MAX_COMPARED_BYTES))
    return { answer, kept: new KeptBody(read, toType(response)) }
  } catch {
    return { answer: toBroken(answer, signal), kept: undefined }
  }
}

/**
 * Reads an answer that is compared with the base's, once both are there. Where the status or the type of the body
 * decides already, nothing is read. Never throws.
 */
export async function readBeside(
  asked: Promise<CopiedAnswer>,
  known: Promise<BaseAnswer | undefined>,
  signal: AbortSignal,
): Promise<AnswerPair> {
  const [copied, base] = await Promise.all([asked, known])
  const { answer, response } = copied
  const unread = { base: base?.answer, answer }
  if (!response) return unread
  const baseStatus = base?.answer.status
  const isOther = baseStatus !== undefined && baseStatus !== answer.status
  if (isOther || isEndless(response)) {
    await discard(response)
    return unread
  }
  if (!base?.kept) return { ...unread, answer: await readAway(copied, signal) }
  try {
    const bodies = await untilAborted(signal, readBodies(response, base.kept))
    return {
      base: { ...base.answer, body: bodies.base },
      answer: { ...answer, body: bodies.other },
    }
  } catch {
    return { ...unread, answer: toBroken(answer, signal) }
  }
}

/** Reads an answer that is compared with nothing, to learn whether its body breaks off. Never throws. */
export async function readAway(
  { answer, response }: CopiedAnswer,
  signal: AbortSignal,
): Promise<ShadowAnswer> {
  if (!response) return answer
  // The answer came in time, and only the base's did not.
  if (signal.aborted || isEndless(response)) {
    await discard(response)
    return answer
  }
  try {
    await untilAborted(
      signal,
      readPieces(response, MAX_COMPARED_BYTES, () => undefined),
    )
    return answer
  } catch {
    return toBroken(answer, signal)
  }
}

/** Throws an answer away that nobody reads. A short one is read, so that its connection can be used again. */
export async function discard(response: Response | undefined): Promise<void> {
  if (!response?.body) return
  const length = toLength(response)
  const isShort = length !== undefined && length <= MAX_DISCARDED_BYTES
  await Promise.allSettled([
    isShort && !isEndless(response)
      ? readPieces(response, length + 1, () => undefined)
      : response.body.cancel(),
  ])
}

export function toUnanswered(failure: string, waitedMs: number): ShadowAnswer {
  return { status: undefined, failure, headers: {}, body: { kind: 'unread' }, waitedMs }
}

/** @throws Error when the signal is aborted before. */
export async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const giveUp = () => late.reject(new Error('the copy is given up'))
  signal.addEventListener('abort', giveUp, { once: true })
  if (signal.aborted) giveUp()
  try {
    return await Promise.race([work, late.promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/** Both bodies. Reading stops where it is known that they differ. */
async function readBodies(
  response: Response,
  kept: KeptBody,
): Promise<{ base: AnswerBody; other: AnswerBody }> {
  const isJson = JSON_TYPE.test(toType(response))
  if (kept.json && !isJson) {
    await discard(response)
    const other = { kind: 'other', hash: undefined, bytes: undefined, isCut: false } as const
    return { base: kept.toBody(undefined), other }
  }
  // What is longer differs, except that JSON may be written in more than one way.
  const isBounded = kept.isWhole && !kept.json
  const most = isBounded ? Math.min(kept.bytes.length + 1, MAX_COMPARED_BYTES) : MAX_COMPARED_BYTES
  const read = new KeptBody(await readBytes(response, most), toType(response))
  const isDifferent = kept.json || read.json || read.bytes.length !== kept.bytes.length
  if (isDifferent) return { base: kept.toBody(undefined), other: read.toBody(undefined) }
  const [hash, otherHash] = await Promise.all([kept.hash(), read.hash()])
  return { base: kept.toBody(hash), other: read.toBody(otherHash) }
}

type ReadBytes = { readonly bytes: Uint8Array<ArrayBuffer>; readonly isWhole: boolean }

/** The first bytes of a body. One that has exactly so many counts as cut off. */
async function readBytes(response: Response, most: number): Promise<ReadBytes> {
  let bytes = new Uint8Array(0)
  let length = 0
  const isWhole = await readPieces(response, most, (piece) => {
    if (bytes.length < length + piece.length) {
      const longer = new Uint8Array(
        Math.min(most, Math.max(2 * bytes.length, length + piece.length)),
      )
      longer.set(bytes.subarray(0, length))
      bytes = longer
    }
    bytes.set(piece, length)
    length += piece.length
  })
  return { bytes: bytes.subarray(0, length), isWhole }
}

/**
 * Reads the first `most` bytes of a body in pieces, and no byte more.
 *
 * @returns whether the body has ended before.
 */
async function readPieces(
  response: Response,
  most: number,
  take: (piece: Uint8Array) => void,
): Promise<boolean> {
  const { body } = response
  if (body === null) return true
  const reader = body.getReader({ mode: 'byob' })
  // One byte more than there should be, so that there is room to find the end.
  const expected = (toLength(response) ?? PIECE_BYTES) + 1
  let buffer = new ArrayBuffer(Math.min(PIECE_BYTES, expected, most))
  for (let left = most; left > 0; ) {
    const into = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, left))
    const { done, value } = await reader.read(into)
    if (done) return true
    take(value)
    left -= value.length
    buffer = value.buffer
  }
  await Promise.allSettled([reader.cancel()])
  return false
}

/** As announced: of the encoded bytes. */
function toLength({ headers }: Response): number | undefined {
  const length = headers.get('content-length')
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined
}

function toType({ headers }: Response): string {
  return headers.get('content-type') ?? ''
}

function isEndless(response: Response): boolean {
  return ENDLESS.test(toType(response))
}

function toBroken({ waitedMs }: ShadowAnswer, signal: AbortSignal): ShadowAnswer {
  return signal.aborted ? GIVEN_UP : toUnanswered('broken_body', waitedMs)
}

function parse(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder().decode(bytes)) }
  } catch {
    // Not JSON after all: compared as any other body.
    return undefined
  }
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

// Sends a copy of a request to a service once, and reads so much of the answer as is compared. The answer says
// nothing about the origins: none is left out because of copies.

import { toHex } from '../../core/hex.ts'
import type { AnswerBody, ShadowAnswer } from '../../core/shadow/compare.ts'
import { MAX_COMPARED_BYTES } from '../../core/shadow/plan.ts'
import type { Service } from '../../core/types.ts'
import { exchange } from '../exchange.ts'
import { hasPassed, toMessage } from '../message.ts'
import type { Backends } from '../origins.ts'
import type { CopiedRequest } from './copy.ts'

export type AskOptions = {
  readonly copy: CopiedRequest
  readonly service: Service
  /** Headers in which Holo tells the backend what this is. */
  readonly identity: Readonly<Record<string, string>>
  readonly requestId: string
  readonly loopId: string
  /** The headers that are compared. */
  readonly compared: readonly string[]
  /** Aborted when the copy is given up. */
  readonly signal: AbortSignal
}

/** A copy that was given up before its answer was read. */
export const GIVEN_UP: ShadowAnswer = toFailure('shadow_timeout', 0)

/** The answer to a copy; one with a failure if there was none. Never throws. */
export async function askCopy(options: AskOptions, backends: Backends): Promise<ShadowAnswer> {
  const { signal, requestId } = options
  const late = Promise.withResolvers<ShadowAnswer>()
  const giveUp = () => late.resolve(GIVEN_UP)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return signal.aborted ? GIVEN_UP : await Promise.race([late.promise, ask(options, backends)])
  } catch (cause) {
    console.warn(`request ${requestId}: a copy could not be sent`, cause)
    return toFailure('internal', 0)
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

async function ask(
  { copy, service, identity, requestId, loopId, compared, signal }: AskOptions,
  backends: Backends,
): Promise<ShadowAnswer> {
  const { method, url, headers, path, body } = copy
  const origin = backends.origins.pickSound(service)
  if (origin === undefined) return toFailure('origin_unreachable', 0)
  if (hasPassed(headers, loopId)) return toFailure('loop_detected', 0)
  const request = new Request(url, { method, headers, signal })
  const stream = body === undefined ? null : new Response(body).body
  const message = toMessage(request, stream, path, identity, { requestId, loopId, isShadow: true })
  const outcome = await exchange(message, service, origin, backends)
  const { response, waitedMs } = outcome
  if (signal.aborted) {
    await discard(response)
    return GIVEN_UP
  }
  const isAnswer =
    outcome.verdict === 'up' ||
    (outcome.verdict === 'down' && outcome.failure === 'origin_unavailable')
  if (!isAnswer) {
    await discard(response)
    return toFailure(outcome.verdict === 'down' ? outcome.failure : 'not_sent', waitedMs)
  }
  const found = compared.map((name) => [name, response.headers.get(name)] as const)
  const answered = {
    status: response.status,
    failure: undefined,
    headers: Object.fromEntries(
      found.filter((entry): entry is [string, string] => entry[1] !== null),
    ),
    waitedMs,
  }
  try {
    return { ...answered, body: await readBody(response) }
  } catch {
    return signal.aborted ? GIVEN_UP : toFailure('broken_body', waitedMs)
  }
}

/** Streams of events have no end, and no two have the same. */
const ENDLESS = /^(?:text\/event-stream|multipart\/x-mixed-replace)\b/i
const JSON_TYPE = /^[\w.-]+\/(?:[\w.-]+\+)?json\b/i

/** At most MAX_COMPARED_BYTES; of a longer body what comes first. */
async function readBody(response: Response): Promise<AnswerBody> {
  const type = response.headers.get('content-type') ?? ''
  if (ENDLESS.test(type) || response.webSocket) {
    await discard(response)
    return { kind: 'unread' }
  }
  const { bytes, isWhole } = await readStart(response.body)
  if (isWhole && JSON_TYPE.test(type)) {
    try {
      return { kind: 'json', value: JSON.parse(new TextDecoder().decode(bytes)) }
    } catch {
      // Not JSON after all: compared as any other body.
    }
  }
  const hash = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
  return { kind: 'other', hash, bytes: bytes.length }
}

async function readStart(body: Response['body']) {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body?.getReader()
  let isWhole = reader === undefined
  while (reader && length < MAX_COMPARED_BYTES) {
    const { done, value } = await reader.read()
    isWhole = done
    if (done) break
    chunks.push(value)
    length += value.length
  }
  if (!isWhole) await Promise.allSettled([reader?.cancel()])
  const bytes = new Uint8Array(Math.min(length, MAX_COMPARED_BYTES))
  let at = 0
  for (const chunk of chunks) {
    const part = chunk.subarray(0, bytes.length - at)
    bytes.set(part, at)
    at += part.length
  }
  return { bytes, isWhole }
}

function toFailure(failure: string, waitedMs: number): ShadowAnswer {
  return { status: undefined, failure, headers: {}, body: { kind: 'unread' }, waitedMs }
}

/** Cancels an answer that nobody reads, so that its connection becomes free. */
async function discard({ body }: Response): Promise<void> {
  await Promise.allSettled([body?.cancel()])
}

// Sends a copy of a request to a service once, and waits for the head of the answer; read.ts reads its body. A
// copy that fails does not count for the health of the origin: visitors are still sent there.

import type { Service } from '../../core/types.ts'
import { exchange } from '../exchange.ts'
import { hasPassed, toMessage } from '../message.ts'
import type { Backends } from '../origins.ts'
import type { CopiedRequest } from './copy.ts'
import { type CopiedAnswer, discard, GIVEN_UP, toUnanswered, untilAborted } from './read.ts'

export type AskOptions = {
  readonly copy: Pick<CopiedRequest, 'path' | 'body'>
  /** The copy without its body. Its signal is aborted when the copy is given up. */
  readonly request: Request
  readonly service: Service
  /** Headers in which Holo tells the backend what this is. */
  readonly identity: Readonly<Record<string, string>>
  readonly requestId: string
  readonly loopId: string
  /** The headers that are compared. */
  readonly compared: readonly string[]
}

/** The answer to a copy; one with a failure if there was none. Never throws. */
export async function askCopy(options: AskOptions, backends: Backends): Promise<CopiedAnswer> {
  const { requestId, request } = options
  const { signal } = request
  try {
    return await untilAborted(signal, ask(options, backends))
  } catch (cause) {
    if (signal.aborted) return { answer: GIVEN_UP, response: undefined }
    console.warn(`request ${requestId}: a copy could not be sent`, cause)
    return toNoAnswer('internal', 0)
  }
}

async function ask(
  { copy, request, service, identity, requestId, loopId, compared }: AskOptions,
  backends: Backends,
): Promise<CopiedAnswer> {
  const { path, body } = copy
  const { headers, signal } = request
  const origin = backends.origins.pickSound(service)
  if (origin === undefined) return toNoAnswer('origin_unreachable', 0)
  if (hasPassed(headers, loopId)) return toNoAnswer('loop_detected', 0)
  const stream = body === undefined ? null : new Response(body).body
  const message = toMessage(request, stream, path, identity, { requestId, loopId, isShadow: true })
  const outcome = await exchange(message, service, origin, backends)
  const { response, waitedMs } = outcome
  if (signal.aborted) {
    await discard(response)
    return { answer: GIVEN_UP, response: undefined }
  }
  const isAnswer =
    outcome.verdict === 'up' ||
    (outcome.verdict === 'down' && outcome.failure === 'origin_unavailable')
  if (!isAnswer) {
    await discard(response)
    return toNoAnswer(outcome.verdict === 'down' ? outcome.failure : 'not_sent', waitedMs)
  }
  const found = compared.map((name) => [name, response.headers.get(name)] as const)
  const answer = {
    status: response.status,
    failure: undefined,
    headers: Object.fromEntries(
      found.filter((entry): entry is [string, string] => entry[1] !== null),
    ),
    body: { kind: 'unread' },
    waitedMs,
  } as const
  return { answer, response }
}

function toNoAnswer(failure: string, waitedMs: number): CopiedAnswer {
  return { answer: toUnanswered(failure, waitedMs), response: undefined }
}

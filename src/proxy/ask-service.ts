// Has one service answer a request: chooses the origin and, where nothing can happen twice, gives a
// failed request a second try. What is done when the whole service is down is decided elsewhere.

import type { Service } from '../core/types.ts'
import { errorResponse } from '../http/errors.ts'
import type { Backends } from './backends.ts'
import { exchange, type Outcome } from './exchange.ts'
import type { Message } from './message.ts'

export type Asked = {
  readonly outcome: Outcome
  /** The origin failed, all others are ejected or failed as well, and asking elsewhere does no harm. */
  readonly isDown: boolean
}

/**
 * At most two tries, each with at most `service.timeoutMs` of waiting for the backend. A second one
 * needs a request without effects and without a body, or one that was not sent, and a budget.
 *
 * Where all origins are ejected and `isSpared` says that somebody else can answer, nothing is sent.
 *
 * @throws TypeError when the service has no origin.
 */
export async function askService(
  message: Message,
  service: Service,
  backends: Backends,
  isSpared: boolean,
): Promise<Asked> {
  const { origins, budget } = backends
  const next = origins.take(service, message.isRepeatable)
  if (next === undefined && isSpared) return { outcome: toSpared(message), isDown: true }
  const first = next ?? origins.takeEjected(service)
  if (first === undefined) throw new TypeError('service.origins: at least one is needed')
  const outcome = await exchange(message, service, first, backends)
  origins.record(first, outcome.verdict)
  if (!mayRepeat(message, outcome)) return { outcome, isDown: false }

  const second = chooseSecond(service, first, outcome, backends)
  if (second === undefined || !budget.spend()) {
    return { outcome, isDown: origins.isDown(service, [first]) }
  }
  discard(outcome.response)
  const repeated = await exchange(message, service, second, backends)
  origins.record(second, repeated.verdict)
  return {
    outcome: { ...repeated, waitedMs: outcome.waitedMs + repeated.waitedMs },
    isDown: mayRepeat(message, repeated) && origins.isDown(service, [first, second]),
  }
}

function toSpared({ requestId }: Message): Outcome {
  const response = errorResponse('origin_unreachable', requestId)
  return { verdict: 'down', response, failure: 'origins_ejected', wasSent: false, waitedMs: 0 }
}

/** Whether the request failed, and sending it again, to whomever, can do no harm. */
function mayRepeat({ isRepeatable }: Message, outcome: Outcome): boolean {
  return outcome.verdict === 'down' && (isRepeatable || !outcome.wasSent)
}

/**
 * Another origin, if one is left. The same one is worth a second connection, which may have been an
 * idle one that the backend had just closed, and no second waiting.
 */
function chooseSecond(
  service: Service,
  first: string,
  outcome: Outcome,
  { origins }: Backends,
): string | undefined {
  const other = origins.takeOther(service, first)
  if (other !== undefined || outcome.verdict !== 'down') return other
  return outcome.failure === 'origin_unreachable' ? first : undefined
}

/** Lets go of an answer that nobody reads, so that its connection is free. */
export function discard({ body }: Response): void {
  void Promise.allSettled([body?.cancel()])
}

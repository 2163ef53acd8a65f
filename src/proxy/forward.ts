// Forwards a request to the service of its version: chooses an origin, tries a second time where
// that is safe, and asks the service that stands in when the first one is down. act.ts has decided
// which services these are.

import type { Service } from '../core/types.ts'
import { type ErrorCode, errorResponse } from '../http/errors.ts'
import { drain } from '../http/unread-body.ts'
import { type ExchangeResult, exchange } from './exchange.ts'
import { hasPassed, type Message, toMessage } from './message.ts'
import type { Backends } from './origins.ts'
import { carriesUpload } from './upload.ts'

export type ForwardOptions = {
  readonly request: Request
  /** The normalised path and the query without a pin: begins with `/`. */
  readonly path: string
  readonly service: Service
  /** The service of the same prefix that answers while this one is down, if there is one. */
  readonly fallback: Service | undefined
  /** Headers in which Holo tells the backend who the visitor is. */
  readonly identity: Readonly<Record<string, string>>
  readonly requestId: string
  /** The name of this Holo in `CDN-Loop`. */
  readonly loopId: string
  /**
   * Whether code will read the reply's body before it goes to the client, which should get the
   * backend's encoded bytes all the same.
   */
  readonly isRaw?: boolean
  /**
   * What Holo will add to the reply if it is a page (`Insertion.key`), so that the browser's
   * conditions are about a page with that.
   */
  readonly pageKey?: string | undefined
}

export type ForwardResult = {
  readonly response: Response
  /** Why the service itself gave no answer, if its fallback did. */
  readonly fellBackFor: string | undefined
  /**
   * The service's own result: the status of its answer, or why there was none. `undefined` if it is
   * not to blame: the request was refused, or the client left or broke it off.
   */
  readonly own: OwnAnswer | undefined
}

type OwnAnswer = {
  readonly status: number | undefined
  readonly failure: string | undefined
  /** Milliseconds of waiting for the service, in all its tries. */
  readonly waitedMs: number
}

/**
 * Methods that are not sent to backends. The platform itself answers methods that it does not know.
 * - CONNECT asks for a tunnel.
 * - TRACE shows a client the headers that were added on the way (RFC 9110 section 9.3.8).
 * - PURGE empties the caches in front of a backend, which the public must not do.
 */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'PURGE'])

/**
 * Sends a request to its service. Returns the backend's answer, with headers that can be changed,
 * or an error reply:
 * - `origin_timeout`: the backend let a wait of `service.timeoutMs` pass, for the head of its
 *   answer or for it to accept the next bytes of an upload; a client that sends slowly does not
 *   count. Or an upload of more than 1 MiB with an announced length took too long (`SLOWEST_UPLOAD`)
 * - `origin_unreachable`: no connection, or one that broke before the head of an answer (the
 *   platform does not tell these from bytes that are not HTTP)
 * - `origin_bad_response`: a status that cannot be passed on
 * - `origin_unknown`: no Worker is bound under the name of a `service:` origin
 * - `body_too_large`: the body exceeds the service's limit
 * - `length_required`: a GET or HEAD with a body whose length is not announced
 * - `not_found`, `bad_path`: the path would be one of the network's at the backend, or some server
 *   would read it as one outside the origin's own path
 * - `client_left`: for the log and the counters; the client is not there to read it
 * - `loop_detected`: this Holo has forwarded the request before
 * - `method_not_supported`: CONNECT, TRACE and PURGE
 *
 * A request with a body, or one whose method may have effects, is never sent to two origins: only
 * other requests are tried again, or answered by the fallback after the service has failed. Once
 * the head has arrived, the body may take as long as it needs.
 *
 * @throws TypeError when the service has no origin.
 */
export async function forwardRequest(
  forwarding: ForwardOptions,
  backends: Backends,
): Promise<ForwardResult> {
  const { request, path, service, fallback, identity, requestId, loopId, isRaw, pageKey } =
    forwarding
  const body = request.body === null ? null : await readyBody(request)
  const refusal = body === 'length_required' ? body : refuse(request, loopId)
  if (refusal || body === 'length_required') {
    const response = errorResponse(refusal ?? 'length_required', requestId)
    return { response, fellBackFor: undefined, own: undefined }
  }
  const message = toMessage(request, body, path, identity, {
    requestId,
    loopId,
    isRaw,
    pageKey,
  })
  backends.budget.earn()
  const { outcome, isDown } = await askService(message, service, backends, fallback !== undefined)
  const own = toOwnAnswer(outcome)
  const unaided = { response: outcome.response, fellBackFor: undefined, own }
  if (!fallback || !isDown || outcome.verdict !== 'down') return unaided
  const instead = await askService(message, fallback, backends, false)
  if (instead.outcome.verdict === 'down') {
    discard(instead.outcome.response)
    return unaided
  }
  discard(outcome.response)
  return { response: instead.outcome.response, fellBackFor: outcome.failure, own }
}

/**
 * Sends a copy of a request once, to an origin of the service that is not left out, to learn what the
 * service answers. A connection that breaks may be tried again, as for any request. The answer says
 * nothing about the origins, so that no origin is left out because of copies.
 *
 * @param forwarding a request without effects and without a body.
 */
export async function forwardCopy(
  { request, path, service, identity, requestId, loopId }: Omit<ForwardOptions, 'fallback'>,
  backends: Backends,
): Promise<ForwardResult> {
  const refusal = refuse(request, loopId)
  const origin = backends.origins.pickSound(service)
  if (refusal || origin === undefined) {
    const response = errorResponse(refusal ?? 'origin_unreachable', requestId)
    return { response, fellBackFor: undefined, own: undefined }
  }
  const message = toMessage(request, null, path, identity, { requestId, loopId })
  let outcome = await exchange(message, service, origin, backends)
  const isBroken = outcome.verdict === 'down' && outcome.failure === 'origin_unreachable'
  if (isBroken && backends.budget.spend()) {
    outcome = await exchange(message, service, origin, backends)
  }
  return { response: outcome.response, fellBackFor: undefined, own: toOwnAnswer(outcome) }
}

function toOwnAnswer(outcome: ExchangeResult): OwnAnswer | undefined {
  const { response, waitedMs } = outcome
  switch (outcome.verdict) {
    case 'up':
      return { status: response.status, failure: undefined, waitedMs }
    case 'down':
      return outcome.failure === 'origin_unavailable'
        ? { status: response.status, failure: outcome.failure, waitedMs }
        : { status: undefined, failure: outcome.failure, waitedMs }
    case 'none':
      return undefined
  }
}

/**
 * The body to send. The platform sends no body with GET and HEAD if its length is not announced,
 * and the backend would take the request for a different one: such a request is refused, unless the
 * body turns out to be empty. It is read first in any case, so that the client receives the answer.
 */
async function readyBody({
  method,
  headers,
  body,
}: Request): Promise<Request['body'] | 'length_required'> {
  if (body === null || carriesUpload(method) || headers.has('content-length')) return body
  return (await drain(body)) === 'nothing' ? null : 'length_required'
}

function refuse({ method, headers }: Request, loopId: string): ErrorCode | undefined {
  if (REFUSED_METHODS.has(method)) return 'method_not_supported'
  return hasPassed(headers, loopId) ? 'loop_detected' : undefined
}

type ServiceResult = {
  readonly outcome: ExchangeResult
  /**
   * The origin failed, all others are ejected or failed as well, and it is safe to ask another
   * service.
   */
  readonly isDown: boolean
}

/**
 * Has one service answer, in at most two tries, each with at most `service.timeoutMs` of waiting
 * for the backend. A second try needs a request without effects and without a body, or one that was
 * not sent, and it needs budget.
 *
 * If all origins are ejected and `isSpared` says that a fallback can answer, nothing is sent.
 *
 * @throws TypeError when the service has no origin.
 */
async function askService(
  message: Message,
  service: Service,
  backends: Backends,
  isSpared: boolean,
): Promise<ServiceResult> {
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

function toSpared({ requestId }: Message): ExchangeResult {
  const response = errorResponse('origin_unreachable', requestId)
  return { verdict: 'down', response, failure: 'origins_ejected', wasSent: false, waitedMs: 0 }
}

/** Whether the request failed and can safely be sent again, to any origin. */
function mayRepeat({ isRepeatable }: Message, outcome: ExchangeResult): boolean {
  return outcome.verdict === 'down' && (isRepeatable || !outcome.wasSent)
}

/**
 * Another origin, if there is one. Otherwise the same one may get a second connection, because the
 * first may have been an idle one that the backend had just closed; after a timeout it does not.
 */
function chooseSecond(
  service: Service,
  first: string,
  outcome: ExchangeResult,
  { origins }: Backends,
): string | undefined {
  const other = origins.takeOther(service, first)
  if (other !== undefined || outcome.verdict !== 'down') return other
  return outcome.failure === 'origin_unreachable' ? first : undefined
}

/** Cancels an answer that nobody reads, so that its connection becomes free. */
function discard({ body }: Response): void {
  void Promise.allSettled([body?.cancel()])
}

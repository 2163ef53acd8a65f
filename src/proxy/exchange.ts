// One request to one origin, and its answer, both as streams. forward.ts chooses the origin and
// decides whether another one is asked after it.

import { checkBackendPath, splitOrigin, toBackendPath, toStripped } from '../core/services.ts'
import type { Service } from '../core/types.ts'
import { type ErrorCode, errorResponse } from '../http/errors.ts'
import { keepPrivate } from '../http/keep-private.ts'
import type { Message } from './message.ts'
import type { Backends } from './origins.ts'
import { createPatience, type Patience } from './patience.ts'
import { adaptToClient } from './response-headers.ts'
import { carriesUpload, passUpload } from './upload.ts'

/**
 * The reply for the client, what it says about the origin (`OriginVerdict`), and how long the
 * backend was waited for.
 */
export type ExchangeResult = { readonly response: Response; readonly waitedMs: number } & (
  | { readonly verdict: 'up' | 'none' }
  | {
      readonly verdict: 'down'
      readonly failure: ErrorCode | 'origin_unavailable' | 'origins_ejected'
      /** Whether the origin may have begun to act on the request. */
      readonly wasSent: boolean
    }
)

/** Statuses of a gateway whose backend is down, or of a backend that is overloaded. */
const UNAVAILABLE: ReadonlySet<number> = new Set([502, 503, 504])
/** The platform's streams count no further. */
const MAX_COUNTED_BYTES = Number.MAX_SAFE_INTEGER
const BINDING = 'service:'

export async function exchange(
  message: Message,
  service: Service,
  origin: string,
  backends: Backends,
): Promise<ExchangeResult> {
  const { request, requestId, publicOrigin } = message
  const { address, basePath } = splitOrigin(origin)
  const prefix = toStripped(service)
  const backendPath = toBackendPath(message.path, prefix)
  const refusal =
    checkLength(message, service.maxBodyBytes) ?? checkBackendPath(backendPath, basePath)
  if (refusal) {
    return { verdict: 'none', response: errorResponse(refusal, requestId), waitedMs: 0 }
  }
  const patience = createPatience(service.timeoutMs, request.signal)
  const fail = (failure: ErrorCode, cause: unknown, wasSent = true): ExchangeResult => {
    console.warn(`request ${requestId}: ${failure} ${origin}`, cause)
    const response = errorResponse(failure, requestId)
    return { verdict: 'down', response, failure, wasSent, waitedMs: patience.waitedMs() }
  }
  const isBinding = address.startsWith(BINDING)
  const fetcher = isBinding ? backends.findBinding(address.slice(BINDING.length)) : globalThis
  if (!fetcher) return fail('origin_unknown', 'no Worker is bound under this name', false)
  // A bound Worker sees the public address. The path is appended, not resolved, so that a path that
  // begins with `//host` stays a path.
  const backendUrl = (isBinding ? publicOrigin : address) + basePath + backendPath
  const isTroubled = () => backends.origins.isTroubled(origin)
  const outgoing = toOutgoing(message, service, patience, isTroubled)
  let response: Response
  try {
    response = await fetcher.fetch(backendUrl, outgoing)
  } catch (cause) {
    const surrender = patience.surrender()
    if (surrender !== undefined && surrender !== 'origin_timeout') {
      const response = errorResponse(surrender, requestId)
      return { verdict: 'none', response, waitedMs: patience.waitedMs() }
    }
    const failed = fail(surrender ?? 'origin_unreachable', cause)
    return patience.isAboutBody() ? { ...failed, verdict: 'none' } : failed
  } finally {
    patience.end()
  }
  const { status, webSocket } = response
  // A Response made here cannot carry another 1xx, or a status outside those of HTTP.
  if (!webSocket && (status < 200 || status > 599)) {
    return fail('origin_bad_response', `status ${status}`)
  }
  // The body is passed on unread, so that encoded bytes stay as they are.
  const answer = webSocket
    ? passWebSocket(webSocket, response.headers)
    : new Response(response.body, response)
  adaptToClient(answer.headers, { publicOrigin, backendUrl, prefix, basePath })
  // Caches ignore the body of a GET in their key, so a reply that depends on one is marked private.
  if (message.body !== null && !carriesUpload(request.method)) keepPrivate(answer.headers)
  const answered = { response: answer, waitedMs: patience.waitedMs() }
  if (!UNAVAILABLE.has(status)) return { ...answered, verdict: 'up' }
  return { ...answered, verdict: 'down', failure: 'origin_unavailable', wasSent: true }
}

/** Checks the announced length, before any of the body has arrived. */
function checkLength({ request, body }: Message, maxBytes: number): ErrorCode | undefined {
  const length = body === null ? null : request.headers.get('content-length')
  if (length === null) return undefined
  return Number(length) > Math.min(maxBytes, MAX_COUNTED_BYTES) ? 'body_too_large' : undefined
}

/**
 * The request as the backend gets it. The platform's cache, which goes by file extension, never
 * answers it, and redirects are left to the client.
 */
function toOutgoing(
  { request, body, headers, isRaw }: Message,
  service: Service,
  patience: Patience,
  isTroubled: () => boolean,
): RequestInit | Request {
  const { method } = request
  const init: RequestInit = {
    headers,
    redirect: 'manual',
    cache: 'no-store',
    signal: patience.signal,
  }
  if (isRaw) init.encodeResponseBody = 'manual'
  if (body !== null && !carriesUpload(method)) {
    patience.wait()
    // Setting a method would make the copy refuse the body of a GET.
    return new Request(request, init)
  }
  init.method = method
  if (body === null) {
    patience.wait()
    return init
  }
  const length = request.headers.get('content-length')
  init.body = passUpload(body, { length, maxBytes: service.maxBodyBytes, patience, isTroubled })
  return init
}

/**
 * The 101 that connects the client to the backend's socket. `headers` are those for the client: the
 * agreed subprotocol and extensions are among them; the platform does the handshake. Messages pass
 * inside the platform and are not seen here.
 */
function passWebSocket(webSocket: WebSocket, headers: Headers): Response {
  return new Response(null, { status: 101, webSocket, headers })
}

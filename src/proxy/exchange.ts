// One request to one origin, and its answer, both as streams. forward.ts chooses the origin and decides
// whether another one is asked after it.

import { isNetworkPath, toLoosePath } from '../core/path.ts'
import { splitOrigin } from '../core/services.ts'
import type { Service } from '../core/types.ts'
import { type ErrorCode, errorResponse } from '../http/errors.ts'
import { keepPrivate } from '../http/keep-private.ts'
import { toBackendPath, toStripped } from './addresses.ts'
import type { Backends } from './backends.ts'
import type { Message } from './message.ts'
import { createPatience, type Patience } from './patience.ts'
import { adaptToClient } from './response-headers.ts'

/** The answer for the client, what it says of the origin (`Verdict`), and how long it was waited for. */
export type ExchangeResult = { readonly response: Response; readonly waitedMs: number } & (
  | { readonly verdict: 'up' | 'none' }
  | {
      readonly verdict: 'down'
      readonly failure: ErrorCode | 'origin_unavailable' | 'origins_ejected'
      /** The origin may have begun to act on the request. */
      readonly wasSent: boolean
    }
)

/** Answers of a gateway whose backend is away, or of a backend that can do no more. */
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
  const refusal = checkLength(message, service.maxBodyBytes) ?? checkPath(backendPath, basePath)
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
  // A Worker sees the public address. The path is appended, not resolved: a `//host` in front of it
  // stays a path.
  const backendUrl = (isBinding ? publicOrigin : address) + basePath + backendPath
  const outgoing = toOutgoing(message, service, patience)
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
    // Backends hang up on bodies that they do not want, such as one that is too large. If that
    // counted, whoever sends such bodies would have healthy origins ejected.
    const isAboutBody = surrender === undefined && patience.isTaking()
    return isAboutBody ? { ...failed, verdict: 'none' } : failed
  } finally {
    patience.end()
  }
  const { status, webSocket } = response
  // No Response of ours can carry another 1xx, or what lies outside the statuses of HTTP.
  if (!webSocket && (status < 200 || status > 599)) {
    return fail('origin_bad_response', `status ${status}`)
  }
  // The body is handed on unread, so that encoded bytes stay as they are.
  const answer = webSocket
    ? passWebSocket(webSocket, response.headers)
    : new Response(response.body, response)
  adaptToClient(answer.headers, { publicOrigin, backendUrl, prefix, basePath })
  // No cache looks at the body of a GET, so what it asked for is not for those who ask without.
  if (message.body !== null && !carriesUpload(request.method)) keepPrivate(answer.headers)
  const answered = { response: answer, waitedMs: patience.waitedMs() }
  if (!UNAVAILABLE.has(status)) return { ...answered, verdict: 'up' }
  return { ...answered, verdict: 'down', failure: 'origin_unavailable', wasSent: true }
}

/** What can be said of a body before any of it is here. */
function checkLength({ request, body }: Message, maxBytes: number): ErrorCode | undefined {
  const length = body === null ? null : request.headers.get('content-length')
  if (length === null) return undefined
  return Number(length) > Math.min(maxBytes, MAX_COUNTED_BYTES) ? 'body_too_large' : undefined
}

/**
 * Whether a careless backend would read the path as one that this service does not have: one of the
 * network in front of the backend, or one outside the origin's own path (`/prod/..%2Fadmin`).
 */
function checkPath(backendPath: string, basePath: string): ErrorCode | undefined {
  const [path = ''] = backendPath.split('?', 1)
  if (isNetworkPath(path)) return 'not_found'
  const isOutside =
    basePath !== '' && !`${toLoosePath(basePath + path)}/`.startsWith(`${basePath}/`)
  return isOutside ? 'bad_path' : undefined
}

/**
 * The request as the backend gets it. Its answer never comes from the platform's cache, which goes
 * by file extension, and redirects are for the client to follow.
 */
function toOutgoing(
  { request, body, headers }: Message,
  service: Service,
  patience: Patience,
): RequestInit | Request {
  const { method } = request
  const init: RequestInit = {
    headers,
    redirect: 'manual',
    cache: 'no-store',
    signal: patience.signal,
  }
  if (body === null || !carriesUpload(method)) {
    patience.wait()
    // With a method of its own, the copy would be refused the body of a GET.
    return body === null ? { ...init, method } : new Request(request, init)
  }
  init.method = method
  const length = request.headers.get('content-length')
  init.body = passUpload(body, length, service.maxBodyBytes, patience)
  return init
}

/**
 * Whether the body goes through our hands and can be counted. Only a copy of a Request may carry the
 * body of a GET, which some search APIs ask for, and only one of announced length.
 */
export function carriesUpload(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/**
 * What is read at once, if it is there; each upload has as much in memory. The platform's own chunks
 * of 4 KiB take four times as long as 64 KiB (200 MB: 8.7 s, not 2.0 s), and those a tenth longer.
 */
const CHUNK_BYTES = 262_144
/** What a backend has to take within one wait. */
const PIECE_BYTES = 65_536

/**
 * A stream that carries `body`, at most one chunk ahead of the backend. `patience` runs while the
 * backend has a piece to take, and from the end of the body on. `contentLength` is the header of
 * that name: an announced length is announced to the backend too, else the body goes in chunks.
 * A body that turns out longer than `maxBytes` ends the exchange.
 */
export function passUpload(
  body: ReadableStream<Uint8Array>,
  contentLength: string | null,
  maxBytes: number,
  patience: Patience,
): ReadableStream<Uint8Array> {
  const { readable, writable } =
    contentLength === null
      ? new IdentityTransformStream()
      : new FixedLengthStream(Number(contentLength))
  const writer = writable.getWriter()
  pump(body, writer, maxBytes, patience).catch(async (cause) => {
    // A client that left ends the exchange; a backend that did is reported by its fetch, or has
    // answered and wants no more. The stream may be closed already, which is all that is wanted.
    await Promise.allSettled([writer.abort(cause)])
  })
  return readable
}

async function pump(
  body: ReadableStream<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  maxBytes: number,
  patience: Patience,
): Promise<void> {
  const reader = body.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(CHUNK_BYTES)
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer)).catch((cause) => {
      // The client has left, or its chunks are none.
      patience.giveUp('bad_body')
      throw cause
    })
    if (done) break
    bytes += value.length
    if (bytes > maxBytes) {
      patience.giveUp('body_too_large')
      throw new Error(`the body is longer than ${maxBytes} bytes`)
    }
    for (let at = 0; at < value.length; at += PIECE_BYTES) {
      patience.wait()
      await writer.write(value.subarray(at, at + PIECE_BYTES))
      patience.take('some')
      patience.pause()
    }
    // The backend has taken what was in it.
    buffer = value.buffer
  }
  patience.take('all')
  patience.wait()
  await writer.close()
}

/**
 * The answer 101 that hands the backend's socket to the client, with `headers` as they shall reach
 * it: the agreed subprotocol and extensions are among them, the handshake itself is the platform's.
 */
function passWebSocket(webSocket: WebSocket, headers: Headers): Response {
  return new Response(null, { status: 101, webSocket, headers })
}

// Sends a request to the backend of its service and brings the answer back, both as streams. Which
// service that is has been decided; each request is tried once, at the service's first origin.

import type { Service } from '../core/types.ts'
import { type ErrorCode, errorResponse } from '../http/errors.ts'
import { createPatience, type Patience } from './patience.ts'
import { toBackendHeaders } from './request-headers.ts'
import { toClientHeaders } from './response-headers.ts'
import { passUpload } from './upload.ts'

export type Forwarding = {
  readonly request: Request
  /** The normalised path and the query without a pin: begins with `/`. */
  readonly path: string
  readonly service: Service
  /** Headers in which Holo tells the backend who asks. */
  readonly identity: Readonly<Record<string, string>>
  readonly requestId: string
}

/**
 * What no backend is sent. The platform answers methods it does not know by itself.
 * - CONNECT asks for a tunnel.
 * - TRACE shows a client the headers that were added on the way (RFC 9110 section 9.3.8).
 * - PURGE empties the caches in front of a backend, which is not for the public to do.
 */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'PURGE'])

/**
 * The backend's answer, with headers that can be changed, or an error reply:
 * - `origin_timeout`: the backend let a wait of `service.timeoutMs` pass, for the head of its answer
 *   or for it to take the next bytes of an upload; a client that sends slowly does not count
 * - `origin_unreachable`: no connection, or one that broke before there was the head of an answer
 *   (the platform does not tell these from bytes that are no HTTP)
 * - `origin_bad_response`: a status that cannot be passed on
 * - `method_not_supported`: CONNECT, TRACE and PURGE
 *
 * Once the head is here, the body may take as long as it wants.
 *
 * @throws TypeError when the service has no origin.
 */
export async function forwardRequest(forwarding: Forwarding): Promise<Response> {
  const { request, path, service, requestId } = forwarding
  if (REFUSED_METHODS.has(request.method)) return errorResponse('method_not_supported', requestId)
  const [origin] = service.origins
  if (origin === undefined) throw new TypeError('service.origins: at least one is needed')
  const publicUrl = new URL(request.url)
  const fail = (code: ErrorCode, cause: unknown) => {
    console.warn(`request ${requestId}: ${code} ${origin}`, cause)
    return errorResponse(code, requestId)
  }
  const patience = createPatience(service.timeoutMs)
  const outgoing = toOutgoing(forwarding, publicUrl, patience)
  let response: Response
  try {
    // The path is appended, not resolved: a `//host` in front of it stays a path.
    response = await fetch(origin + path, outgoing)
  } catch (cause) {
    return fail(patience.signal.aborted ? 'origin_timeout' : 'origin_unreachable', cause)
  } finally {
    patience.end()
  }
  // No Response of ours can carry a 1xx, or what lies outside the statuses of HTTP.
  if (response.status < 200 || response.status > 599) {
    return fail('origin_bad_response', `status ${response.status}`)
  }
  // The body is handed on unread, so that encoded bytes stay as they are.
  return new Response(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers: toClientHeaders(response.headers, origin, publicUrl.origin),
  })
}

/**
 * The request as the backend gets it. Its answer never comes from the platform's cache, which goes
 * by file extension, and redirects are for the client to follow.
 */
function toOutgoing(
  { request, identity }: Forwarding,
  publicUrl: URL,
  patience: Patience,
): Request {
  const init: RequestInit = {
    headers: toBackendHeaders(request, publicUrl, identity),
    redirect: 'manual',
    cache: 'no-store',
    signal: patience.signal,
  }
  const { method, body } = request
  if (body && method !== 'GET' && method !== 'HEAD') {
    init.body = passUpload(body, request.headers.get('content-length'), patience)
  } else {
    patience.wait()
  }
  // Only a copy of a Request may carry the body of a GET, which some search APIs ask for.
  return new Request(request, init)
}

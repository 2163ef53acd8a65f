// What all tries of one request have in common: method, path, body, and the headers that every backend
// is sent, among them the sign against loops and the trace. forward.ts chooses the origin, perhaps
// twice.

import { type BackendHeaders, toBackendHeaders } from './request-headers.ts'

export type Message = {
  readonly request: Request
  /** The request's body; `null` too where it was read and nothing was in it. */
  readonly body: ReadableStream<Uint8Array> | null
  readonly requestId: string
  /** The normalised path and the query without a pin: begins with `/`. */
  readonly path: string
  /** Such as `https://shop.example.com`. */
  readonly publicOrigin: string
  readonly headers: BackendHeaders
  /** Nothing happens twice when it is sent twice, and there is no body that would be gone by then. */
  readonly isRepeatable: boolean
}

/** Methods without effects (RFC 9110 section 9.2.1), of those that are forwarded. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export function toMessage(
  request: Request,
  body: Message['body'],
  path: string,
  identity: Readonly<Record<string, string>>,
  { requestId, loopId }: { readonly requestId: string; readonly loopId: string },
): Message {
  const publicUrl = new URL(request.url)
  const headers = toBackendHeaders(request, publicUrl, identity)
  addHop(headers, loopId)
  carryTrace(headers)
  return {
    request,
    body,
    requestId,
    path,
    publicOrigin: publicUrl.origin,
    headers,
    isRepeatable: body === null && SAFE_METHODS.has(request.method),
  }
}

const LOOP_HEADER = 'cdn-loop'

/** Whether a request has been sent on by the Holo of that name before. */
export function hasPassed(headers: Headers, loopId: string): boolean {
  const hops = headers.get(LOOP_HEADER)
  if (hops === null) return false
  return hops.split(',').some((hop) => hop.replace(/;.*/s, '').trim() === loopId)
}

/** Adds this Holo to those that have sent the request on. */
export function addHop(headers: BackendHeaders, loopId: string): void {
  const hops = headers[LOOP_HEADER]
  headers[LOOP_HEADER] = hops === undefined ? loopId : `${hops}, ${loopId}`
}

/**
 * Section 3.2: version, trace id, parent id, flags. No id is all zero; a version above 00 may have more
 * behind it.
 */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/

/**
 * Leaves a trace that came with the request as it is, and starts one where none did. A `traceparent`
 * that cannot be read is replaced, and its `tracestate` goes with it (section 4.3).
 */
export function carryTrace(headers: BackendHeaders): void {
  const { traceparent } = headers
  if (traceparent !== undefined && TRACEPARENT.test(traceparent)) return
  delete headers.tracestate
  headers.traceparent = startTrace()
}

/**
 * The new trace is marked as sampled: most backends decide by that mark, and without it they would
 * record nothing of what they recorded when nobody stood in front of them.
 */
function startTrace(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24))
  // Neither id may be zero.
  bytes[0] = (bytes[0] as number) | 1
  bytes[16] = (bytes[16] as number) | 1
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

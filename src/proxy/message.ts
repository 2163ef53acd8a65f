// What all tries of one request have in common: method, path, body, and the headers that every
// backend is sent, among them the sign against loops and the trace. forward.ts chooses the origin,
// perhaps twice.

import { readSite } from '../core/address.ts'
import { toOriginConditions } from '../http/insertion.ts'
import { type BackendHeaders, toBackendHeaders } from './request-headers.ts'

export type Message = {
  readonly request: Request
  /** The request's body; `null` also if it was read and found empty. */
  readonly body: ReadableStream<Uint8Array> | null
  readonly requestId: string
  /** The normalised path and the query without a pin: begins with `/`. */
  readonly path: string
  /** Such as `https://shop.example.com`. */
  readonly publicOrigin: string
  readonly headers: BackendHeaders
  /**
   * Whether it is safe to send the message twice: it has no effects, and no body that could be sent
   * only once.
   */
  readonly isRepeatable: boolean
  /** Whether the body of the answer is not decoded, although code reads it. */
  readonly isRaw: boolean
}

/** Methods without effects (RFC 9110 section 9.2.1) among those that are forwarded. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export function toMessage(
  request: Request,
  body: Message['body'],
  path: string,
  identity: Readonly<Record<string, string>>,
  {
    requestId,
    loopId,
    isRaw = false,
    pageKey,
    isShadow = false,
  }: {
    readonly requestId: string
    readonly loopId: string
    readonly isRaw?: boolean | undefined
    readonly pageKey?: string | undefined
    /** Whether this is a copy that no Holo on the way shall copy again. */
    readonly isShadow?: boolean
  },
): Message {
  const site = readSite(request.url)
  const headers = toBackendHeaders(request, site, identity)
  if (pageKey !== undefined) toOriginConditions(headers, pageKey)
  addHop(headers, isShadow ? loopId + SHADOW_PARAMETER : loopId)
  carryTrace(headers)
  return {
    request,
    body,
    requestId,
    path,
    publicOrigin: site.origin,
    headers,
    isRepeatable: body === null && SAFE_METHODS.has(request.method),
    isRaw,
  }
}

const LOOP_HEADER = 'cdn-loop'

/**
 * Whether the Holo of that name has forwarded the request before. A backend that leads back to Holo
 * would otherwise make it call itself until the platform stops it. The sign is `CDN-Loop` (RFC
 * 8586): browsers cannot be made to send it, no hop may remove it, and each adds its name.
 */
export function hasPassed(headers: Headers, loopId: string): boolean {
  const hops = headers.get(LOOP_HEADER)
  if (hops === null) return false
  return hops.split(',').some((hop) => hop.replace(/;.*/s, '').trim() === loopId)
}

/**
 * The parameter of a hop (RFC 8586 section 2) that made a copy. Holo's own headers end at the next Holo, and
 * this one does not.
 */
const SHADOW_PARAMETER = ';shadow=1'

/** Whether a request is a copy that a Holo has made, so that it must not be copied again. */
export function isCopy(headers: Headers): boolean {
  if (headers.has('holo-shadow') || headers.has('holo-copy')) return true
  return headers.get(LOOP_HEADER)?.includes(SHADOW_PARAMETER) ?? false
}

/** Adds this Holo to the hops of the request. */
function addHop(headers: BackendHeaders, loopId: string): void {
  const hops = headers[LOOP_HEADER]
  headers[LOOP_HEADER] = hops === undefined ? loopId : `${hops}, ${loopId}`
}

/**
 * W3C Trace Context, level 1, section 3.2: version, trace id, parent id, flags. No id is all zeros;
 * a version above 00 may have more after the flags.
 */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/

/**
 * Keeps the trace that came with the request, or starts one, so that the requests to backends
 * appear in the visitor's trace. A `traceparent` that cannot be read is replaced, and its
 * `tracestate` removed (section 4.3). Holo records no spans of its own.
 */
function carryTrace(headers: BackendHeaders): void {
  const { traceparent } = headers
  if (traceparent !== undefined && TRACEPARENT.test(traceparent)) return
  delete headers.tracestate
  headers.traceparent = startTrace()
}

/**
 * Starts a trace that is marked as sampled: most backends decide by that mark, and without it they
 * would stop recording requests once Holo is in front of them.
 */
function startTrace(): string {
  // A UUID costs a sixth of other random bytes in hex. Its version and variant make sure that neither half is zero.
  const [a, b, c, d, e] = crypto.randomUUID().split('-')
  // The first span of a trace may have the second half of the trace's id, as in Zipkin.
  return `00-${a}${b}${c}${d}${e}-${d}${e}-01`
}

// What all tries of one request have in common: who asks for what, and the headers that every backend
// is sent. To whom it is sent is decided later, and may be decided twice.

import { addHop } from './loop.ts'
import { type BackendHeaders, toBackendHeaders } from './request-headers.ts'
import { carryTrace } from './trace-context.ts'

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

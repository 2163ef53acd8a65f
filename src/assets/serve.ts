// From an intent to a reply: method, encoding, precondition, and only then the bytes. A 304 and a
// HEAD read none.

import { errorResponse } from '../http/errors.ts'
import { splitQuery } from '../http/query.ts'
import type { Background } from './background.ts'
import type { Blobs, LoadedBlob } from './blobs.ts'
import { chooseRepresentation } from './negotiation.ts'
import { matchIfNoneMatch } from './preconditions.ts'
import { toContentHeaders, toEtag, toValidatorHeaders } from './representation.ts'
import type { Intent } from './resolve.ts'

/** A reply whose headers can be changed, and where its body came from. */
export type Served = {
  readonly response: Response
  readonly source: LoadedBlob['source'] | 'none'
}

/** Bytes that cannot be had are a 503: the file exists, and saying otherwise would be kept. */
export async function serveIntent(
  intent: Intent,
  request: Request,
  requestId: string,
  blobs: Blobs,
  ctx: Background,
): Promise<Served> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return withoutBlob(errorResponse('method_not_allowed', requestId, { allow: 'GET, HEAD' }))
  }
  if (intent.kind === 'redirect') {
    const location = intent.path + splitQuery(new URL(request.url).search).search
    const headers = { location, 'cache-control': 'no-store' }
    return withoutBlob(new Response(null, { status: intent.status, headers }))
  }
  const { entry, status } = intent
  const choice = chooseRepresentation(entry, toAcceptEncoding(request))
  // Section 13.2.1 of RFC 9110: preconditions are for what would be a success.
  if (status === 200 && matchIfNoneMatch(request.headers.get('if-none-match'), toEtag(choice))) {
    const headers = toValidatorHeaders(entry, choice, status)
    return withoutBlob(new Response(null, { status: 304, headers }))
  }
  // What is stored is encoded already; the runtime must not do it again.
  const init: ResponseInit = {
    status,
    headers: toContentHeaders(entry, choice, status),
    encodeBody: choice.encoding ? 'manual' : 'automatic',
  }
  if (request.method === 'HEAD') return withoutBlob(new Response(null, init))
  const loaded = blobs.peek(choice.blob) ?? (await blobs.load(choice, ctx))
  if (loaded === 'unavailable') return withoutBlob(errorResponse('storage_unavailable', requestId))
  return { response: new Response(loaded.body, init), source: loaded.source }
}

/**
 * What the client itself accepts. The platform puts its own wishes into the header and the client's
 * into `cf`; where there is no `cf`, the header is the client's.
 */
function toAcceptEncoding(request: Request): string {
  const own = request.cf?.clientAcceptEncoding
  return typeof own === 'string' ? own : (request.headers.get('accept-encoding') ?? '')
}

function withoutBlob(response: Response): Served {
  return { response, source: 'none' }
}

// Failures as a closed set of codes, and the reply for each code. The client gets the code, a plain
// sentence and the request id; details go to the log of the place where the failure was noticed.

export type ErrorCode = keyof typeof ERROR_REPLIES

const ERROR_REPLIES = {
  bad_path: { status: 400, title: 'The address of this request cannot be read.' },
  bad_body: { status: 400, title: 'The body of this request broke off or cannot be read.' },
  not_found: { status: 404, title: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here.' },
  preview_over: {
    status: 410,
    title: 'This preview is over: the link has expired or was revoked.',
  },
  precondition_failed: { status: 412, title: 'What was asked for has changed.' },
  range_not_satisfiable: { status: 416, title: 'The file has no such bytes.' },
  length_required: { status: 411, title: 'The length of this request has to be announced.' },
  body_too_large: { status: 413, title: 'The body of this request is too large.' },
  client_left: { status: 499, title: 'The client left before there was an answer.' },
  internal: { status: 500, title: 'The request could not be served.' },
  method_not_supported: { status: 501, title: 'This method is not supported.' },
  origin_unreachable: { status: 502, title: 'The service could not be reached.' },
  origin_unknown: { status: 502, title: 'The service is not connected.' },
  origin_bad_response: { status: 502, title: 'The service gave an answer that cannot be read.' },
  nothing_published: { status: 503, title: 'Nothing has been published yet.' },
  storage_unavailable: { status: 503, title: 'The files are out of reach for the moment.' },
  origin_timeout: { status: 504, title: 'The service did not answer in time.' },
  loop_detected: { status: 508, title: 'The request came back to where it had been.' },
} as const

const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  nothing_published: 5,
  storage_unavailable: 2,
}

/**
 * The reply for a failure: JSON in the form of RFC 9457 with a stable `code`; no cache keeps it.
 */
export function errorResponse(
  code: ErrorCode,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { status, title } = ERROR_REPLIES[code]
  const retryAfter = RETRY_AFTER_SECONDS[code]
  return new Response(JSON.stringify({ type: 'about:blank', title, status, code, requestId }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...headers,
    },
  })
}

// The failures of the API, and the reply for each in the form of RFC 9457; wire/problems.ts lists the codes.
// A client that is not authenticated gets nothing but the code.

import type { RolloutRefused } from '../../control/rollouts/contract.ts'
import { PROBLEMS, type ProblemCode, type ProblemDetails } from '../../wire/problems.ts'

/** After this time a control that restarts or is overloaded usually answers again. */
const RETRY_AFTER_S = 2

/** The control remembers failed attempts of an address for this long. Viewers may have left by then. */
const RETRY_LATER_S = 60

/**
 * Of all replies: no cache stores them, no browser takes them for another type, no page shows them in a
 * frame, and no page of another site loads them as a part of itself.
 */
export const REPLY_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
} as const

/** A code, and the details of the problem. */
export type Failure = {
  [Code in ProblemCode]: { readonly kind: Code } & ProblemDetails<Code>
}[ProblemCode]

const RETRY_AFTER: Partial<Record<ProblemCode, number>> = {
  too_many_attempts: RETRY_LATER_S,
  one_at_a_time: RETRY_AFTER_S,
  too_many_viewers: RETRY_LATER_S,
  store_unavailable: RETRY_AFTER_S,
  control_unavailable: RETRY_AFTER_S,
  control_overloaded: RETRY_AFTER_S,
  unknown_outcome: RETRY_AFTER_S,
}

/** The reply for a failure. Caches must not store it. */
export function toProblem(failure: Failure, requestId: string): Response {
  const { kind: code, ...details } = failure
  const { status, title } = PROBLEMS[code]
  const retryAfter = RETRY_AFTER[code]
  const headers = new Headers({ 'content-type': 'application/problem+json', ...REPLY_HEADERS })
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter))
  if (code === 'unauthenticated') headers.set('www-authenticate', 'Bearer realm="holo"')
  if (failure.kind === 'method_not_allowed') headers.set('allow', failure.allowed.join(', '))
  const problem = { type: 'about:blank', title, status, code, requestId, ...details }
  return new Response(JSON.stringify(problem), { status, headers })
}

/** Converts a refusal of the control to a failure of the API. */
export function toFailure(refused: RolloutRefused): Failure {
  switch (refused.kind) {
    case 'denied':
      return refused.denial === 'forbidden' && refused.why !== undefined
        ? { kind: 'forbidden', detail: refused.why }
        : { kind: refused.denial }
    case 'stale':
    case 'frozen':
    case 'below_floor':
    case 'rollout_refused':
      return refused
    case 'invalid':
      return { kind: 'invalid_change', problems: refused.problems }
  }
}

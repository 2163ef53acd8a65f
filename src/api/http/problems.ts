// Failures of the API as a closed set, and each as one reply in the form of RFC 9457. Whoever has not
// proved who it is learns nothing but the code; the operator reads the rest in the log.

import type { RevisionSummary } from '../../control/contract.ts'
import type { RolloutRefused } from '../../control/rollouts/contract.ts'
import { RETRY_AFTER_ATTEMPTS_S, RETRY_AFTER_S } from './limits.ts'

/** One thing wrong with what was sent: where, and how to mend it. */
export type Fault = { readonly path: string; readonly message: string }

export type AbsentBlob = {
  readonly sha256: string
  readonly size: number
  readonly problem: string
}

export type Failure =
  | { readonly kind: PlainKind }
  /** `detail`: of a credential that counts, which of its limits stands in the way. */
  | { readonly kind: 'forbidden'; readonly detail?: string }
  | { readonly kind: 'method_not_allowed'; readonly allowed: readonly string[] }
  | {
      readonly kind:
        | 'invalid_request'
        | 'invalid_change'
        | 'rollout_refused'
        | 'unreadable_revision'
      readonly problems: readonly Fault[]
    }
  | { readonly kind: 'body_too_large'; readonly limit: number }
  | {
      readonly kind: 'invalid_manifest'
      readonly problems: readonly Fault[]
      /** How many there are beside these. */
      readonly more: number
    }
  | {
      readonly kind: 'version_differs'
      readonly differences: readonly string[]
      readonly more: number
    }
  | { readonly kind: 'manifest_missing'; readonly manifests: readonly string[] }
  | { readonly kind: 'blobs_missing'; readonly blobs: readonly AbsentBlob[] }
  | { readonly kind: 'parts_missing'; readonly missing: readonly number[] }
  | {
      readonly kind: 'stale'
      readonly expected: number
      readonly current: number
      readonly changes: readonly RevisionSummary[]
    }

type PlainKind = {
  [Kind in keyof typeof PROBLEMS]: (typeof PROBLEMS)[Kind] extends { plain: true } ? Kind : never
}[keyof typeof PROBLEMS]

/** Every code with its status and its sentence. Codes never change; sentences may. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not as this route takes it.' },
  unauthenticated: { status: 401, title: 'Show a credential that counts.', plain: true },
  forbidden: { status: 403, title: 'This is not allowed.' },
  not_found: { status: 404, title: 'There is nothing at this address.', plain: true },
  no_document: {
    status: 404,
    title: 'Nothing has been published yet: the first document takes If-Match: "0".',
    plain: true,
  },
  method_not_allowed: { status: 405, title: 'This address has other methods: see Allow.' },
  stale: { status: 412, title: 'The document has changed since the revision that was seen.' },
  version_differs: { status: 409, title: 'The id belongs to other content: choose another one.' },
  rollout_refused: { status: 409, title: 'The rollout does not take this now.' },
  upload_replaced: {
    status: 409,
    title: 'The upload of this version has other content by now.',
    plain: true,
  },
  upload_finalised: {
    status: 409,
    title: 'The upload has become a version: POST /withdraw takes it back.',
    plain: true,
  },
  manifest_missing: { status: 409, title: 'A manifest is not in the store: put it there first.' },
  blobs_missing: { status: 409, title: 'Blobs are not in the store as the manifest has them.' },
  parts_missing: { status: 409, title: 'Parts of the blob are not in the store.' },
  length_required: { status: 411, title: 'Send Content-Length.', plain: true },
  body_too_large: {
    status: 413,
    title: 'The body has more bytes than "limit" says: send less, or a large file in parts.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'JSON is sent as Content-Type: application/json, and bytes as application/octet-stream.',
    plain: true,
  },
  hash_mismatch: {
    status: 422,
    title: 'The bytes do not have the SHA-256 of this address: nothing was kept.',
    plain: true,
  },
  invalid_manifest: { status: 422, title: 'The manifest is not sound: nothing was kept.' },
  invalid_change: { status: 422, title: 'The document would not be sound: nothing was changed.' },
  unreadable_revision: {
    status: 422,
    title: 'This revision cannot be read by this Holo any more.',
  },
  precondition_required: {
    status: 428,
    title: 'Send If-Match with the ETag of what you have seen, such as If-Match: "42".',
    plain: true,
  },
  too_many_attempts: {
    status: 429,
    title:
      'This credential is wrong, after many wrong ones from this address. One that is right is taken at once.',
    plain: true,
  },
  one_at_a_time: {
    status: 429,
    title: 'This token is being served the same already: wait for that answer, then ask again.',
    plain: true,
  },
  internal: { status: 500, title: 'The request could not be served.', plain: true },
  store_unavailable: {
    status: 503,
    title: 'The store does not answer: send the request again.',
    plain: true,
  },
  control_unavailable: {
    status: 503,
    title: 'The control does not answer: nothing was changed, and the edge goes on serving.',
    plain: true,
  },
  control_overloaded: {
    status: 503,
    title: 'The control has too much to do: nothing was changed.',
    plain: true,
  },
  unknown_outcome: {
    status: 503,
    title:
      'The control did not say whether the change was made. Look for the request id in /.holo/api/audit, or send the request again with the same If-Match: a 412 says that the document has changed, and names the changes.',
    plain: true,
  },
} as const

export type ProblemCode = keyof typeof PROBLEMS

const RETRY_AFTER: Partial<Record<ProblemCode, number>> = {
  too_many_attempts: RETRY_AFTER_ATTEMPTS_S,
  one_at_a_time: RETRY_AFTER_S,
  store_unavailable: RETRY_AFTER_S,
  control_unavailable: RETRY_AFTER_S,
  control_overloaded: RETRY_AFTER_S,
  unknown_outcome: RETRY_AFTER_S,
}

/** The reply for a failure, kept by nobody. */
export function toProblem(failure: Failure, requestId: string): Response {
  const { kind: code, ...details } = failure
  const { status, title } = PROBLEMS[code]
  const retryAfter = RETRY_AFTER[code]
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter))
  if (code === 'unauthenticated') headers.set('www-authenticate', 'Bearer realm="holo"')
  if (failure.kind === 'method_not_allowed') headers.set('allow', failure.allowed.join(', '))
  const problem = { type: 'about:blank', title, status, code, requestId, ...details }
  return new Response(JSON.stringify(problem), { status, headers })
}

/** What the control refuses, in the words of the API. */
export function toFailure(refused: RolloutRefused): Failure {
  switch (refused.kind) {
    case 'denied':
      return refused.denial === 'forbidden' && refused.why !== undefined
        ? { kind: 'forbidden', detail: refused.why }
        : { kind: refused.denial }
    case 'stale':
    case 'rollout_refused':
      return refused
    case 'invalid':
      return { kind: 'invalid_change', problems: refused.problems }
  }
}

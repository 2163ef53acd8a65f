// Everything that the API can refuse: each code with its status, its sentence and what it says beside
// that, and the one form in which all of them are sent (problem+json, RFC 9457).

import * as z from 'zod'
import { forReaders } from './for-readers.ts'
import { revisionSummary, revisionSummaryAsRead } from './history.ts'
import type { Shaped } from './parts.ts'
import { toTolerant } from './tolerant.ts'

/** One thing wrong with what was sent: where, and how to mend it. */
export const fault = z.strictObject({ path: z.string(), message: z.string() })

export type Fault = Shaped<typeof fault>

const absentBlob = z.strictObject({ sha256: z.string(), size: z.int(), problem: z.string() })

export type AbsentBlob = Shaped<typeof absentBlob>

/** What a problem says beside its code, by name. A list has at most fifty items. */
const DETAILS = {
  problems: z.array(fault).describe('Everything that is wrong with what was sent'),
  more: z.int().describe('How many there are beside those of the list'),
  detail: z.string().describe('With forbidden: which limit of the token stands in the way'),
  allowed: z.array(z.string()).describe('With method_not_allowed: the methods of this address'),
  limit: z.int().describe('With body_too_large: the most bytes that the route takes'),
  expected: z.int().describe('With stale: the revision of If-Match'),
  current: z.int().describe('With stale: the revision of now'),
  changes: z.array(revisionSummary).describe('With stale: what changed, newest first'),
  differences: z.array(z.string()).describe('With version_differs: what is different'),
  manifests: z.array(z.string()).describe('With manifest_missing: their SHA-256'),
  blobs: z.array(absentBlob).describe('With blobs_missing: which, and why'),
  missing: z.array(z.int()).describe('With parts_missing: the numbers of the parts'),
}

const { problems, more, detail, allowed, limit, expected, current } = DETAILS
const { changes, differences, manifests, blobs, missing } = DETAILS

type Row = { readonly status: number; readonly title: string; readonly details?: z.ZodRawShape }

/** Codes never change; sentences may. */
export const PROBLEMS = {
  invalid_request: {
    status: 400,
    title: 'The request is not as this route takes it.',
    details: { problems },
  },
  unauthenticated: { status: 401, title: 'Show a credential that counts.' },
  forbidden: {
    status: 403,
    title: 'This is not allowed.',
    details: { detail: detail.optional() },
  },
  not_found: { status: 404, title: 'There is nothing at this address.' },
  no_document: {
    status: 404,
    title: 'Nothing has been published yet: the first document takes If-Match: "0".',
  },
  method_not_allowed: {
    status: 405,
    title: 'This address has other methods: see Allow.',
    details: { allowed },
  },
  stale: {
    status: 412,
    title: 'The document has changed since the revision that was seen.',
    details: { expected, current, changes },
  },
  version_differs: {
    status: 409,
    title: 'The id belongs to other content: choose another one.',
    details: { differences, more },
  },
  rollout_refused: {
    status: 409,
    title: 'The rollout does not take this now.',
    details: { problems },
  },
  upload_replaced: {
    status: 409,
    title: 'The upload of this version has other content by now.',
  },
  upload_finalised: {
    status: 409,
    title: 'The upload has become a version: POST /withdraw takes it back.',
  },
  manifest_missing: {
    status: 409,
    title: 'A manifest is not in the store: put it there first.',
    details: { manifests },
  },
  blobs_missing: {
    status: 409,
    title: 'Blobs are not in the store as the manifest has them.',
    details: { blobs },
  },
  parts_missing: {
    status: 409,
    title: 'Parts of the blob are not in the store.',
    details: { missing },
  },
  length_required: { status: 411, title: 'Send Content-Length.' },
  body_too_large: {
    status: 413,
    title: 'The body has more bytes than "limit" says: send less, or a large file in parts.',
    details: { limit },
  },
  unsupported_media_type: {
    status: 415,
    title: 'JSON is sent as Content-Type: application/json, and bytes as application/octet-stream.',
  },
  hash_mismatch: {
    status: 422,
    title: 'The bytes do not have the SHA-256 of this address: nothing was kept.',
  },
  invalid_manifest: {
    status: 422,
    title: 'The manifest is not sound: nothing was kept.',
    details: { problems, more },
  },
  invalid_change: {
    status: 422,
    title: 'The document would not be sound: nothing was changed.',
    details: { problems },
  },
  unreadable_revision: {
    status: 422,
    title: 'This revision cannot be read by this Holo any more.',
    details: { problems },
  },
  precondition_required: {
    status: 428,
    title: 'Send If-Match with the ETag of what you have seen, such as If-Match: "42".',
  },
  too_many_attempts: {
    status: 429,
    title:
      'This credential is wrong, after many wrong ones from this address. One that is right is taken at once.',
  },
  one_at_a_time: {
    status: 429,
    title: 'This token is being served the same already: wait for that answer, then ask again.',
  },
  internal: { status: 500, title: 'The request could not be served.' },
  store_unavailable: {
    status: 503,
    title: 'The store does not answer: send the request again.',
  },
  control_unavailable: {
    status: 503,
    title: 'The control does not answer: nothing was changed, and the edge goes on serving.',
  },
  control_overloaded: {
    status: 503,
    title: 'The control has too much to do: nothing was changed.',
  },
  unknown_outcome: {
    status: 503,
    title:
      'The control did not say whether the change was made. Look for the request id in /.holo/api/audit, or send the request again with the same If-Match: a 412 says that the document has changed, and names the changes.',
  },
} as const satisfies Readonly<Record<string, Row>>

export type ProblemCode = keyof typeof PROBLEMS

/** What a problem with this code says beside the code. */
export type ProblemDetails<Code extends ProblemCode> = (typeof PROBLEMS)[Code] extends {
  readonly details: infer Fields extends z.ZodRawShape
}
  ? Shaped<z.ZodObject<Fields>>
  : unknown

export const problem = z.looseObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('Stable; docs/api.md lists all of them'),
  requestId: z.string(),
  ...z.object(DETAILS).partial().shape,
})

const read = /* @__PURE__ */ forReaders(() => toTolerant(z.object(DETAILS)).shape)

/**
 * A problem of any Holo: one with a code that is not known is read as well, and a detail that has another
 * form by then is left out.
 */
export const problemAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({
    code: z.string(),
    title: z.string(),
    requestId: z.string().optional(),
    detail: read.detail.optional().catch(undefined),
    problems: read.problems.optional().catch(undefined),
    more: read.more.optional().catch(undefined),
    differences: read.differences.optional().catch(undefined),
    blobs: read.blobs.optional().catch(undefined),
    current: read.current.optional().catch(undefined),
    changes: z.array(revisionSummaryAsRead).optional().catch(undefined),
  }),
)

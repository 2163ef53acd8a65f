// The problems of the API: each code with its status, its title and its details, and the form in which all
// of them are sent (problem+json, RFC 9457).

import * as z from 'zod'
import { revisionSummary, revisionSummaryAsRead } from './history.ts'
import type { Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** One mistake in a request: where it is, and what is wrong. */
export const fault = z.strictObject({ path: z.string(), message: z.string() })

export type Fault = Shaped<typeof fault>

const absentBlob = z.strictObject({
  sha256: z.string(),
  size: z.int(),
  problem: z.string(),
  damaged: z.boolean().optional().describe('It is stored, but not as it should be: replace it'),
})

export type AbsentBlob = Shaped<typeof absentBlob>

/** The details of problems by name. A list has at most fifty items. */
const DETAILS = {
  problems: z.array(fault).describe('All mistakes in the request'),
  more: z.int().describe('How many there are beyond those in the list'),
  detail: z
    .string()
    .describe('With forbidden, frozen and below_floor: why, such as a limit of the token'),
  held: z
    .enum(['freeze', 'windows'])
    .describe('With frozen: what holds releases. Only windows can be disregarded'),
  allowed: z.array(z.string()).describe('With method_not_allowed: the methods of this address'),
  limit: z.int().describe('With body_too_large: the largest body in bytes that the route accepts'),
  expected: z.int().describe('With stale: the revision of If-Match'),
  current: z.int().describe('With stale: the current revision'),
  changes: z.array(revisionSummary).describe('With stale: what changed, newest first'),
  differences: z.array(z.string()).describe('With version_differs: what is different'),
  manifests: z.array(z.string()).describe('With manifest_missing: their SHA-256'),
  blobs: z.array(absentBlob).describe('With blobs_missing: which, and why'),
  missing: z.array(z.int()).describe('With parts_missing: the numbers of the parts'),
}

const { problems, more, detail, held, allowed, limit, expected, current } = DETAILS
const { changes, differences, manifests, blobs, missing } = DETAILS

type Row = { readonly status: number; readonly title: string; readonly details?: z.ZodRawShape }

/** Codes never change; titles may. */
export const PROBLEMS = {
  invalid_request: {
    status: 400,
    title: 'The request does not match what this route accepts.',
    details: { problems },
  },
  unauthenticated: { status: 401, title: 'Send a valid credential.' },
  forbidden: {
    status: 403,
    title: 'This is not allowed.',
    details: { detail: detail.optional() },
  },
  cross_site: {
    status: 403,
    title:
      'A browser sent this by a cookie, and not for a page of this Holo, or a change without the header Holo-Request: 1. Nothing was done.',
  },
  not_found: { status: 404, title: 'There is nothing at this address.' },
  no_document: {
    status: 404,
    title: 'Nothing has been published yet: send the first document with If-Match: "0".',
  },
  method_not_allowed: {
    status: 405,
    title: 'This address does not support the method: see Allow.',
    details: { allowed },
  },
  stale: {
    status: 412,
    title: 'The document has changed since the revision that was seen.',
    details: { expected, current, changes },
  },
  version_differs: {
    status: 409,
    title: 'This id was published before with other content: choose another id.',
    details: { differences, more },
  },
  rollout_refused: {
    status: 409,
    title: 'The rollout cannot do this now.',
    details: { problems },
  },
  frozen: {
    status: 409,
    title: 'No release goes forward now. Taking a release back is always allowed.',
    details: { detail, held },
  },
  below_floor: {
    status: 409,
    title: 'The change goes back below the floor of a version: belowFloor=true forces it.',
    details: { detail },
  },
  upload_replaced: {
    status: 409,
    title: 'Another upload of this version, with other content, has replaced this one.',
  },
  upload_finalised: {
    status: 409,
    title:
      'The upload is finalised and cannot be aborted: withdraw the version with POST /withdraw.',
  },
  manifest_missing: {
    status: 409,
    title: 'A manifest is not in the store: upload it first.',
    details: { manifests },
  },
  blobs_missing: {
    status: 409,
    title: 'Blobs of the manifest are missing in the store, or have another size.',
    details: { blobs },
  },
  parts_missing: {
    status: 409,
    title: 'Parts of the blob are missing in the store: upload them.',
    details: { missing },
  },
  length_required: { status: 411, title: 'Send Content-Length.' },
  body_too_large: {
    status: 413,
    title: 'The body has more than "limit" bytes: send less, or upload a large file in parts.',
    details: { limit },
  },
  unsupported_media_type: {
    status: 415,
    title: 'Send JSON as Content-Type: application/json, and bytes as application/octet-stream.',
  },
  hash_mismatch: {
    status: 422,
    title: 'The bytes do not have the SHA-256 in this address: nothing was stored.',
  },
  invalid_manifest: {
    status: 422,
    title: 'The manifest is not valid: nothing was stored.',
    details: { problems, more },
  },
  invalid_change: {
    status: 422,
    title: 'The change would make the document invalid: nothing was changed.',
    details: { problems },
  },
  invalid_preview: {
    status: 422,
    title: 'There can be no link to that: nothing was made.',
    details: { problems },
  },
  unreadable_revision: {
    status: 422,
    title: 'This version of Holo cannot read this revision.',
    details: { problems },
  },
  upgrade_required: {
    status: 426,
    title: 'This address only speaks WebSocket: send Upgrade: websocket.',
  },
  precondition_required: {
    status: 428,
    title:
      'Send If-Match with the ETag of the revision that you have read, such as If-Match: "42".',
  },
  too_many_attempts: {
    status: 429,
    title:
      'This credential is not valid, and neither were many others from this address. A valid one is accepted at once.',
  },
  one_at_a_time: {
    status: 429,
    title:
      'The same request of this token is still running: wait for its reply, then send it again.',
  },
  too_many_viewers: {
    status: 429,
    title: 'There are as many viewers as Holo takes: ask the other routes from time to time.',
  },
  internal: { status: 500, title: 'An error in Holo: its log has the cause under the request id.' },
  store_unavailable: {
    status: 503,
    title: 'The store does not answer: send the request again.',
  },
  newer_schema: {
    status: 503,
    title:
      'A newer Holo has written what is stored here: deploy that release again. Nothing was changed, and visitors are still served.',
  },
  control_unavailable: {
    status: 503,
    title: 'The control does not answer: nothing was changed, and visitors are still served.',
  },
  control_overloaded: {
    status: 503,
    title: 'The control is overloaded: nothing was changed. Send the request again.',
  },
  unknown_outcome: {
    status: 503,
    title:
      'It is not known whether the change was made. Look for the request id in /.holo/api/audit, or send the request again with the same If-Match: a 412 means that the document has changed, and lists the changes.',
  },
} as const satisfies Readonly<Record<string, Row>>

export type ProblemCode = keyof typeof PROBLEMS

/** The details of a problem with this code. */
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
 * A problem as a client reads it. A problem of a newer Holo with an unknown code is accepted, and a detail
 * in an unknown form is left out.
 */
export const problemAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({
    code: z.string(),
    title: z.string(),
    requestId: z.string().optional(),
    detail: read.detail.optional().catch(undefined),
    held: read.held.optional().catch(undefined),
    problems: read.problems.optional().catch(undefined),
    more: read.more.optional().catch(undefined),
    differences: read.differences.optional().catch(undefined),
    blobs: read.blobs.optional().catch(undefined),
    current: read.current.optional().catch(undefined),
    changes: z.array(revisionSummaryAsRead).optional().catch(undefined),
  }),
)

// Revisions as entity tags: `"42"` is the ETag of revision 42, and a change must name it in `If-Match`.

import { err, ok, type Result } from '../../core/result.ts'
import type { Failure } from './problems.ts'

const REVISION_TAG = /^"(0|[1-9]\d{0,15})"$/

export function toTag(revision: number): string {
  return `"${revision}"`
}

/**
 * The revision that an `If-Match` names; `"0"` means that there is no document yet. `*` and lists are
 * refused, because they would allow a change of a document that the client has not seen. A weak tag never
 * matches (RFC 9110 section 13.1.1).
 */
export function readIfMatch(header: string | null): Result<number, Failure> {
  if (header === null) return err({ kind: 'precondition_required' })
  const revision = REVISION_TAG.exec(header.trim())?.[1]
  if (revision !== undefined) return ok(Number(revision))
  const message = 'must name one revision, as in If-Match: "42"'
  return err({ kind: 'invalid_request', problems: [{ path: 'If-Match', message }] })
}

/** Whether `If-None-Match` says that the client has this revision (RFC 9110 section 13.1.2). */
export function isKnown(ifNoneMatch: string | null, revision: number): boolean {
  if (ifNoneMatch === null) return false
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(toTag(revision))
}

// Revisions as entity tags: `"42"` is the document's ETag, and what a change of it has to name.

import { err, ok, type Result } from '../../core/result.ts'
import type { Failure } from './problems.ts'

const REVISION_TAG = /^"(0|[1-9]\d{0,15})"$/

export function toTag(revision: number): string {
  return `"${revision}"`
}

/**
 * The revision that an `If-Match` names. `*` and lists would change what nobody has looked at, and a
 * weak tag never matches (RFC 9110 section 13.1.1); `"0"` says that there is no document yet.
 */
export function readIfMatch(header: string | null): Result<number, Failure> {
  if (header === null) return err({ kind: 'precondition_required' })
  const revision = REVISION_TAG.exec(header.trim())?.[1]
  if (revision !== undefined) return ok(Number(revision))
  const message = 'name one revision as in If-Match: "42"'
  return err({ kind: 'invalid_request', problems: [{ path: 'If-Match', message }] })
}

/** Whether the client has this revision already (RFC 9110 section 13.1.2). */
export function isKnown(ifNoneMatch: string | null, revision: number): boolean {
  if (ifNoneMatch === null) return false
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(toTag(revision))
}

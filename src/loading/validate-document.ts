// Validates a document that nobody has checked. It is loaded with the first one: the validator is large.

import { err, ok, type Result } from '../core/result.ts'
import { formatProblems, parseAssignments } from '../document/parse.ts'
import type { AssignmentsDocument } from '../document/schema.ts'

/** A valid document; or its problems, as text. */
export function validateDocument(
  text: string,
  allowInsecure: boolean,
): Result<AssignmentsDocument, string> {
  const parsed = parseAssignments(text, { allowInsecure })
  return parsed.ok ? ok(parsed.value) : err(formatProblems(parsed.error))
}

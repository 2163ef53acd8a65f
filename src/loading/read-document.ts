// Reads a document: the only way from the edge to the validator, the conditions of rules and the evaluator of
// flags, which are large. It is loaded with the first document, and the evaluator with the first flags.

import { err, ok, type Result } from '../core/result.ts'
import { type CompiledAssignments, compileAssignments } from '../document/compile.ts'
import { formatProblems, parseAssignments } from '../document/parse.ts'
import { loadEvaluator } from '../flags/evaluate.ts'

export type ReadDocument = {
  readonly revision: number
  readonly compile: () => CompiledAssignments
}

/** A valid document; or its problems, as text. */
export async function readDocument(
  text: string,
  allowInsecure: boolean,
): Promise<Result<ReadDocument, string>> {
  const parsed = parseAssignments(text, { allowInsecure })
  if (!parsed.ok) return err(formatProblems(parsed.error))
  const { value } = parsed
  if (value.flags) await loadEvaluator()
  return ok({ revision: value.revision, compile: () => compileAssignments(value) })
}

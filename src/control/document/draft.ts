// A draft: the document that a command would make, before it is validated, and how a command is refused.
// The apply-*.ts files share it.

import { err, ok, type Result } from '../../core/result.ts'
import { parseAssignments } from '../../document/parse.ts'
import type { Fault } from '../../wire/problems.ts'
import { type Content, isSameContent, toBare, toContent, toText } from './content.ts'
import { markOpen } from './opening.ts'

const parseLast = createParseLast()

/** What is wrong with a command or with the document it would make. */
export type DraftProblem = Fault

/** A document without revision and audit hash that has not been validated. */
export type Draft = Readonly<Record<string, unknown>>

export type DraftResult = Result<Draft, readonly DraftProblem[]>

export function refuseChange(
  path: string,
  message: string,
): Result<never, readonly DraftProblem[]> {
  return err([{ path, message }])
}

/** Joins names as `"a", "b"`. */
export function quoteNames(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}

export function refuseUnknown(
  path: string,
  what: string,
  name: string,
  table: object,
): Result<never, readonly DraftProblem[]> {
  const known = quoteNames(Object.keys(table).slice(0, 20))
  return refuseChange(path, `there is no ${what} "${name}"; the document has ${known || 'none'}`)
}

/**
 * Validates a draft with the edge's own parser. Marks in `open` which visitors can see each version, so
 * that this is still known after traffic has moved on.
 */
export function parseDraft(
  draft: Draft,
  allowInsecure: boolean,
): Result<Content, readonly DraftProblem[]> {
  // The parser needs some revision. The commit sets the real one.
  const text = toText({ ...draft, revision: 1 })
  const parsed = parseLast(text, allowInsecure)
  if (parsed.ok) return ok(toContent(markOpen(parsed.value)))
  return err(parsed.error.map(({ path, message }) => ({ path, message })))
}

/**
 * Whether a draft changes nothing. Only adding the `open` marks, which documents of an older Holo lack,
 * does not count as a change.
 */
export function isNoChange(next: Content, current: Content): boolean {
  return isSameContent(next, current) || isSameContent(next, markOpen(current))
}

/** A shallow copy of the content, as a draft to change. */
export function toDraft(content: Content): Draft {
  const { revision: _, ...draft } = toBare(content, 1) as Record<string, unknown>
  return draft
}

type Parse = (text: string, allowInsecure: boolean) => ReturnType<typeof parseAssignments>

/**
 * `parseAssignments`, which remembers its last result: a change is parsed for its dry run and again
 * when it is made, both times from the same text. Callers must not change the result.
 */
export function createParseLast(parse: typeof parseAssignments = parseAssignments): Parse {
  let last: { text: string; allowInsecure: boolean; parsed: ReturnType<Parse> } | undefined
  return (text, allowInsecure) => {
    if (last?.text !== text || last.allowInsecure !== allowInsecure) {
      last = { text, allowInsecure, parsed: parse(text, { allowInsecure }) }
    }
    return last.parsed
  }
}

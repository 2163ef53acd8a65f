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

/** A document without revision and audit, of which nothing is known. */
export type Draft = Readonly<Record<string, unknown>>

export type DraftResult = Result<Draft, readonly DraftProblem[]>

export function refuseChange(
  path: string,
  message: string,
): Result<never, readonly DraftProblem[]> {
  return err([{ path, message }])
}

/** As `"a", "b"`. */
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
 * As `parseAssignments` judges it, which is the edge's own opinion; who could see each version is
 * written down, so that it is still known when traffic has moved on.
 */
export function parseDraft(
  draft: Draft,
  allowInsecure: boolean,
): Result<Content, readonly DraftProblem[]> {
  // Any revision will do: whoever commits the content gives it its own.
  const text = toText({ ...draft, revision: 1 })
  const parsed = parseLast(text, allowInsecure)
  if (parsed.ok) return ok(toContent(markOpen(parsed.value)))
  return err(parsed.error.map(({ path, message }) => ({ path, message })))
}

/**
 * Whether a draft says what the document says already. That it also writes down who could see a version,
 * which a document of an older Holo leaves out, makes no revision by itself.
 */
export function isNoChange(next: Content, current: Content): boolean {
  return isSameContent(next, current) || isSameContent(next, markOpen(current))
}

/** The content as a draft to change: the same keys, nothing of it copied deeply. */
export function toDraft(content: Content): Draft {
  const { revision: _, ...draft } = toBare(content, 1) as Record<string, unknown>
  return draft
}

type Parse = (text: string, allowInsecure: boolean) => ReturnType<typeof parseAssignments>

/**
 * `parseAssignments`, which remembers its last result: a change is parsed for its dry run and again when it
 * is made, both times from the same text. Callers must not change the result.
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

// The lines of `_headers` and `_redirects`: numbered, without blanks and comments. What a line says is
// for headers-file.ts and redirects-file.ts; here is how one is quoted to the publisher.

import { normalisePath } from '../core/path.ts'

export type RuleLine = {
  /** Counted from 1, as editors do. */
  readonly line: number
  /** Without space at both ends. */
  readonly text: string
}

/** A rule and the line that it begins on. */
export type NumberedRule<Rule> = RuleLine & { readonly rule: Rule }

export type RulesFile<Rule> = {
  readonly rules: readonly NumberedRule<Rule>[]
  /** What cannot be honoured, one sentence for each line. */
  readonly problems: readonly string[]
  /** Rules that kept people out and are not honoured, one sentence each. */
  readonly unprotected: readonly string[]
}

const MAX_QUOTED_CHARACTERS = 200
/** Stands for any site: only the path of what is read against it is used. */
const ANY_SITE = 'https://any-site.invalid'

export function readRuleLines(text: string): RuleLine[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line, at) => ({ line: at + 1, text: line.trim() }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'))
}

/** `_headers line 3 is not honoured, because …: the line`. */
export function toLineProblem(file: string, line: RuleLine, reason: string): string {
  return `${quote(file, line)} is not honoured, because ${reason}: ${shorten(line.text)}`
}

/** Of a rule that kept people out at another host; `place` is a file and a place in it. */
export function toProtectionWarning(place: string, did: string, pattern: string): string {
  return `NOT PROTECTED: ${place} ${did}, and Holo does not: everybody gets ${pattern}`
}

/** `_headers line 3: …: the line`, of a rule that is honoured. */
export function toLineNotice(file: string, line: RuleLine, notice: string): string {
  return `${quote(file, line)} ${notice}: ${shorten(line.text)}`
}

/**
 * A pattern of paths in the one spelling that requests are matched in; `undefined` when it is none:
 * no `/` in front, a query, a fragment or a NUL in it.
 */
export function toPatternPath(text: string): string | undefined {
  if (!text.startsWith('/') || /[?#]/.test(text)) return undefined
  const url = URL.parse(ANY_SITE + text)
  return url ? normalisePath(url) : undefined
}

export function quote(file: string, { line }: RuleLine): string {
  return `${file} line ${line}`
}

function shorten(text: string): string {
  return text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text
}

// The lines of `_headers` and `_redirects`, numbered, without empty lines and comments, and how they are quoted
// in messages. headers-file.ts and redirects-file.ts parse them.

import { normalisePath } from '../core/path.ts'

export type RuleLine = {
  /** The number of the line, from 1. */
  readonly line: number
  /** The text without white space at both ends. */
  readonly text: string
}

/** A rule and the line on which it begins. */
export type NumberedRule<Rule> = RuleLine & { readonly rule: Rule }

export type RulesFile<Rule> = {
  readonly rules: readonly NumberedRule<Rule>[]
  /** The lines that are not followed, one sentence each. */
  readonly problems: readonly string[]
  /** Rules that restricted access and are not followed, one sentence each. */
  readonly unprotected: readonly string[]
}

const MAX_QUOTED_CHARACTERS = 200
/** A base for parsing paths as URLs; only the path of the result is used. */
const ANY_SITE = 'https://any-site.invalid'

export function readRuleLines(text: string): RuleLine[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line, at) => ({ line: at + 1, text: line.trim() }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'))
}

/** `_headers line 3 is ignored, because …: the line`. */
export function toLineProblem(file: string, line: RuleLine, reason: string): string {
  return `${quote(file, line)} is ignored, because ${reason}: ${shorten(line.text)}`
}

/** A warning about a rule that restricted access at another host; `place` is a file and a place in it. */
export function toProtectionWarning(place: string, did: string, pattern: string): string {
  return `NOT PROTECTED: ${place} ${did}, but Holo does not do that: everybody can get ${pattern}`
}

/** `_headers line 3 …: the line`, for a rule that is followed. */
export function toLineNotice(file: string, line: RuleLine, notice: string): string {
  return `${quote(file, line)} ${notice}: ${shorten(line.text)}`
}

/**
 * A pattern of paths in normal form, as requests are matched with it; `undefined` if the text does not begin
 * with `/`, or has a query, a fragment or a NUL.
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

// What somebody pastes to describe a request: headers, one a line, and a moment. Pure.

import { err, ok, type Result } from '../../core/result.ts'

const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}):[ \t]*(.*?)[ \t]*$/

/** Reads `name: value` lines. Lines of one name are joined, cookies by `; ` (RFC 9110, RFC 6265). */
export function parseHeaderLines(text: string): Result<Readonly<Record<string, string>>, string> {
  const headers: Record<string, string> = {}
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const [, name, value = ''] = HEADER_LINE.exec(line) ?? []
    if (name === undefined) return err(`Line ${i + 1} is no header: write it as “name: value”.`)
    const key = name.toLowerCase()
    const before = headers[key]
    const joint = key === 'cookie' ? '; ' : ', '
    headers[key] = before === undefined ? value : `${before}${joint}${value}`
  }
  return ok(headers)
}

/** The newest revision that was made at a moment or before; `undefined` if all of these are younger. */
export function findRevisionAt(
  newestFirst: readonly { readonly revision: number; readonly at: number }[],
  at: number,
): number | undefined {
  return newestFirst.find((one) => one.at <= at)?.revision
}

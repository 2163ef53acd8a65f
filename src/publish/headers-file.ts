// Reads a `_headers` file as Cloudflare and Netlify write it: a path or an https:// URL, and below it
// the headers that its replies get. A line that cannot be honoured becomes a problem and is left out;
// which header may be said is decided in headers-file-names.ts.

import type { HeaderRule } from '../core/site-rules.ts'
import { findPatternProblem } from '../core/site-rules-pattern.ts'
import { findHeaderProblem, findNameProblem, hasSecretValue } from './headers-file-names.ts'
import {
  type Numbered,
  type RuleLine,
  type RulesFile,
  readRuleLines,
  toLineProblem,
  toPatternPath,
} from './rule-lines.ts'

export const HEADERS_FILE = '_headers'

/** Cloudflare's limits. */
export const MAX_HEADER_RULES = 100
export const MAX_HEADER_LINE_CHARACTERS = 2_000

/** A path, or a URL of whatever scheme. */
const PATTERN = /^(?:\/|[A-Za-z][A-Za-z0-9+.-]*:\/\/)/

type Change = { readonly set: readonly [name: string, value: string] } | { readonly unset: string }

type Draft = RuleLine & {
  readonly for: string
  readonly set: (readonly [string, string])[]
  readonly unset: string[]
  /** A line below it was left out. */
  isShort: boolean
}

/** @param text The file's content, in UTF-8. */
export function parseHeadersFile(text: string): RulesFile<HeaderRule> {
  const drafts: Draft[] = []
  const problems: string[] = []
  const refuse = (line: RuleLine, reason: string) =>
    problems.push(toLineProblem(HEADERS_FILE, line, reason))
  // What stands below a pattern that is left out is left out with it.
  let current: Draft | 'left out' | undefined
  for (const line of readRuleLines(text)) {
    const isTooLong = line.text.length > MAX_HEADER_LINE_CHARACTERS
    const tooLong = `it has more than ${MAX_HEADER_LINE_CHARACTERS} characters`
    if (PATTERN.test(line.text)) {
      const pattern = isTooLong ? { problem: tooLong } : parsePattern(line.text)
      const isOneMore = drafts.length === MAX_HEADER_RULES
      if ('problem' in pattern || isOneMore) {
        const reason = 'problem' in pattern ? pattern.problem : `it is rule ${MAX_HEADER_RULES + 1}`
        refuse(line, `${reason} (nor are the lines below it)`)
        current = 'left out'
        if (isOneMore) break
        continue
      }
      current = { ...line, ...pattern, set: [], unset: [], isShort: false }
      drafts.push(current)
      continue
    }
    if (current === 'left out') continue
    const change = isTooLong ? tooLong : parseChange(line.text)
    if (typeof change === 'string' || !current) {
      refuse(toQuotable(line), typeof change === 'string' ? change : 'no path stands above it')
      if (current) current.isShort = true
    } else if ('set' in change) current.set.push(change.set)
    else current.unset.push(change.unset)
  }
  const rules: Numbered<HeaderRule>[] = []
  for (const { line, text, for: pattern, set, unset, isShort } of drafts) {
    if (set.length + unset.length > 0) {
      rules.push({ line, text, rule: { for: pattern, set, unset } })
    } else if (!isShort) refuse({ line, text }, 'it has no headers below it')
  }
  return { rules, problems }
}

/** The pattern in the spelling that requests are matched in. */
function parsePattern(text: string): { readonly for: string } | { readonly problem: string } {
  const host = /^https:\/\/([^/?#]+)/.exec(text)?.[1]
  const path = toPatternPath(
    host === undefined ? text : text.slice(`https://${host}`.length) || '/',
  )
  if (path === undefined) return { problem: 'it is neither a path nor an https:// URL' }
  const pattern = host === undefined ? path : `https://${toLowerCase(host)}${path}`
  const problem = (host && findHostProblem(host)) || findPatternProblem(pattern)
  return problem === undefined ? { for: pattern } : { problem }
}

function findHostProblem(host: string): string | undefined {
  if (/:\d/.test(host)) return 'a host is matched without its port'
  return /^[A-Za-z0-9_.:*-]+$/.test(host) ? undefined : `${host} is no host`
}

/** Hosts are in lower case; names of placeholders are as they are. */
function toLowerCase(host: string): string {
  return host.replace(/:[A-Za-z]\w*|[A-Z]+/g, (part) =>
    part.startsWith(':') ? part : part.toLowerCase(),
  )
}

/** What a line asks for, or why it cannot be had. */
function parseChange(text: string): Change | string {
  const removed = /^! +([^:]+)$/.exec(text)?.[1]?.toLowerCase()
  if (removed !== undefined) {
    if (removed === 'vary') return 'caches must know what the reply depends on'
    return findNameProblem(removed) ?? { unset: removed }
  }
  const colon = text.indexOf(':')
  if (colon < 0) return 'it is neither a path nor a header with a colon'
  const name = text.slice(0, colon).trim().toLowerCase()
  const value = text.slice(colon + 1).trim()
  return findNameProblem(name) ?? findHeaderProblem(name, value) ?? { set: [name, value] }
}

/** The line without what should not be in a log. */
function toQuotable({ line, text }: RuleLine): RuleLine {
  return { line, text: hasSecretValue(text) ? text.replace(/:.*/s, ': …') : text }
}

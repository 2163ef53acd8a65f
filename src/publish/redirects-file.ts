// Reads a `_redirects` file as Cloudflare and Netlify write it: `from to [status]`, a line each. A
// line that says something else, or something that Holo does not do, becomes a problem and is left
// out whole. How a redirect is followed is decided in core/site-rules-redirects.ts.

import {
  isRuleStatus,
  REDIRECT_STATUSES,
  type RedirectRule,
  type RuleStatus,
} from '../core/site-rules.ts'
import { findPatternProblem, isFixed, listPlaceholders } from '../core/site-rules-pattern.ts'
import {
  type Numbered,
  type RuleLine,
  type RulesFile,
  readRuleLines,
  toLineProblem,
  toPatternPath,
} from './rule-lines.ts'

export const REDIRECTS_FILE = '_redirects'

/** Cloudflare's limits. */
export const MAX_FIXED_REDIRECTS = 2_000
export const MAX_PATTERN_REDIRECTS = 100
export const MAX_REDIRECT_LINE_CHARACTERS = 1_000

/** Cloudflare's. Netlify's is 301, which browsers keep: the milder one is right for both. */
const DEFAULT_STATUS: RuleStatus = 302
/** `Country=de`, `id=:id`: a name and a value without a slash in front. */
const CONDITION = /^([A-Za-z][\w-]*)=/
const ORIGIN = /^https:\/\/([^/?#\\]*)/

/** @param text The file's content, in UTF-8. */
export function parseRedirectsFile(text: string): RulesFile<RedirectRule> {
  const rules: Numbered<RedirectRule>[] = []
  const problems: string[] = []
  const seen = new Set<string>()
  const left = { fixed: MAX_FIXED_REDIRECTS, pattern: MAX_PATTERN_REDIRECTS }
  for (const line of readRuleLines(text)) {
    const rule = parseLine(line)
    const problem = typeof rule === 'string' ? rule : findExcess(rule, seen, left)
    if (problem !== undefined) problems.push(toLineProblem(REDIRECTS_FILE, line, problem))
    else if (typeof rule === 'object') rules.push({ ...line, rule })
  }
  return { rules, problems }
}

/** What is wrong with a good rule behind those before it. */
function findExcess(
  { from }: RedirectRule,
  seen: Set<string>,
  left: { fixed: number; pattern: number },
): string | undefined {
  if (seen.has(from)) return `an earlier line is about ${from} already`
  seen.add(from)
  if (isFixed(from)) {
    return left.fixed-- > 0
      ? undefined
      : `there are more than ${MAX_FIXED_REDIRECTS} without wildcards`
  }
  return left.pattern-- > 0
    ? undefined
    : `there are more than ${MAX_PATTERN_REDIRECTS} with wildcards`
}

/** The rule, or why there is none, to follow "because". */
function parseLine({ text }: RuleLine): RedirectRule | string {
  if (text.length > MAX_REDIRECT_LINE_CHARACTERS) {
    return `it has more than ${MAX_REDIRECT_LINE_CHARACTERS} characters`
  }
  const words = text.replace(/\s+#.*$/, '').split(/\s+/)
  const [source = '', ...others] = words
  const condition = findCondition(others)
  if (condition !== undefined) return condition
  const [target, statusText, ...rest] = others
  if (target === undefined || rest.length > 0) {
    return `it has ${words.length} words, not 2 or 3: from, to and a status`
  }
  const from = toPatternPath(source)
  if (from === undefined) return `${source} is no path of this site`
  const status = parseStatus(statusText)
  if (status === undefined) {
    return `${statusText} is none of the statuses 200, ${REDIRECT_STATUSES.join(', ')}`
  }
  const wrong = findPatternProblem(from) ?? findTargetProblem(target, from, status)
  return wrong ?? { from, to: target, status }
}

/** Netlify's conditions: on the query between from and to, on the visitor behind the status. */
function findCondition(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => CONDITION.test(word))
  if (at < 0) return undefined
  const name = CONDITION.exec(words[at] ?? '')?.[1]
  const isBehindTarget = words.slice(0, at).some((word) => /^(?:\/|https?:)/.test(word))
  return isBehindTarget
    ? `conditions such as ${name}= are not supported`
    : `conditions on the query such as ${name}= are not supported`
}

/** A `!` behind the status says that the rule counts where a file is as well: here each one does. */
function parseStatus(text: string | undefined): RuleStatus | undefined {
  if (text === undefined) return DEFAULT_STATUS
  const status = /^\d{3}!?$/.test(text) ? Number.parseInt(text, 10) : undefined
  return isRuleStatus(status) ? status : undefined
}

function findTargetProblem(to: string, from: string, status: RuleStatus): string | undefined {
  const authority = ORIGIN.exec(to)?.[1]
  if (authority === undefined && !/^\/(?![/\\])/.test(to)) {
    return `the target ${to} is neither a path of this site nor an https:// URL`
  }
  if (authority !== undefined) {
    // Whoever asks chooses what a placeholder stands for.
    if (!isFixed(authority)) return 'a placeholder may not stand in the host of a target'
    const host = URL.parse(`https://${authority}`)
    if (!host || authority.includes('@')) return `${authority} is no host`
    if (status === 200) return 'a rewrite (200) stays on this site: use a service for another one'
  }
  if (to.includes('*')) return 'a target has :splat where its source has *, and no * of its own'
  if (status === 200 && /[?#]/.test(to)) return 'a rewrite (200) leads to a path without a query'
  if (/%00/.test(to)) return 'its target has a NUL in it'
  const known = [...listPlaceholders(from), ...(from.includes('*') ? ['splat'] : [])]
  const unknown = findUnknown(to, known)
  if (unknown !== undefined) return `its source has no ${unknown}`
  const isBack = from.replace('*', ':splat') === to.replace(/[?#].*/, '')
  return isBack ? 'it leads back to where it comes from' : undefined
}

/** Inside a word a colon may well be one: `/wiki/Special:Search`. */
function findUnknown(to: string, known: readonly string[]): string | undefined {
  for (const [, name = ''] of to.matchAll(/[/=]:([A-Za-z]\w*)/g)) {
    if (!known.includes(name)) return name === 'splat' ? '* for :splat' : `:${name}`
  }
  return undefined
}

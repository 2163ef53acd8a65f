// Reads a `_redirects` file as Cloudflare and Netlify write it: `from to [status]`, a line each. A
// line that says something else, or something that Holo does not do, becomes a problem and is left
// out whole. Where the two hosts read the same line differently, the file is read as one of them. What
// a rule does to the files of its version is judged in redirects-judgement.ts.

import {
  isRuleStatus,
  REDIRECT_STATUSES,
  type RedirectRule,
  type RuleStatus,
} from '../core/site/rules.ts'
import { findPatternProblem, isFixed, listPlaceholders } from '../core/site/rules-pattern.ts'
import {
  type NumberedRule,
  quote,
  type RuleLine,
  type RulesFile,
  readRuleLines,
  toLineNotice,
  toLineProblem,
  toPatternPath,
  toProtectionWarning,
} from './rule-lines.ts'

export const REDIRECTS_FILE = '_redirects'

/** Cloudflare's limits, as its own parser has them; its documentation says 1,000 characters. */
export const MAX_FIXED_REDIRECTS = 2_000
export const MAX_PATTERN_REDIRECTS = 100
export const MAX_REDIRECT_LINE_CHARACTERS = 2_000

/**
 * Whose meaning a file has. With Netlify a slash at the end of a path does not count, and a file comes
 * before a rule without `!`; with Cloudflare paths are compared as they are, and rules come first.
 */
export const REDIRECTS_READINGS = ['cloudflare', 'netlify'] as const
export type RedirectsReading = (typeof REDIRECTS_READINGS)[number]

export type RedirectsFile = RulesFile<RedirectRule> & {
  /** What somebody should know about a line that counts, one sentence each. */
  readonly notices: readonly string[]
  readonly reading: RedirectsReading
  /** The line that only Netlify understands, where that decided. */
  readonly because: string | undefined
}

/** Cloudflare's. Netlify's is 301, which browsers keep: the milder one is right for both. */
const DEFAULT_STATUS: RuleStatus = 302
/** `Country=de`, `id=:id`: a name and a value without a slash in front. */
const CONDITION = /^([A-Za-z][\w-]*)=/
const ORIGIN = /^https:\/\/([^/?#\\]*)/

/**
 * @param text The file's content, in UTF-8.
 * @param wanted Whose meaning it has; found by its syntax when left out.
 * @param sign What else says that it is one of Netlify, to follow "because".
 */
export function parseRedirectsFile(
  text: string,
  wanted?: RedirectsReading,
  sign?: string,
): RedirectsFile {
  const lines = readRuleLines(text)
  const because = wanted === undefined ? (findNetlifySyntax(lines) ?? sign) : undefined
  const reading = wanted ?? (because === undefined ? 'cloudflare' : 'netlify')
  const rules: NumberedRule<RedirectRule>[] = []
  const problems: string[] = []
  const notices: string[] = []
  const unprotected: string[] = []
  const seen = new Set<string>()
  const left = { fixed: MAX_FIXED_REDIRECTS, pattern: MAX_PATTERN_REDIRECTS }
  for (const line of lines) {
    const rule = parseLine(line, reading)
    const problem = typeof rule === 'string' ? rule : findExcess(rule, reading, seen, left)
    if (problem !== undefined) {
      problems.push(toLineProblem(REDIRECTS_FILE, line, problem))
      if (/\sRole=/.test(line.text)) {
        const [source = ''] = toWords(line.text)
        const place = quote(REDIRECTS_FILE, line)
        unprotected.push(toProtectionWarning(place, 'asked for a role', source))
      }
    } else if (typeof rule === 'object') {
      rules.push({ ...line, rule })
      const [source = ''] = line.text.split(/\s/)
      if (/[?#]/.test(source)) {
        const notice = `counts for ${rule.from} with any query, as with Cloudflare`
        notices.push(toLineNotice(REDIRECTS_FILE, line, notice))
      }
    }
  }
  return { rules, problems, unprotected, notices, reading, because }
}

/** What only Netlify understands, to follow "because"; `undefined` where nothing tells. */
function findNetlifySyntax(lines: readonly RuleLine[]): string | undefined {
  for (const line of lines) {
    const [source = '', ...others] = toWords(line.text)
    const forced = others.find((word) => /^\d{3}!$/.test(word))
    const condition = others.find((word) => CONDITION.test(word))
    const isProxied = others.includes('200') && others.some((word) => /^https?:\/\//.test(word))
    const what =
      forced ??
      (condition && `${CONDITION.exec(condition)?.[1]}=`) ??
      (/^https?:\/\//.test(source) ? 'a host in front of a path' : undefined) ??
      (isProxied ? '200 for another site' : undefined)
    if (what !== undefined) return `line ${line.line} has ${what}`
  }
  return undefined
}

/** The words of a line without the comment behind them. */
function toWords(text: string): string[] {
  return text.replace(/\s+#.*$/, '').split(/\s+/)
}

/** What is wrong with a good rule behind those before it. */
function findExcess(
  { from }: RedirectRule,
  reading: RedirectsReading,
  seen: Set<string>,
  left: { fixed: number; pattern: number },
): string | undefined {
  const key = reading === 'netlify' ? from.replace(/(?<=.)\/$/, '') : from
  if (seen.has(key)) return `an earlier line is about ${key} already`
  seen.add(key)
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
function parseLine({ text }: RuleLine, reading: RedirectsReading): RedirectRule | string {
  if (text.length > MAX_REDIRECT_LINE_CHARACTERS) {
    return `it has more than ${MAX_REDIRECT_LINE_CHARACTERS} characters`
  }
  const words = toWords(text)
  const [source = '', ...others] = words
  const condition = findCondition(others)
  if (condition !== undefined) return condition
  const [target, statusText, ...rest] = others
  if (target === undefined || rest.length > 0) {
    return `it has ${words.length} words, not 2 or 3: from, to and a status`
  }
  const from = toSourcePath(source)
  if (from === undefined) return `${source} is no path of this site`
  const status = parseStatus(statusText)
  if (status === undefined) {
    return `${statusText} is none of the statuses 200, ${REDIRECT_STATUSES.join(', ')}`
  }
  const wrong = findPatternProblem(from) ?? findTargetProblem(target, from, status)
  if (wrong !== undefined) return wrong
  const isAfterFiles = reading === 'netlify' && !statusText?.endsWith('!')
  return { from, to: target, status, ...(isAfterFiles && { afterFiles: true }) }
}

/** As Cloudflare reads a source: the leading slash may be missing, and a query does not count. */
function toSourcePath(source: string): string | undefined {
  if (/^[A-Za-z][\w+.-]*:\/\//.test(source)) return undefined
  const [path = ''] = source.split(/[?#]/)
  return toPatternPath(path.startsWith('/') ? path : `/${path}`)
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

/** A `!` behind the status says that the rule counts where a file is as well. */
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
  const isBack = from.replace('*', ':splat') === toPatternPath(to.replace(/[?#].*/, ''))
  return isBack ? 'it leads back to where it comes from' : undefined
}

/** Inside a word a colon may well be one: `/wiki/Special:Search`. */
function findUnknown(to: string, known: readonly string[]): string | undefined {
  for (const [, name = ''] of to.matchAll(/[/=]:([A-Za-z]\w*)/g)) {
    if (!known.includes(name)) return name === 'splat' ? '* for :splat' : `:${name}`
  }
  return undefined
}

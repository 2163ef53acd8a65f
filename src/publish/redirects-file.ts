// Parses a `_redirects` file in the format of Cloudflare and Netlify: `from to [status]`, one rule per line. A
// line in another format, or with a feature that Holo does not have, becomes a problem and is left out. The two
// hosts interpret some lines differently, so the file is read as one of them reads it. redirects-judgement.ts
// checks the rules against the files of the version.

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

/** The limits of Cloudflare's own parser. Its documentation says 1,000 characters per line. */
export const MAX_FIXED_REDIRECTS = 2_000
export const MAX_PATTERN_REDIRECTS = 100
export const MAX_REDIRECT_LINE_CHARACTERS = 2_000

/**
 * Which host the file was written for. Netlify ignores a slash at the end of a path, and serves a file before
 * it applies a rule without `!`. Cloudflare compares paths exactly, and applies rules before files.
 */
export const REDIRECTS_READINGS = ['cloudflare', 'netlify'] as const
export type RedirectsReading = (typeof REDIRECTS_READINGS)[number]

export type RedirectsFile = RulesFile<RedirectRule> & {
  /** Notices about rules that are followed, one sentence each. */
  readonly notices: readonly string[]
  readonly reading: RedirectsReading
  /** Why the file is read as Netlify's, if that was detected; continues a sentence after "because". */
  readonly because: string | undefined
}

/** The default of Cloudflare. Netlify's default is 301, but browsers keep a 301, so 302 is safer for both. */
const DEFAULT_STATUS: RuleStatus = 302
/** A condition of Netlify, such as `Country=de` or `id=:id`. It does not begin with a slash. */
const CONDITION = /^([A-Za-z][\w-]*)=/
const ORIGIN = /^https:\/\/([^/?#\\]*)/

/**
 * @param text The file's content, in UTF-8.
 * @param wanted Which host it was written for; detected from its syntax when left out.
 * @param sign Another sign that it was written for Netlify; continues a sentence after "because".
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
      const did = findProtection(line)
      if (did !== undefined) {
        const [source = ''] = toWords(line.text)
        unprotected.push(toProtectionWarning(quote(REDIRECTS_FILE, line), did, source))
      }
    } else if (typeof rule === 'object') {
      rules.push({ ...line, rule })
      const [source = ''] = line.text.split(/\s/)
      if (/[?#]/.test(source)) {
        const notice = `applies to ${rule.from} with any query, as with Cloudflare`
        notices.push(toLineNotice(REDIRECTS_FILE, line, notice))
      }
    }
  }
  return { rules, problems, unprotected, notices, reading, because }
}

/** The syntax that only Netlify has, to continue after "because"; `undefined` if there is none. */
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

/** How a line restricted access at Netlify, where a status with `!` also hides the files behind it. */
function findProtection({ text }: RuleLine): string | undefined {
  if (/\sRole=/.test(text)) return 'asked for a role'
  const status = toWords(text).find((word) => /^(?:401|403|404|410|451)!$/.test(word))
  return status && `answered ${status.slice(0, -1)}`
}

/** The words of a line, without a comment at its end. */
function toWords(text: string): string[] {
  return text.replace(/\s+#.*$/, '').split(/\s+/)
}

/** Why a valid rule cannot follow the rules before it: a duplicate, or one too many. */
function findExcess(
  { from }: RedirectRule,
  reading: RedirectsReading,
  seen: Set<string>,
  left: { fixed: number; pattern: number },
): string | undefined {
  const key = reading === 'netlify' ? from.replace(/(?<=.)\/$/, '') : from
  if (seen.has(key)) return `an earlier line already has a rule for ${key}`
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

/** The rule, or why it is left out, to continue after "because". */
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
  if (from === undefined) return `${source} is not a path of this site`
  const status = parseStatus(statusText)
  if (status === undefined) {
    return `${statusText} is not one of the statuses 200, ${REDIRECT_STATUSES.join(', ')}`
  }
  const wrong = findPatternProblem(from) ?? findTargetProblem(target, from, status)
  if (wrong !== undefined) return wrong
  const isAfterFiles = reading === 'netlify' && !statusText?.endsWith('!')
  return { from, to: target, status, ...(isAfterFiles && { afterFiles: true }) }
}

/** The path of a source as Cloudflare reads it: the leading slash is optional, and a query is ignored. */
function toSourcePath(source: string): string | undefined {
  if (/^[A-Za-z][\w+.-]*:\/\//.test(source)) return undefined
  const [path = ''] = source.split(/[?#]/)
  return toPatternPath(path.startsWith('/') ? path : `/${path}`)
}

/**
 * Netlify's conditions: those on the query are between source and target, those on the visitor after
 * the status.
 */
function findCondition(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => CONDITION.test(word))
  if (at < 0) return undefined
  const name = CONDITION.exec(words[at] ?? '')?.[1]
  const isBehindTarget = words.slice(0, at).some((word) => /^(?:\/|https?:)/.test(word))
  return isBehindTarget
    ? `conditions such as ${name}= are not supported`
    : `conditions on the query such as ${name}= are not supported`
}

/** A `!` after the status means that the rule has precedence over a file. */
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
    // The client chooses the value of a placeholder, and could choose any host.
    if (!isFixed(authority)) return 'the host of a target cannot have a placeholder'
    const host = URL.parse(`https://${authority}`)
    if (!host || authority.includes('@')) return `${authority} is not a host name`
    if (status === 200) return 'a rewrite (200) cannot lead to another site: use a service for that'
  }
  if (to.includes('*')) return 'a target cannot have *: write :splat for the * of the source'
  if (status === 200 && /[?#]/.test(to)) return 'the target of a rewrite (200) cannot have a query'
  if (/%00/.test(to)) return 'its target contains a NUL'
  const known = [...listPlaceholders(from), ...(from.includes('*') ? ['splat'] : [])]
  const unknown = findUnknown(to, known)
  if (unknown !== undefined) return `its source has no ${unknown}`
  const isBack = from.replace('*', ':splat') === toPatternPath(to.replace(/[?#].*/, ''))
  return isBack ? 'it redirects to itself' : undefined
}

/** An unknown placeholder in a target. A colon inside a word is not a placeholder: `/wiki/Special:Search`. */
function findUnknown(to: string, known: readonly string[]): string | undefined {
  for (const [, name = ''] of to.matchAll(/[/=]:([A-Za-z]\w*)/g)) {
    if (!known.includes(name)) return name === 'splat' ? '* for :splat' : `:${name}`
  }
  return undefined
}

// Parses a `_headers` file in the format of Cloudflare and Netlify: a path or an https:// URL, and below it the
// headers of its replies. A line that Holo cannot follow becomes a problem and is left out. Some headers are
// reserved: those that describe the message itself, because a wrong value breaks the reply or a cache, and
// those that other parts of Holo set. Where assets/site-headers.ts changes a header for files of the version,
// the publisher gets a notice.

import { parseCacheControl } from '../core/cache-control.ts'
import { type HeaderRule, splitHost } from '../core/site/rules.ts'
import { compilePattern, findPatternProblem } from '../core/site/rules-pattern.ts'
import type { ServedFile } from './addresses.ts'
import { toSample } from './messages.ts'
import {
  type NumberedRule,
  quote,
  type RuleLine,
  type RulesFile,
  readRuleLines,
  toLineProblem,
  toPatternPath,
  toProtectionWarning,
} from './rule-lines.ts'

export const HEADERS_FILE = '_headers'

/** Cloudflare's limits. */
export const MAX_HEADER_RULES = 100
export const MAX_HEADER_LINE_CHARACTERS = 2_000

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** Characters that all clients read in the same way: visible ASCII, spaces and tabs. */
const PLAIN_VALUE = /^[\t\x20-\x7e]+$/

const RESERVED: Readonly<Record<string, string>> = {
  'accept-ranges': 'Holo sets it itself',
  connection: 'it is about one connection only',
  'content-encoding': 'it must match the stored bytes, so Holo sets it itself',
  'content-length': 'it must match the length of the body, so Holo sets it itself',
  'content-range': 'it must match the part that is sent, so Holo sets it itself',
  etag: 'it must identify the bytes, so Holo sets it itself',
  'keep-alive': 'it is about one connection only',
  location: 'redirects are written in _redirects',
  te: 'it is about one connection only',
  trailer: 'it is about one connection only',
  'transfer-encoding': 'it is about one connection only',
  upgrade: 'it is about one connection only',
  // Netlify protects pages with it. Sent as a header, it would make the password public.
  'basic-auth': 'passwords are not supported',
}

/** Headers without placeholders, because whoever makes a link could choose a cookie or a redirect. */
const WITHOUT_PLACEHOLDERS: ReadonlySet<string> = new Set(['set-cookie', 'refresh'])

/** A path, or a URL with any scheme. */
const PATTERN = /^(?:\/|[A-Za-z][A-Za-z0-9+.-]*:\/\/)/

const HTML = /^(?:text\/html|application\/xhtml\+xml)\b/i
/**
 * Headers for shared caches that have precedence over Cache-Control (RFC 9213 section 3, and its
 * predecessor).
 */
const TARGETED = /^(?:.*cdn-cache-control|surrogate-control)$/

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
  const unprotected: string[] = []
  const refuse = (line: RuleLine, reason: string) =>
    problems.push(toLineProblem(HEADERS_FILE, line, reason))
  // If a pattern is left out, the lines below it are left out as well.
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
      if (current && hasSecretValue(line.text)) {
        const place = quote(HEADERS_FILE, line)
        unprotected.push(toProtectionWarning(place, 'asked for a password', current.for))
      }
    } else if ('set' in change) current.set.push(change.set)
    else current.unset.push(change.unset)
  }
  const rules: NumberedRule<HeaderRule>[] = []
  for (const { line, text, for: pattern, set, unset, isShort } of drafts) {
    if (set.length + unset.length > 0) {
      rules.push({ line, text, rule: { for: pattern, set, unset } })
    } else if (!isShort) refuse({ line, text }, 'it has no headers below it')
  }
  return { rules, problems, unprotected }
}

/** The pattern in normal form, as requests are matched with it. */
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
  return /^[A-Za-z0-9_.:*-]+$/.test(host) ? undefined : `${host} is not a host name`
}

/** The host in lower case, with unchanged names of placeholders. */
function toLowerCase(host: string): string {
  return host.replace(/:[A-Za-z]\w*|[A-Z]+/g, (part) =>
    part.startsWith(':') ? part : part.toLowerCase(),
  )
}

/** The change of headers that a line describes, or why it is left out. */
function parseChange(text: string): Change | string {
  const removed = /^! +([^:]+)$/.exec(text)?.[1]?.toLowerCase()
  if (removed !== undefined) {
    if (removed === 'vary') return 'caches need Vary to know what the reply depends on'
    return findNameProblem(removed) ?? { unset: removed }
  }
  const colon = text.indexOf(':')
  if (colon < 0) return 'it is neither a path nor a header with a colon'
  const name = text.slice(0, colon).trim().toLowerCase()
  const value = text.slice(colon + 1).trim()
  return findNameProblem(name) ?? findHeaderProblem(name, value) ?? { set: [name, value] }
}

/** The line as it may be quoted: without a password. */
function toQuotable({ line, text }: RuleLine): RuleLine {
  return { line, text: hasSecretValue(text) ? text.replace(/:.*/s, ': …') : text }
}

/** Why a header (in lower case) cannot be in `_headers`. */
function findNameProblem(name: string): string | undefined {
  if (!TOKEN.test(name)) return `${JSON.stringify(name)} is not the name of a header`
  if (name.startsWith('holo-')) return `only Holo sets ${name}`
  if (name.startsWith('proxy-')) return 'it is about one connection only'
  return Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined
}

/** Why a header (in lower case) cannot have this value. */
function findHeaderProblem(name: string, value: string): string | undefined {
  if (value === '') return `${name} has no value`
  if (!PLAIN_VALUE.test(value)) return `the value of ${name} is not plain ASCII`
  if (WITHOUT_PLACEHOLDERS.has(name) && /:[A-Za-z]/.test(value)) {
    return `${name} cannot have placeholders: whoever makes a link could choose its value`
  }
  const isOwnCookie = name === 'set-cookie' && /^(?:=\s*)?(?:__Host-|__Secure-)?holo-/i.test(value)
  return isOwnCookie ? 'only Holo sets cookies that begin with holo-' : undefined
}

/** Whether a line contains a password, which must not appear in a log. */
function hasSecretValue(text: string): boolean {
  return /^basic-auth\s*:/i.test(text)
}

/** The notices for the publisher about a rule. Each follows the file and line in a sentence. */
export function listHeaderNotices(rule: HeaderRule, files: readonly ServedFile[]): string[] {
  const isShared = rule.set.some(
    ([name, value]) =>
      TARGETED.test(name) ||
      (name === 'cache-control' && !hasDirective(value, ['private', 'no-store', 'no-cache'])),
  )
  const isForEver = rule.set.some(
    ([name, value]) => name === 'cache-control' && hasDirective(value, ['immutable']),
  )
  if (!isShared && !isForEver) return []
  const match = compilePattern(splitHost(rule.for).path, '/')
  const matched = files.filter(({ address }) => match(address))
  const notices: string[] = []
  const pages = matched.filter(({ type }) => HTML.test(type))
  if (isShared && pages.length > 0) {
    notices.push(
      `cannot let shared caches store ${toPaths(pages)}: a page belongs to one visitor's version`,
    )
  }
  const unhashed = matched.filter(({ type, hashed }) => !hashed && !HTML.test(type))
  if (isForEver && unhashed.length > 0) {
    notices.push(
      `applies to ${toPaths(unhashed)} without "immutable": the name has no visible hash (if it changes with the content, add --hashed)`,
    )
  }
  return notices
}

/** Whether a `Cache-Control` has one of these directives for the whole reply and not only for a header. */
function hasDirective(cacheControl: string, wanted: readonly string[]): boolean {
  return parseCacheControl(cacheControl).some(
    ({ name, value }) => value === undefined && wanted.includes(name),
  )
}

function toPaths(files: readonly ServedFile[]): string {
  return toSample(files.map(({ path }) => path))
}

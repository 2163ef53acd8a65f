// Reads a `_headers` file as Cloudflare and Netlify write it: a path or an https:// URL, and below it
// the headers that its replies get. A line that cannot be honoured becomes a problem and is left out.
// Some headers belong to Holo alone: those that say how a message is to be read, where a wrong one
// breaks the reply or a cache, and those of other parts of Holo. What assets/site-headers.ts will not
// do for the files of the version becomes a notice.

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
/** What every client reads in the same way: visible ASCII, spaces and tabs. */
const PLAIN_VALUE = /^[\t\x20-\x7e]+$/

const RESERVED: Readonly<Record<string, string>> = {
  'accept-ranges': 'Holo knows which parts can be had',
  connection: 'it is about one connection only',
  'content-encoding': 'it says how the stored bytes are to be read',
  'content-length': 'it says where the body ends',
  'content-range': 'it says which part is sent',
  etag: 'it says which bytes these are',
  'keep-alive': 'it is about one connection only',
  location: `a redirect is a line in _redirects`,
  te: 'it is about one connection only',
  trailer: 'it is about one connection only',
  'transfer-encoding': 'it says where the body ends',
  upgrade: 'it is about one connection only',
  // Netlify's way of asking for a password; sent as a header it would tell everybody.
  'basic-auth': 'passwords are not supported',
}

/** Headers in which a part of the address would be an instruction that anybody can write. */
const WITHOUT_PLACEHOLDERS: ReadonlySet<string> = new Set(['set-cookie', 'refresh'])

/** A path, or a URL of whatever scheme. */
const PATTERN = /^(?:\/|[A-Za-z][A-Za-z0-9+.-]*:\/\/)/

const HTML = /^(?:text\/html|application\/xhtml\+xml)\b/i
/** Orders to shared caches that outrank Cache-Control (RFC 9213 section 3, and its forerunner). */
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

/** Why a header (lower case) is not for `_headers` at all. */
function findNameProblem(name: string): string | undefined {
  if (!TOKEN.test(name)) return `${JSON.stringify(name)} is no name of a header`
  if (name.startsWith('holo-')) return `${name} is Holo's own`
  if (name.startsWith('proxy-')) return 'it is about one connection only'
  return Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined
}

/** Why a header (lower case) cannot have this value. */
function findHeaderProblem(name: string, value: string): string | undefined {
  if (value === '') return `${name} has no value`
  if (!PLAIN_VALUE.test(value)) return `the value of ${name} is not plain ASCII`
  if (WITHOUT_PLACEHOLDERS.has(name) && /:[A-Za-z]/.test(value)) {
    return `whoever asks could choose what ${name} says`
  }
  const isOwnCookie = name === 'set-cookie' && /^(?:=\s*)?(?:__Host-|__Secure-)?holo-/i.test(value)
  return isOwnCookie ? "cookies that begin with holo- are Holo's own" : undefined
}

/** Whether a line holds what nobody should find in a log. */
function hasSecretValue(text: string): boolean {
  return /^basic-auth\s*:/i.test(text)
}

/** What the publisher should know about a rule, one phrase each. */
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
      `keeps ${toPaths(pages)} in browsers only: a page belongs to one visitor's version, so no shared cache may have it`,
    )
  }
  const unhashed = matched.filter(({ type, hashed }) => !hashed && !HTML.test(type))
  if (isForEver && unhashed.length > 0) {
    notices.push(
      `keeps ${toPaths(unhashed)} without "immutable": no hash is seen in the name (where it changes with the content, say so with --hashed)`,
    )
  }
  return notices
}

/** Whether a `Cache-Control` has one of these directives, and for the whole reply. */
function hasDirective(cacheControl: string, wanted: readonly string[]): boolean {
  return parseCacheControl(cacheControl).some(
    ({ name, value }) => value === undefined && wanted.includes(name),
  )
}

function toPaths(files: readonly ServedFile[]): string {
  return toSample(files.map(({ path }) => path))
}

// The rules of a version's `_headers` and `_redirects`, as its manifest stores them: their shapes,
// a check of stored ones, and which of them fit a request. publish/ reads the two files;
// redirects.ts and assets/site-headers.ts apply the rules.

import { normalisePath } from '../path.ts'
import {
  type Captures,
  compilePattern,
  fillIn,
  findPatternProblem,
  isFixed,
  type MatchPattern,
} from './rules-pattern.ts'

/** Headers that a version adds to some replies. */
export type HeaderRule = {
  /** A pattern of normalised paths, or `https://`, a pattern of hosts, and a pattern of paths. */
  readonly for: string
  /**
   * The name in lower case, and a value that may hold placeholders. A name may occur several times.
   */
  readonly set: readonly (readonly [name: string, value: string])[]
  /** Names in lower case; these headers are removed before `set` is applied. */
  readonly unset: readonly string[]
}

export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const
export type RedirectStatus = (typeof REDIRECT_STATUSES)[number]

/** 200 is a rewrite: the target is shown under the address that was asked for. */
export type RuleStatus = RedirectStatus | 200

/** Sends requests for some paths elsewhere. */
export type RedirectRule = {
  /** A pattern of normalised paths. */
  readonly from: string
  /** A path of this site or an `https://` URL; placeholders may stand after its host. */
  readonly to: string
  readonly status: RuleStatus
  /**
   * Matching as with Netlify: `/old/` also matches `/old` and the other way round, `/guide/*` also
   * `/guide`.
   */
  readonly anySlash?: true
  /** As with Netlify where the status has no `!`: a file at the path is served, not redirected. */
  readonly afterFiles?: true
}

/** The parts of a header rule's pattern; `host` is absent if the rule applies to every host. */
export function splitHost(pattern: string): { readonly host?: string; readonly path: string } {
  const [, host, path] = /^https:\/\/([^/]*)(\/.*)$/.exec(pattern) ?? []
  return host === undefined || path === undefined ? { path: pattern } : { host, path }
}

export function isRuleStatus(value: unknown): value is RuleStatus {
  return value === 200 || REDIRECT_STATUSES.some((status) => status === value)
}

/** Whether a stored value is a list of header rules that can be compiled. */
export function isHeaderRules(value: unknown): value is readonly HeaderRule[] {
  return isList(value, (item) => {
    const { for: pattern, set, unset } = fieldsOf(item)
    const isPair = (pair: unknown) => isList(pair, isText) && pair.length === 2
    return isPattern(pattern) && isList(set, isPair) && isList(unset, isText)
  })
}

/** Whether a stored value is a list of redirects that can be compiled. */
export function isRedirectRules(value: unknown): value is readonly RedirectRule[] {
  return isList(value, (item) => {
    const { from, to, status, anySlash, afterFiles } = fieldsOf(item)
    return (
      isPattern(from) &&
      isText(to) &&
      /^(?:https:\/)?\//.test(to) &&
      isRuleStatus(status) &&
      isFlag(anySlash) &&
      isFlag(afterFiles)
    )
  })
}

function isPattern(value: unknown): value is string {
  return isText(value) && findPatternProblem(value) === undefined
}

function isFlag(value: unknown): boolean {
  return value === undefined || value === true
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isList(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isItem)
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value)
}

/** What one rule changes in the reply to one request. */
export type HeaderChange = Pick<HeaderRule, 'set' | 'unset'>

/**
 * Compiles rules to a function of a host (lower case, without port) and a normalised path. It
 * returns the changes of all rules that match, in order.
 */
export function compileHeaders(
  rules: readonly HeaderRule[],
): (host: string, path: string) => readonly HeaderChange[] {
  const compiled = rules.map((rule) => {
    const { host, path } = splitHost(rule.for)
    return {
      rule,
      matchHost: host === undefined ? undefined : compilePattern(host, '.'),
      matchPath: compilePattern(path, '/'),
    }
  })
  return (host, path) => {
    const changes: HeaderChange[] = []
    for (const { rule, matchHost, matchPath } of compiled) {
      const inPath = matchPath(path)
      const inHost = inPath && matchHost ? matchHost(host) : inPath
      if (!inPath || !inHost) continue
      changes.push(inHost === inPath ? fill(rule, inPath) : fill(rule, [...inHost, ...inPath]))
    }
    return changes
  }
}

function fill({ set, unset }: HeaderRule, captured: Captures | Iterable<[string, string]>) {
  const captures: Captures = captured instanceof Map ? captured : new Map(captured)
  if (captures.size === 0) return { set, unset }
  return {
    set: set.map(([name, value]): [string, string] => [name, fillIn(value, captures)]),
    unset,
  }
}

/** Where a rule leads. */
export type Redirection = {
  readonly rule: RedirectRule
  readonly status: RuleStatus
  /** A normalised path of this site, or an `https://` URL without query and fragment. */
  readonly to: string
  /** Empty, or the query of the target with its `?`. */
  readonly search: string
  /** Empty, or the fragment of the target with its `#`. */
  readonly hash: string
}

type Target = (captures: Captures) => Redirection | undefined

/** Stands for this site; nobody can own a name under `.invalid` (RFC 2606 section 2). */
const THIS_SITE = 'https://this-site.invalid'
const NO_CAPTURES: Captures = new Map()

/**
 * Finds the redirection of a normalised path: that of the first rule that matches and that `accept`
 * takes. Rules without wildcards are found by look-up, however many there are. A rule that leads
 * back to the same path is skipped.
 *
 * @param accept is asked about each rule that matches, in order; takes every rule if left out.
 */
export type FindRedirection = (
  path: string,
  accept?: (redirection: Redirection) => boolean,
) => Redirection | undefined

export function compileRedirects(rules: readonly RedirectRule[]): FindRedirection {
  const fixed = new Map<string, { readonly order: number; readonly target: Target }>()
  const patterns: { order: number; match: MatchPattern; target: Target }[] = []
  for (const [order, rule] of rules.entries()) {
    const target = compileTarget(rule)
    if (!isFixed(rule.from)) patterns.push({ order, match: compileMatch(rule), target })
    else {
      for (const from of rule.anySlash ? [rule.from, toOtherSlash(rule.from)] : [rule.from]) {
        if (!fixed.has(from)) fixed.set(from, { order, target })
      }
    }
  }
  return (path, accept = () => true) => {
    const named = fixed.get(path)
    const choose = (found: Redirection | undefined) =>
      found && found.to !== path && accept(found) ? found : undefined
    let isNamedTried = named === undefined
    for (const { order, match, target } of patterns) {
      if (named && !isNamedTried && named.order < order) {
        isNamedTried = true
        const chosen = choose(named.target(NO_CAPTURES))
        if (chosen) return chosen
      }
      const captures = match(path)
      const chosen = captures && choose(target(captures))
      if (chosen) return chosen
    }
    return named && !isNamedTried ? choose(named.target(NO_CAPTURES)) : undefined
  }
}

/** The matcher that the edge uses for a rule. */
export function compileMatch({ from, anySlash }: RedirectRule): MatchPattern {
  const match = compilePattern(from, '/')
  return anySlash ? (path) => match(path) ?? match(toOtherSlash(path)) : match
}

/** `/a` for `/a/`, and the other way round. The root has only one spelling. */
export function toOtherSlash(path: string): string {
  if (path === '/') return path
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`
}

function compileTarget(rule: RedirectRule): Target {
  const { to, status } = rule
  const origin = /^https:\/\/[^/?#\\]*/.exec(to)?.[0] ?? ''
  const rest = to.slice(origin.length)
  return (captures) => {
    const url = URL.parse((origin || THIS_SITE) + fillIn(rest, captures))
    const normal = url && normalisePath(url)
    if (!normal) return undefined
    const { search, hash } = url
    // Two slashes at the start of a path would name a host; elsewhere a look-up treats them as one.
    const there = origin === '' ? normal.replace(/\/{2,}/g, '/') : url.origin + normal
    return { rule, status, to: there, search, hash }
  }
}

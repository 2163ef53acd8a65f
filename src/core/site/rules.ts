// The rules of a version's `_headers` and `_redirects`, as its manifest stores them: their shapes, a
// check of stored ones, and which header rules fit a request. Which redirect fits is decided in
// site-rules-redirects.ts. `publish` reads the two files, and `assets` acts on the rules.

import { type Captures, compilePattern, fillIn, findPatternProblem } from './rules-pattern.ts'

/** What replies to some requests get beside Holo's own headers. */
export type HeaderRule = {
  /** A pattern of normalised paths, or `https://`, a pattern of hosts, and one of paths. */
  readonly for: string
  /** Name in lower case, and a value in which placeholders may stand. A name may come again. */
  readonly set: readonly (readonly [name: string, value: string])[]
  /** Names in lower case; they are taken off before `set` is looked at. */
  readonly unset: readonly string[]
}

export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const
export type RedirectStatus = (typeof REDIRECT_STATUSES)[number]

/** 200 is a rewrite: what lies at the target is shown under the address that was asked for. */
export type RuleStatus = RedirectStatus | 200

/** Where requests for some paths are answered instead. */
export type RedirectRule = {
  /** A pattern of normalised paths. */
  readonly from: string
  /** A path of this site or an `https://` URL; placeholders may stand behind its host. */
  readonly to: string
  readonly status: RuleStatus
  /** As Netlify matches: `/old/` also fits `/old` and the other way round, `/guide/*` also `/guide`. */
  readonly anySlash?: true
  /** As Netlify does without a `!` behind the status: a file at the path is served, not redirected. */
  readonly afterFiles?: true
}

/** A pattern of a header rule in its parts; `host` is `undefined` where every host is meant. */
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

/** What one rule asks of the reply to one request. */
export type HeaderChange = Pick<HeaderRule, 'set' | 'unset'>

/**
 * The changes for a host (lower case, without port) and a normalised path: of all rules that fit, in
 * their order.
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

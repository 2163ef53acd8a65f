// The rules that a version's `_headers` and `_redirects` come to, as they lie in its manifest. Says
// what makes one whole; reading the two files is `publish`'s affair, acting on them `assets`'.

import { findPatternProblem } from './site-rules-pattern.ts'

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
    const { from, to, status } = fieldsOf(item)
    return isPattern(from) && isText(to) && /^(?:https:\/)?\//.test(to) && isRuleStatus(status)
  })
}

function isPattern(value: unknown): value is string {
  return isText(value) && findPatternProblem(value) === undefined
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

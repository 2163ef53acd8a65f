// Which redirect of a version fits a path, and where it leads. A target that is written as a path
// stays on this site, whatever a placeholder stands for. `assets` decides whether a redirect may be
// followed, and makes the reply.

import { normalisePath } from '../path.ts'
import type { RedirectRule, RuleStatus } from './rules.ts'
import {
  type Captures,
  compilePattern,
  fillIn,
  isFixed,
  type MatchPattern,
} from './rules-pattern.ts'

/** Where a rule leads. */
export type Redirection = {
  readonly rule: RedirectRule
  readonly status: RuleStatus
  /** A normalised path of this site, or an `https://` URL without query and fragment. */
  readonly to: string
  /** Empty, or the target's own query with its `?`. */
  readonly search: string
  /** Empty, or the target's fragment with its `#`. */
  readonly hash: string
}

type Target = (captures: Captures) => Redirection | undefined

/** Stands for this site; no name under `.invalid` is anybody's (RFC 2606 section 2). */
const THIS_SITE = 'https://this-site.invalid'
const NO_CAPTURES: Captures = new Map()

/**
 * Finds the redirection of a normalised path: that of the first rule which fits and which `accept`
 * takes. Rules without wildcards are found by look-up, however many there are. A rule that leads to
 * the same path again is passed over.
 *
 * @param accept asked about each rule that fits, in their order; takes every rule when left out.
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

/** Whether a rule is about a normalised path, as the edge asks it. */
export function compileMatch({ from, anySlash }: RedirectRule): MatchPattern {
  const match = compilePattern(from, '/')
  return anySlash ? (path) => match(path) ?? match(toOtherSlash(path)) : match
}

/** `/a` for `/a/`, and the other way round. The root has one spelling. */
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
    // Two slashes in front of a path name a host; elsewhere they are one to whoever looks up a file.
    const there = origin === '' ? normal.replace(/\/{2,}/g, '/') : url.origin + normal
    return { rule, status, to: there, search, hash }
  }
}

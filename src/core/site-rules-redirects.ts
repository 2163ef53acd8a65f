// Which redirect of a version a path falls under, and where it leads. A target that was written as a
// path stays on this site whatever a placeholder stands for; the reply is `assets`' affair.

import { normalisePath } from './path.ts'
import type { RedirectRule, RuleStatus } from './site-rules.ts'
import { type Captures, compilePattern, fillIn, isFixed } from './site-rules-pattern.ts'

/** Where a rule leads. */
export type Redirection = {
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
 * The redirection of a normalised path: that of the first rule in their order which fits. Rules
 * without wildcards are found by look-up, however many there are. One that leads to the very path is
 * passed over: queries do not count, and so it would lead there for ever.
 */
export function compileRedirects(
  rules: readonly RedirectRule[],
): (path: string) => Redirection | undefined {
  const fixed = new Map<string, { readonly order: number; readonly target: Target }>()
  const others: { order: number; match: ReturnType<typeof compilePattern>; target: Target }[] = []
  for (const [order, rule] of rules.entries()) {
    const target = compileTarget(rule)
    if (!isFixed(rule.from)) others.push({ order, match: compilePattern(rule.from, '/'), target })
    else if (!fixed.has(rule.from)) fixed.set(rule.from, { order, target })
  }
  return (path) => {
    const named = fixed.get(path)
    const direct = named && leadOn(path, named.target(NO_CAPTURES))
    for (const { order, match, target } of others) {
      if (direct && named.order < order) break
      const captures = match(path)
      const found = captures && leadOn(path, target(captures))
      if (found) return found
    }
    return direct
  }
}

function leadOn(path: string, found: Redirection | undefined): Redirection | undefined {
  return found?.to === path ? undefined : found
}

function compileTarget({ to, status }: RedirectRule): Target {
  const origin = /^https:\/\/[^/?#\\]*/.exec(to)?.[0] ?? ''
  const rest = to.slice(origin.length)
  return (captures) => {
    const url = URL.parse((origin || THIS_SITE) + fillIn(rest, captures))
    const normal = url && normalisePath(url)
    if (!normal) return undefined
    const { search, hash } = url
    // Two slashes in front of a path name a host; elsewhere they are one to whoever looks up a file.
    const there = origin === '' ? normal.replace(/\/{2,}/g, '/') : url.origin + normal
    return { status, to: there, search, hash }
  }
}

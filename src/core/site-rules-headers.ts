// Which header rules of a version a request falls under, with their values filled in. Putting them
// on a reply, and what they may not touch there, is `assets`' affair.

import { type HeaderRule, splitHost } from './site-rules.ts'
import { type Captures, compilePattern, fillIn } from './site-rules-pattern.ts'

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

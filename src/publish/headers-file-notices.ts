// Holds a header rule against the files of its version: where Holo will not keep files as long, or for
// as many, as the rule says. assets/site-headers.ts is what then does so.

import { type HeaderRule, splitHost } from '../core/site-rules.ts'
import { compilePattern } from '../core/site-rules-pattern.ts'
import type { ServedFile } from './addresses.ts'
import { toSample } from './sample.ts'

const HTML = /^(?:text\/html|application\/xhtml\+xml)\b/i
/** Orders to shared caches that outrank Cache-Control (RFC 9213 section 3, and its forerunner). */
const TARGETED = /^(?:.*cdn-cache-control|surrogate-control)$/

/** What the publisher should know about a rule, one phrase each. */
export function listHeaderNotices(rule: HeaderRule, files: readonly ServedFile[]): string[] {
  const isShared = rule.set.some(
    ([name, value]) =>
      TARGETED.test(name) ||
      (name === 'cache-control' && !/\b(?:private|no-store|no-cache)\b/i.test(value)),
  )
  const isForEver = rule.set.some(
    ([name, value]) => name === 'cache-control' && /\bimmutable\b/i.test(value),
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

function toPaths(files: readonly ServedFile[]): string {
  return toSample(files.map(({ path }) => path))
}

// Holds a redirect against the files of its version: whether a rewrite leads to one of them, and which
// of them nobody can reach any more, because redirects come before files.

import { toUrlPath } from '../core/path.ts'
import type { RedirectRule } from '../core/site-rules.ts'
import { compilePattern, isFixed } from '../core/site-rules-pattern.ts'
import type { ServedFile } from './addresses.ts'
import { toPatternPath } from './rule-lines.ts'
import { toSample } from './sample.ts'

export type Judgement = {
  /** Why the rule cannot be honoured, to follow "because". */
  readonly problem?: string
  /** What its publisher should know. */
  readonly notice?: string
}

/** `files` are all of the version. */
export function judgeRedirect(rule: RedirectRule, files: readonly ServedFile[]): Judgement {
  const isRewrite = rule.status === 200
  const isOnePage = isRewrite && isFixed(rule.to)
  const target = isOnePage ? files.filter((file) => isMeant(rule.to, file)) : []
  if (isOnePage && target.length === 0) return { problem: `there is no file at ${rule.to}` }
  const match = compilePattern(rule.from, '/')
  const hidden = files.filter((file) => match(file.address) && !target.includes(file))
  if (hidden.length === 0) return {}
  const names = toSample(hidden.map(({ path }) => path))
  // Where files come first, as with Netlify, this is how a single-page app is set up.
  return isOnePage && !isFixed(rule.from)
    ? { problem: `${names} would be answered with ${rule.to}; for that see not-found handling` }
    : { notice: `hides ${names}, as redirects come before files` }
}

/** Whether a path, as somebody wrote it, is one of a file's spellings. */
function isMeant(to: string, { path, address }: ServedFile): boolean {
  const wanted = toPatternPath(to)
  const name = wanted === undefined ? undefined : decode(wanted)
  if (name === undefined) return false
  const stem = name.replace(/(?:\/index)?\.html$|\/index$|\/$/, '')
  const isPage = address !== toUrlPath(path)
  return path === name || (isPage && (path === `${stem}.html` || path === `${stem}/index.html`))
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    // Escapes that are no UTF-8 name no file.
    return undefined
  }
}

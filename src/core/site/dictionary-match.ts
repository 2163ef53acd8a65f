// Which later files a file can be the dictionary of (RFC 9842): those whose path is the same but for the hash in
// the name. publish/ pairs files by it, and assets/ says it to browsers in `Use-As-Dictionary`.

import { toUrlPath } from '../path.ts'

/** `.js`, `.chunk.js`, `.min.css`: what bundlers write after a hash. */
const ENDING = /(?:\.(?:chunk|bundle|min|module|esm|worker|entry|m?js|css))*\.[A-Za-z0-9]{1,8}$/
/** A hash of Rollup's default length, which may contain the separator; else the last piece of the name. */
const HASH = [/[-.][A-Za-z0-9_-]{8}$/, /[-.][A-Za-z0-9_]+$/]

/** Characters with a meaning in a URL pattern (URL Pattern standard, section 2.1). */
const SPECIAL = /[*+?(){}\\]/g

/**
 * The URL pattern of all files that are named like the one with this hashed path: `/assets/app-*.js` for
 * `/assets/app-3f2a9c1b.js`. Empty if the name is nothing but a hash, because then it says nothing about
 * its successor; also for a path with a colon, which a pattern would read as the end of `https:`.
 */
export function toDictionaryMatch(path: string): string {
  const at = path.lastIndexOf('/') + 1
  const name = path.slice(at)
  const ending = ENDING.exec(name)
  if (!ending || path.includes(':')) return ''
  const stem = name.slice(0, ending.index)
  const start = HASH.map((pattern) => stem.search(pattern)).find((found) => found > 0)
  if (start === undefined) return ''
  const before = toUrlPath(path.slice(0, at) + stem.slice(0, start + 1))
  return `${escapePattern(before)}*${escapePattern(toUrlPath(ending[0]))}`
}

function escapePattern(text: string): string {
  return text.replace(SPECIAL, '\\$&')
}

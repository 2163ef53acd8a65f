// Which names change whenever the content does, so that a browser may keep the file for a year and
// another version may answer for it. Wrongly said, it shows visitors stale files for that year; not
// said, it costs a revalidation. So it is said where configuration or bundler say it, else only of
// names that can hardly be anything but a hash.

import { compileGlob } from '../core/glob.ts'
import type { Manifest } from '../core/manifest.ts'

/**
 * A test for manifest paths. A glob decides first (`**` and `*` as in core/glob.ts, over the whole
 * path with its `/`), then the bundler's word on the files it listed, then the name itself.
 *
 * @throws TypeError when a glob is too long.
 */
export function compileHashedTest(
  globs: readonly string[],
  bundled: ReadonlyMap<string, boolean>,
): (path: string) => boolean {
  const tests = globs.map(compileGlob)
  return (path) => tests.some((test) => test(path)) || (bundled.get(path) ?? looksHashed(path))
}

/**
 * The first of `retained` that has the same path with other bytes: the name does not change with
 * the content after all.
 */
export function findContradiction<T extends { readonly manifest: Manifest }>(
  path: string,
  blob: string,
  retained: readonly T[],
): T | undefined {
  return retained.find(({ manifest }) => {
    const other = manifest.find(path)
    return other !== undefined && other.blob !== blob
  })
}

/** Files that carry a hash in their name are never pages: those are linked to by their address. */
const PAGE = /\.x?html?$/i
/** What bundlers put behind the hash: `.js`, `.chunk.js`, `.min.css.map`, `.js.LICENSE.txt`. */
const ENDING =
  /^((?:\.(?:chunk|bundle|min|module|esm|worker|m?js|css|LICENSE))*)\.[A-Za-z0-9]{1,8}$/
/** A name given once to an upload says nothing about its content. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

/** webpack, Parcel, Rspack, Next.js: 8 hex digits or more. */
const HEX = /^[0-9a-f]{8,64}$/
/** A name that is nothing but a hash. */
const LONG_HEX = /^[0-9a-f]{16,64}$/
/** esbuild, Angular: 8 digits of base32. */
const BASE32 = /^[A-Z2-7]{8}$/
/** Vite, Rollup, Astro: 8 digits of base64url, here without `-`. */
const BASE64 = /^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9_]{8}$/

/** `facade01` and `PICTURE2` change once from letters to digits; nine of ten 8-digit hashes do more. */
const MIN_CHANGES = 2
/** `iPhone4S` changes four times between small, large and digit. */
const MIN_BASE64_CHANGES = 5

/** Whether a name without further evidence is a hash: rather a hash missed than a word taken for one. */
export function looksHashed(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (PAGE.test(name) || UUID.test(name)) return false
  for (const { 0: segment, index } of name.matchAll(/[^-.]+/g)) {
    if (!ENDING.test(name.slice(index + segment.length))) continue
    if (index === 0 ? LONG_HEX.test(segment) && isMixed(segment) : isHash(segment)) return true
  }
  return false
}

function isHash(segment: string): boolean {
  if (HEX.test(segment) || BASE32.test(segment)) return isMixed(segment)
  return BASE64.test(segment) && countChanges(segment, toCharacterClass) >= MIN_BASE64_CHANGES
}

function isMixed(segment: string): boolean {
  return countChanges(segment, (char) => char >= '0' && char <= '9') >= MIN_CHANGES
}

function countChanges(text: string, classify: (char: string) => unknown): number {
  const classes = Array.from(text, classify)
  return classes.filter((found, i) => i > 0 && found !== classes[i - 1]).length
}

function toCharacterClass(char: string): 'digit' | 'small' | 'large' | 'other' {
  if (char >= '0' && char <= '9') return 'digit'
  if (char >= 'a' && char <= 'z') return 'small'
  return char >= 'A' && char <= 'Z' ? 'large' : 'other'
}

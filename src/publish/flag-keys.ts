// Searches the files of a version for the keys of flags: scripts, pages and JSON, within bounds of size and time,
// so that a publication is not held up. A key that a script puts together from parts is not found.

import { type FlagKeys, MAX_SEARCHED_KEY_CHARACTERS } from '../document/flag-keys.ts'
import { decodeFile } from './precompressed.ts'
import { readWholeFile } from './regular-file.ts'
import { isSourceMap } from './source-maps.ts'
import type { SurveyedFile } from './survey.ts'

export type SearchLimits = {
  /** A larger file is not searched. */
  readonly fileBytes: number
  readonly totalBytes: number
  readonly milliseconds: number
}

/** About a second of searching on a slow machine, and more than the scripts of most apps. */
const LIMITS: SearchLimits = {
  fileBytes: 8 * 2 ** 20,
  totalBytes: 64 * 2 ** 20,
  milliseconds: 2000,
}

const SEARCHED_TYPE = /^(?:text\/(?:html|javascript)|application\/(?:[\w.-]+\+)?json)\b/

type SearchedFile = Pick<SurveyedFile, 'path' | 'file' | 'type' | 'size' | 'given'>

/** Keys that were not found are `missing` only if every file was searched; otherwise nothing is said of them. */
export async function findFlagKeys(
  files: readonly SearchedFile[],
  keys: readonly string[],
  limits: SearchLimits = LIMITS,
): Promise<FlagKeys> {
  const searched = takeKeys(keys)
  const left = new Set(searched)
  const texts = files.filter(({ path, type }) => SEARCHED_TYPE.test(type) && !isSourceMap(path))
  const endsAt = performance.now() + limits.milliseconds
  let bytes = 0
  let isWhole = true
  for (const file of texts) {
    if (left.size === 0) break
    bytes += file.size
    const isTooMuch = file.size > limits.fileBytes || bytes > limits.totalBytes
    if (isTooMuch || performance.now() > endsAt) {
      isWhole = false
      // Smaller files after it may still have keys.
      if (file.size > limits.fileBytes) bytes -= file.size
      continue
    }
    for (const key of findIn(await readText(file), [...left])) left.delete(key)
  }
  return {
    found: searched.filter((key) => !left.has(key)),
    missing: isWhole ? searched.filter((key) => left.has(key)) : [],
  }
}

function takeKeys(keys: readonly string[]): readonly string[] {
  let characters = 0
  return keys.filter((key) => {
    characters += key.length
    return characters <= MAX_SEARCHED_KEY_CHARACTERS
  })
}

async function readText({ path, file, given }: SearchedFile): Promise<string> {
  const decoded = given && (await decodeFile(path, file))
  return new TextDecoder().decode(decoded?.content ?? (await readWholeFile(file)))
}

/** The keys that stand in the text, each with no letter, digit, "_" or "-" before and after it. */
function findIn(text: string, keys: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  // Of keys that begin at the same place the longest matches first; it names those that it begins with.
  const sorted = keys.toSorted((one, other) => other.length - one.length)
  const pattern = sorted.map((key) => `(${toPattern(key)})`).join('|')
  const search = new RegExp(`(?<![\\w-])(?:${pattern})(?![\\w-])`, 'g')
  for (let match = search.exec(text); match; match = search.exec(text)) {
    const index = match.findIndex((group, i) => i > 0 && group !== undefined)
    const key = sorted[index - 1] ?? ''
    if (!found.has(key)) {
      found.add(key)
      for (const other of keys) if (beginsWith(key, other)) found.add(other)
    }
    search.lastIndex = match.index + 1
  }
  return found
}

function beginsWith(key: string, other: string): boolean {
  return key.startsWith(other) && !/^[\w-]/.test(key.slice(other.length))
}

/** A pattern for the key as it is, and with the escapes that bundlers write. */
function toPattern(key: string): string {
  return Array.from(key, (character) => {
    const code = character.codePointAt(0) ?? 0
    const plain = character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
    if (code < 0x80 && !/["'\\&<>]/.test(character)) return plain
    const units = [...character.split('')].map((unit) => `\\\\u${toHex(unit.charCodeAt(0), 4)}`)
    const forms = [plain, `\\\\${plain}`, units.join(''), `\\\\u\\{0*${toHex(code, 1)}\\}`]
    if (code < 0x100) forms.push(`\\\\x${toHex(code, 2)}`)
    return `(?:${forms.join('|')})`
  }).join('')
}

/** Hex digits in either case. */
function toHex(code: number, digits: number): string {
  const hex = code.toString(16).padStart(digits, '0')
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}

// Finds the pieces of a file name that may be a hash, and measures how likely a piece is a hash and not a
// name that a person or a tool has chosen. The thresholds are in hashed.ts, because they depend on what else
// is known about the file.
//
// In a hash, every character of the alphabet has the same probability. For names, name-model.ts says how
// probable it is that one kind of character, or one letter, follows another. The evidence is the
// logarithm of the ratio of both probabilities, in bits: with 10 bits the piece is a thousand times likelier
// to be a hash than a name.

import { CLASS_BITS, LETTER_BITS } from './name-model.ts'

/** The alphabets of hashes in file names. */
export type Alphabet = 'hex' | 'base32' | 'base36' | 'base64url'

export type Piece = {
  readonly text: string
  /** The separator before the piece; empty if the piece is the whole name. */
  readonly before: '-' | '.' | ''
}

export type NamedFile = {
  /** With a `/` at its end. */
  readonly folder: string
  /** The name without the extensions that bundlers append after a hash. */
  readonly stem: string
  readonly pieces: readonly Piece[]
}

/** `.js`, `.chunk.js`, `.min.css.map`, `.js.LICENSE.txt`; Unity's `.framework.js`. */
const ENDING =
  /(?:\.(?:chunk|bundle|min|module|esm|worker|entry|system|lean|framework|loader|symbols|m?js|css|LICENSE))*\.[A-Za-z0-9]{1,8}$/
const LAST_PIECE = /(^|[-.])([A-Za-z0-9_]+)$/
/** A hash of Rollup's default length, which may contain the separator. */
const BROKEN_PIECE = /(^|[-.])([A-Za-z0-9_-]{8})$/

const SHAPES: Readonly<Record<Alphabet, RegExp>> = {
  hex: /^[0-9a-f]{8,64}$/,
  base32: /^[A-Z2-7]{8}$/,
  base36: /^[a-z0-9]{10}$/,
  base64url: /^[A-Za-z0-9_-]{8,22}$/,
}
const DIGITS = /^[0-9]+$/
/** `20260114` and `14012026`. */
const DATE =
  /^(?:(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d)\d{0,6}$/

/** Numbers and words of hex digits are shorter than this. */
const LONG_HEX_DIGITS = 16
/** Changes between digits and letters: only one of a thousand hashes of 16 digits has fewer. */
const MIN_CHANGES = 3

export function toNamedFile(path: string): NamedFile {
  const at = path.lastIndexOf('/') + 1
  const name = path.slice(at)
  const ending = ENDING.exec(name)
  const stem = ending ? name.slice(0, ending.index) : name
  const pieces: Piece[] = []
  // Bundlers always write an extension, so a name without one has no pieces.
  for (const pattern of ending ? [LAST_PIECE, BROKEN_PIECE] : []) {
    const [, before, text] = pattern.exec(stem) ?? []
    if (text === undefined || pieces.some((piece) => piece.text === text)) continue
    pieces.push({ text, before: before as Piece['before'] })
  }
  return { folder: path.slice(0, at), stem, pieces }
}

/** Whether all characters of the piece are in the alphabet, and its length is that of a hash. */
export function fits(piece: string, alphabet: Alphabet): boolean {
  return SHAPES[alphabet].test(piece)
}

/**
 * Whether the evidence that the piece is a hash is above `bits`. Digits alone may be a number, so they
 * only count with `digitsToo`, when a hash is expected; a date never counts.
 */
export function isHash(
  piece: string,
  alphabet: Alphabet,
  bits: number,
  digitsToo: boolean,
): boolean {
  if (!fits(piece, alphabet)) return false
  if (DIGITS.test(piece)) return digitsToo && !DATE.test(piece)
  // No word of the letters a to f is so long, and a long number has no changes between digits and letters.
  if (alphabet === 'hex' && piece.length >= LONG_HEX_DIGITS)
    return countChanges(piece) >= MIN_CHANGES
  return scoreHash(piece, alphabet) > bits
}

/** The number of changes between digits and letters. */
function countChanges(piece: string): number {
  return (piece.match(/\d(?=[a-f])|[a-f](?=\d)/g) ?? []).length
}

const BITS_PER_CHARACTER: Readonly<Record<Alphabet, number>> = {
  hex: 4,
  base32: 5,
  base36: Math.log2(36),
  base64url: 6,
}

const DIGIT_BITS = Math.log2(10)
/** For `-` and `_`. */
const SEPARATOR_BITS = 1

export const SMALL = 0
export const LARGE = 1
export const DIGIT = 2
export const SEPARATOR = 3
/** The row of the model for a letter that begins a word. */
export const WORD_START = 26

/** The evidence in bits that `piece`, whose characters are all in `alphabet`, is a hash and not a name. */
function scoreHash(piece: string, alphabet: Alphabet): number {
  // Base32 has no small letters, so capital letters are not evidence.
  const read = alphabet === 'base32' ? piece.toLowerCase() : piece
  return toNameBits(read) - piece.length * BITS_PER_CHARACTER[alphabet]
}

export function toClass(code: number): number {
  if (code >= 97 && code <= 122) return SMALL
  if (code >= 65 && code <= 90) return LARGE
  return code >= 48 && code <= 57 ? DIGIT : SEPARATOR
}

/** How unlikely this piece is in a name, after a separator, in bits. */
function toNameBits(piece: string): number {
  let bits = 0
  let before = SEPARATOR
  let letterBefore = WORD_START
  for (let i = 0; i < piece.length; i++) {
    const code = piece.charCodeAt(i)
    const kind = toClass(code)
    bits += CLASS_BITS[before]?.[kind] ?? 0
    if (kind === SMALL || kind === LARGE) {
      const letter = (code | 32) - 97
      const row = startsWord(before, kind) ? WORD_START : letterBefore
      bits += LETTER_BITS[row]?.[letter] ?? 0
      letterBefore = letter
    } else {
      bits += kind === DIGIT ? DIGIT_BITS : SEPARATOR_BITS
      letterBefore = WORD_START
    }
    before = kind
  }
  return bits
}

/** Whether a letter begins a word, as the `G` in `playGround` does. */
export function startsWord(before: number, kind: number): boolean {
  return before === SMALL && kind === LARGE
}

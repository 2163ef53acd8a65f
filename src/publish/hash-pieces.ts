// Where in a file's name a hash may stand, and whether a piece of a name is likelier a hash than
// something that a person or a tool would call a file. How sure one has to be depends on what else is
// known of the file: hashed.ts has the thresholds.
//
// A hash draws every character from its alphabet with the same chance. For names, name-model.ts holds
// how often one kind of character follows another, and one letter another. The logarithm of the ratio of
// both probabilities is the evidence, in bits: at 10 bits the piece is a thousand times likelier as a
// hash than as a name.

import { CLASS_BITS, LETTER_BITS } from './name-model.ts'

/** Alphabets of hashes in file names, by their size. */
export type Alphabet = 'hex' | 'base32' | 'base36' | 'base64url'

export type Piece = {
  readonly text: string
  /** Empty where the piece is the whole name. */
  readonly before: '-' | '.' | ''
}

export type NamedFile = {
  /** With a `/` at its end. */
  readonly folder: string
  /** The name without what bundlers put behind a hash. */
  readonly stem: string
  readonly pieces: readonly Piece[]
}

/** `.js`, `.chunk.js`, `.min.css.map`, `.js.LICENSE.txt`; Unity's `.framework.js`. */
const ENDING =
  /(?:\.(?:chunk|bundle|min|module|esm|worker|entry|system|lean|framework|loader|symbols|m?js|css|LICENSE))*\.[A-Za-z0-9]{1,8}$/
const LAST_PIECE = /(^|[-.])([A-Za-z0-9_]+)$/
/** A hash of Rollup's default length may hold the separator itself. */
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

/** Longer than any number or word that hex digits could spell. */
const LONG_HEX_DIGITS = 16
/** Between digits and letters: one in a thousand hashes of 16 digits has fewer. */
const MIN_CHANGES = 3

export function toNamedFile(path: string): NamedFile {
  const at = path.lastIndexOf('/') + 1
  const name = path.slice(at)
  const ending = ENDING.exec(name)
  const stem = ending ? name.slice(0, ending.index) : name
  const pieces: Piece[] = []
  // Without an extension it is no file that a bundler has named.
  for (const pattern of ending ? [LAST_PIECE, BROKEN_PIECE] : []) {
    const [, before, text] = pattern.exec(stem) ?? []
    if (text === undefined || pieces.some((piece) => piece.text === text)) continue
    pieces.push({ text, before: before as Piece['before'] })
  }
  return { folder: path.slice(0, at), stem, pieces }
}

/** Whether every character of the piece is of the alphabet, and it is as long as hashes are. */
export function fits(piece: string, alphabet: Alphabet): boolean {
  return SHAPES[alphabet].test(piece)
}

/**
 * Whether the piece is likelier a hash than a name by more than `bits`. Digits alone may be a number,
 * so they count only where `digitsToo` says that a hash is expected; a date never counts.
 */
export function isHash(
  piece: string,
  alphabet: Alphabet,
  bits: number,
  digitsToo: boolean,
): boolean {
  if (!fits(piece, alphabet)) return false
  if (DIGITS.test(piece)) return digitsToo && !DATE.test(piece)
  // No word is so long and made of six letters; what a long number lacks is change.
  if (alphabet === 'hex' && piece.length >= LONG_HEX_DIGITS)
    return countChanges(piece) >= MIN_CHANGES
  return scoreHash(piece, alphabet) > bits
}

/** How often digits and letters take turns. */
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
/** Of `-` and `_`. */
const SEPARATOR_BITS = 1

export const SMALL = 0
export const LARGE = 1
export const DIGIT = 2
export const SEPARATOR = 3
/** The row of the model for a letter that begins a word. */
export const WORD_START = 26

/** Bits of evidence that `piece`, whose characters are all of `alphabet`, is a hash and no name. */
function scoreHash(piece: string, alphabet: Alphabet): number {
  // Base32 has no small letters, so that being large says nothing about its own.
  const read = alphabet === 'base32' ? piece.toLowerCase() : piece
  return toNameBits(read) - piece.length * BITS_PER_CHARACTER[alphabet]
}

export function toClass(code: number): number {
  if (code >= 97 && code <= 122) return SMALL
  if (code >= 65 && code <= 90) return LARGE
  return code >= 48 && code <= 57 ? DIGIT : SEPARATOR
}

/** How unlikely names are to have this piece, in bits. It stands behind a separator. */
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

/** As the `G` of `playGround` does. */
export function startsWord(before: number, kind: number): boolean {
  return before === SMALL && kind === LARGE
}

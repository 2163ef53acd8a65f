// Where in a file's name a hash may stand, and whether what stands there is one. How sure one has to be
// depends on what else is known of the file, which is for hashed.ts to say.

import { type Alphabet, scoreHash } from './name-score.ts'

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

// How much a piece of a file name looks like a hash and how little like something that a person or a
// tool would call a file. Decides nothing: hashed.ts has the thresholds.
//
// Both are asked for their probability of this very piece. A hash draws every character from its
// alphabet with the same chance. For names, name-model.ts holds how often one kind of character
// follows another, and one letter another. The logarithm of the ratio is the evidence, in bits: at 10
// bits the piece is a thousand times likelier as a hash than as a name.

import { CLASS_BITS, LETTER_BITS } from './name-model.ts'

/** Alphabets of hashes in file names, by their size. */
export type Alphabet = 'hex' | 'base32' | 'base36' | 'base64url'

const BITS_PER_CHARACTER: Readonly<Record<Alphabet, number>> = {
  hex: 4,
  base32: 5,
  base36: Math.log2(36),
  base64url: 6,
}

const DIGIT_BITS = Math.log2(10)
/** `-` and `_`. */
const SEPARATOR_BITS = 1

export const SMALL = 0
export const LARGE = 1
export const DIGIT = 2
export const SEPARATOR = 3
/** The row of the model for a letter that begins a word. */
export const WORD_START = 26

/** Bits of evidence that `piece`, whose characters are all of `alphabet`, is a hash and no name. */
export function scoreHash(piece: string, alphabet: Alphabet): number {
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

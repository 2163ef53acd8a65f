// Writes src/publish/name-model.ts: how names of files are spelled, counted in every second of the
// ordinary names that the tests have. The other half is there to measure with.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import {
  LARGE,
  SEPARATOR,
  SMALL,
  startsWord,
  toClass,
  WORD_START,
} from '../src/publish/hash-pieces.ts'

const pathOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** So that what was never seen is unlikely, and not impossible. */
const UNSEEN_COUNT = 0.5

const names = gunzipSync(readFileSync(pathOf('test/fixtures/ordinary-names.txt.gz')))
  .toString()
  .trim()
  .split('\n')
  .filter((_, index) => index % 2 === 0)

const classes = Array.from({ length: 4 }, () => new Array<number>(4).fill(UNSEEN_COUNT))
const letters = Array.from({ length: 27 }, () => new Array<number>(26).fill(UNSEEN_COUNT))
for (const name of names) {
  let before = SEPARATOR
  let letterBefore = WORD_START
  for (const char of name.replace(/\.[A-Za-z0-9]{1,8}$/, '')) {
    const kind = toClass(char.charCodeAt(0))
    add(classes, before, kind)
    if (kind === SMALL || kind === LARGE) {
      const letter = char.toLowerCase().charCodeAt(0) - 97
      add(letters, startsWord(before, kind) ? WORD_START : letterBefore, letter)
      letterBefore = letter
    } else {
      letterBefore = WORD_START
    }
    before = kind
  }
}

function add(table: number[][], row: number, column: number): void {
  const counts = table[row]
  if (counts) counts[column] = (counts[column] ?? 0) + 1
}

/** Half bits are exact enough, and keep the file small. */
function toRows(table: readonly (readonly number[])[]): string {
  return table
    .map((counts) => {
      const sum = counts.reduce((total, count) => total + count, 0)
      return `  [${counts.map((count) => Math.round(-2 * Math.log2(count / sum)) / 2).join(', ')}],`
    })
    .join('\n')
}

writeFileSync(
  pathOf('src/publish/name-model.ts'),
  `// How unlikely it is in names of files that one kind of character follows another, and one letter
// another, in bits. Written by scripts/write-name-model.ts: change nothing by hand.

/** Rows: what stands before. Columns: small letter, large letter, digit, anything else. */
export const CLASS_BITS: readonly (readonly number[])[] = [
${toRows(classes)}
]

/** Rows: the letter before, a to z, and last the beginning of a word. Columns: a to z. */
// biome-ignore format: a table
export const LETTER_BITS: readonly (readonly number[])[] = [
${toRows(letters)}
]
`,
)

// Which flags the files of a version mention, as its publication found: the part of a version's record that tells
// whether a flag is still used.

import * as z from 'zod'

/** As many as a document may have. */
const MAX_SEARCHED_FLAGS = 500
/** Of all names together: the record of a version stays small, and so does the list of versions. */
export const MAX_SEARCHED_KEY_CHARACTERS = 16_384

const keys = z.array(z.string().min(1).max(128)).max(MAX_SEARCHED_FLAGS)

/** A key in neither list was not searched for, or not in all files. */
export const flagKeys = z
  .strictObject({
    found: keys.describe('Flags that a file mentions'),
    missing: keys.describe('Flags that no file mentions, though all were searched'),
  })
  .refine(
    ({ found, missing }) =>
      [...found, ...missing].reduce((sum, { length }) => sum + length, 0) <=
      MAX_SEARCHED_KEY_CHARACTERS,
    `the names of flags have at most ${MAX_SEARCHED_KEY_CHARACTERS} characters together`,
  )
  .describe('Flags that its files were searched for; left out if they were not')

export type FlagKeys = { readonly [Name in 'found' | 'missing']: readonly string[] }

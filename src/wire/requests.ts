// Parts of requests that several routes share: the beginning of the path, hashes, pages of a list, and the
// query of every change.

import * as z from 'zod'

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex')
  .describe('SHA-256 of the bytes, 64 lower-case hex digits')

/** A number in a query or a path, as text. */
export const numberText = z
  .string()
  .regex(/^[1-9]\d{0,12}$/, 'a whole number from 1')
  .transform(Number)

export const DEFAULT_PAGE_ROWS = 50
export const MAX_PAGE_ROWS = 100

export const pageQuery = z.strictObject({
  before: numberText.optional().describe('Only what is older than this'),
  limit: numberText
    .refine((limit) => limit <= MAX_PAGE_ROWS, `at most ${MAX_PAGE_ROWS}`)
    .default(DEFAULT_PAGE_ROWS)
    .describe(`How many at most: 1 to ${MAX_PAGE_ROWS}`),
})

/** Where the page after this one begins. */
export const next = z
  .int()
  .optional()
  .describe('What `before` has to be for the next page; absent on the last')

/** Enough for a reason, which is a sentence or a link. */
export const MAX_REASON_CHARACTERS = 500

export const reason = z
  .string()
  .max(MAX_REASON_CHARACTERS)
  .optional()
  .describe('Goes into the audit log')

/** The query of every route that changes the document. */
export const changeQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .describe('`true` says what would happen and changes nothing'),
  reason,
})

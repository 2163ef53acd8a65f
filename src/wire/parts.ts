// Parts that schemas of several topics share: names, times, hashes, pages of a list, the query of every
// change, and the types of schemas.

import * as z from 'zod'

export { environmentName, versionId } from '../document/names.ts'

export const milliseconds = z.int().describe('Milliseconds since the epoch')

/** The type with all properties readonly, at every depth. */
export type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T

/** The readonly type of the values of a schema. */
export type Shaped<S extends z.ZodType> = Immutable<z.infer<S>>

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex')
  .describe('SHA-256 of the bytes, 64 lower-case hex digits')

/** A number in a query or a path, as text. */
export const numberText = z
  .string()
  .regex(/^[1-9]\d{0,12}$/, 'a whole number from 1')
  .transform(Number)

const DEFAULT_PAGE_ROWS = 50
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

/** Absent, or `true` in requests that force something. */
export const belowFloor = z
  .literal('true')
  .optional()
  .describe('`true` gives visitors a version below the floor of another one all the same')

export const outsideWindow = z
  .literal('true')
  .optional()
  .describe('`true` goes forward although no window is open; needs a `reason`')

/** The query of every route that changes the document. */
export const changeQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .describe('`true` says what would happen and changes nothing'),
  reason,
  belowFloor,
  outsideWindow,
})

export const reasonQuery = z.strictObject({ reason })

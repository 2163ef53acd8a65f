// Flags: what the API says of them, and what commands print. Their shape is that of the document, which checks it.

import * as z from 'zod'
import { COMMANDS } from './commands.ts'
import { forReaders, toTolerant } from './tolerant.ts'

const table = z.record(z.string(), z.unknown())

export const flagsReply = z.strictObject({
  revision: z.int(),
  flags: table.describe("By key, in flagd's format"),
  $evaluators: table.describe('Shared parts of targeting'),
  metadata: table.describe('Metadata of all flags'),
})

const flagCount = z.strictObject({
  flag: z.string(),
  variant: z.string().describe("Empty where the caller's own default counts"),
  reason: z.string().describe('A reason of OpenFeature, or `ERROR`'),
  count: z.int().describe('Since counting began'),
  lastHour: z.int(),
  lastDay: z.int(),
  lastAt: z.string().describe('When it was last counted'),
})
export type FlagCountSummary = z.infer<typeof flagCount>

export const flagCountsReply = z.strictObject({
  counts: z.array(flagCount),
  lost: z.int().describe('Evaluations that were not kept since the control began'),
})
export const flagCountsAsRead = /* @__PURE__ */ forReaders(() => toTolerant(flagCountsReply))
export const flagsBody = COMMANDS['set-flags'].omit({ kind: true })

export const flagsAsRead = /* @__PURE__ */ forReaders(() => toTolerant(flagsReply))

export const flagsOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    revision: z.int(),
    flags: z.array(
      z.strictObject({
        key: z.string(),
        state: z.string(),
        public: z.boolean(),
        variants: z.array(z.string()),
        defaultVariant: z.string().nullable(),
        targeted: z.boolean(),
        lastHour: z.int(),
        lastDay: z.int(),
        counts: z.array(flagCount),
        warning: z.string().optional(),
      }),
    ),
  }),
)

export const flagOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({ revision: z.int(), key: z.string(), flag: z.unknown() }),
)

/** What `holo flags export` prints: a file of flagd. */
export const flagsFileOutput = flagsAsRead

export const flagExplanation = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    key: z.string(),
    environment: z.string(),
    version: z.string(),
    value: z.unknown().optional(),
    variant: z.string().optional(),
    reason: z.string().optional(),
    errorCode: z.string().optional(),
    errorDetails: z.string().optional(),
  }),
)

/** One row of the table of `holo flags test`. */
export const flagTest = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    flag: z.string(),
    context: table.optional(),
    environment: z.string().optional(),
    version: z.string().optional(),
    value: z.unknown().optional(),
    variant: z.string().optional(),
    reason: z.string().optional(),
  }),
)

export const flagTests = /* @__PURE__ */ forReaders(() => z.array(flagTest).min(1))

export const flagTestOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    passed: z.int(),
    failed: z.array(
      z.strictObject({ row: z.int(), flag: z.string(), expected: z.unknown(), got: z.unknown() }),
    ),
  }),
)

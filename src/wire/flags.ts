// Flags: what the API says of them, and what commands print. Their shape is that of the document, which checks it.

import * as z from 'zod'
import { changeOutput } from './changes.ts'
import { COMMANDS } from './commands.ts'
import { environmentName, versionId } from './parts.ts'
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

export const flagEvaluationBody = z.strictObject({
  flag: z.string().min(1).max(128),
  context: table
    .default({})
    .describe('What the caller says, as over OFREP. `version` and `environment` are added to it'),
  environment: environmentName
    .optional()
    .describe('The environment; the first public one if left out'),
  version: versionId.optional().describe('The version; that of the environment if left out'),
})
/** The form of OFREP, with the place that the flag was evaluated for. */
export const flagEvaluationReply = z.strictObject({
  revision: z.int(),
  key: z.string(),
  environment: z.string(),
  version: z.string(),
  value: z.unknown().optional().describe('Absent: the default of the code counts'),
  variant: z.string().optional(),
  reason: z.string().optional(),
  errorCode: z.string().optional().describe('Why there is no value'),
  errorDetails: z.string().optional(),
})

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

export const flagsImportOutput = /* @__PURE__ */ forReaders(() =>
  changeOutput.extend({
    from: z.string().describe('flagd, launchdarkly, unleash or growthbook'),
    kept: z.array(
      z.strictObject({
        key: z.string(),
        visitorsKeepVariants: z.boolean(),
        dealtAnew: z
          .array(z.string())
          .describe('Where visitors get other variants than before, a sentence for each'),
        reads: z.array(z.string()).describe('Attributes of the evaluation context'),
        notes: z.array(z.string()),
      }),
    ),
    leftOut: z.array(z.strictObject({ key: z.string(), reasons: z.array(z.string()) })),
    notes: z.array(z.string()).describe('About the import as a whole'),
  }),
)

export const flagsStaleOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    revision: z.int(),
    weeks: z.int(),
    searched: z.array(z.string()).describe('Versions in use whose files were searched for flags'),
    notSearched: z.array(z.string()).describe('Versions in use of which that is not known'),
    unmentioned: z.array(
      z.strictObject({
        key: z.string(),
        mentionedBy: z.array(z.string()).describe('Versions that are no longer in use'),
      }),
    ),
    unknown: z
      .array(z.string())
      .describe('Flags that no searched version mentions, while others were not searched for them'),
    unchanging: z
      .array(
        z.strictObject({
          key: z.string(),
          variant: z.string().nullable().describe('null: the default of the code'),
        }),
      )
      .describe('Flags that give everybody the same, and were not changed in these weeks'),
    historySince: z
      .int()
      .nullable()
      .describe('Null if the history reaches back far enough, else its beginning in milliseconds'),
  }),
)

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

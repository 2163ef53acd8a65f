// What a change of the document did, or would do: as the API replies, and as commands print it.

import * as z from 'zod'
import type { Viewers } from '../document/open.ts'
import { digest } from './history.ts'
import type { Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** Buckets that go from one environment to another. */
export const bucketMove = z.strictObject({ from: z.string(), to: z.string(), buckets: z.int() })

export type BucketMove = Shaped<typeof bucketMove>

/** A version that is open in fewer environments than before, and who can still get it. */
export const viewers = z.strictObject({
  version: z.string(),
  seenIn: z.array(
    z.strictObject({
      environment: z
        .string()
        .optional()
        .describe('Left out if visitors had it before Holo recorded in which environment'),
      by: z.enum(['bucket', 'rule', 'host', 'grant']),
    }),
  ),
})

export const committed = z.strictObject({
  revision: z.int(),
  digest,
  changed: z
    .boolean()
    .describe('false: the document already has this content, or it was a dry run'),
  moved: z
    .array(bucketMove)
    .describe('Buckets, of 10,000, that have another environment than before'),
  closed: z
    .array(viewers)
    .optional()
    .describe(
      'Versions that are open in fewer environments than before, and who can still see each; left out if there are none',
    ),
  text: z.string().optional().describe('The resulting document; in dry runs only'),
})

/** The reply of the control. It always has the text, which is byte for byte what KV gets. */
export type CommitResult = Omit<Shaped<typeof committed>, 'closed' | 'text'> & {
  readonly closed: readonly Viewers[]
  readonly text: string
}

const viewersAsRead = /* @__PURE__ */ forReaders(() => toTolerant(viewers))

export type ViewersAsRead = Shaped<typeof viewersAsRead>

export const committedAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(committed.pick({ revision: true, changed: true, moved: true, text: true })).extend({
    closed: z.array(viewersAsRead).default([]),
    /** In the reply to the start of a rollout. */
    rollout: z.object({ id: z.number() }).optional(),
  }),
)

const printedMove = /* @__PURE__ */ forReaders(() =>
  bucketMove.extend({
    buckets: z.int().describe('Of 10,000'),
    percent: z.number().describe('Of all visitors'),
  }),
)

export const changeOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    target: z.string(),
    dryRun: z.boolean(),
    changed: z
      .boolean()
      .describe('false: the document already has this content, or it was a dry run'),
    previous: z.int().describe('The revision before'),
    revision: z.int().describe('The revision it made, or would make'),
    moved: z.array(printedMove).describe('Buckets that have another environment than before'),
    versions: z.array(printedMove).describe('Buckets that have another version than before'),
    changes: z.array(z.string()).describe('Everything else that is different, in words'),
    closed: z
      .array(viewersAsRead)
      .optional()
      .describe(
        'Versions that are open in fewer environments than before, and who can still see each',
      ),
    publishedMs: z.int().optional().describe('With --wait: until KV had it'),
    everywhereMs: z.int().optional().describe('With --wait: until every page is decided by it'),
    reachedLater: z
      .array(z.string())
      .optional()
      .describe(
        'Of a rollback or withdrawal with --wait: what still shows the earlier version for some time',
      ),
  }),
)

/** A change that may begin a rollout. */
export const rolloutStartOutput = /* @__PURE__ */ forReaders(() =>
  changeOutput.extend({
    rollout: z.int().optional().describe('Its number'),
  }),
)

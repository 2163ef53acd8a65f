// The garbage collection: the result of one step, and the sum of all steps of a run.

import * as z from 'zod'
import { type Shaped, versionId } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** The phases of the collection, in their order. */
export const COLLECTION_PHASES = ['versions', 'records', 'manifests', 'blobs', 'parts'] as const

/** The phase of the next step, and the key after which it begins. */
export const COLLECTION_CURSOR = /^(versions|records|manifests|blobs|parts)\.([\w.+/-]{0,200})$/

export const collectionBody = z.strictObject({
  dryRun: z.boolean().default(true).describe('`false` collects'),
  cursor: z.string().regex(COLLECTION_CURSOR).optional().describe('That of the step before'),
})

const counts = {
  versions: z.array(versionId).describe('Ids of versions that leave the document'),
  uploads: z.int().describe('Abandoned uploads'),
  records: z.int(),
  manifests: z.int(),
  blobs: z.int(),
  parts: z.int(),
  bytes: z.int().describe('Of blobs and parts'),
}

/** Counts are of this step alone. */
export const collectionReply = z.strictObject({
  dryRun: z.boolean(),
  done: z.boolean(),
  cursor: z.string().optional(),
  waitMs: z.int().describe('How long to wait before the next step'),
  ...counts,
})

export type CollectionStep = Shaped<typeof collectionReply>

export const collectionAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(collectionReply.omit({ dryRun: true })),
)

const countsAsRead = /* @__PURE__ */ forReaders(() => toTolerant(z.strictObject(counts)))

export type CollectionCounts = z.infer<typeof countsAsRead>

/** Counts are of the whole run. */
export const collectionOutput = /* @__PURE__ */ forReaders(() =>
  countsAsRead.extend({ target: z.string(), dryRun: z.boolean() }),
)

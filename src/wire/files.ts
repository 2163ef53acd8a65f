// The check of the files in the store: what is lost or damaged, and which versions lose it.

import * as z from 'zod'
import { milliseconds, type Shaped, sha256, versionId } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** A document has fewer versions. */
const MAX_CHECKED_VERSIONS = 1000

/** The most paths of one file that are named. */
export const MAX_NAMED_PATHS = 5

/** `<slice>.<slices>`: the next slice of the range of all hashes. */
export const FILES_CURSOR = /^(\d{1,6})\.(\d{1,6})$/

export const lostFile = z.strictObject({
  kind: z.enum(['blob', 'manifest']),
  sha256,
  size: z.int().optional().describe('In bytes, as it should be; not known of a manifest'),
  problem: z.string().describe('In words: not stored, another size, other bytes'),
  versions: z.array(versionId).describe('The versions of the document that need it'),
  paths: z.array(z.string()).describe(`The first ${MAX_NAMED_PATHS} paths; none of a manifest`),
})

export type LostFile = Shaped<typeof lostFile>

export const filesBody = z.strictObject({
  versions: z
    .array(versionId)
    .min(1)
    .max(MAX_CHECKED_VERSIONS)
    .optional()
    .describe('All versions of the document when left out'),
  quick: z
    .boolean()
    .default(false)
    .describe('Looks at sizes only: it does not find other bytes of the same length'),
  cursor: z
    .string()
    .regex(FILES_CURSOR)
    .optional()
    .describe('From the reply before; left out in the first step, which checks the manifests'),
})

export const filesReply = z.strictObject({
  done: z.boolean(),
  cursor: z.string().optional().describe('For the next step'),
  checked: z.int().describe('How many files this step has looked at'),
  blobs: z.int().optional().describe('How many blobs there are in all; only in the first step'),
  lost: z.array(lostFile),
})

/** What the control knows of lost and damaged files. */
export const lostSummary = z.strictObject({
  files: z.int().describe('How many are lost or damaged, as far as a check has found'),
  versions: z.array(versionId).describe('Those that need them'),
  sampledAt: milliseconds
    .optional()
    .describe('When a sample was last checked; left out if there was none'),
})

export type LostSummary = Shaped<typeof lostSummary>

export const filesAsRead = /* @__PURE__ */ forReaders(() => toTolerant(filesReply))

export const filesOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    checked: z.int().describe('How many manifests and blobs were looked at'),
    quick: z.boolean().describe('Whether only sizes were looked at'),
    lost: z.array(toTolerant(lostFile)),
  }),
)

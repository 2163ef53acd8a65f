// The upload of a version: its manifest, its blobs (whole or in parts), and the steps until it is finalised.

import * as z from 'zod'
import { flagKeys } from '../document/flag-keys.ts'
import { frameworkPin } from '../document/framework-pin.ts'
import { services } from '../document/service.ts'
import { milliseconds, numberText, type Shaped, sha256, versionId } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** 100 parts of 95 MiB are more than R2 accepts in one put, so this limit never matters. */
export const MAX_PARTS = 100

/** The largest blob that the API gives: it is read whole into memory. Larger ones are no dictionaries. */
export const MAX_SERVED_BLOB_BYTES = 4 * 2 ** 20

/** Commit hashes have up to 64 characters, names with e-mail addresses some more. */
export const MAX_COMMIT_CHARACTERS = 100
export const MAX_AUTHOR_CHARACTERS = 200

const line = (characters: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[^\\p{Cc}]{1,${characters}}$`, 'u'),
      `1 to ${characters} characters on one line`,
    )

/** Whether this request has stored the bytes, or they were stored before. */
const stored = z.enum(['created', 'existing'])

export const hashParams = z.strictObject({ sha256 })

/** Of requests that store blobs. */
export const blobQuery = z.strictObject({
  replace: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Stores the bytes also if there is a blob of this hash, which may be damaged'),
})

export const manifestReply = z.strictObject({ sha256, stored, files: z.int(), bytes: z.int() })

/** The bytes of a manifest, as they are. */
export const bytesReply = z.instanceof(Uint8Array)

const part = z.strictObject({ part: z.int(), size: z.int() })

export const blobReply = z.strictObject({ sha256, size: z.int(), stored })
export const partReply = part
export const partsReply = z.strictObject({ parts: z.array(part), stored: z.boolean() })

export const partParams = hashParams.extend({
  part: numberText.refine((number) => number <= MAX_PARTS, `at most ${MAX_PARTS}`),
})

export const completeBody = z.strictObject({
  parts: z.int().min(1).max(MAX_PARTS).describe('How many it has'),
  replace: z.boolean().default(false).describe('As of the other requests that store a blob'),
})

export const uploadParams = z.strictObject({ version: versionId })

export const uploadBody = z.strictObject({
  manifest: sha256,
  services: services.default([]),
  createdAt: z.iso.datetime('a time is written as in 2026-11-23T12:00:00Z'),
  commit: line(MAX_COMMIT_CHARACTERS).optional(),
  author: line(MAX_AUTHOR_CHARACTERS).optional(),
  frameworkPin: frameworkPin
    .optional()
    .describe('What the framework of the pages sends by itself (docs/tabs.md)'),
  flagKeys: flagKeys.optional(),
  floor: versionId
    .optional()
    .describe('The oldest version that one may go back to from this one (docs/safety.md)'),
})

export type UploadBody = Shaped<typeof uploadBody>

/** An open or a finalised upload. */
export const uploadReply = z.strictObject({
  version: versionId,
  state: z.enum(['open', 'finalised']),
  manifest: sha256.describe('Must be named when the upload is finalised'),
  files: z.int(),
  bytes: z.int(),
  verified: z.int().describe('How many files are known to have all their blobs in the store'),
  expiresAt: milliseconds.optional().describe('Left out when the upload is finalised'),
})

export type UploadReply = Shaped<typeof uploadReply>

export const missingQuery = z.strictObject({
  cursor: z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number)
    .optional(),
})

const missing = z.strictObject({
  sha256,
  size: z.int(),
  damaged: z.boolean().optional().describe('It is stored, but not as it should be: replace it'),
})

/** A blob that has to be uploaded. */
export type MissingBlob = Shaped<typeof missing>

export const missingReply = z.strictObject({
  missing: z.array(missing),
  cursor: z.string().optional().describe('The next page; absent on the last'),
})

export const finaliseBody = z.strictObject({
  manifest: sha256.describe('The one of the upload that is meant'),
})

const verifying = z.strictObject({
  state: z.literal('verifying'),
  verified: z.int(),
  files: z.int(),
  waitMs: z.int().describe('Repeat the request after this time'),
})

const finalised = z.strictObject({
  state: z.literal('finalised'),
  version: versionId,
  manifest: sha256,
  revision: z.int().optional().describe('Of the document that has the version'),
})

export type FinaliseResult = Omit<Shaped<typeof finalised>, 'state'>

export const finaliseReply = z.union([verifying, finalised])

export const missingAsRead = /* @__PURE__ */ forReaders(() => toTolerant(missingReply))
export const partsAsRead = /* @__PURE__ */ forReaders(() => toTolerant(partsReply))
/** The state, which only has to be told apart from `finalised`, and the manifest of the upload. */
export const uploadStateAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(uploadReply.pick({ state: true, manifest: true })),
)

export const uploadAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(uploadReply.pick({ version: true, files: true, verified: true })),
)

/** The states must be known words, because the next step of the client depends on them. */
export const finaliseAsRead = /* @__PURE__ */ forReaders(() =>
  z.discriminatedUnion('state', [
    toTolerant(verifying).extend({ state: verifying.shape.state }),
    toTolerant(finalised.pick({ revision: true })).extend({ state: finalised.shape.state }),
  ]),
)

export type FinaliseAsRead = Shaped<typeof finaliseAsRead>

export const abortOutput = /* @__PURE__ */ forReaders(() =>
  uploadAsRead.extend({
    files: z.int().describe('How many the version would have had'),
    verified: z.int().describe('How many of them were found to be uploaded'),
  }),
)

// Routes of the uploads: a version on its way, from its manifest to the document.

import * as z from 'zod'
import type { Upload } from '../../control/releases/contract.ts'
import { err, ok } from '../../core/result.ts'
import { PARTS } from '../../document/schema.ts'
import { finalise } from '../content/finalise.ts'
import { countSlices, lookForBlobs } from '../content/look-for-blobs.ts'
import { loadKnown, openUpload } from '../content/open-upload.ts'
import { loadManifest } from '../content/stored-manifests.ts'
import { MAX_AUTHOR_CHARACTERS, MAX_COMMIT_CHARACTERS } from '../http/limits.ts'
import { type Route, route } from '../http/route.ts'
import { milliseconds, sha256, versionId } from '../http/schemas.ts'

const params = z.strictObject({ version: versionId })

/** As the document has them. */
const { services } = PARTS.versions.valueType.shape

const upload = z.strictObject({
  version: versionId,
  state: z.enum(['open', 'finalised']),
  manifest: sha256.describe('To be named when it is finalised'),
  files: z.int(),
  bytes: z.int(),
  verified: z.int().describe('How many files were found to have all their blobs'),
  expiresAt: milliseconds.optional(),
})

const line = (characters: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[^\\p{Cc}]{1,${characters}}$`, 'u'),
      `1 to ${characters} characters on one line`,
    )

export const UPLOAD_ROUTES: readonly Route[] = [
  route({
    method: 'PUT',
    path: '/uploads/{version}',
    scope: 'publish',
    summary: 'Begins or resumes the upload of a version whose manifest is stored',
    params,
    body: z.strictObject({
      manifest: sha256,
      services: services.unwrap().default([]),
      createdAt: z.iso.datetime('a time is written as in 2026-11-23T12:00:00Z'),
      commit: line(MAX_COMMIT_CHARACTERS).optional(),
      author: line(MAX_AUTHOR_CHARACTERS).optional(),
    }),
    changes: 'store',
    failures: ['manifest_missing', 'version_differs', 'invalid_change', 'store_unavailable'],
    reply: upload,
    handle: async (call) => {
      const opened = await openUpload(call, call.params.version, call.body)
      return opened.ok ? ok({ body: toBody(opened.value) }) : opened
    },
  }),
  route({
    method: 'GET',
    path: '/uploads/{version}',
    scope: 'read',
    summary: 'How an upload is',
    params,
    reply: upload,
    handle: async ({ ask, caller, params: { version } }) => {
      const answer = await ask('none', (control) => control.upload(caller, version))
      if (!answer.ok) return answer
      const found = answer.value
      return found ? ok({ body: toBody(found) }) : err({ kind: 'not_found' })
    },
  }),
  route({
    method: 'DELETE',
    path: '/uploads/{version}',
    scope: 'publish',
    summary: 'Gives up an upload that is on its way: by the token that opened it, or with `admin`',
    params,
    changes: 'store',
    failures: ['upload_finalised'],
    reply: upload,
    handle: async ({ ask, caller, params: { version } }) => {
      const answer = await ask(
        'changes',
        (control) => control.abortUpload(caller, version),
        ({ kind }) => err({ kind: kind === 'none' ? 'not_found' : 'upload_finalised' }),
      )
      return answer.ok ? ok({ body: toBody(answer.value) }) : answer
    },
  }),
  route({
    method: 'GET',
    path: '/uploads/{version}/missing',
    scope: 'publish',
    summary: 'The blobs that have to be uploaded, page by page',
    params,
    query: z.strictObject({
      cursor: z
        .string()
        .regex(/^\d{1,6}$/)
        .transform(Number)
        .optional(),
    }),
    failures: ['manifest_missing', 'store_unavailable'],
    reply: z.strictObject({
      missing: z.array(z.strictObject({ sha256, size: z.int() })),
      cursor: z.string().optional().describe('The next page; absent on the last'),
    }),
    handle: async (call) => {
      const { ask, caller, openStore, params, query } = call
      const answer = await ask('none', (control) => control.upload(caller, params.version))
      if (!answer.ok) return answer
      const found = answer.value
      if (!found) return err({ kind: 'not_found' })
      if (found.state === 'finalised') return ok({ body: { missing: [] } })
      const store = await openStore()
      if (!store.ok) return store
      const manifest = await loadManifest(store.value, found.manifest)
      if (!manifest.ok) return manifest
      const known = await loadKnown(call)
      if (!known.ok) return known
      const slices = countSlices(manifest.value)
      const slice = query.cursor ?? 0
      const absent = await lookForBlobs(store.value, manifest.value, known.value, { slice, slices })
      if (absent === 'unavailable') return err({ kind: 'store_unavailable' })
      // What is stored with another size stays so, whoever uploads it: that is for the end to tell.
      const missing = absent
        .filter(({ stored }) => stored === undefined)
        .map(({ blob, size }) => ({ sha256: blob, size }))
      return ok({
        body: { missing, ...(slice + 1 < slices ? { cursor: String(slice + 1) } : {}) },
      })
    },
  }),
  route({
    method: 'POST',
    path: '/uploads/{version}/finalise',
    scope: 'publish',
    summary: 'Checks, in steps, that all blobs are there, and makes the version known',
    params,
    body: z.strictObject({ manifest: sha256.describe('The one of the upload that is meant') }),
    changes: 'store',
    hasSteps: true,
    failures: [
      ...(['blobs_missing', 'manifest_missing', 'upload_replaced'] as const),
      ...(['version_differs', 'invalid_change', 'store_unavailable'] as const),
    ],
    reply: z.union([
      z.strictObject({
        state: z.literal('verifying'),
        verified: z.int(),
        files: z.int(),
        waitMs: z.int().describe('Ask again after this'),
      }),
      z.strictObject({
        state: z.literal('finalised'),
        version: versionId,
        manifest: sha256,
        revision: z.int().optional().describe('Of a document that has the version'),
      }),
    ]),
    handle: (call) => finalise(call, call.params.version, call.body.manifest),
  }),
]

function toBody({ serial: _, ...told }: Upload): Omit<Upload, 'serial'> {
  return told
}

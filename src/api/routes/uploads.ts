// Routes of the uploads: from a stored manifest to a version that the document knows.

import type { Upload } from '../../control/releases/contract.ts'
import { err, ok } from '../../core/result.ts'
import {
  finaliseBody,
  finaliseReply,
  missingQuery,
  missingReply,
  type UploadReply,
  uploadBody,
  uploadParams,
  uploadReply,
} from '../../wire/uploads.ts'
import { finalise, findAbsent, openUpload } from '../content/upload.ts'
import { type Route, route, type StoreAsker } from '../http/route.ts'

export const UPLOAD_ROUTES: readonly Route[] = [
  route({
    method: 'PUT',
    path: '/uploads/{version}',
    scope: 'publish',
    summary: 'Begins or resumes the upload of a version whose manifest is stored',
    params: uploadParams,
    body: uploadBody,
    changes: 'store',
    failures: ['manifest_missing', 'version_differs', 'invalid_change', 'store_unavailable'],
    reply: uploadReply,
    handle: async (call) => {
      const opened = await openUpload(call, call.params.version, call.body)
      return opened.ok ? ok({ body: toBody(opened.value) }) : opened
    },
  }),
  route({
    method: 'GET',
    path: '/uploads/{version}',
    scope: 'read',
    summary: 'The state of an upload',
    params: uploadParams,
    reply: uploadReply,
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
    summary: 'Aborts an open upload: with the token that opened it, or with `admin`',
    params: uploadParams,
    changes: 'store',
    failures: ['upload_finalised'],
    reply: uploadReply,
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
    summary: 'The blobs that are still to be uploaded, in pages',
    params: uploadParams,
    query: missingQuery,
    failures: ['manifest_missing', 'store_unavailable'],
    reply: missingReply,
    handle: async (call) => {
      const { ask, caller, params, query } = call
      const answer = await ask('none', (control) => control.upload(caller, params.version))
      if (!answer.ok) return answer
      const found = answer.value ?? (await findPublished(call, params.version))
      if (!found) return err({ kind: 'not_found' })
      const looked = await findAbsent(call, found, () => query.cursor ?? 0)
      if (!looked.ok) return looked
      const { absent, slice, slices } = looked.value
      const missing = absent.map(({ blob, size, stored }) => ({
        sha256: blob,
        size,
        ...(stored === undefined ? {} : { damaged: true }),
      }))
      return ok({
        body: { missing, ...(slice + 1 < slices ? { cursor: String(slice + 1) } : {}) },
      })
    },
  }),
  route({
    method: 'POST',
    path: '/uploads/{version}/finalise',
    scope: 'publish',
    summary: 'Verifies in steps that all blobs are stored, then adds the version to the document',
    params: uploadParams,
    body: finaliseBody,
    changes: 'store',
    hasSteps: true,
    failures: [
      'blobs_missing',
      'manifest_missing',
      'upload_replaced',
      'version_differs',
      'invalid_change',
      'store_unavailable',
    ],
    reply: finaliseReply,
    handle: (call) => finalise(call, call.params.version, call.body.manifest),
  }),
]

/** A version of the document that was not uploaded to this control. */
async function findPublished(
  { ask, caller }: StoreAsker,
  version: string,
): Promise<Pick<Upload, 'manifest' | 'state'> | undefined> {
  const answer = await ask('none', (control) => control.filesToCheck(caller))
  if (!answer.ok) return undefined
  const found = answer.value.versions.find((one) => one.version === version)
  return found && { manifest: found.manifest, state: 'finalised' }
}

function toBody({ serial: _, ...told }: Upload): UploadReply {
  return told
}

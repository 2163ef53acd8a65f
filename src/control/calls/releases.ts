// The calls for uploads of versions, for lost files, and for garbage collection.

import { ok } from '../../core/result.ts'
import type { ControlParts } from '../parts.ts'
import type { CollectionCalls, FileCalls, UploadCalls } from '../releases/contract.ts'
import { toUpload } from '../releases/uploads.ts'

export function createReleaseCalls(parts: ControlParts): UploadCalls & FileCalls & CollectionCalls {
  const { rights, external, uploading, collecting, draining, lostFiles } = parts
  return {
    openUpload: (caller, record, isRecorded) =>
      rights.actOnVersion(caller, record.id, async (author) => {
        await external.lookWhenEmpty()
        return uploading.open(record, isRecorded, author)
      }),

    upload: (caller, version) =>
      rights.answer(caller, 'read', () => {
        const row = uploading.get(version)
        return row && toUpload(row)
      }),

    abortUpload: (caller, version) =>
      rights.actOnVersion(caller, version, (author) => uploading.abort(version, author)),

    finalisedManifests: (caller) =>
      rights.answer(caller, 'publish', () => uploading.finalisedManifests()),

    beginVerification: (caller, version, manifest) =>
      rights.actOnVersion(caller, version, () => uploading.begin(version, manifest)),

    recordVerified: (caller, upload, from, to) =>
      rights.actOnVersion(caller, upload.version, () => ok(uploading.advance(upload, from, to))),

    finishUpload: (caller, upload) =>
      rights.actOnVersion(caller, upload.version, (author) => uploading.finish(upload, author)),

    versionUses: (caller) =>
      rights.answer(caller, 'read', () => {
        const uses = collecting.uses()
        const drains = draining.report()
        return uses.flatMap((use) => {
          const drain = drains.get(use.version)
          return drain ? [{ ...use, drain }] : []
        })
      }),

    filesToCheck: (caller) => rights.answer(caller, 'read', () => lostFiles.toCheck()),

    lostFiles: (caller) => rights.answer(caller, 'publish', () => lostFiles.list()),

    recordFiles: (caller, found) => rights.answer(caller, 'read', () => lostFiles.record(found)),

    protection: (caller) => rights.answer(caller, 'admin', () => collecting.protection()),

    retire: (caller, dryRun) =>
      rights.actUnlimited(caller, 'admin', (author) => collecting.retire(author, dryRun)),

    collect: (caller, garbage) =>
      rights.actUnlimited(caller, 'admin', async () => ok(await collecting.collect(garbage))),
  }
}

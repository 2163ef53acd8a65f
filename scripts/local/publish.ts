// Publishes to a Holo on this machine, with the code of the `holo` command and the same API.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { type Api, createApi } from '../../src/cli/api.ts'
import { createUploadTarget } from '../../src/cli/upload-api.ts'
import { copyFrameworkPin } from '../../src/document/framework-pin.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import type { VersionRecord } from '../../src/document/version-record.ts'
import type { ReportProgress } from '../../src/publish/progress.ts'
import { type UploadOptions, type UploadResult, uploadFolder } from '../../src/publish/upload.ts'

export type LocalRelease = Omit<UploadOptions, 'encodedFolder' | 'createdAt' | 'dryRun'>

/** A published version, and its entry for the document. */
export type LocalVersion = Pick<VersionRecord, 'id' | 'manifest'> & {
  readonly entry: AssignmentsDocument['versions'][string]
  readonly warnings: UploadResult['warnings']
}

export type LocalApi = {
  /** @throws PublishError when the folder cannot be published; CliFailure when the API refuses it. */
  readonly publish: (release: LocalRelease, report?: ReportProgress) => Promise<LocalVersion>
  /**
   * Writes the first document of an empty Holo.
   *
   * @throws CliFailure when there already is a document.
   */
  readonly begin: (document: AssignmentsDocument, reason?: string) => Promise<void>
}

/** @param signal Aborts running calls. */
export function connect(
  url: URL,
  token: string,
  signal: AbortSignal = new AbortController().signal,
): LocalApi {
  const api = createApi({ url, token }, { signal, note: () => {} })
  return {
    publish: (release, report = () => {}) => publish(api, release, report, signal),
    begin: async (json, reason) => {
      const call = { json, query: { reason }, ifRevision: 0 }
      await api.ask(z.looseObject({}), 'PUT', '/assignments', call)
    },
  }
}

async function publish(
  api: Api,
  release: LocalRelease,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<LocalVersion> {
  const createdAt = new Date().toISOString()
  const encodedFolder = await mkdtemp(join(tmpdir(), 'holo-encoded-'))
  try {
    const options = { ...release, createdAt, encodedFolder }
    const target = createUploadTarget(api, signal)
    const { manifest, warnings, frameworkPin } = await uploadFolder(target, options, report, signal)
    const services = release.services.map((service) => ({
      ...service,
      origins: [...service.origins],
    }))
    const pin = frameworkPin && { frameworkPin: copyFrameworkPin(frameworkPin.pin) }
    return { id: release.id, manifest, warnings, entry: { manifest, services, ...pin } }
  } finally {
    await rm(encodedFolder, { recursive: true, force: true })
  }
}

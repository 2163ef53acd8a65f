// Reads, writes and removes the records of versions in R2, with timeouts. Failed reads and writes are
// returned values. Also checks that a version was finalised before an environment points at it for the
// first time.

import { err, ok, type Result } from '../../core/result.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import { formatRecord, parseRecord } from '../../document/stored-record.ts'
import type { VersionRecord } from '../../document/version-record.ts'
import type { FindUnfinished } from '../document/change.ts'
import type { DraftProblem } from '../document/draft.ts'
import { toPointed } from './last-use.ts'
import type { Uploads } from './uploads.ts'

/** The time for reading or writing a record, which has a few hundred bytes. */
const RECORD_TIMEOUT_MS = 4000
const DELETE_TIMEOUT_MS = 8000

/** `newer`: a newer Holo has written the record, and this one cannot read it. */
export type Records = {
  readonly read: (version: string) => Promise<VersionRecord | 'missing' | 'newer' | 'unavailable'>
  /** Writes a record, unless the version has one already: then that one is returned. */
  readonly create: (
    record: VersionRecord,
  ) => Promise<'created' | VersionRecord | 'newer' | 'unavailable'>
  /** @throws Error when R2 fails or does not reply in time. */
  readonly remove: (keys: readonly string[]) => Promise<void>
}

export function createRecords(bucket: Pick<R2Bucket, 'get' | 'put' | 'delete'>): Records {
  const read: Records['read'] = async (version) => {
    try {
      const text = await withTimeout(readText(bucket, version), RECORD_TIMEOUT_MS)
      return text === undefined ? 'missing' : parseRecord(text)
    } catch (cause) {
      console.error(`the record of ${version} could not be read`, cause)
      return 'unavailable'
    }
  }
  return {
    read,
    create: async (record) => {
      try {
        const written = await withTimeout(
          bucket.put(`versions/${record.id}`, formatRecord(record), {
            onlyIf: { etagDoesNotMatch: '*' },
          }),
          RECORD_TIMEOUT_MS,
        )
        if (written) return 'created'
      } catch (cause) {
        console.error(`the record of ${record.id} could not be written`, cause)
        return 'unavailable'
      }
      const existing = await read(record.id)
      return existing === 'missing' ? 'unavailable' : existing
    },
    remove: (keys) => withTimeout(bucket.delete([...keys]), DELETE_TIMEOUT_MS),
  }
}

async function readText(bucket: Pick<R2Bucket, 'get'>, version: string) {
  const stored = await bucket.get(`versions/${version}`)
  return stored?.text()
}

type Parts = {
  readonly records: Pick<Records, 'read'>
  readonly uploads: Pick<Uploads, 'get'>
  /** Whether a deletion is running: then a record that is found now may be gone in a moment. */
  readonly isDeleting: () => boolean
}

/**
 * Finds versions that `after` points at, `before` does not, and that were never finalised: only of a
 * finalised version are all files in R2. The edge's validator cannot check this. Documents that people write
 * to KV are not checked. If R2 does not reply, the change is allowed: an outage must not keep people from
 * changing versions.
 */
export function createFindUnfinished({ records, uploads, isDeleting }: Parts): FindUnfinished {
  const check = async (version: string, manifest: string): Promise<Result<undefined, string>> => {
    const upload = uploads.get(version)
    if (upload?.state === 'finalised' && upload.manifest === manifest) return ok(undefined)
    if (isDeleting()) return err('cannot be looked up while garbage is deleted: try again')
    const record = await records.read(version)
    if (record === 'missing') return err('was never finalised: upload it first')
    if (record === 'newer') return err('has a record that a newer Holo wrote: upgrade this one')
    if (record === 'unavailable' || record.manifest === manifest) return ok(undefined)
    return err('was finalised with another manifest than the document says')
  }
  return async (before, after) => {
    const known = before ? toPointed(before) : new Map()
    const fresh = [...toPointed(after)].filter(([key]) => !known.has(key))
    const refusals = await Promise.all(
      fresh.map(async ([, { version, manifest }]): Promise<DraftProblem[]> => {
        const checked = await check(version, manifest)
        if (checked.ok) return []
        const names = Object.entries(after.environments).filter(
          (pair) => pair[1].version === version,
        )
        const message = `version "${version}" ${checked.error}`
        return names.map(([name]) => ({ path: `environments.${name}.version`, message }))
      }),
    )
    return refusals.flat()
  }
}

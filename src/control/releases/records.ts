// Reads, writes and removes the records of versions in R2, with timeouts. Failed reads and writes are
// returned values.

import { withTimeout } from '../../core/with-timeout.ts'
import type { VersionRecord } from '../../document/version-record.ts'

/** The time for reading or writing a record, which has a few hundred bytes. */
const RECORD_TIMEOUT_MS = 4000
const DELETE_TIMEOUT_MS = 8000

export type Records = {
  readonly read: (version: string) => Promise<VersionRecord | 'missing' | 'unavailable'>
  /** Writes a record, unless the version has one already: then that one is returned. */
  readonly create: (record: VersionRecord) => Promise<'created' | VersionRecord | 'unavailable'>
  /** @throws Error when R2 fails or does not reply in time. */
  readonly remove: (keys: readonly string[]) => Promise<void>
}

export function createRecords(bucket: Pick<R2Bucket, 'get' | 'put' | 'delete'>): Records {
  const read: Records['read'] = async (version) => {
    try {
      const text = await withTimeout(readText(bucket, version), RECORD_TIMEOUT_MS)
      return text === undefined ? 'missing' : (JSON.parse(text) as VersionRecord)
    } catch (cause) {
      console.error(`the record of ${version} could not be read`, cause)
      return 'unavailable'
    }
  }
  return {
    read,
    create: async (record) => {
      try {
        const text = `${JSON.stringify(record, null, 2)}\n`
        const written = await withTimeout(
          bucket.put(`versions/${record.id}`, text, { onlyIf: { etagDoesNotMatch: '*' } }),
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

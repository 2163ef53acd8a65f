// Checks that a version was finalised before an environment points at it for the first time: only then
// are all its files in R2. The edge's validator cannot check this. Documents that people write to KV
// are not checked.

import { err, ok, type Result } from '../../core/result.ts'
import type { Content } from '../document/content.ts'
import type { DraftProblem } from '../document/draft.ts'
import { toPointed } from './last-use.ts'
import type { Records } from './records.ts'
import type { Uploads } from './uploads.ts'

export type FindUnfinished = (
  before: Content | undefined,
  after: Content,
) => Promise<readonly DraftProblem[]>

type Parts = {
  readonly records: Pick<Records, 'read'>
  readonly uploads: Pick<Uploads, 'get'>
  /** Whether a deletion is running: then a record that is found now may be gone in a moment. */
  readonly isDeleting: () => boolean
}

/**
 * Finds versions that `after` points at, `before` does not, and that were never finalised. If R2 does
 * not reply, the change is allowed: an outage must not keep people from changing versions.
 */
export function createFindUnfinished({ records, uploads, isDeleting }: Parts): FindUnfinished {
  const check = async (version: string, manifest: string): Promise<Result<undefined, string>> => {
    const upload = uploads.get(version)
    if (upload?.state === 'finalised' && upload.manifest === manifest) return ok(undefined)
    if (isDeleting()) return err('cannot be looked up while garbage is deleted: try again')
    const record = await records.read(version)
    if (record === 'missing') return err('was never finalised: upload it first')
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

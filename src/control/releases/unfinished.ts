// Whether what is about to be pointed at for the first time was finalised: only then is all of it in
// the store. The validator of the edge cannot know; documents that people put into KV are taken as
// they are.

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
  /** Whether something is being deleted, so that what is found now may be gone in a moment. */
  readonly isDeleting: () => boolean
}

/**
 * Versions that `after` points at, `before` does not, and that nobody has finalised. Where R2 does not
 * answer, whoever changes the document knows better: an outage must not keep anybody from a way out.
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

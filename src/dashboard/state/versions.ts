// The versions of the site, as the pages about them need them.

import type { ReplyOf } from '../api/client.ts'

export type VersionItem = ReplyOf<'GET /versions'>['versions'][number]

/** The newest first; of two that were published together the one that stands later in the document. */
export function sortByAge(list: readonly VersionItem[]): readonly VersionItem[] {
  return [...list]
    .reverse()
    .sort((one, other) => (other.published ?? '').localeCompare(one.published ?? ''))
}

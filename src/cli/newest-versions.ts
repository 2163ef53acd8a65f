// The versions of a Holo by their age, and those of them that visitors may still have.

import type * as z from 'zod'
import { retainedAsRead } from '../wire/versions.ts'
import type { Api } from './api.ts'
import { CliFailure } from './failure.ts'

/** The versions by the time of their publication, the newest first. */
export function toNewestFirst<V extends { readonly published?: string | undefined }>(
  versions: readonly V[],
): V[] {
  const time = ({ published }: V) => Date.parse(published ?? '') || 0
  return versions.toReversed().sort((a, b) => time(b) - time(a))
}

/** File names are compared with those of this many of the newest versions, which visitors may still have. */
const MAX_RETAINED = 10
/** Builds that nobody sees may be newer than those that visitors have. */
const MAX_RETAINED_OPEN = 2

type Retained = z.output<typeof retainedAsRead>['versions'][number]

/** The newest versions, which visitors may still have; none while there is no document. */
export async function loadRetained(api: Api): Promise<Retained[]> {
  try {
    const { versions } = await api.ask(retainedAsRead, 'GET', '/versions')
    const newest = toNewestFirst(versions)
    const isOpen = ({ open }: Retained) => open === true
    const older = newest.slice(MAX_RETAINED).filter(isOpen).slice(0, MAX_RETAINED_OPEN)
    return [...newest.slice(0, MAX_RETAINED), ...older]
  } catch (cause) {
    if (cause instanceof CliFailure && cause.code === 'no_document') return []
    throw cause
  }
}

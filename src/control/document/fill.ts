// How full everything is that fills up for good, so that people hear of it long before something is
// refused. room.ts decides what is refused then.

import { MAX_REVISION } from '../../document/schema.ts'
import type { Fill } from '../../wire/health.ts'
import { MAX_PUBLISHED_DATABASE_BYTES } from '../limits.ts'
import type { Content } from './content.ts'
import { listRoom } from './room.ts'

export function listFill(
  head: { readonly content: Content; readonly revision: number } | undefined,
  databaseBytes: number,
): readonly Fill[] {
  return [
    ...(head ? listRoom(head.content) : []),
    { part: 'history', used: databaseBytes, limit: MAX_PUBLISHED_DATABASE_BYTES },
    { part: 'revisions', used: head?.revision ?? 0, limit: MAX_REVISION },
  ]
}

// How full everything is that fills up for good, so that people hear of it long before something is
// refused. What is refused then is room.ts' affair.

import { MAX_REVISION } from '../../document/schema.ts'
import { MAX_PUBLISHED_DATABASE_BYTES } from '../limits.ts'
import type { Content } from './content.ts'
import { listRoom, type Room } from './room.ts'

/** `versions`, `settings`, `traffic`: of the document; `history`: the control's database. */
export type Fill = {
  readonly part: keyof Room | 'history' | 'revisions'
  /** Bytes, but a number of revisions. */
  readonly used: number
  readonly limit: number
}

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

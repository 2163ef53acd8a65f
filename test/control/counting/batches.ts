// Batches as isolates send them, written shortly.

import { type Batch, COUNTING_FORM } from '../../../src/core/counting/batch.ts'
import { WINDOW_MS } from '../../../src/core/counting/limits.ts'
import { type ToGroup, toGroup } from '../../core/counting/groups.ts'

export type { ToGroup } from '../../core/counting/groups.ts'

/** The beginning of a window and of a minute. */
export const START = 1_700_000_040_000
export const WINDOW = START / WINDOW_MS

export function toBatch(
  isolate: string,
  sequence: number,
  windows: Readonly<Record<number, readonly ToGroup[]>>,
): Batch {
  return {
    form: COUNTING_FORM,
    isolate,
    sequence,
    windows: Object.entries(windows).map(([offset, groups]) => ({
      window: WINDOW + Number(offset),
      groups: groups.map(toGroup),
    })),
    dropped: 0,
  }
}

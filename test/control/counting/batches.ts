// Batches as isolates send them, written shortly.

import type { Batch, Group } from '../../../src/core/counting/batch.ts'
import { WINDOW_MS } from '../../../src/core/counting/limits.ts'
import { type Mark, toMarks } from '../../../src/core/counting/marks.ts'
import { type GrowingTotals, noTotals } from '../../../src/core/counting/totals.ts'

/** The beginning of a window and of a minute. */
export const START = 1_700_000_040_000
export const WINDOW = START / WINDOW_MS

export type Visit = Partial<Mark> & { readonly hash: number }

export type ToGroup = {
  readonly side?: 'control' | 'canary'
  readonly version?: string
  readonly revision?: number
  readonly visits?: readonly Visit[]
  readonly totals?: Partial<GrowingTotals>
}

export function toGroup({
  side = 'control',
  version,
  revision = 1,
  visits,
  totals,
}: ToGroup): Group {
  return {
    environment: side === 'control' ? 'main' : 'canary',
    version: version ?? (side === 'control' ? '1' : '2'),
    revision,
    totals: { ...noTotals(), requests: visits?.length ?? 0, ...totals },
    visitors: Uint32Array.from(
      (visits ?? []).flatMap(({ hash, ...mark }) => [
        hash,
        toMarks({ address: 0, unpinned: true, ...mark }),
      ]),
    ),
  }
}

export function toBatch(
  isolate: string,
  sequence: number,
  windows: Readonly<Record<number, readonly ToGroup[]>>,
): Batch {
  return {
    isolate,
    sequence,
    windows: Object.entries(windows).map(([offset, groups]) => ({
      window: WINDOW + Number(offset),
      groups: groups.map(toGroup),
    })),
    dropped: 0,
  }
}

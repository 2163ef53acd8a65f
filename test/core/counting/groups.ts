// Groups of counts as isolates report them, written shortly.

import type { Group } from '../../../src/core/counting/batch.ts'
import {
  addVisitor,
  newSketch,
  type PackedSketch,
  packSketch,
} from '../../../src/core/counting/distinct.ts'
import { type Mark, toMarks } from '../../../src/core/counting/marks.ts'
import {
  CONNECTION_LEVEL,
  type OutcomeKind,
  pushOutcome,
  toSegmentWord,
} from '../../../src/core/counting/outcomes.ts'
import type { SegmentValues } from '../../../src/core/counting/segments.ts'
import { type GrowingTotals, noTotals } from '../../../src/core/counting/totals.ts'

/** The time at which everything is received, unless a test says another. */
export const NOW = 1_700_000_040_000

/** A visitor, and what it met. */
export type Visit = Partial<Mark> & {
  readonly hash: number
  /** The route on which it met a failure, and the failure's code. */
  readonly failed?: string | undefined
  readonly code?: string
  /** Whether the failure was that no connection came about. */
  readonly refused?: boolean
  /** How many edges of latency it was above. */
  readonly edgesBelow?: number | undefined
  /** Another metric that it met. */
  readonly met?: string
  /** The /56 and the /48 of its address; the client's if left out. */
  readonly site?: number
  readonly network?: number
  /** What its client is; an older isolate does not say. */
  readonly values?: SegmentValues
}

export type ToGroup = {
  readonly side?: 'control' | 'canary'
  readonly version?: string
  readonly revision?: number
  readonly visits?: readonly Visit[]
  readonly totals?: Partial<GrowingTotals>
  /** Whose sketch is reported; an older isolate reports none. */
  readonly seen?: { readonly names: readonly string[]; readonly day: number }
}

function toPacked({ names, day }: NonNullable<ToGroup['seen']>): PackedSketch {
  const sketch = newSketch()
  for (const name of names) addVisitor(sketch, name, day)
  return packSketch(sketch)
}

export function toGroup({
  side = 'control',
  version,
  revision = 1,
  visits = [],
  totals,
  seen,
}: ToGroup): Group {
  const kinds: OutcomeKind[] = []
  const outcomes: number[] = []
  const segments: SegmentValues[] = []
  const visitorSegments: number[] = []
  for (const visit of visits) {
    const { hash, client = 0, site = client, network = site, values } = visit
    const segment = values ? segments.push(values) : 0
    visitorSegments.push(toSegmentWord(segment, network))
    for (const { level, ...kind } of toMet(visit)) {
      const from = { site, network, operator: 0, segment }
      pushOutcome(outcomes, { visitor: hash, kind: kinds.length, level, ...from })
      kinds.push(kind)
    }
  }
  return {
    environment: side === 'control' ? 'main' : 'canary',
    version: version ?? (side === 'control' ? '1' : '2'),
    revision,
    totals: { ...noTotals(), requests: visits.length, ...totals },
    ...(seen ? { distinct: toPacked(seen) } : {}),
    visitors: Uint32Array.from(
      visits.flatMap(({ hash, client = 0, assigned = false, unpinned = true }) => [
        hash,
        toMarks({ client, assigned, unpinned }),
      ]),
    ),
    kinds,
    outcomes: Uint32Array.from(outcomes),
    ...(segments.length === 0
      ? {}
      : { segments, visitorSegments: Uint32Array.from(visitorSegments) }),
  }
}

function toMet({
  failed,
  code = '503',
  refused,
  edgesBelow,
  met,
}: Visit): readonly (OutcomeKind & { readonly level: number })[] {
  const route = failed ?? 'GET /'
  return [
    ...(failed === undefined
      ? []
      : [{ metric: 'errors', route, code, level: refused ? CONNECTION_LEVEL : 1 }]),
    ...(edgesBelow ? [{ metric: 'latency', route, level: edgesBelow }] : []),
    ...(met ? [{ metric: met, route: '', level: 1 }] : []),
  ]
}

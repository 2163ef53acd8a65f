// A visit of a simulation: who comes in a second, and what it meets.

import { findMetric } from '../counting/metrics.ts'
import type { SegmentValues } from '../counting/segments.ts'

/** What a visitor met in one visit. */
export type VisitMet = {
  /** The metric's name. */
  readonly metric: string
  readonly route?: string
  /** Edges that a measurement lies above, or `CONNECTION_LEVEL`; 1 if left out. */
  readonly level?: number
  readonly code?: string
}

/** One visitor in one second. */
export type Visit = {
  /** 0 to 2^32 - 1. */
  readonly visitor: number
  /** 0 for the base, 1 for the canary. */
  readonly side: 0 | 1
  /** Of side 0: whether it is on the baseline, and not on the base itself. */
  readonly isBaseline?: boolean
  /** The hash of its address, 24 bits; 0, the default, for one of its own. */
  readonly client?: number
  /** Who operates its network, from 1 to `MAX_OPERATORS - 1`; 0, the default, if it is not known. */
  readonly operator?: number
  /** Whether its bucket decided a document, which makes it one more visitor; `true` if left out. */
  readonly isAssigned?: boolean
  /** What its client is; not told if left out. */
  readonly values?: SegmentValues
  readonly met?: readonly VisitMet[]
}

/** Whether it is a failure, and not a measurement or a goal. */
export function isBad({ metric }: VisitMet): boolean {
  const row = findMetric(metric)
  return row?.bad === 'more' && row.edges === null
}

// Visitors by segment: those with one family of browsers, on phones, from one country. A release that is
// fine on average may be broken for one of them. metric.ts says how much that weighs.

import { MAX_SEGMENTS } from '../counting/segments.ts'

/** Numbers of both sides. */
type Sides = readonly [base: number, canary: number]

/** Visitors of one segment, as a window counts them and as they add up. Plain JSON. */
export type SegmentCounts = {
  /** Distinct visitors who were not seen in this rollout before. */
  readonly visitors: Sides
  /** Those who count for the floor, of whom one client has three at most; counted up to the floor. */
  readonly known: Sides
  /** Visitors of the canary who were there, in the present block, and had met no failure. */
  readonly atRisk: number
}

/** By the segment's name. */
export type Segments = Readonly<Record<string, SegmentCounts>>

/**
 * So many visitors of a segment have to be known on each side before it speaks against a release: a
 * handful of odd clients is no segment. Until then its evidence is kept and left out.
 */
export const MIN_SEGMENT_VISITORS: Sides = [10, 5]

/** How much all segments together weigh in the evidence of a metric, and each of them. */
export const SEGMENTS_WEIGHT = 0.15
export const SEGMENT_WEIGHT = SEGMENTS_WEIGHT / MAX_SEGMENTS

/** Whether enough visitors of a segment are known on both sides. */
export function isLargeEnough(segment: SegmentCounts | undefined): boolean {
  if (!segment) return false
  const [base, canary] = segment.known
  return base >= MIN_SEGMENT_VISITORS[0] && canary >= MIN_SEGMENT_VISITORS[1]
}

/** Adds what a window counted. */
export function addSegments(segments: Segments, counts: Segments | undefined): Segments {
  if (!counts) return segments
  const sums: Record<string, SegmentCounts> = { ...segments }
  for (const [name, more] of Object.entries(counts)) {
    const known = sums[name]
    sums[name] = known ? addSegment(known, more) : more
  }
  return sums
}

export function addSegment(one: SegmentCounts, other: SegmentCounts): SegmentCounts {
  return {
    visitors: [one.visitors[0] + other.visitors[0], one.visitors[1] + other.visitors[1]],
    known: [one.known[0] + other.known[0], one.known[1] + other.known[1]],
    atRisk: one.atRisk + other.atRisk,
  }
}

/** Begins another block of time: nobody was at risk in it yet. */
export function enterSegments(segments: Segments): Segments {
  return Object.fromEntries(
    Object.entries(segments).map(([name, segment]) => [name, { ...segment, atRisk: 0 }]),
  )
}

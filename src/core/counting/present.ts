// Visitors who were there, as a group of counts has them.

import type { Group } from './batch.ts'
import type { Marks } from './marks.ts'
import { readSegmentWord } from './outcomes.ts'
import type { SegmentValues } from './segments.ts'

/** A visitor who was there. */
export type PresentVisitor = {
  readonly hash: number
  readonly marks: Marks
  /** What is known of its client, and the hash of its network; `undefined` and 0 where nothing is. */
  readonly values: SegmentValues | undefined
  readonly network: number
}

export function* readPresent({
  visitors,
  segments,
  visitorSegments,
}: Pick<Group, 'visitors' | 'segments' | 'visitorSegments'>): Iterable<PresentVisitor> {
  for (let at = 0; at + 1 < visitors.length; at += 2) {
    const hash = visitors[at] ?? 0
    const marks = visitors[at + 1] ?? 0
    const word = visitorSegments?.[at / 2] ?? 0
    if (word === 0) {
      yield { hash, marks, values: undefined, network: 0 }
      continue
    }
    const { segment, network } = readSegmentWord(word)
    yield { hash, marks, values: segments?.[segment - 1], network }
  }
}

// The isolates of a simulation, all together as one: what they have counted is reported with the delays of production.

import type { Group } from '../counting/batch.ts'
import { URGENT_FLUSH_MS, WINDOW_MS } from '../counting/limits.ts'
import { toMarks } from '../counting/marks.ts'
import { type OutcomeKind, pushOutcome, toSegmentWord } from '../counting/outcomes.ts'
import type { SegmentValues } from '../counting/segments.ts'
import { noTotals } from '../counting/totals.ts'
import { isBad, type Visit } from './visit.ts'

export const SIDES = [
  { environment: 'main', version: 'base' },
  { environment: 'canary', version: 'new' },
  { environment: 'baseline', version: 'base' },
] as const

/** Its place among the sides. */
const BASELINE = 2

/** What isolates have counted and not sent yet; all of them together as one. */
export class Isolate {
  #groups = new Map<string, Growing>()
  #since: number | undefined
  #isUrgent = false

  add(visit: Visit, revision: number, now: number): void {
    const { visitor, client = 0, operator = 0, isAssigned = true, values, met = [] } = visit
    const side = visit.isBaseline ? BASELINE : visit.side
    const key = `${side} ${revision}`
    const group = this.#groups.get(key) ?? newGroup(side, revision)
    this.#groups.set(key, group)
    const marks = toMarks({ client, operator, assigned: isAssigned, unpinned: isAssigned })
    group.visitors.push(visitor, marks)
    const segment = values ? toPlace(group.segments, values) : 0
    group.visitorSegments.push(toSegmentWord(segment, client))
    for (const { metric, route = '', level = 1, code } of met) {
      const kind = toKindPlace(group.kinds, { metric, route, ...(code ? { code } : {}) })
      const from = { site: client, network: client, operator }
      pushOutcome(group.outcomes, { visitor, kind, level, segment, ...from })
      if (isBad({ metric })) this.#isUrgent = true
    }
    this.#since ??= now
  }

  /** What is sent at `now`: all of it, or nothing yet. */
  flush(now: number): readonly Group[] {
    const waits = this.#isUrgent ? URGENT_FLUSH_MS : WINDOW_MS
    if (this.#since === undefined || now - this.#since < waits) return []
    const all = [...this.#groups.values()]
    const groups = all.map(({ visitors, outcomes, visitorSegments, ...group }) => ({
      ...group,
      visitorSegments: Uint32Array.from(visitorSegments),
      visitors: Uint32Array.from(visitors),
      outcomes: Uint32Array.from(outcomes),
    }))
    this.#groups = new Map()
    this.#since = undefined
    this.#isUrgent = false
    return groups
  }
}

type Growing = Omit<Group, 'visitors' | 'outcomes' | 'kinds' | 'segments' | 'visitorSegments'> & {
  readonly visitors: number[]
  readonly outcomes: number[]
  readonly kinds: OutcomeKind[]
  readonly segments: SegmentValues[]
  readonly visitorSegments: number[]
}

function newGroup(side: 0 | 1 | 2, revision: number): Growing {
  return {
    ...{ ...SIDES[side], revision, totals: noTotals() },
    ...{ visitors: [], outcomes: [], kinds: [], segments: [], visitorSegments: [] },
  }
}

function toKindPlace(kinds: OutcomeKind[], kind: OutcomeKind): number {
  const place = kinds.findIndex(
    ({ metric, route, code }) =>
      metric === kind.metric && route === kind.route && code === kind.code,
  )
  return place >= 0 ? place : kinds.push(kind) - 1
}

/** From 1. */
function toPlace(segments: SegmentValues[], { browser, device, country }: SegmentValues): number {
  const place = segments.findIndex(
    (known) => known.browser === browser && known.device === device && known.country === country,
  )
  return place >= 0 ? place + 1 : segments.push({ browser, device, country })
}

// Makes the judge's counts of closed windows for one generation of a rollout, as docs/metrics.md
// defines them: distinct visitors, first failures of this rollout, first samples above each edge, first
// assignments since each weight change. Pure but for its memory; the same windows give the same counts.

import { CLOCK_WENT_BACK_WINDOWS, EVERYBODY, toWindow } from '../../core/counting/limits.ts'
import { type Marks, mergeMarks, readMarks } from '../../core/counting/marks.ts'
import type { Counts } from '../../core/judge/counts.ts'
import { LATENCY_EDGES_MS } from '../../core/judge/metric.ts'
import type { Stratum } from '../../core/judge/sample-ratio.ts'
import type { Window } from '../../core/rollout/events.ts'
import type { CountedState, CountedStratum, Side, ToCount } from './counted.ts'
import { MAX_STRATA } from './limits.ts'
import type { ClosedWindow, MergedGroup } from './open-windows.ts'
import { Visitors } from './visitors.ts'

/** A window before it has its id, and what it changed in what is known of visitors. */
export type CountedWindow = {
  readonly window: Omit<Window, 'id'>
  readonly changes: Uint32Array
}

type SideIndex = 0 | 1

/** What one visitor did in one window on one side. */
type Seen = { marks: Marks; readonly assignedIn: Set<number> }

export class RolloutCounter {
  readonly #visitors = new Visitors()
  #counted: CountedState

  /** @param stored the changes of all its windows so far, oldest first. */
  constructor(counted: CountedState, stored: Iterable<Uint32Array> = []) {
    this.#counted = counted
    for (const changes of stored) this.#visitors.restore(changes)
    this.#visitors.forgetFrom(counted.bound)
  }

  /** A generation that begins at `now`. Nobody has failed yet. */
  static begin(asked: ToCount, now: number): RolloutCounter {
    const { rollout, generation, control, canary } = asked
    const from = toWindow(now) + 1
    const fresh = { from, bound: EVERYBODY, strata: [], earlier: 0 }
    return new RolloutCounter({ rollout, generation, control, canary, ...fresh })
  }

  get counted(): CountedState {
    return this.#counted
  }

  /** How many visitors are remembered. */
  get size(): number {
    return this.#visitors.size
  }

  /** Assignments by documents of this revision and later ones belong to a stratum of their own. */
  beginStratum(stratum: CountedStratum): void {
    const { strata, earlier } = this.#counted
    const newest = strata.at(-1)
    if (newest && stratum.id <= newest.id) return
    const all = [...strata, stratum]
    const gone = Math.max(0, all.length - MAX_STRATA)
    this.#visitors.beginStratum(earlier + all.length - 1)
    this.#counted = { ...this.#counted, strata: all.slice(gone), earlier: earlier + gone }
  }

  /** `undefined` where the window says nothing of this rollout: nobody of it was there. */
  count(closed: ClosedWindow): CountedWindow | undefined {
    const { from, generation, control, canary, strata } = this.#counted
    // Those that were open when counting began are a few windows older, and no more.
    const begunBefore = from - closed.window
    if (begunBefore > 0 && begunBefore <= CLOCK_WENT_BACK_WINDOWS) return undefined
    const sides = [this.#see(closed, control), this.#see(closed, canary)] as const
    const hashes = [...new Set([...sides[0].keys(), ...sides[1].keys()])].sort((a, b) => a - b)
    const errors: [number, number, number, number] = [0, 0, 0, 0]
    const latency = LATENCY_EDGES_MS.map((): typeof errors => [0, 0, 0, 0])
    const assigned = strata.map((): [number, number] => [0, 0])
    let isAnybody = false
    for (const hash of hashes) {
      const seen = [sides[0].get(hash), sides[1].get(hash)] as const
      const address = Math.min(...seen.map((one) => (one ? readMarks(one.marks).address : 2 ** 24)))
      if (!this.#visitors.admit(hash, address)) continue
      isAnybody = true
      this.#countAssigned(hash, seen, assigned)
      if (this.#isComparable(hash, seen)) this.#countOutcomes(hash, seen, errors, latency)
    }
    this.#counted = { ...this.#counted, bound: this.#visitors.shrink(this.#counted.bound) }
    if (!isAnybody) return undefined
    const metrics = { errors: [errors satisfies Counts], latency }
    const window = { generation, metrics, assigned: toStrata(strata, assigned) }
    return { window, changes: this.#visitors.takeChanges() }
  }

  /** The visitors of one side who are in the sample, each once. */
  #see({ groups }: ClosedWindow, side: Side): Map<number, Seen> {
    const seen = new Map<number, Seen>()
    for (const group of groups) {
      if (group.environment !== side.environment || group.version !== side.version) continue
      const ordinal = this.#ordinalOf(group)
      for (const [hash, marks] of group.visitors) {
        if (hash >= this.#counted.bound) continue
        const one = seen.get(hash) ?? { marks, assignedIn: new Set() }
        one.marks = mergeMarks(one.marks, marks)
        if (ordinal !== undefined && readMarks(marks).assigned) one.assignedIn.add(ordinal)
        seen.set(hash, one)
      }
    }
    return seen
  }

  /** The place of the stratum that a document of this revision belongs to, among all there were. */
  #ordinalOf({ revision }: MergedGroup): number | undefined {
    const { strata, earlier } = this.#counted
    const index = strata.findLastIndex(({ id }) => id <= revision)
    return index < 0 ? undefined : earlier + index
  }

  /**
   * Whether the visitor came, on whichever side, since the weights last changed. Who only goes on in a
   * tab from before has shown that the tab works, and after a change the control alone has such tabs.
   */
  #isComparable(hash: number, seen: readonly (Seen | undefined)[]): boolean {
    if (seen.some((one) => one && readMarks(one.marks).unpinned)) return true
    const { strata, earlier } = this.#counted
    return strata.length > 0 && this.#visitors.isAssigned(hash, earlier + strata.length - 1)
  }

  /**
   * Whoever has failed, on whichever version, is out of the risk set from the next window on; the same
   * for each edge and who was slower. Who was on both sides within one window is counted on neither,
   * because nobody knows which comes first.
   */
  #countOutcomes(
    hash: number,
    seen: readonly (Seen | undefined)[],
    errors: [number, number, number, number],
    latency: readonly (typeof errors)[],
  ): void {
    const before = this.#visitors.state(hash)
    const marks = seen.map((one) => (one ? readMarks(one.marks) : undefined))
    const failed = marks.some((mark) => mark?.failed)
    const side: SideIndex | undefined = marks[0] && marks[1] ? undefined : marks[0] ? 0 : 1
    if (side !== undefined && !before.failed) add(errors, side, failed)
    const edgesBelow = Math.max(-1, ...marks.map((mark) => mark?.edgesBelow ?? -1))
    for (const [edge, counts] of latency.entries()) {
      const isAtRisk = side !== undefined && edgesBelow >= 0 && before.edgesBelow <= edge
      if (isAtRisk) add(counts, side, edgesBelow > edge)
    }
    this.#visitors.learn(hash, failed, Math.max(0, edgesBelow))
  }

  #countAssigned(
    hash: number,
    seen: readonly (Seen | undefined)[],
    assigned: readonly [number, number][],
  ): void {
    const { earlier } = this.#counted
    for (const side of [0, 1] as const) {
      for (const ordinal of seen[side]?.assignedIn ?? []) {
        const counts = assigned[ordinal - earlier]
        if (counts && this.#visitors.assign(hash, ordinal)) counts[side] += 1
      }
    }
  }
}

function add(counts: [number, number, number, number], side: SideIndex, failed: boolean): void {
  counts[side === 0 ? 0 : 2] += 1
  if (failed) counts[side === 0 ? 1 : 3] += 1
}

/** Those in which somebody came. */
function toStrata(
  strata: readonly CountedStratum[],
  assigned: readonly [number, number][],
): Stratum[] {
  return strata.flatMap(({ id, shares }, i) => {
    const visitors = assigned[i] ?? [0, 0]
    return visitors[0] + visitors[1] === 0 ? [] : [{ id, shares, visitors }]
  })
}

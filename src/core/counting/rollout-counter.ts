// Counts what isolates report for one generation of a rollout: who came, who met what for the first
// time, who was assigned since each weight change. Pure but for its memory; reports may come in any
// order. The simulator uses it as well.

import type { Window } from '../rollout/events.ts'
import { BaselineCounts } from './baseline-counts.ts'
import type { Group } from './batch.ts'
import {
  type CountedState,
  type CountedStratum,
  FAILURES,
  newCounted,
  type SetName,
  type ToCount,
} from './counted.ts'
import { type EarlyOutcome, EarlyOutcomes } from './early-outcomes.ts'
import { EVERYBODY, MAX_MET_ENTRIES, MAX_STRATA, WINDOW_MS } from './limits.ts'
import { readMarks } from './marks.ts'
import { findMetric } from './metrics.ts'
import { CONNECTION_LEVEL, type Outcome, readOutcomes } from './outcomes.ts'
import { type MetVisitor, PendingWindow, type SideIndex } from './pending-window.ts'
import { type PresentVisitor, readPresent } from './present.ts'
import { type NewVisitor, SegmentCounter } from './segment-counter.ts'
import { SetPlaces } from './set-places.ts'
import { Visitors } from './visitors.ts'

/** What the judge is given, and what it changed. */
export type CountedWindow = {
  readonly window: Window
  readonly changes: Uint32Array
}

export class RolloutCounter {
  readonly #visitors = new Visitors()
  #counted: CountedState
  readonly #early = new EarlyOutcomes()
  readonly #segments: SegmentCounter
  readonly #places = new SetPlaces()
  #pending = new PendingWindow()
  /** With a baseline: who failed of it and of the base since the last window. */
  #baseline = new BaselineCounts()
  /** Handed out and not confirmed. */
  #given: CountedWindow | undefined

  /** @param stored the changes of all its windows so far, oldest first. */
  constructor(counted: CountedState, stored: Iterable<Uint32Array> = []) {
    this.#counted = counted
    this.#segments = new SegmentCounter(counted.countries ?? [])
    for (const changes of stored) this.#visitors.restore(changes)
    this.#visitors.forgetFrom(counted.bound)
    for (const [place, set] of counted.sets.entries()) {
      this.#places.add(set, place)
      this.#visitors.forgetMet(place, this.#boundOf(set))
    }
  }

  /** A generation that begins. Nobody has come yet. */
  static begin(asked: ToCount, key: string): RolloutCounter {
    return new RolloutCounter(newCounted(asked, key))
  }

  get counted(): CountedState {
    return this.#counted
  }

  /** How many visitors are remembered because they were there. */
  get size(): number {
    return this.#visitors.size
  }

  /** What documents of this revision and later ones decide belongs to a stratum of its own. */
  beginStratum(stratum: CountedStratum): void {
    const { strata, earlier } = this.#counted
    const newest = strata.at(-1)
    if (newest && stratum.id <= newest.id) return
    const all = [...strata, stratum]
    const gone = Math.max(0, all.length - MAX_STRATA)
    const ordinal = earlier + all.length - 1
    this.#visitors.beginStratum(ordinal)
    this.#counted = { ...this.#counted, strata: all.slice(gone), earlier: earlier + gone }
    if (newest && stratum.shares[1] < newest.shares[1]) {
      this.#counted = { ...this.#counted, assignedFrom: ordinal }
    }
  }

  /**
   * Takes in what an isolate reports of one version, if that is one of the two. A document from
   * before counting began says nothing.
   *
   * @returns whether anything of it counts.
   */
  receive(group: Group, now: number): boolean {
    const side = this.#sideOf(group)
    const index = this.#counted.strata.findLastIndex(({ id }) => id <= group.revision)
    if (index < 0) return false
    if (side === undefined) return this.#receiveBase(group, index, now)
    for (const visitor of readPresent(group)) this.#see(side, index, visitor)
    for (const outcome of readOutcomes(group.outcomes)) {
      const kind = group.kinds[outcome.kind]
      if (!kind) continue
      const values = group.segments?.[outcome.segment - 1]
      this.#meet({ side, index, kind, outcome, values, now })
    }
    this.#shrink()
    return true
  }

  /**
   * The next window for the judge, with the id after `sinceId`; the same again until it is
   * confirmed. `undefined` where nothing was reported.
   */
  next(sinceId: number): CountedWindow | undefined {
    if (this.#given && this.#given.window.id > sinceId) return this.#given
    const window = this.peek(sinceId)
    if (!window) return undefined
    this.#pending = new PendingWindow()
    this.#baseline = new BaselineCounts()
    this.#given = { window, changes: this.#visitors.takeChanges() }
    return this.#given
  }

  /** What `next` would give, which nothing is changed by. */
  peek(sinceId: number): Window | undefined {
    if (this.#pending.isEmpty && this.#baseline.isEmpty) return undefined
    const { generation, strata, earlier } = this.#counted
    const { size, largestClient } = this.#visitors
    const crowd = size === 0 ? 0 : Math.min(1, largestClient / size)
    const window = this.#pending.toWindow({ id: sinceId + 1, generation, crowd }, strata, earlier)
    return { ...window, ...this.#baseline.toPart() }
  }

  /** The judge has the window that `next` gave. */
  confirm(): void {
    this.#given = undefined
  }

  #sideOf({ environment, version }: Group): SideIndex | undefined {
    const { control, canary } = this.#counted
    if (environment === canary.environment && version === canary.version) return 1
    return environment === control.environment && version === control.version ? 0 : undefined
  }

  /** Where a baseline is compared: visitors of the base who failed, which the baseline is held against. */
  #receiveBase({ environment, version, outcomes, kinds }: Group, index: number, now: number) {
    const { base } = this.#counted
    if (!base || environment !== base.environment || version !== base.version) return false
    for (const outcome of readOutcomes(outcomes)) {
      if (kinds[outcome.kind]?.metric !== FAILURES) continue
      const stratum = this.#counted.strata[index]
      const bound = this.#counted.bounds[FAILURES]?.[0] ?? 0
      const isEarly = stratum && this.#isWarmingUp(stratum, now)
      if (!stratum || outcome.visitor >= bound) continue
      if (isEarly && outcome.level >= CONNECTION_LEVEL) continue
      const name = { metric: FAILURES, edge: 0, route: '', warmUp: false }
      const place = this.#places.find(name) ?? this.#begin(name)
      if (this.#visitors.hasMet(outcome.visitor, place)) continue
      const weight = this.#visitors.meet(outcome.visitor, place, outcome)
      if (!isEarly) this.#baseline.add(0, stratum.baselineShare ?? 0, weight)
    }
    this.#shrink()
    return true
  }

  #isWarmingUp({ since }: CountedStratum, now: number): boolean {
    // Isolates report requests up to a window later.
    return now - since < this.#counted.warmUpMs + WINDOW_MS
  }

  /** A visitor was there. */
  #see(side: SideIndex, index: number, { hash, marks, network, values }: PresentVisitor): void {
    const { bound, strata, earlier } = this.#counted
    if (hash >= bound) return
    const { client, operator, assigned } = readMarks(marks)
    const each = EVERYBODY / bound
    const pending = this.#pending
    const ordinal = earlier + index
    const isNew = !this.#visitors.isKnown(hash)
    if (isNew && !this.#visitors.admit(hash, client)) return
    const wasJudged = this.#isJudged(hash, ordinal)
    const isNewcomer = assigned && this.#visitors.assign(hash, ordinal, operator)
    // Where all have to be assigned first, a visitor counts from then on; otherwise at first sight.
    const isJudged = this.#isJudged(hash, ordinal)
    if (this.#counted.assignedFrom === 0 ? isJudged && !wasJudged : isNew) {
      pending.addVisitor(side, each)
      if (values) this.#admit({ values, side, network, each })
    }
    if (isNewcomer && this.#visitors.countsAsAssigned(hash)) pending.addAssigned(side, ordinal)
    if (isNewcomer) this.#recall(hash)
    if (!isJudged) return
    if (pending.isPresent(hash) || this.#hasFailed(hash)) return
    const names = values && side === 1 ? this.#segments.namesOf(values) : []
    pending.addPresent(side, hash, strata[index]?.shares[1] ?? 0, each, names)
  }

  /** Whether it counts what a visitor meets: see `assignedFrom`. */
  #isJudged(hash: number, ordinal: number): boolean {
    const { assignedFrom } = this.#counted
    return (
      assignedFrom === undefined || this.#visitors.isAssignedBetween(hash, assignedFrom, ordinal)
    )
  }

  #hasFailed(hash: number): boolean {
    const set = this.#places.find({ metric: FAILURES, edge: 0, route: '', warmUp: false })
    return set !== undefined && this.#visitors.hasMet(hash, set)
  }

  /** A new visitor belongs to its segments. */
  #admit(visitor: NewVisitor): void {
    for (const [name, more] of this.#segments.admit(visitor)) this.#pending.addToSegment(name, more)
    const { countries } = this.#segments
    const known = this.#counted.countries ?? []
    if (countries.length > known.length) this.#counted = { ...this.#counted, countries }
  }

  /** A visitor met something. */
  #meet(early: EarlyOutcome): void {
    const { side, index, kind, outcome, values, now } = early
    const { metric, route, code } = kind
    const row = findMetric(metric)
    const bounds = this.#counted.bounds[metric]
    const stratum = this.#counted.strata[index]
    if (!row || !bounds || !stratum) return
    const { visitor, level } = outcome
    const ordinal = this.#counted.earlier + index
    // Tabs from before the last change of weights exist on one side only, and would make it look as
    // if more visitors of that side did what they should.
    if (row.bad === 'fewer' && !this.#visitors.isAssigned(visitor, ordinal)) {
      if (visitor >= this.#counted.bound) return
      this.#early.add({ ...early, kind: { metric, route } })
      return
    }
    // It does not wait for the page: who reloads a page because it failed would count on one side only.
    if (!this.#isJudged(visitor, ordinal)) return
    const isSlow = row.edges !== null || level >= CONNECTION_LEVEL
    const isEarly = this.#isWarmingUp(stratum, now)
    const warmUp = isSlow && isEarly
    const levels = row.edges ? Math.min(level, row.edges.length) : 1
    const told = this.#places.toRoute(metric, route)
    const share = stratum.shares[1]
    for (let edge = 0; edge < levels; edge++) {
      if (visitor >= (bounds[edge] ?? 0)) continue
      const all = { metric, edge, route: '', warmUp }
      const met = { side, share, code, route: told }
      const names = values && row.bySegment && !warmUp ? this.#segments.namesOf(values) : []
      const weight = this.#count(all, met, outcome, names)
      const { baselineShare } = stratum
      const isOfBaseline = baselineShare !== undefined && metric === FAILURES && side === 0
      if (isOfBaseline && weight !== undefined && !isEarly) {
        this.#baseline.add(1, baselineShare, weight)
      }
      if (!row.byRoute || warmUp) continue
      this.#count({ ...all, route: told }, met, outcome)
    }
  }

  /** The page of a visitor was told: what it did before that counts now. */
  #recall(visitor: number): void {
    for (const early of this.#early.take(visitor)) this.#meet(early)
  }

  /**
   * Counts a visitor who meets something for the first time in a set, there and in the segments that
   * it belongs to. Gives what the visitor weighs; `undefined` if it was counted before.
   */
  #count(
    name: SetName,
    met: Omit<MetVisitor, 'weight'>,
    outcome: Outcome,
    segments: readonly string[] = [],
  ): number | undefined {
    const place = this.#places.find(name) ?? this.#begin(name)
    if (this.#visitors.hasMet(outcome.visitor, place)) return undefined
    const weight = this.#visitors.meet(outcome.visitor, place, outcome)
    this.#pending.addMet(name, place, { ...met, weight })
    for (const segment of segments) this.#pending.addMet(name, place, { ...met, weight }, segment)
    return weight
  }

  #begin(name: SetName): number {
    const place = this.#counted.sets.length
    this.#counted = { ...this.#counted, sets: [...this.#counted.sets, name] }
    this.#places.add(name, place)
    return place
  }

  #boundOf({ metric, edge }: SetName): number {
    return this.#counted.bounds[metric]?.[edge] ?? 0
  }

  /**
   * Keeps memory bounded: of visitors who are there a sample is enough. Of those who met something
   * the most frequent gets a sample: it has evidence enough.
   */
  #shrink(): void {
    const bound = this.#visitors.shrink(this.#counted.bound)
    if (bound !== this.#counted.bound) this.#counted = { ...this.#counted, bound }
    while (this.#visitors.entries > MAX_MET_ENTRIES) {
      const { sets, bounds } = this.#counted
      const sizes = new Map<string, number>()
      for (const [place, { metric, edge }] of sets.entries()) {
        const key = `${metric} ${edge}`
        sizes.set(key, (sizes.get(key) ?? 0) + this.#visitors.sizeOf(place))
      }
      const [most] = [...sizes].sort((one, other) => other[1] - one[1])
      const [metric = '', edge = ''] = (most?.[0] ?? '').split(' ')
      const halved = (bounds[metric] ?? []).map((old, i) =>
        i === Number(edge) ? Math.floor(old / 2) : old,
      )
      this.#counted = { ...this.#counted, bounds: { ...bounds, [metric]: halved } }
      for (const [place, set] of sets.entries()) {
        if (set.metric !== metric || set.edge !== Number(edge)) continue
        this.#visitors.forgetMet(place, this.#boundOf(set))
      }
    }
  }
}

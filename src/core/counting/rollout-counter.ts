// Counts what isolates report for one generation of a rollout: who came, who met what for the first
// time, who was assigned since each weight change. Pure but for its memory; reports may come in any
// order. The simulator uses it as well.

import { addTally, type Tally } from '../judge/evidence.ts'
import type { Stratum } from '../judge/sample-ratio.ts'
import { MAX_JUDGED_ROUTES, OTHER_ROUTES, type SetCounts } from '../judge/sets.ts'
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
import { EVERYBODY, MAX_MET_ENTRIES, MAX_STRATA } from './limits.ts'
import { readMarks } from './marks.ts'
import { findMetric } from './metrics.ts'
import { CONNECTION_LEVEL, type Outcome, type OutcomeKind, readOutcomes } from './outcomes.ts'
import { Visitors } from './visitors.ts'

/** What the judge is given, and what it changed. */
export type CountedWindow = {
  readonly window: Window
  readonly changes: Uint32Array
}

type SideIndex = 0 | 1

/** What was counted since the last window. */
type Pending = {
  readonly sets: Map<string, Growing>
  readonly visitors: [number, number]
  present: readonly Tally[]
  readonly presentHashes: Set<number>
  readonly assigned: Map<number, [number, number]>
}

/** What was told of a visitor before its page was. */
type Early = {
  readonly side: SideIndex
  readonly index: number
  readonly kind: OutcomeKind
  readonly outcome: Outcome
  readonly now: number
}

/** Isolates tell of a page within seconds; so many visitors do not come in that time. */
const MAX_EARLY_VISITORS = 4096
const MAX_EARLY_OF_VISITOR = 8

type Growing = Omit<SetCounts, 'visitors' | 'weights' | 'codes'> & {
  readonly visitors: [number, number]
  readonly weights: [number, number]
  readonly codes: Record<string, number>
}

export class RolloutCounter {
  readonly #visitors = new Visitors()
  #counted: CountedState
  #pending = nothing()
  /** With a baseline: who failed of it and of the base since the last window. */
  #baseline = new BaselineCounts()
  /** Handed out and not confirmed. */
  #given: CountedWindow | undefined

  /** @param stored the changes of all its windows so far, oldest first. */
  constructor(counted: CountedState, stored: Iterable<Uint32Array> = []) {
    this.#counted = counted
    for (const changes of stored) this.#visitors.restore(changes)
    this.#visitors.forgetFrom(counted.bound)
    for (const [place, set] of counted.sets.entries()) {
      this.#remember(set, place)
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
    this.#visitors.beginStratum(earlier + all.length - 1)
    this.#counted = { ...this.#counted, strata: all.slice(gone), earlier: earlier + gone }
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
    for (let at = 0; at < group.visitors.length; at += 2) {
      this.#see(side, index, group.visitors[at] as number, group.visitors[at + 1] as number)
    }
    for (const outcome of readOutcomes(group.outcomes)) {
      const kind = group.kinds[outcome.kind]
      if (kind) this.#meet(side, index, kind, outcome, now)
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
    this.#pending = nothing()
    this.#baseline = new BaselineCounts()
    this.#given = { window, changes: this.#visitors.takeChanges() }
    return this.#given
  }

  /** What `next` would give, which nothing is changed by. */
  peek(sinceId: number): Window | undefined {
    const { sets, visitors, present, assigned } = this.#pending
    if (
      sets.size === 0 &&
      assigned.size === 0 &&
      present.length === 0 &&
      visitors[0] + visitors[1] === 0 &&
      this.#baseline.isEmpty
    ) {
      return undefined
    }
    const { generation, strata, earlier } = this.#counted
    const { size, largestClient } = this.#visitors
    return {
      id: sinceId + 1,
      generation,
      sets: [...sets.values()],
      visitors: [Math.round(visitors[0]), Math.round(visitors[1])],
      present,
      crowd: size === 0 ? 0 : Math.min(1, largestClient / size),
      assigned: [...assigned].flatMap(([ordinal, counts]): Stratum[] => {
        const stratum = strata[ordinal - earlier]
        return stratum ? [{ id: stratum.id, shares: stratum.shares, visitors: counts }] : []
      }),
      ...this.#baseline.toPart(),
    }
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
      const place = this.#placeOf(name) ?? this.#begin(name)
      if (this.#visitors.hasMet(outcome.visitor, place)) continue
      const weight = this.#visitors.meet(outcome.visitor, place, outcome)
      if (!isEarly) this.#baseline.add(0, stratum.baselineShare ?? 0, weight)
    }
    this.#shrink()
    return true
  }

  #isWarmingUp({ since }: CountedStratum, now: number): boolean {
    return now - since < this.#counted.warmUpMs
  }

  /** A visitor was there. */
  #see(side: SideIndex, index: number, hash: number, marks: number): void {
    const { bound, strata, earlier } = this.#counted
    if (hash >= bound) return
    const { client, assigned } = readMarks(marks)
    const each = EVERYBODY / bound
    const pending = this.#pending
    if (!this.#visitors.isKnown(hash)) {
      if (!this.#visitors.admit(hash, client)) return
      pending.visitors[side] += each
    }
    const ordinal = earlier + index
    const isNewcomer = assigned && this.#visitors.assign(hash, ordinal)
    if (isNewcomer && this.#visitors.countsAsAssigned(hash)) {
      const counts = pending.assigned.get(ordinal) ?? [0, 0]
      counts[side] += 1
      pending.assigned.set(ordinal, counts)
    }
    if (isNewcomer) this.#recall(hash)
    if (pending.presentHashes.has(hash) || this.#hasFailed(hash)) return
    pending.presentHashes.add(hash)
    const share = strata[index]?.shares[1] ?? 0
    const [base, canary] = side === 0 ? [each, 0] : [0, each]
    pending.present = addTally(pending.present, { share, base, canary })
  }

  #hasFailed(hash: number): boolean {
    const set = this.#placeOf({ metric: FAILURES, edge: 0, route: '', warmUp: false })
    return set !== undefined && this.#visitors.hasMet(hash, set)
  }

  /** A visitor met something. */
  #meet(
    side: SideIndex,
    index: number,
    { metric, route, code }: OutcomeKind,
    outcome: Outcome,
    now: number,
  ): void {
    const row = findMetric(metric)
    const bounds = this.#counted.bounds[metric]
    const stratum = this.#counted.strata[index]
    if (!row || !bounds || !stratum) return
    const { visitor, level } = outcome
    const ordinal = this.#counted.earlier + index
    // Tabs from before the last change of weights exist on one side only, and would make it look as
    // if more visitors of that side did what they should.
    if (row.bad === 'fewer' && !this.#visitors.isAssigned(visitor, ordinal)) {
      this.#wait({ side, index, kind: { metric, route }, outcome, now })
      return
    }
    const isSlow = row.edges !== null || level >= CONNECTION_LEVEL
    const isEarly = this.#isWarmingUp(stratum, now)
    const warmUp = isSlow && isEarly
    const levels = row.edges ? Math.min(level, row.edges.length) : 1
    const told = this.#toRoute(metric, route)
    for (let edge = 0; edge < levels; edge++) {
      if (visitor >= (bounds[edge] ?? 0)) continue
      const all = { metric, edge, route: '', warmUp }
      const weight = this.#count(side, stratum, all, outcome, code)
      const { baselineShare: share } = stratum
      if (
        share !== undefined &&
        metric === FAILURES &&
        side === 0 &&
        weight !== undefined &&
        !isEarly
      ) {
        this.#baseline.add(1, share, weight)
      }
      if (!row.byRoute || warmUp) continue
      this.#count(side, stratum, { ...all, route: told }, outcome, code)
    }
  }

  /**
   * Isolates report in any order: what a visitor did may be told before the page that it opened. It
   * waits for that, in memory.
   */
  #wait(early: Early): void {
    const { visitor } = early.outcome
    if (visitor >= this.#counted.bound) return
    const known = this.#early.get(visitor) ?? []
    if (known.length >= MAX_EARLY_OF_VISITOR) return
    if (!this.#early.has(visitor) && this.#early.size >= MAX_EARLY_VISITORS) {
      const [oldest] = this.#early.keys()
      if (oldest !== undefined) this.#early.delete(oldest)
    }
    this.#early.set(visitor, [...known, early])
  }

  readonly #early = new Map<number, readonly Early[]>()

  /** The page of a visitor was told: what it did counts now. */
  #recall(visitor: number): void {
    const early = this.#early.get(visitor)
    if (!early) return
    this.#early.delete(visitor)
    for (const { side, index, kind, outcome, now } of early) {
      this.#meet(side, index, kind, outcome, now)
    }
  }

  /** The route itself for the first few of a metric, and one name for all others. */
  #toRoute(metric: string, route: string): string {
    const routes = this.#routes.get(metric)
    const isTold = !routes || routes.has(route) || routes.size < MAX_JUDGED_ROUTES
    return isTold ? route : OTHER_ROUTES
  }

  /** What the visitor weighs; `undefined` if it was counted before. */
  #count(
    side: SideIndex,
    { shares }: CountedStratum,
    name: SetName,
    { visitor, site, network }: Outcome,
    code: string | undefined,
  ): number | undefined {
    const place = this.#placeOf(name) ?? this.#begin(name)
    if (this.#visitors.hasMet(visitor, place)) return undefined
    const weight = this.#visitors.meet(visitor, place, { site, network })
    const key = `${place} ${shares[1]}`
    const known = this.#pending.sets.get(key)
    const counts: Growing = known ?? {
      ...name,
      share: shares[1],
      visitors: [0, 0],
      weights: [0, 0],
      codes: {},
    }
    if (!known) this.#pending.sets.set(key, counts)
    counts.visitors[side] += 1
    counts.weights[side] += weight
    if (side === 1 && code) counts.codes[code] = (counts.codes[code] ?? 0) + 1
    return weight
  }

  #placeOf({ metric, edge, route, warmUp }: SetName): number | undefined {
    return this.#places.get(`${metric} ${edge} ${warmUp} ${route}`)
  }

  /** The places of the sets, and the routes of each metric that are told apart. */
  readonly #places = new Map<string, number>()
  readonly #routes = new Map<string, Set<string>>()

  #remember({ metric, edge, route, warmUp }: SetName, place: number): void {
    this.#places.set(`${metric} ${edge} ${warmUp} ${route}`, place)
    if (route === '' || route === OTHER_ROUTES) return
    const routes = this.#routes.get(metric) ?? new Set()
    this.#routes.set(metric, routes.add(route))
  }

  #begin(name: SetName): number {
    const place = this.#counted.sets.length
    this.#counted = { ...this.#counted, sets: [...this.#counted.sets, name] }
    this.#remember(name, place)
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

function nothing(): Pending {
  return {
    sets: new Map(),
    visitors: [0, 0],
    present: [],
    presentHashes: new Set(),
    assigned: new Map(),
  }
}

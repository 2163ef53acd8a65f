// One rollout as docs/judging.md describes it, written a second time: random numbers, visitors, delays,
// evidence and steps. It uses nothing of src, so that the two can be compared. It knows failures and
// latency, visitors who come once, and none of what they only seldom meet, such as an alarm of the
// sample ratio.

/** What a plan asks for, in minutes, percent and shares. */
export type IndependentPlan = {
  readonly steps: readonly {
    readonly weight: number
    readonly gate: 'time' | 'evidence'
    readonly minMinutes: number
    /** For a gate of evidence: after so long it goes on if nothing speaks against the canary. */
    readonly goesOnAfterMinutes?: number
  }[]
  readonly bakeMinutes: number
  readonly heldBack: number
  readonly minVisitors: number
  readonly metric: 'errors' | 'latency'
}

export type IndependentWorld = {
  readonly perMinute: number
  /** Shares of visitors who fail, or medians in milliseconds: of the base, of the canary. */
  readonly base: number
  readonly canary: number
}

export type IndependentEnd = {
  readonly outcome: 'promoted' | 'rolledBack' | 'unfinished'
  readonly seconds: number
  readonly harmed: number
}

/** What the document says. A test changes one number to see that the comparison notices it. */
export const RULES = {
  alpha: 0.01,
  times: [1.25, 1.5, 2, 3, 5, 10, 30, 100],
  weights: [0.05, 0.12, 0.23, 0.2, 0.12, 0.1, 0.09, 0.09],
  allRoutes: 11 / 16,
  warmUp: 1 / 16,
  burstNats: 3.1,
  blockSeconds: 30,
  firstIsFree: true,
  lookSeconds: 10,
  urgentSeconds: 1,
  clients: 5,
  clientsIfAllFail: 3,
  margin: 1.5,
  within: [0.4, 0.5, 0.6, 0.67, 0.75, 0.83, 0.9],
  floor: 0.002,
  below: [0.05, 0.2, 0.4, 0.6],
  edges: [50, 100, 200, 300, 500, 1000, 2000, 5000],
  tolerance: 1.2,
  spread: 0.5,
  warmUpSeconds: 120,
  catastrophic: 5,
}

/** mulberry32. */
function randomOf(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function poisson(random: () => number, mean: number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  let count = -1
  for (let time = 0; time <= mean; count++) time -= Math.log(1 - random())
  return count
}

/** ln of how many times as likely the sides of the visitors are under one ratio as under another. */
function toNats(s: number, ratio: number, than: number, base: number, canary: number): number {
  const chance = (r: number) => (r * s) / (r * s + 1 - s)
  const [p, p0] = [chance(ratio), chance(than)]
  return canary * Math.log(p / p0) + base * Math.log((1 - p) / (1 - p0))
}

/** The evidence of one set of visitors: those who met a failure, or who waited longer than an edge. */
class EvidenceOfSet {
  past: number[]
  gain: number[]
  before: number[]
  canary = 0
  metInBlock = 0

  readonly rules: typeof RULES
  readonly nullRatio: number
  readonly isMeasured: boolean

  constructor(rules: typeof RULES, nullRatio: number, isMeasured: boolean) {
    this.rules = rules
    this.nullRatio = nullRatio
    this.isMeasured = isMeasured
    this.past = rules.times.map(() => 0)
    this.gain = rules.times.map(() => 0)
    this.before = rules.times.map(() => 0)
  }

  /** So many visitors met it while the canary had the share s of the buckets. */
  add(s: number, base: number, canary: number): void {
    const m = this.nullRatio
    this.gain = this.gain.map((nats, i) => {
      const ratio = m * (this.rules.times[i] ?? 1)
      return nats + toNats(s, ratio, m, base, canary)
    })
    this.canary += canary
    this.metInBlock += canary
  }

  /** What the present block adds, within the bound on bursts. */
  bounded(atRisk: number, isFirst: boolean): number[] {
    const isBroken = this.metInBlock >= 0.5 * Math.max(atRisk, 1)
    if (this.nullRatio > 1 && !isBroken) return this.gain.map((nats) => Math.min(nats, 0))
    if (!this.isMeasured && (isBroken || (isFirst && this.rules.firstIsFree))) return this.gain
    return this.gain.map((nats, i) =>
      Math.min(nats, Math.max(0, this.rules.burstNats - Math.max(0, this.before[i] ?? 0))),
    )
  }

  close(atRisk: number, isFirst: boolean): void {
    this.before = this.bounded(atRisk, isFirst)
    this.past = this.past.map((nats, i) => nats + (this.before[i] ?? 0))
    this.gain = this.gain.map(() => 0)
    this.metInBlock = 0
  }

  e(atRisk: number, isFirst: boolean, canaryVisitors: number): number {
    const { clients, clientsIfAllFail, weights } = this.rules
    const all = this.canary >= 0.9 * canaryVisitors && this.canary >= clientsIfAllFail
    const now = this.bounded(atRisk, isFirst)
    const e = weights.reduce(
      (sum, w, i) => sum + w * Math.exp((this.past[i] ?? 0) + (now[i] ?? 0)),
      0,
    )
    return this.canary >= clients || all ? e : Math.min(e, 1)
  }

  copy(): EvidenceOfSet {
    const copy = new EvidenceOfSet(this.rules, this.nullRatio, this.isMeasured)
    Object.assign(copy, {
      past: [...this.past],
      gain: [...this.gain],
      before: [...this.before],
      canary: this.canary,
      metInBlock: this.metInBlock,
    })
    return copy
  }
}

/** Visitors of one second or of several, while the canary had the share s. */
type Counted = {
  readonly s: number
  visitors: [number, number]
  /** Who met it, by edge; failures have one. */
  met: [number, number][]
  readonly isWarmUp: boolean
}

export function runIndependently(
  plan: IndependentPlan,
  world: IndependentWorld,
  seed: number,
  maxSeconds: number,
  rules: typeof RULES = RULES,
): IndependentEnd {
  const random = randomOf(seed * 7919 + 13)
  const places = plan.metric === 'latency' ? rules.edges.length : 1
  const isMeasured = plan.metric === 'latency'
  let sets = Array.from({ length: places }, () => new EvidenceOfSet(rules, 1, isMeasured))
  let warm = Array.from(
    { length: places },
    () => new EvidenceOfSet(rules, rules.catastrophic, isMeasured),
  )
  let block = { since: -1, at: 0, atRisk: 0, isFirst: true }
  const toBounded = (nats = 0) => Math.min(nats, rules.burstNats)
  const within = { past: rules.within.map(() => 0), gain: rules.within.map(() => 0) }
  const seen: [number, number] = [0, 0]
  let inStep: [number, number] = [0, 0]
  let [phase, entered, harmed, failedOnCanary] = [0, 0, 0, 0]
  let [unsent, sent]: [Counted[], Counted[]] = [[], []]
  let [unsentSince, isUrgent] = [-1, false]

  const weightOf = () => plan.steps[phase]?.weight ?? 100 - plan.heldBack

  function draw(second: number): Counted {
    const s = weightOf() / 100
    const perSecond = world.perMinute / 60
    const isWarmUp = isMeasured && second - entered < rules.warmUpSeconds
    const counted: Counted = { s, visitors: [0, 0], met: [], isWarmUp }
    for (let place = 0; place < places; place++) counted.met.push([0, 0])
    for (const side of [0, 1] as const) {
      const mean = perSecond * (side === 1 ? s : 1 - s)
      const what = side === 1 ? world.canary : world.base
      if (!isMeasured) {
        const met = poisson(random, mean * what)
        counted.visitors[side] = met + poisson(random, mean * (1 - what))
        counted.met = [side === 0 ? [met, 0] : [counted.met[0]?.[0] ?? 0, met]]
        continue
      }
      counted.visitors[side] = poisson(random, mean)
      for (let i = 0; i < counted.visitors[side]; i++) {
        const waited = what * Math.exp(rules.spread * normal(random))
        const [least = 0] = rules.edges
        const compared =
          side === 0 || waited <= least ? waited : Math.max(least, waited / rules.tolerance)
        for (const [edge, met] of counted.met.entries()) {
          if (compared > (rules.edges[edge] ?? 0)) met[side] += 1
        }
      }
    }
    return counted
  }

  /** Adds what was sent, as a look at this second sees it. */
  function look(second: number, counts: readonly Counted[]): void {
    const there = counts.reduce((sum, { visitors }) => sum + visitors[1], 0)
    if (block.since < 0 && there > 0) block = { ...block, since: second }
    const at = block.since < 0 ? 0 : Math.floor((second - block.since) / rules.blockSeconds)
    if (at !== block.at && counts.length > 0) {
      for (const set of [...sets, ...warm]) {
        set.close(block.atRisk, block.isFirst)
        if (at !== block.at + 1) set.close(0, false)
      }
      within.past = within.past.map((nats, i) => nats + toBounded(within.gain[i]))
      within.gain = within.gain.map(() => 0)
      block = { ...block, at, atRisk: 0, isFirst: false }
    }
    for (const { s, visitors, met, isWarmUp } of counts) {
      for (const [place, [base, canary]] of met.entries()) {
        ;(isWarmUp ? warm : sets)[place]?.add(s, base, canary)
      }
      block.atRisk += visitors[1]
      seen[0] += visitors[0]
      seen[1] += visitors[1]
      if (isMeasured) continue
      const [base, canary] = met[0] ?? [0, 0]
      failedOnCanary += canary
      within.gain = within.gain.map((nats, i) => {
        const ratio = rules.margin * (rules.within[i] ?? 1)
        return nats + toNats(s, ratio, rules.margin, base, canary)
      })
    }
  }

  function worse(): number {
    const mean = (of: readonly EvidenceOfSet[]) =>
      of.reduce((sum, set) => sum + set.e(block.atRisk, block.isFirst, seen[1]), 0) / of.length
    const { allRoutes, warmUp } = rules
    return allRoutes * mean(sets) + warmUp * mean(warm) + 1 - allRoutes - warmUp
  }

  function isWithin(): boolean {
    const ratio =
      within.past.reduce((sum, nats, i) => sum + Math.exp(nats + toBounded(within.gain[i])), 0) /
      within.past.length
    const few =
      rules.below.reduce(
        (sum, r) => sum + Math.exp(failedOnCanary * Math.log(r) + seen[1] * rules.floor * (1 - r)),
        0,
      ) / rules.below.length
    return (ratio + few) / 2 >= 1 / rules.alpha
  }

  function opens(second: number): boolean {
    const elapsed = (second - entered) / 60
    const isEnough = inStep[0] >= plan.minVisitors && inStep[1] >= plan.minVisitors
    const gate = plan.steps[phase]
    if (!gate) return isEnough && elapsed >= plan.bakeMinutes
    if (elapsed < gate.minMinutes || !isEnough) return false
    if (gate.gate === 'time' || isWithin()) return true
    return elapsed >= (gate.goesOnAfterMinutes ?? Number.POSITIVE_INFINITY) && worse() < 3
  }

  /** Whether a look at what was sent would take the release back; nothing is changed by it. */
  function wouldTakeBack(second: number): boolean {
    const kept = { sets, warm, block, seen: [...seen], failedOnCanary }
    const keptWithin = { ...within }
    sets = sets.map((set) => set.copy())
    warm = warm.map((set) => set.copy())
    block = { ...block }
    look(second, sent)
    const isBad = worse() >= 1 / rules.alpha
    ;({ sets, warm, block, failedOnCanary } = kept)
    ;[seen[0], seen[1]] = kept.seen as [number, number]
    Object.assign(within, keptWithin)
    return isBad
  }

  for (let second = 0; second < maxSeconds; ) {
    const counted = draw(second)
    const [failedHere, failedThere] = counted.met[0] ?? [0, 0]
    if (!isMeasured) harmed += failedThere
    if (counted.visitors[0] + counted.visitors[1] > 0) {
      if (unsentSince < 0) unsentSince = second
      unsent.push(counted)
      if (!isMeasured && failedHere + failedThere > 0) isUrgent = true
    }
    second += 1
    const waits = isUrgent ? rules.urgentSeconds : rules.lookSeconds
    if (unsentSince >= 0 && second - unsentSince >= waits) {
      sent.push(...unsent)
      ;[unsent, unsentSince, isUrgent] = [[], -1, false]
      const hasMet = sent.some(({ met }) => met.some(([, canary]) => canary > 0))
      if (hasMet && second % rules.lookSeconds !== 0 && wouldTakeBack(second)) {
        return { outcome: 'rolledBack', seconds: second, harmed }
      }
    }
    if (second % rules.lookSeconds !== 0) continue
    look(second, sent)
    for (const { visitors } of sent) {
      inStep[0] += visitors[0]
      inStep[1] += visitors[1]
    }
    sent = []
    if (worse() >= 1 / rules.alpha) return { outcome: 'rolledBack', seconds: second, harmed }
    if (!opens(second)) continue
    if (phase >= plan.steps.length) return { outcome: 'promoted', seconds: second, harmed }
    ;[phase, entered, inStep] = [phase + 1, second, [0, 0]]
  }
  return { outcome: 'unfinished', seconds: maxSeconds, harmed }
}

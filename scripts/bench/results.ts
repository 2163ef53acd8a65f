// The results of the bench, in the form that `--json` prints: every number with its median, minimum
// and maximum over the rounds, and whether each aim was met. Two servers are compared round by
// round, so that what slows the machine for a while slows both.

/** Statistics of values that were measured once per round. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number }

/** @throws TypeError when there are no values. */
export function toSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const min = sorted[0]
  const max = sorted.at(-1)
  const middle = (sorted.length - 1) / 2
  const low = sorted[Math.floor(middle)]
  const high = sorted[Math.ceil(middle)]
  if (min === undefined || max === undefined || low === undefined || high === undefined) {
    throw new TypeError('values: at least one is needed')
  }
  return { median: (low + high) / 2, min, max }
}

/**
 * The spread of the ratios of each round.
 *
 * @throws TypeError when the two lists have different lengths.
 */
export function toRatios(values: readonly number[], baselines: readonly number[]): Spread {
  if (values.length !== baselines.length) {
    throw new TypeError(`${values.length} rounds cannot be compared with ${baselines.length}`)
  }
  return toSpread(values.map((value, round) => value / (baselines[round] ?? Number.NaN)))
}

/** How much time the bench spends. */
export type Effort = {
  readonly rounds: number
  /** How long each contestant is under load in each round. */
  readonly secondsPerTurn: number
  /** How many fonts are requested in turn. */
  readonly fonts: number
}

/** `met` is decided by the median. */
type Aim<Limit extends 'atLeast' | 'atMost'> = Readonly<Record<Limit, number>> & {
  readonly met: boolean
}

/** The unit of a comparison; one MB is 10^6 bytes. */
export type Unit = 'replies' | 'MB' | 'messages' | 'starts'

/** Which ratio an aim is about. Where the CPU time is not known, it is that of the rates. */
export type AimBy = 'rate' | 'cpu' | 'both'

/** A comparison of two servers that send the same bytes. */
export type Comparison = {
  readonly name: string
  readonly unit: Unit
  readonly ours: Contestant
  readonly theirs: Contestant
  /** The rate of ours divided by theirs, in each round. */
  readonly ratio: Spread
  /**
   * CPU time of the server per unit; left out if the system does not report it, or if turns are too short for its
   * clock.
   */
  readonly cpu?: {
    readonly oursMicros: Spread
    readonly theirsMicros: Spread
    /** Theirs divided by ours, so that more is better here as well. */
    readonly ratio: Spread
  }
  readonly aim?: Aim<'atLeast'> & { readonly by: AimBy }
}
type Contestant = { readonly name: string; readonly perSecond: Spread }

/** The time of one call of a function, in nanoseconds. */
export type Timing = {
  readonly name: string
  readonly ns: Spread
  readonly aim?: Aim<'atMost'>
}

/** The number of operations that are billed or slow. */
export type Operations = {
  readonly name: string
  readonly requests: number
  readonly kv: number
  readonly r2: number
  readonly control: number
  readonly cacheGets: number
  readonly cachePuts: number
  /** The aim for KV, R2 and the control together. */
  readonly aim?: Aim<'atMost'>
}

/** How long clients wait for replies, with something and without it. */
export type Latency = {
  readonly name: string
  readonly p50: Percentile
  readonly p99: Percentile
}
/** Milliseconds. */
type Percentile = {
  readonly ours: Spread
  readonly theirs: Spread
  /** Ours divided by theirs, in each round. */
  readonly ratio: Spread
  readonly aim?: Aim<'atMost'>
}

export type Results = {
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly node: string
    /** The load average of the last minute; 0 where the system has none. */
    readonly load: { readonly before: number; readonly after: number }
  }
  readonly effort: Effort
  readonly comparisons: readonly Comparison[]
  readonly timings: readonly Timing[]
  readonly operations: readonly Operations[]
  readonly latencies: readonly Latency[]
}

/** The result of one turn of a contestant. */
export type Taken = {
  readonly perSecond: number
  /** CPU time of the server per unit. */
  readonly cpuMicros?: number | undefined
}

export type Measured = { readonly name: string; readonly turns: readonly Taken[] }

/**
 * @param atLeast the ratio to reach.
 * @param aimBy which ratio is to reach it.
 */
export function toComparison(
  name: string,
  unit: Unit,
  ours: Measured,
  theirs: Measured,
  atLeast?: number,
  aimBy: AimBy = 'rate',
): Comparison {
  const toRates = ({ turns }: Measured) => turns.map(({ perSecond }) => perSecond)
  const ratio = toRatios(toRates(ours), toRates(theirs))
  const toContestant = (measured: Measured): Contestant => ({
    name: measured.name,
    perSecond: toSpread(toRates(measured)),
  })
  const oursMicros = toCpu(ours)
  const theirsMicros = toCpu(theirs)
  const cpu = oursMicros &&
    theirsMicros && {
      oursMicros: toSpread(oursMicros),
      theirsMicros: toSpread(theirsMicros),
      ratio: toRatios(theirsMicros, oursMicros),
    }
  const by = cpu ? aimBy : 'rate'
  const reached = [
    ...(by === 'cpu' ? [] : [ratio.median]),
    ...(cpu && by !== 'rate' ? [cpu.ratio.median] : []),
  ]
  return {
    name,
    unit,
    ours: toContestant(ours),
    theirs: toContestant(theirs),
    ratio,
    ...(cpu && { cpu }),
    ...(atLeast !== undefined && { aim: { atLeast, by, met: Math.min(...reached) >= atLeast } }),
  }
}

/** The CPU times of all turns; `undefined` unless every turn has a time above 0. */
function toCpu({ turns }: Measured): number[] | undefined {
  const known = turns.flatMap(({ cpuMicros }) => (cpuMicros ? [cpuMicros] : []))
  return known.length === turns.length ? known : undefined
}

/** @param atMost the highest acceptable number of nanoseconds. */
export function toTiming(name: string, values: readonly number[], atMost?: number): Timing {
  const ns = toSpread(values)
  return {
    name,
    ns,
    ...(atMost !== undefined && { aim: { atMost, met: ns.median <= atMost } }),
  }
}

/** @param ours the milliseconds of all replies, by round; as `theirs`. */
export function toLatency(
  name: string,
  ours: readonly (readonly number[])[],
  theirs: readonly (readonly number[])[],
): Latency {
  const toPercentile = (share: number): Percentile => {
    const [one, other] = [ours, theirs].map((rounds) => rounds.map((ms) => pick(ms, share)))
    return {
      ours: toSpread(one ?? []),
      theirs: toSpread(other ?? []),
      ratio: toRatios(one ?? [], other ?? []),
    }
  }
  return { name, p50: toPercentile(0.5), p99: toPercentile(0.99) }
}

/** The nearest rank. @throws TypeError when there are no values. */
function pick(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const picked = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
  if (picked === undefined) throw new TypeError('values: at least one is needed')
  return picked
}

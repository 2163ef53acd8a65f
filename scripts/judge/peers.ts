// The rules that others use, and the best that there can be, for comparison. Each sees the same
// visitors in the same steps and only says when it would have taken the release back.

/** Visitors of one second, and those of them who failed. */
export type Seen = readonly [
  baseVisitors: number,
  baseFailed: number,
  canaryVisitors: number,
  canaryFailed: number,
]

export type Peer = {
  /** Whether it takes the release back now. */
  readonly see: (second: number, seen: Seen) => boolean
}

const MINUTE_S = 60

/** As Flagger: each minute at least 99 % of the canary's have to succeed; five failed checks are enough. */
export function flaggerLike(): Peer {
  let [visitors, failed, checks] = [0, 0, 0]
  return {
    see: (second, [, , canary, canaryFailed]) => {
      visitors += canary
      failed += canaryFailed
      if ((second + 1) % MINUTE_S !== 0) return false
      if (visitors > 0 && failed / visitors > 0.01) checks += 1
      ;[visitors, failed] = [0, 0]
      return checks >= 5
    },
  }
}

/** As Kayenta: every five minutes the failure rates of all minutes so far, by rank; 98 %, one-sided. */
export function mannWhitney(): Peer {
  const rates: [number[], number[]] = [[], []]
  let sums = [0, 0, 0, 0]
  return {
    see: (second, seen) => {
      sums = sums.map((sum, i) => sum + (seen[i] ?? 0))
      if ((second + 1) % MINUTE_S !== 0) return false
      const [baseVisitors = 0, baseFailed = 0, canaryVisitors = 0, canaryFailed = 0] = sums
      if (baseVisitors > 0) rates[0].push(baseFailed / baseVisitors)
      if (canaryVisitors > 0) rates[1].push(canaryFailed / canaryVisitors)
      sums = [0, 0, 0, 0]
      return (second + 1) % (5 * MINUTE_S) === 0 && toRankZ(rates[0], rates[1]) > 2.054
    },
  }
}

/** The normal deviate of the rank sum of `others`, with the correction for ties. */
function toRankZ(ones: readonly number[], others: readonly number[]): number {
  const [n, m] = [ones.length, others.length]
  if (n < 2 || m < 2) return 0
  const all = [
    ...ones.map((value) => [value, 0] as const),
    ...others.map((value) => [value, 1] as const),
  ]
  all.sort(([one], [other]) => one - other)
  let [rankSum, ties] = [0, 0]
  for (let from = 0; from < all.length; ) {
    let to = from
    while (to < all.length && all[to]?.[0] === all[from]?.[0]) to += 1
    const rank = (from + 1 + to) / 2
    for (let at = from; at < to; at++) if (all[at]?.[1] === 1) rankSum += rank
    ties += (to - from) ** 3 - (to - from)
    from = to
  }
  const total = n + m
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)))
  return variance > 0 ? (rankSum - (m * (total + 1)) / 2) / Math.sqrt(variance) : 0
}

const MIXING = 0.01

/** The mixture SPRT of the difference of two rates with a normal mixture, at every ten seconds. */
export function mixtureSprt(alpha: number): Peer {
  let sums = [0, 0, 0, 0]
  return {
    see: (second, seen) => {
      sums = sums.map((sum, i) => sum + (seen[i] ?? 0))
      const [n0 = 0, k0 = 0, n1 = 0, k1 = 0] = sums
      if ((second + 1) % 10 !== 0 || n0 === 0 || n1 === 0) return false
      const [p0, p1] = [k0 / n0, k1 / n1]
      const variance = (p0 * (1 - p0)) / n0 + (p1 * (1 - p1)) / n1
      if (variance === 0 || p1 <= p0) return false
      const spread = MIXING ** 2
      const log =
        0.5 * Math.log(variance / (variance + spread)) +
        (spread * (p1 - p0) ** 2) / (2 * variance * (variance + spread))
      return log >= Math.log(1 / alpha)
    },
  }
}

/** The likelihood ratio of the true rates against the base's on both sides: it knows the truth. */
export function bestPossible(alpha: number, base: number, canary: number): Peer {
  let log = 0
  const least = 1e-12
  const failed = Math.log(Math.max(canary, least) / Math.max(base, least))
  const passed = Math.log(Math.max(1 - canary, least) / (1 - base))
  return {
    see: (_, [, , visitors, failures]) => {
      log += failures * failed + (visitors - failures) * passed
      return log >= Math.log(1 / alpha)
    },
  }
}

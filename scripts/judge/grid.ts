// Holo's judge beside four others, over traffic, failure rates and presets.

import { type Plan, PRESETS } from '../../src/core/rollout/plan.ts'
import { drawBinomial, drawPoisson, seededRandom } from '../../src/core/simulate/random.ts'
import { bestPossible, flaggerLike, mannWhitney, mixtureSprt, type Peer } from './peers.ts'
import { ALPHA, type Effort, runAll, toCount, toMean, toPercent, toRuns, toTime } from './row.ts'
import { failing, newcomers } from './worlds.ts'

type PresetName = 'standard' | 'careful'

export type Cell = {
  readonly preset: PresetName
  readonly perMinute: number
  readonly base: number
  /** How many times as many fail on the canary; `all` for everybody, 1 for a healthy release. */
  readonly times: number | 'all'
}

export type CellFinding = Cell & {
  readonly runs: number
  /** The share that is taken back, by Holo and by the others in their order. */
  readonly back: readonly number[]
  /** Visitors of the canary harmed until then, or until the end of the plan. */
  readonly harmed: readonly number[]
  /** Until Holo ended it, in milliseconds. */
  readonly ms: number
  readonly promoted: number
}

export const PEERS = ['Flagger-like', 'Mann-Whitney', 'mixture SPRT', 'best possible'] as const

const HOUR_MS = 3_600_000
const TRAFFIC = [10, 100, 1000, 10_000]
const RATES = [0, 0.001, 0.01, 0.05, 0.3]

/** More visitors in one run than this are not simulated. */
const MOST_VISITORS = 3_000_000

function toCells(): readonly Cell[] {
  const presets: readonly PresetName[] = ['standard', 'careful']
  const cells = presets.flatMap((preset) =>
    TRAFFIC.flatMap((perMinute) =>
      RATES.flatMap((base) =>
        ([2, 5, 'all', 1] as const)
          .filter((times) => base > 0 || times === 'all' || times === 1)
          .filter((times) => typeof times === 'string' || base * times <= 1)
          .map((times): Cell => ({ preset, perMinute, base, times })),
      ),
    ),
  )
  const huge = ([5, 'all'] as const).map(
    (times): Cell => ({ preset: 'standard', perMinute: 600_000, base: 0.01, times }),
  )
  return [...cells, ...huge]
}

export const CELLS = toCells()

function toCanary({ base, times }: Cell): number {
  return times === 'all' ? 1 : base * times
}

/** Simulates one cell. `undefined` where it would take too long. */
export function runCell(cell: Cell, effort: Effort): CellFinding | undefined {
  const { preset, perMinute, base, times } = cell
  const plan = PRESETS[preset]
  // A healthy release at much traffic spends the least time of its plan.
  const leastMs = plan.steps.reduce((sum, { minMs }) => sum + minMs, 0) + plan.bake.minMs
  if (times === 1 && (perMinute * leastMs) / 60_000 > MOST_VISITORS) return undefined
  const full = perMinute >= 600_000 ? 4 : times === 1 ? (perMinute >= 10_000 ? 10 : 40) : 100
  const runs = toRuns(effort, full, 4)
  const maxMs = Math.min(72 * HOUR_MS, (MOST_VISITORS / perMinute) * 60_000)
  const canary = toCanary(cell)
  const ended = runAll(
    plan,
    (random) =>
      newcomers(
        random,
        perMinute,
        failing(random, (side) => (side === 1 ? canary : base)),
      ),
    { seed: effort.seed, runs, maxMs },
  )
  const others = watchPeers(plan, perMinute, [base, canary], effort.seed, runs)
  const back = ended.filter(({ outcome }) => outcome === 'rolledBack').length
  return {
    ...cell,
    runs,
    back: [back / runs, ...others.map(({ fired }) => fired / runs)],
    harmed: [toMean(ended.map((run) => run.harmed)), ...others.map(({ harmed }) => harmed / runs)],
    ms: toMean(ended.map((run) => run.ms)),
    promoted: ended.filter(({ outcome }) => outcome === 'promoted').length / runs,
  }
}

/**
 * Each step as long as the plan asks for at least, and the last for so long that most of what can be
 * found is found.
 */
function watchPeers(
  { steps }: Plan,
  perMinute: number,
  rates: readonly [number, number],
  seed: number,
  runs: number,
) {
  const each = perMinute <= 100 ? 10 : 1
  const lastMs = (perMinute <= 100 ? 12 : 3) * HOUR_MS
  const sums = PEERS.map(() => ({ fired: 0, harmed: 0 }))
  for (let run = 0; run < runs; run++) {
    const random = seededRandom(seed + 1, run)
    const peers: readonly Peer[] = [
      flaggerLike(),
      mannWhitney(),
      mixtureSprt(ALPHA),
      bestPossible(ALPHA, rates[0], rates[1]),
    ]
    const running = new Set(peers.keys())
    let second = 0
    for (const [i, { weight, minMs }] of steps.entries()) {
      const length = i + 1 < steps.length ? minMs : lastMs
      for (const end = second + length / 1000; second < end && running.size > 0; second += each) {
        const visitors = drawPoisson(random, (perMinute * each) / 60)
        const onCanary = drawBinomial(random, visitors, weight / 100)
        const failedThere = drawBinomial(random, onCanary, rates[1])
        const failedHere = drawBinomial(random, visitors - onCanary, rates[0])
        const seen = [visitors - onCanary, failedHere, onCanary, failedThere] as const
        for (const place of [...running]) {
          const sum = sums[place]
          if (!sum) continue
          sum.harmed += failedThere
          if (!peers[place]?.see(second + each - 1, seen)) continue
          sum.fired += 1
          running.delete(place)
        }
      }
    }
  }
  return sums
}

/** The cells of one preset as rows of a table. */
export function toGridRows(findings: readonly CellFinding[]): readonly (readonly string[])[] {
  return findings.map(({ preset, perMinute, base, times, runs, back, harmed, ms, promoted }) => {
    const what = times === 'all' ? 'all fail' : times === 1 ? 'healthy' : `×${times}`
    const cells = back.map((share, i) =>
      times === 1 ? `${toPercent(share)} back` : toHarmed(harmed[i] ?? 0, share),
    )
    const end = times === 1 ? `${toPercent(promoted)} promoted, ${toTime(ms)}` : toTime(ms)
    return [
      preset,
      perMinute.toLocaleString('en'),
      toPercent(base),
      what,
      String(runs),
      end,
      ...cells,
    ]
  })
}

/** Harmed visitors, and the share that was found where that is not all. */
function toHarmed(harmed: number, share: number): string {
  const count = toCount(harmed)
  return share >= 0.995 ? count : `${count} (${toPercent(share)} found)`
}

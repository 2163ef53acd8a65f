import { describe, expect, it } from 'vitest'
import { PRESETS } from '../../../src/core/rollout/plan.ts'
import { seededRandom } from '../../../src/core/simulate/random.ts'
import { simulate, toSpread } from '../../../src/core/simulate/simulate.ts'
import { drawSecond, type Load } from '../../../src/core/simulate/traffic.ts'

const HOUR_MS = 3_600_000

function suppose(control: number, canary: number, visitorsPerMinute = 500): Load {
  const errors = { base: { rate: control }, canary: { rate: canary } }
  return { visitorsPerMinute, metrics: { errors } }
}

function run(plan: keyof typeof PRESETS, load: Load, runs = 8, seed = 1, hours = 24) {
  return simulate(PRESETS[plan], {
    loadAt: () => load,
    personAdvances: true,
    runs,
    maxMs: hours * HOUR_MS,
    randomOf: (stream) => seededRandom(seed, stream),
  })
}

describe('a plan on made-up traffic', () => {
  it('promotes a healthy release and tells when and to how many', () => {
    const { outcomes, exposed } = run('standard', suppose(0.01, 0.01))
    const [likeliest] = outcomes
    expect(likeliest?.outcome).toBe('promoted')
    expect(likeliest?.chance).toBeGreaterThan(0.9)
    expect(likeliest?.timeMs.p50).toBeGreaterThan(45 * 60_000)
    expect(exposed.p10).toBeLessThan(exposed.p90)
  })

  it('takes a broken one back while few have met it', () => {
    const { outcomes } = run('standard', suppose(0.01, 0.2))
    expect(outcomes).toHaveLength(1)
    expect(outcomes[0]?.outcome).toBe('rolledBack')
    expect(outcomes[0]?.exposed.p90).toBeLessThan(200)
  })

  it('holds where nobody comes', () => {
    const { outcomes } = run('standard', suppose(0.01, 0.01, 0), 2, 1, 2)
    expect(outcomes).toMatchObject([{ outcome: 'unfinished', chance: 1, exposed: { mean: 0 } }])
  })

  it('is the same for the same seed, and its chances sum to 1', () => {
    const load = suppose(0.01, 0.1, 300)
    const first = run('standard', load)
    expect(run('standard', load)).toEqual(first)
    expect(run('standard', load, 8, 2)).not.toEqual(first)
    expect(first.outcomes.reduce((sum, { chance }) => sum + chance, 0)).toBeCloseTo(1, 12)
    expect(first.outcomes.reduce((sum, { runs }) => sum + runs, 0)).toBe(8)
  })

  it('shows a run of the likeliest outcome step by step', () => {
    const { example, outcomes } = run('standard', suppose(0.01, 0.01))
    expect(example.outcome).toBe(outcomes[0]?.outcome)
    expect(example.rows[0]?.from).toBe('not started')
    expect(example.rows.at(-1)?.to).toBe('promoted')
    const times = example.rows.map(({ at }) => at)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
  })

  it('follows traffic that changes, as a release that breaks after an hour', () => {
    const { example } = simulate(PRESETS['blue-green'], {
      loadAt: (window) => suppose(0.01, window < 180 ? 0.01 : 0.5),
      personAdvances: true,
      runs: 5,
      maxMs: 6 * HOUR_MS,
      randomOf: (stream) => seededRandom(3, stream),
    })
    expect(example.outcome).toBe('rolledBack')
    expect(example.rows.at(-1)?.at).toBeGreaterThan(HOUR_MS / 2)
  })

  it('wants at least one run', () => {
    expect(() => run('standard', suppose(0, 0), 0)).toThrow(TypeError)
  })
})

describe('made-up visitors', () => {
  const { metrics } = PRESETS.standard
  const times = { base: { median: 200, spread: 0.5 }, canary: { median: 400, spread: 0.5 } }
  const latency = metrics.filter(({ name }) => name === 'latency')
  const strict = latency.map((metric) => ({ ...metric, tolerance: 1 }))
  const load: Load = { visitorsPerMinute: 600_000, metrics: { latency: times } }

  /** The share of a side's visitors whose level is at least this. */
  function shareFrom(level: number, side: 0 | 1, of = strict): number {
    const visits = drawSecond(seededRandom(1), load, 0.5, of).filter((visit) => visit.side === side)
    const above = visits.filter(({ met }) => met?.some((one) => (one.level ?? 0) >= level))
    return above.length / visits.length
  }

  it('are split by the share, and are slower on the side that is', () => {
    const visits = drawSecond(seededRandom(1), load, 0.25, metrics)
    const canary = visits.filter(({ side }) => side === 1)
    expect(canary.length / visits.length).toBeCloseTo(0.25, 1)
    // Half are above the median: 200 ms of the base is the third edge; 400 lies between two.
    expect(shareFrom(3, 0)).toBeCloseTo(0.5, 1)
    expect(shareFrom(3, 1)).toBeGreaterThan(0.85)
    expect(shareFrom(4, 1)).toBeGreaterThan(0.5)
    expect(shareFrom(5, 1)).toBeLessThan(0.5)
  })

  it('of the canary may take as much longer as the tolerance says', () => {
    expect(shareFrom(5, 1, latency)).toBeLessThan(shareFrom(5, 1) - 0.05)
    expect(shareFrom(5, 0, latency)).toBe(shareFrom(5, 0))
  })

  it('meet what is supposed of the metrics that the plan judges, and nothing else', () => {
    const errors = { base: { rate: 1 }, canary: { rate: 1 } }
    const all: Load = { visitorsPerMinute: 6000, metrics: { errors, latency: times } }
    const names = (of: typeof metrics) =>
      new Set(
        drawSecond(seededRandom(1), all, 0.5, of).flatMap(({ met = [] }) =>
          met.map(({ metric }) => metric),
        ),
      )
    expect(names(metrics)).toEqual(new Set(['errors', 'latency']))
    expect(names(latency)).toEqual(new Set(['latency']))
  })
})

it('knows percentiles by nearest rank', () => {
  expect(toSpread([5, 1, 4, 2, 3])).toEqual({ mean: 3, p10: 1, p50: 3, p90: 5 })
  expect(() => toSpread([])).toThrow(TypeError)
})

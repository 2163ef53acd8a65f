import { describe, expect, it } from 'vitest'
import { PRESETS } from '../../../src/core/rollout/plan.ts'
import { seededRandom } from '../../../src/core/simulate/random.ts'
import { simulate, toSpread } from '../../../src/core/simulate/simulate.ts'
import { drawWindow, type Load } from '../../../src/core/simulate/traffic.ts'

const HOUR_MS = 3_600_000

function suppose(control: number, canary: number, visitorsPerMinute = 500): Load {
  const errors = { base: { rate: control }, canary: { rate: canary } }
  return { visitorsPerMinute, metrics: { errors } }
}

function run(plan: keyof typeof PRESETS, load: Load, runs = 20, seed = 1, hours = 24) {
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
    const load = suppose(0.01, 0.02, 300)
    const first = run('standard', load)
    expect(run('standard', load)).toEqual(first)
    expect(run('standard', load, 20, 2)).not.toEqual(first)
    expect(first.outcomes.reduce((sum, { chance }) => sum + chance, 0)).toBeCloseTo(1, 12)
    expect(first.outcomes.reduce((sum, { runs }) => sum + runs, 0)).toBe(20)
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

describe('a made-up window', () => {
  const { metrics } = PRESETS.standard
  const times = { base: { median: 200, spread: 0.5 }, canary: { median: 400, spread: 0.5 } }

  it('has fewer and fewer visitors above higher edges, and more of the slower side', () => {
    const load: Load = { visitorsPerMinute: 60_000, metrics: { latency: times } }
    const { latency } = drawWindow(seededRandom(1), load, 50, metrics).metrics
    if (!latency || 'error' in latency) throw new Error('no window')
    const above = latency.map(([, control, , canary]) => [control, canary] as const)
    for (const [i, [control, canary]] of above.entries()) {
      expect(control).toBeLessThanOrEqual(above[i - 1]?.[0] ?? Infinity)
      expect(canary).toBeLessThanOrEqual(above[i - 1]?.[1] ?? Infinity)
    }
    // Half are above the median: 200 ms of the control, 400 of the canary is between two edges.
    const [visitors, atMedian] = latency[2] ?? [0, 0]
    expect(atMedian / visitors).toBeCloseTo(0.5, 1)
    expect(above[3]?.[1]).toBeGreaterThan(above[3]?.[0] ?? Infinity)
  })

  it('says what cannot be had as an error, and leaves out what nobody supposes', () => {
    const wrong = { errors: times, latency: { ...times, canary: { error: 'no beacon' } } }
    const drawn = drawWindow(
      seededRandom(1),
      { visitorsPerMinute: 60, metrics: wrong },
      50,
      metrics,
    )
    expect(drawn.metrics.errors).toHaveProperty('error')
    expect(drawn.metrics.latency).toEqual({ error: 'no beacon' })
    const load: Load = { visitorsPerMinute: 60, metrics: {} }
    expect(drawWindow(seededRandom(1), load, 50, metrics).metrics).toEqual({})
  })
})

it('knows percentiles by nearest rank', () => {
  expect(toSpread([5, 1, 4, 2, 3])).toEqual({ mean: 3, p10: 1, p50: 3, p90: 5 })
  expect(() => toSpread([])).toThrow(TypeError)
})

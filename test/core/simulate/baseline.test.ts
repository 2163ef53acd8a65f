// Rollouts with a baseline on made-up visitors who come back, through the counter, the judge and the
// state machine of production.

import { describe, expect, it } from 'vitest'
import { type Plan, PRESETS, toDefaultMetric } from '../../../src/core/rollout/plan.ts'
import { drawPoisson, type Random, seededRandom } from '../../../src/core/simulate/random.ts'
import { type Run, runRollout, type World } from '../../../src/core/simulate/run.ts'
import { simulate } from '../../../src/core/simulate/simulate.ts'
import type { Visit } from '../../../src/core/simulate/visit.ts'

const HOUR_MS = 3_600_000
const HASHES = 2 ** 32
const ERRORS = toDefaultMetric({ name: 'errors' })
/** Of the visits, those of people who have come before. */
const RETURNING = 0.5
/** A part of the visitors fails again and again, whatever version they have. */
const FRAIL_SHARE = 0.02
const FRAIL_RATE = 0.3
const RATE = 0.005
/** What was started anew fails for this share of visits in its first minutes. */
const COLD_RATE = 0.3
const COLD_SECONDS = 100

const MINUTE_MS = 60_000
const TIMED = { gate: 'time', maxMs: null, atMax: 'hold' } as const
const JUDGED: Plan = {
  ...PRESETS.standard,
  steps: [
    { ...TIMED, weight: 10, minMs: 5 * MINUTE_MS },
    { ...TIMED, weight: 40, minMs: 10 * MINUTE_MS, gate: 'evidence' },
  ],
  bake: { minMs: 5 * MINUTE_MS, heldBack: 20 },
  metrics: [{ ...ERRORS, margin: { ratio: 2, edge: null, floor: null } }],
}
const WITH_BASELINE: Plan = { ...JUDGED, baseline: 'baseline' }

type Side = 'base' | 'canary' | 'baseline'

type Suppose = {
  readonly perMinute?: number
  /** The share of visits that fail besides. */
  readonly fails?: (side: Side, second: number) => number
}

/** New instances of the canary and of the baseline are cold alike. */
const isCold = (side: Side, second: number) =>
  side !== 'base' && second < COLD_SECONDS ? COLD_RATE : 0

function createWorld(random: Random, { perMinute = 1000, fails = isCold }: Suppose): World {
  const known: number[] = []
  return ({ second, share, baseline }) => {
    const count = drawPoisson(random, perMinute / 60)
    return Array.from({ length: count }, (): Visit => {
      const back = random() < RETURNING ? known[Math.floor(random() * known.length)] : undefined
      const visitor = back ?? Math.floor(random() * HASHES)
      if (back === undefined) known.push(visitor)
      const bucket = (Math.imul(visitor, 2_654_435_761) >>> 0) / HASHES
      // The canary has its buckets from below, and the baseline from above.
      const side = bucket < share ? 'canary' : bucket >= 1 - baseline ? 'baseline' : 'base'
      const isFrail = (Math.imul(visitor, 2_246_822_519) >>> 0) / HASHES < FRAIL_SHARE
      const isBad = random() < (isFrail ? FRAIL_RATE : RATE) + fails(side, second)
      return {
        visitor,
        side: side === 'canary' ? 1 : 0,
        isBaseline: side === 'baseline',
        met: isBad ? [{ metric: 'errors', route: 'GET /api', code: '500' }] : [],
      }
    })
  }
}

function runAll(plan: Plan, suppose: Suppose, runs: number): readonly Run[] {
  return Array.from({ length: runs }, (_, run) =>
    runRollout(plan, createWorld(seededRandom(11, run), suppose), {
      maxMs: 3 * HOUR_MS,
      personAdvances: false,
      endsHeld: false,
    }),
  )
}

const countBack = (runs: readonly Run[]) =>
  runs.filter(({ outcome }) => outcome === 'rolledBack').length

describe('a release that is no worse, with new instances that fail at first', () => {
  it('is taken back beside a base that is warm', () => {
    expect(countBack(runAll(JUDGED, {}, 5))).toBe(5)
  })

  it('keeps alpha beside a baseline, and gets to everybody', () => {
    const runs = runAll(WITH_BASELINE, {}, 20)
    expect(runs.map(({ outcome }) => outcome)).toEqual(runs.map(() => 'promoted'))
  })

  it('keeps alpha where evidence is asked for that half of the good releases would show by chance', () => {
    const plan = { ...WITH_BASELINE, alpha: 0.2 }
    const warm = () => 0
    expect(countBack(runAll(plan, { fails: warm }, 30))).toBeLessThanOrEqual(6)
  })
})

describe('a release that is worse', () => {
  const worse = (rate: number) => (side: Side, second: number) =>
    isCold(side, second) + (side === 'canary' ? rate : 0)

  it.each([
    ['fails for all', 1, 120],
    ['fails for a tenth', 0.1, 200],
  ])('and %s is taken back beside a baseline, although both are cold', (_, rate, most) => {
    const runs = runAll(WITH_BASELINE, { fails: worse(rate) }, 10)
    expect(countBack(runs)).toBe(10)
    const harmed = runs.map((run) => run.harmed).sort((one, other) => one - other)
    expect(harmed[5]).toBeLessThanOrEqual(most)
  })

  it('is not promoted beside a baseline that is broken, and is found beside the base', () => {
    const fails = (side: Side) => ({ base: 0, canary: 0.1, baseline: 1 })[side]
    const runs = runAll(WITH_BASELINE, { fails }, 10)
    expect(countBack(runs)).toBe(10)
    for (const { audit } of runs) {
      expect(audit.some(({ reason }) => reason.includes('the baseline "baseline" fails'))).toBe(
        true,
      )
    }
  })
})

it('holo simulate gives a baseline its visitors', () => {
  const errors = { base: { rate: 0.01 }, canary: { rate: 0.01 } }
  const { example } = simulate(
    { ...PRESETS.standard, baseline: 'baseline' },
    {
      loadAt: () => ({ visitorsPerMinute: 2000, metrics: { errors } }),
      personAdvances: true,
      runs: 2,
      maxMs: 12 * HOUR_MS,
      randomOf: (stream) => seededRandom(1, stream),
    },
  )
  expect(example.outcome).toBe('promoted')
  const [, first] = example.rows
  const [baseline = 0, canary = 0] = first?.data.visitors ?? []
  expect(baseline / canary).toBeGreaterThan(0.5)
  expect(baseline / canary).toBeLessThan(2)
})

import { describe, expect, it } from 'vitest'
import { URGENT_FLUSH_MS } from '../../../src/core/counting/limits.ts'
import { DEFAULTS, type Plan } from '../../../src/core/rollout/plan.ts'
import { runRollout, type World } from '../../../src/core/simulate/run.ts'
import type { Visit } from '../../../src/core/simulate/visit.ts'

const MINUTE_MS = 60_000
const PLAN: Plan = {
  ...DEFAULTS,
  minVisitors: 1,
  steps: [{ weight: 5, gate: 'time', minMs: MINUTE_MS, maxMs: null, atMax: 'hold' }],
  bake: { minMs: 0, heldBack: 0 },
}
const OPTIONS = { maxMs: 10 * MINUTE_MS, personAdvances: false, endsHeld: false }

/** One visitor in each second, each tenth on the canary. */
const each =
  (met: (side: 0 | 1) => Visit['met']): World =>
  ({ second }) => {
    const side = second % 10 === 0 ? 1 : 0
    return [{ visitor: second, side, met: met(side) ?? [] }]
  }

describe('one rollout', () => {
  it('of a healthy release takes the time of its plan', () => {
    const { outcome, ms, visitors, harmed } = runRollout(
      PLAN,
      each(() => []),
      OPTIONS,
    )
    expect(outcome).toBe('promoted')
    expect(ms).toBe(MINUTE_MS)
    expect(visitors).toEqual([54, 6])
    expect(harmed).toBe(0)
  })

  it('in which everything fails ends as soon as the third client has told', () => {
    const fails = [{ metric: 'errors', route: 'GET /', code: '503' }]
    const { outcome, ms, harmed, audit } = runRollout(
      PLAN,
      each((side) => (side === 1 ? fails : [])),
      OPTIONS,
    )
    expect(outcome).toBe('rolledBack')
    expect(harmed).toBe(3)
    // The third visitor of the canary comes in the second that begins after 20.
    expect(ms).toBeLessThanOrEqual(21_000 + URGENT_FLUSH_MS)
    expect(audit.at(-1)?.reason).toContain('3 of 3 visitors of the new version got 503 from GET /')
  })

  it('in which reports and alarms are lost goes on when they come again', () => {
    const world = each(() => [])
    const lost: World = (moment) => (moment.second < 120 ? null : world(moment))
    const { outcome, ms } = runRollout(PLAN, lost, OPTIONS)
    expect(outcome).toBe('promoted')
    expect(ms).toBeGreaterThan(2 * MINUTE_MS)
  })

  it('counts as harmed whoever meets on the canary what is bad, and not what is good', () => {
    const asked = [{ metric: 'asks' }]
    const { harmed } = runRollout(
      PLAN,
      each(() => asked),
      OPTIONS,
    )
    expect(harmed).toBe(0)
  })
})

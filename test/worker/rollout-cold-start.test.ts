// Releases whose backends are cold at first, from the request to the decision: new instances of the new
// version and of the old one alike fail for some minutes, and the instances that have run for long do
// not. Only time and backends are made up.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FRESH, failsFor, NEW, OLD, SECOND } from './rollout-edge.ts'
import { createSite, type Fleet, live } from './rollout-fleet.ts'
import { MINUTE } from './rollout-world.ts'

/** Minutes of many visitors; a busy machine takes a while for them. */
vi.setConfig({ testTimeout: 240_000 })

const PLAN = {
  steps: [
    { weight: 20, gate: 'time', minMinutes: 4 },
    { weight: 40, gate: 'evidence', minMinutes: 1 },
  ],
  ...{ bake: { minutes: 1, heldBack: 5 }, minVisitors: 20, warmUpMinutes: 3 },
  metrics: [{ name: 'errors', margin: 2 }, { name: 'latency' }],
}
const WITH_BASELINE = { plan: { ...PLAN, baseline: 'baseline' } as never, baselineVersion: FRESH }
const COLD_MS = 2.5 * MINUTE
const COLD_RATE = 0.3
const ALWAYS = 0.02

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** New instances fail often while they are cold; later all fail for as many, but for those named. */
function serveCold({ clock, edge }: Fleet, failing: Readonly<Record<string, number>> = {}): void {
  const warmAt = clock.now + COLD_MS
  edge.backend = (version, visitor) => {
    const isCold = version !== OLD && clock.now < warmAt
    const isBad = failsFor(version, failing[version] ?? ALWAYS, visitor)
    const fails = isBad || (isCold && clock.random() < COLD_RATE)
    return { status: fails ? 500 : 200, ms: isCold ? 400 : 100 }
  }
}

const run = async (
  wish: Parameters<Fleet['rolling']['start']>[0],
  failing: Readonly<Record<string, number>>,
  during: (fleet: Fleet) => Promise<void>,
) =>
  live(await createSite(), 7, async (fleet) => {
    await fleet.rolling.start(wish)
    serveCold(fleet, failing)
    fleet.arrive(5, 20 * MINUTE)
    await during(fleet)
    expect(await fleet.rolling.replay()).toMatchObject({ same: true, differences: [] })
  })

describe('a healthy release that is cold at first', () => {
  it('is taken back beside instances that have run for long', async () => {
    await run({ plan: PLAN as never }, {}, async (fleet) => {
      expect(await fleet.finish(10 * MINUTE)).toMatchObject({ phase: 'rolledBack' })
    })
  })

  it('goes to everybody beside a baseline that is as cold', async () => {
    await run(WITH_BASELINE, {}, async (fleet) => {
      expect(await fleet.finish(15 * MINUTE)).toMatchObject({ phase: 'promoted' })
      const { transitions } = await fleet.rolling.explain()
      expect(transitions.map(({ weight }) => weight)).toEqual([20, 40, 95, 100])
      // Those who failed while both were cold are evidence of nothing.
      const { findings = [] } = transitions[1]?.verdict ?? {}
      const { met = [0, 0] } = findings.find(({ name }) => name === 'errors') ?? {}
      expect(Math.min(...met)).toBeGreaterThan(50)
      expect(await fleet.rolling.buckets()).toEqual({ main: 10_000, canary: 0, baseline: 0 })
    })
  })
})

describe('a bad release that is cold at first', () => {
  it('is taken back by what it does beside the baseline', async () => {
    await run(WITH_BASELINE, { [NEW]: 0.25 }, async (fleet) => {
      const status = await fleet.finish(10 * MINUTE)
      expect(status).toMatchObject({ phase: 'rolledBack', weight: 0 })
      expect(status.reason).toMatch(/visitors of 0\.0\.7 got 500 from GET \/api\//)
      expect(await fleet.rolling.buckets()).toEqual({ main: 10_000, canary: 0, baseline: 0 })
    })
  })

  it('does not look good beside a baseline whose backend is dead', async () => {
    const failing = { [NEW]: 0.25, [FRESH]: 1 }
    await run(WITH_BASELINE, failing, async (fleet) => {
      const status = await fleet.finish(15 * MINUTE)
      expect(status).toMatchObject({ phase: 'rolledBack' })
      const { transitions } = await fleet.rolling.explain()
      const ended = transitions.find(({ reason }) => reason.includes('takes its place'))
      expect(ended?.reason).toContain('the baseline "baseline" fails more than twice as often')
      expect(ended?.to).toBe('step 1 of 2 (20 %)')
      const dead = fleet.edge.asked.filter(({ version }) => version === FRESH)
      const last = Math.max(...dead.map(({ at }) => at))
      expect(last).toBeLessThan((ended?.at ?? 0) + 40 * SECOND)
    })
  })
})

// A release that is fine on average and broken for one browser, from the request to the decision: real
// isolates say what the visitors' browsers are, and the control judges each segment by itself.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { countVisitors, failsFor, NEW, OLD, SECOND } from './rollout-edge.ts'
import { createSite, live } from './rollout-fleet.ts'
import { MINUTE } from './rollout-world.ts'

vi.setConfig({ testTimeout: 120_000 })

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const SAFARI = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${WEBKIT} Version/18.1 Mobile/15E148 Safari/604.1`
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

const isSafari = (visitor: string) => failsFor(NEW, 0.15, `browser ${visitor}`)
/** Behind either version a call fails for a tenth of the visitors, others behind each. */
const isUnlucky = (version: string, visitor: string) => failsFor(version, 0.1, `luck ${visitor}`)

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

it.each([
  ['is taken back for it', true],
  ['is not found where the plan does not tell visitors apart', false],
])(
  'a release that fails for everybody with Safari, behind a tenth who fail anyway, %s',
  async (_, segments) => {
    await live(await createSite(), 7, async (fleet) => {
      const { rolling, edge } = fleet
      const steps = [{ weight: 10, gate: 'time', minMinutes: 10 }]
      const metrics = [{ name: 'errors' }]
      await rolling.start({ plan: { steps, metrics, segments } as never })
      edge.clientOf = (visitor) => ({
        userAgent: isSafari(visitor) ? SAFARI : CHROME,
        country: failsFor(NEW, 0.7, `country ${visitor}`) ? 'DE' : 'AT',
      })
      edge.backend = (version, visitor) => {
        const fails = (version === NEW && isSafari(visitor)) || isUnlucky(version, visitor)
        return { status: fails ? 503 : 200, ms: 40 }
      }
      fleet.arrive(10, 4 * MINUTE)
      await fleet.run(10 * SECOND)
      const counted = await rolling.counted()
      const { phase, reason, segments: told } = await fleet.finish(80 * SECOND)
      if (!segments) {
        expect(phase).toBe('step')
        expect(told).toBeUndefined()
        expect(counted.compared).toEqual([])
        return
      }
      const [early] = counted.compared
      expect(early).toMatchObject({ rollout: 1, base: { version: OLD }, canary: { version: NEW } })
      expect(early?.segments.map(({ name }) => name)).toContain('browser:Safari')
      // Those of rollouts that run, and of no others.
      expect((await rolling.counted()).compared).toEqual([])
      expect(phase).toBe('rolledBack')
      expect(reason).toMatch(
        /^with Safari, (\d+) of \d+ visitors of 0\.0\.7 got 503 from GET \/api\/:id, .* of 0\.0\.3; other browsers show nothing odd\. By chance alone: less than 1 in/,
      )
      const ofSafari = told?.find(({ name }) => name === 'browser:Safari')
      expect(ofSafari).toMatchObject({ judged: true })
      const [, harmed = 0] = ofSafari?.met.errors ?? []
      const asked = edge.asked.filter(
        ({ version, visitor, status }) => version === NEW && status === 503 && isSafari(visitor),
      )
      expect(harmed).toBeGreaterThanOrEqual(4)
      expect(harmed).toBeLessThanOrEqual(countVisitors(asked))
      expect(told?.map(({ name }) => name)).toEqual([
        ...['browser:Chrome', 'browser:Safari', 'country:AT', 'country:DE', 'country:other'],
        ...['device:other', 'device:phone'],
      ])
      const { lines } = await rolling.explain()
      expect(lines.join('\n')).toContain('Taken back after')
      expect(lines.join('\n')).toContain('with Safari, ')
      // Nothing but the folded values is stored.
      const stored = JSON.stringify([await fleet.windows(), (await rolling.eventsPage()).recorded])
      expect(stored).not.toContain('iPhone OS')
      expect(stored).not.toContain('Chrome/')
      expect(await rolling.replay()).toMatchObject({ same: true, differences: [] })
    })
  },
)

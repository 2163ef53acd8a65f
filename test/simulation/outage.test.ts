// An hour in which everything behind the isolates is down or hangs, and the minutes after it: who is
// served, by what, how often the dead are asked, and that nothing stampedes when they come back.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Fault, startFleet } from './fleet.ts'
import { installVirtualTime } from './virtual-time.ts'

const HOUR_MS = 3_600_000
const WARM_UP_MS = 120_000
const ISOLATES = 30

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const start = () => {
  const time = installVirtualTime()
  const fleet = startFleet(time, {
    colos: 3,
    isolatesPerColo: ISOLATES / 3,
    requestEveryMs: [2000, 30_000],
    control: 50,
    withCache: true,
    seed: 7,
  })
  return { time, fleet }
}

describe.each<Fault>(['down', 'hanging'])('an hour with KV, control and Cache API %s', (fault) => {
  it('serves every request on the last good document, soon, and asks ever more seldom', async () => {
    const { time, fleet: starting } = start()
    const fleet = await starting
    await time.runUntil(WARM_UP_MS)
    fleet.breakDown({ control: fault, kv: fault, colo: fault })
    const [before, from] = [fleet.calls(), fleet.decided.length]
    await time.runUntil(WARM_UP_MS + HOUR_MS)
    const served = fleet.decided.slice(from)
    expect(served.length).toBeGreaterThan(10_000)
    expect(served.every(({ revision }) => revision === 1)).toBe(true)
    // Only who finds out waits; the others know.
    const waited = served.filter(({ waitedMs }) => waitedMs > 0)
    expect(waited.length).toBeLessThan(ISOLATES * 10)
    expect(Math.max(...waited.map(({ waitedMs }) => waitedMs), 0)).toBeLessThanOrEqual(350)
    // At most one call in 24 s from each isolate: the longest back-off, less its jitter.
    const most = ISOLATES * (HOUR_MS / 24_000 + 10)
    expect(fleet.calls().control - before.control).toBeLessThan(most)
    expect(fleet.calls().kv - before.kv).toBeLessThan(most)
  })

  it('ends without a stampede, and all agree again within the longest back-off', async () => {
    const { time, fleet: starting } = start()
    const fleet = await starting
    await time.runUntil(WARM_UP_MS)
    fleet.breakDown({ control: fault, kv: fault, colo: fault })
    await time.runUntil(WARM_UP_MS + HOUR_MS)
    fleet.change()
    fleet.breakDown({})
    let busiest = 0
    for (let second = 1; second <= 60; second++) {
      const before = fleet.calls().control
      await time.runUntil(WARM_UP_MS + HOUR_MS + second * 1000)
      busiest = Math.max(busiest, fleet.calls().control - before)
    }
    expect(busiest).toBeLessThan(ISOLATES / 2)
    const from = fleet.decided.length
    await time.runUntil(WARM_UP_MS + HOUR_MS + 130_000)
    const documents = fleet.decided.slice(from).filter(({ kind }) => kind === 'document')
    expect(documents.every(({ revision, isStale }) => revision === 2 && !isStale)).toBe(true)
  })
})

describe.each<Fault>(['down', 'hanging'])(
  'an isolate that starts while everything is %s',
  (fault) => {
    it('has the last good document of its data centre, or none, within half a second', async () => {
      for (const colo of [undefined, fault]) {
        const { time, fleet: starting } = start()
        const fleet = await starting
        await time.runUntil(WARM_UP_MS)
        fleet.breakDown({ control: fault, kv: fault, ...(colo && { colo }) })
        for (const isDocument of [true, false]) {
          const loader = fleet.addIsolate()
          const began = time.now()
          const loading = loader.load(isDocument, () => undefined)
          let endedAt = 0
          loading.then(() => {
            endedAt = time.now()
          })
          await time.runUntil(began + 5000)
          expect((await loading).origin).toBe(colo ? 'default' : 'cache')
          expect(endedAt - began).toBeLessThan(500)
        }
        vi.unstubAllGlobals()
      }
    })
  },
)

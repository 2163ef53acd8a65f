import { describe, expect, it } from 'vitest'
import { Pace } from '../../../src/control/pace.ts'
import { CLOSE_AFTER_MS, WINDOW_MS } from '../../../src/core/counting/limits.ts'
import { makeRandom } from '../../simulation/random.ts'
import { CAPACITY_PER_SECOND } from '../fleet.ts'

const JITTER = 0.2
/** Back-off of an isolate that was turned away, on average, once it has failed some times. */
const RETRY_MS = 4000
const FLUSH_AFTER_MS = 10_000

type Load = { callsPerSecond: number; busiest: number; coverage: number; slowest: number }

/**
 * Isolates that serve requests all the time, each with a call of its own for its counts: no data centre
 * shares anything, which is the worst there is. What a call reports is what was counted since the last
 * one, in windows that are still open.
 */
function simulate(isolates: number, seconds: number, warmUp: number): Load {
  const pace = new Pace()
  const random = makeRandom(7)
  const jittered = (ms: number) => ms * (1 - JITTER + (2 * JITTER * random.below(1000)) / 1000)
  const due: number[][] = []
  const put = (isolate: number, at: number) => {
    const slot = Math.ceil(at / 1000)
    const list = due[slot] ?? []
    due[slot] = list
    list.push(isolate)
  }
  const last = new Float64Array(isolates)
  for (let i = 0; i < isolates; i++) put(i, random.below(FLUSH_AFTER_MS))
  let [calls, busiest, reported, slowest] = [0, 0, 0, 0]
  for (let second = 0; second < seconds; second++) {
    const now = second * 1000
    const callers = due[second] ?? []
    for (const [i, isolate] of callers.entries()) {
      if (i >= CAPACITY_PER_SECOND) {
        put(isolate, now + jittered(RETRY_MS))
        continue
      }
      const nextMs = pace.record(now)
      const oldestOpen = Math.floor((now - CLOSE_AFTER_MS) / WINDOW_MS) * WINDOW_MS
      const since = last[isolate] ?? 0
      if (second >= warmUp) {
        reported += now - Math.max(since, oldestOpen)
        slowest = Math.max(slowest, nextMs)
      }
      last[isolate] = now
      put(isolate, now + Math.max(1000, FLUSH_AFTER_MS, jittered(nextMs)))
    }
    if (second < warmUp) continue
    calls += Math.min(callers.length, CAPACITY_PER_SECOND)
    busiest = Math.max(busiest, callers.length)
  }
  const watched = seconds - warmUp
  return {
    callsPerSecond: calls / watched,
    busiest,
    coverage: reported / (isolates * watched * 1000),
    slowest,
  }
}

describe('the load of counts on the control, and what is left of them', () => {
  it.each([
    [10, 0.97],
    [1000, 0.97],
    [10_000, 0.85],
    [100_000, 0.08],
  ])('%i isolates, each on its own: at least %f of all is counted', (isolates, atLeast) => {
    const load = simulate(isolates, 1500, 900)
    expect(load.busiest).toBeLessThan(CAPACITY_PER_SECOND)
    expect(load.coverage).toBeGreaterThan(atLeast)
    expect(load.coverage).toBeLessThanOrEqual(1.02)
    const share = `${(100 * load.coverage).toFixed(1)} %`
    const error = (1 / Math.sqrt(load.coverage)).toFixed(2)
    console.log(
      `${isolates} isolates: ${load.callsPerSecond.toFixed(1)} calls/s (at most ${load.busiest} in a second), ` +
        `told to wait ${load.slowest} ms, ${share} counted, standard errors ${error} times as wide`,
    )
  })
})

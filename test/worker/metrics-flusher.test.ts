// When counts are sent: a while after they were made, and within a second after something bad.

import { describe, expect, it } from 'vitest'
import { URGENT_FLUSH_MS } from '../../src/core/counting/limits.ts'
import { Flusher } from '../../src/metrics/flusher.ts'

const AFTER_MS = 10_000
const BEGAN = 1_700_000_000_000

type Sleeper = { readonly until: number; readonly wake: () => void }

/** A flusher on a clock of the test; `passTo` lets timers end in their order. */
function setUp(afterMs = AFTER_MS) {
  const counts = { waiting: 0, isUrgent: false }
  const sentAt: number[] = []
  const clock = { now: BEGAN }
  let sleepers: Sleeper[] = []
  const flusher = new Flusher({
    isEmpty: () => counts.waiting === 0,
    isUrgent: () => counts.isUrgent,
    afterMs,
    now: () => clock.now,
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers.push({ until: clock.now + ms, wake: () => wake() })
      }),
  })
  const flush = async () => {
    sentAt.push(clock.now - BEGAN)
    Object.assign(counts, { waiting: 0, isUrgent: false })
    return undefined
  }
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
  return {
    sentAt,
    /** @param loseTimer as when the request ends whose timer it is. */
    count: (isUrgent: boolean, loseTimer = false) => {
      counts.waiting += 1
      counts.isUrgent ||= isUrgent
      const before = sleepers.length
      flusher.arm(flush, () => undefined)
      if (loseTimer) sleepers = sleepers.slice(0, before)
    },
    passTo: async (ms: number) => {
      for (;;) {
        const next = sleepers.sort((a, b) => a.until - b.until)[0]
        if (!next || next.until > BEGAN + ms) break
        sleepers = sleepers.slice(1)
        clock.now = next.until
        next.wake()
        await settle()
      }
      clock.now = BEGAN + ms
    },
  }
}

describe('counts are sent', () => {
  it('ten seconds after the first of them', async () => {
    const { count, passTo, sentAt } = setUp()
    count(false)
    await passTo(5000)
    count(false)
    await passTo(60_000)
    expect(sentAt).toEqual([AFTER_MS])
  })

  it('one second after something bad, and not a second time by the longer timer', async () => {
    const { count, passTo, sentAt } = setUp()
    count(false)
    await passTo(3000)
    count(true)
    count(true)
    await passTo(60_000)
    expect(sentAt).toEqual([3000 + URGENT_FLUSH_MS])
  })

  it('one second after something bad each time, and no more often', async () => {
    const { count, passTo, sentAt } = setUp()
    for (let ms = 0; ms < 5000; ms += 100) {
      await passTo(ms)
      count(true)
    }
    await passTo(60_000)
    expect(sentAt.length).toBeLessThanOrEqual(6)
    expect(sentAt[0]).toBe(URGENT_FLUSH_MS)
    for (const [i, ms] of sentAt.entries()) {
      if (i > 0) expect(ms - (sentAt[i - 1] ?? 0)).toBeGreaterThanOrEqual(URGENT_FLUSH_MS)
    }
  })

  it('by the longer timer if the request of the shorter one has ended', async () => {
    const { count, passTo, sentAt } = setUp()
    count(false)
    await passTo(3000)
    count(true, true)
    await passTo(60_000)
    expect(sentAt).toEqual([AFTER_MS])
  })

  it('with no call of their own if there shall be none, however bad it is', async () => {
    const { count, passTo, sentAt } = setUp(0)
    count(true)
    await passTo(60_000)
    expect(sentAt).toEqual([])
  })

  it('sooner than in a second if that is said', async () => {
    const { count, passTo, sentAt } = setUp(50)
    count(true)
    await passTo(60_000)
    expect(sentAt).toEqual([50])
  })
})

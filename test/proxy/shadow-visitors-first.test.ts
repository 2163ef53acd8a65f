// When a copy begins: a visitor's request comes first, and no copy waits for long.

import { describe, expect, it } from 'vitest'
import { VisitorsFirst } from '../../src/proxy/shadow/visitors-first.ts'

function start() {
  const clock = { now: 1_000_000 }
  const sleeping: { ms: number; wake: () => void }[] = []
  const first = new VisitorsFirst({
    now: () => clock.now,
    sleep: (ms) => new Promise((resolve) => sleeping.push({ ms, wake: resolve })),
  })
  let begun = 0
  const copy = () => void first.wait().then(() => begun++)
  /** Ends the sleep of all that sleep now. */
  const wake = async () => {
    const woken = sleeping.splice(0)
    clock.now += Math.max(0, ...woken.map(({ ms }) => ms))
    for (const one of woken) one.wake()
    await new Promise((resolve) => setImmediate(resolve))
    return begun
  }
  return { first, clock, copy, wake }
}

describe('a copy', () => {
  it('begins once the reply goes out, if the isolate answers nobody', async () => {
    const { first, copy, wake } = start()
    first.arrive()
    copy()
    first.leave()
    expect(await wake()).toBe(1)
  })

  it('begins when the last reply goes out, or after 15 ms', async () => {
    const { first, copy, wake, clock } = start()
    first.arrive()
    first.arrive()
    copy()
    expect(await wake()).toBe(0)
    first.leave()
    expect(await wake()).toBe(0)
    first.leave()
    expect(await wake()).toBe(1)

    first.arrive()
    const began = clock.now
    copy()
    for (let looks = 1; looks < 5; looks++) expect(await wake()).toBe(1)
    expect(await wake()).toBe(2)
    expect(clock.now - began).toBe(15)
  })

  it('does not begin together with another one', async () => {
    const { copy, wake, clock } = start()
    copy()
    copy()
    expect(await wake()).toBe(1)
    expect(await wake()).toBe(1)
    expect(await wake()).toBe(2)
    // The clock went back.
    clock.now -= 5000
    copy()
    expect(await wake()).toBe(3)
  })
})

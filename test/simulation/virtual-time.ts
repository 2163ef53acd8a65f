// A clock that jumps from one timer to the next, put in the place of the real one: hours pass in
// seconds, the same way each time. Only what waits by timers or promises alone may run on it.

import { createHash } from 'node:crypto'
import { vi } from 'vitest'
import { type Due, pop, push } from '../support/due-heap.ts'

type Timer = Due & { run: (() => void) | undefined }

export type VirtualTime = {
  /** Milliseconds since the beginning. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Runs all timers up to this moment. */
  readonly runUntil: (ms: number) => Promise<void>
}

/** Until the test file's `vi.unstubAllGlobals`. */
export function installVirtualTime(): VirtualTime {
  const queue: Timer[] = []
  let [now, orders] = [0, 0]
  // Node's digest comes back from a thread, and no virtual clock can wait for that.
  vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_, data) => {
    const { buffer } = new Uint8Array(
      createHash('sha256')
        .update(data as Uint8Array)
        .digest(),
    )
    return buffer
  })
  const start = (run: () => void, ms = 0): Timer => {
    const timer = { at: now + Math.max(0, ms), order: orders++, run }
    push(queue, timer)
    return timer
  }
  vi.stubGlobal('setTimeout', start)
  vi.stubGlobal('clearTimeout', (timer: Timer | null) => {
    if (timer) timer.run = undefined
  })
  return {
    now: () => now,
    sleep: (ms) => new Promise((resolve) => start(resolve, ms)),
    runUntil: async (end) => {
      for (let next = queue[0]; next && next.at <= end; next = queue[0]) {
        pop(queue)
        if (!next.run) continue
        now = next.at
        next.run()
        await new Promise(setImmediate)
      }
      now = end
    },
  }
}

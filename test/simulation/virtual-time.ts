// A clock that jumps from one timer to the next, put in the place of the real one: hours pass in
// seconds, the same way each time. Only what waits by timers or promises alone may run on it.

import { createHash } from 'node:crypto'
import { vi } from 'vitest'

type Timer = { readonly at: number; readonly order: number; run: (() => void) | undefined }

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

/** The earliest first; of two of one moment, the one that was started first. */
const isBefore = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.order < b.order)

/** A binary heap in an array. */
function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above] as Timer
    if (!isBefore(timer, parent)) break
    heap[at] = parent
    at = above
  }
  heap[at] = timer
}

function pop(heap: Timer[]): void {
  const last = heap.pop() as Timer
  if (heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child++
    if (!isBefore(heap[child] as Timer, last)) break
    heap[at] = heap[child] as Timer
    at = child
  }
  heap[at] = last
}

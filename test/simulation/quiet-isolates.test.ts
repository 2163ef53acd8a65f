// What becomes of the last requests of isolates that nobody asks anything after them: the edge's own
// loader, recorder and timer on a virtual clock, in a data centre whose copy is always fresh, so that
// no call of the control is ever due.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Batch, COUNTING_FORM } from '../../src/core/counting/batch.ts'
import { CLOSE_AFTER_MS, closesAt } from '../../src/core/counting/limits.ts'
import { AssignmentsLoader } from '../../src/loading/load.ts'
import { digestText, type SyncReport } from '../../src/loading/sync.ts'
import { Flusher } from '../../src/metrics/flusher.ts'
import { Pages } from '../../src/metrics/pages.ts'
import { exampleDocument } from '../support/document.ts'
import { makeRandom } from './random.ts'
import { installVirtualTime, type VirtualTime } from './virtual-time.ts'

const FLUSH_AFTER_MS = 10_000
const ISOLATES = 200
const REQUESTS = 20

type Result = { made: number; counted: number; late: number; slowestMs: number; calls: number }

/** Pages handed out as the recorder does it, without what needs a whole request. */
function createCounting(now: () => number, isolate: string) {
  const pages = new Pages()
  let sequence = 0
  const decision = { environment: 'main', version: { id: '1' }, revision: 1 } as never
  return {
    get isEmpty() {
      return pages.isEmpty
    },
    record: () => {
      const page = pages.find(decision, now())
      if (page) page.totals.requests += 1
    },
    take: (): Batch | undefined =>
      pages.isEmpty
        ? undefined
        : {
            form: COUNTING_FORM,
            isolate,
            sequence: ++sequence,
            windows: pages.take(),
            dropped: 0,
          },
    arrived: () => undefined,
    failed: () => undefined,
    collect: () => undefined,
  }
}

/** @param evictAfterMs how long an isolate lives after its last request, at most. */
async function run(time: VirtualTime, afterMs: number, evictAfterMs: number): Promise<Result> {
  const random = makeRandom(11)
  const text = JSON.stringify({ ...exampleDocument(), revision: 1 })
  const identity = { revision: 1, digest: await digestText(text) }
  const result: Result = { made: 0, counted: 0, late: 0, slowestMs: 0, calls: 0 }
  for (let i = 0; i < ISOLATES; i++) {
    let isEvicted = false
    const counting = createCounting(time.now, `isolate ${i}`)
    let recordedAt = 0
    const loader = new AssignmentsLoader({
      readKv: async () => text,
      askControl: async ({ batch }: SyncReport) => {
        if (isEvicted) return new Promise(() => undefined)
        result.calls += 1
        await time.sleep(50)
        for (const { window, groups } of batch?.windows ?? []) {
          const count = groups.reduce((sum, { totals }) => sum + totals.requests, 0)
          if (time.now() < closesAt(window)) result.counted += count
          else result.late += count
          result.slowestMs = Math.max(result.slowestMs, time.now() - recordedAt)
        }
        return { current: identity, text: undefined, nextMs: 2000 }
      },
      colo: {
        loadDocument: async () => ({ text, mark: undefined }),
        storeDocument: async () => undefined,
        loadConfirmation: async () => ({ identity, at: time.now() }),
        storeConfirmation: async () => undefined,
      },
      counting,
      kvRefreshMs: 30_000,
      controlRefreshMs: 2000,
      staleAfterMs: 5000,
      documentWaitMs: 300,
      allowInsecure: false,
      now: time.now,
      random: () => random.below(1000) / 1000,
    })
    const flusher = new Flusher({
      isEmpty: () => counting.isEmpty || isEvicted,
      isUrgent: () => false,
      afterMs,
      now: time.now,
      sleep: time.sleep,
    })
    const began = random.below(60_000)
    let at = began
    for (let n = 0; n < REQUESTS; n++) {
      at += random.below(2000)
      const isLast = n === REQUESTS - 1
      setTimeout(async () => {
        await loader.load(false, () => undefined)
        if (recordedAt === 0 || counting.isEmpty) recordedAt = time.now()
        counting.record()
        result.made += 1
        flusher.arm(
          () => loader.flush(() => undefined),
          () => undefined,
        )
        if (isLast && evictAfterMs < Number.POSITIVE_INFINITY) {
          setTimeout(() => {
            isEvicted = true
          }, random.below(evictAfterMs))
        }
      }, at)
    }
  }
  await time.runUntil(200_000)
  return result
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

function show(name: string, { made, counted, late, slowestMs, calls }: Result): void {
  const lost = (100 * (made - counted)) / made
  console.log(
    `${name}: ${counted} of ${made} requests counted, ${lost.toFixed(1)} % lost, ${late} late, ` +
      `${calls} calls, the first of a batch ${(slowestMs / 1000).toFixed(1)} s before it`,
  )
}

describe('the last requests of an isolate that grows quiet', () => {
  it('all travel within 15 s, although the copy of the data centre is fresh', async () => {
    const result = await run(installVirtualTime(), FLUSH_AFTER_MS, Number.POSITIVE_INFINITY)
    show('no eviction', result)
    expect(result.made).toBe(ISOLATES * REQUESTS)
    expect(result.counted).toBe(result.made)
    expect(result.slowestMs).toBeLessThan(15_000)
    expect(result.slowestMs).toBeLessThan(CLOSE_AFTER_MS)
  })

  it('would be lost without a timer of their own', async () => {
    const result = await run(installVirtualTime(), 0, Number.POSITIVE_INFINITY)
    show('no timer', result)
    expect(result.counted).toBeLessThan(result.made / 2)
  })

  it.each([5000, 30_000])(
    'are lost in part where isolates are evicted within %i ms',
    async (ms) => {
      const result = await run(installVirtualTime(), FLUSH_AFTER_MS, ms)
      show(`evicted within ${ms} ms`, result)
      expect(result.counted).toBeGreaterThan(result.made * 0.6)
      expect(result.counted).toBeLessThanOrEqual(result.made)
    },
  )
})

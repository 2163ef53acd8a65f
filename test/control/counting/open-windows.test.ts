import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REMEMBERED_MS } from '../../../src/control/counting/limits.ts'
import { type ClosedWindow, OpenWindows } from '../../../src/control/counting/open-windows.ts'
import type { Batch } from '../../../src/core/counting/batch.ts'
import { CLOSE_AFTER_MS, WINDOW_MS } from '../../../src/core/counting/limits.ts'
import { START, type ToGroup, toBatch, WINDOW } from './batches.ts'

const PAST = START + 10 * WINDOW_MS + CLOSE_AFTER_MS

/** All windows after batches that came at the very beginning. */
function merge(batches: readonly Batch[]): ClosedWindow[] {
  const windows = new OpenWindows()
  for (const batch of batches) windows.add(batch, START)
  return windows.close(PAST)
}

const anyGroup: fc.Arbitrary<ToGroup> = fc.record({
  side: fc.constantFrom('control', 'canary'),
  revision: fc.integer({ min: 1, max: 2 }),
  totals: fc.record({
    requests: fc.nat(100),
    latencyMs: fc.nat(1000),
    failures: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.nat(5)),
  }),
})
const anyBatches = fc
  .array(fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.integer({ min: 0, max: 1 }), anyGroup), {
    maxLength: 12,
  })
  .map((parts) => {
    const sequences: Record<string, number> = {}
    return parts.map(([isolate, offset, group]) => {
      sequences[isolate] = (sequences[isolate] ?? 0) + 1
      return toBatch(isolate, sequences[isolate], { [offset]: [group] })
    })
  })

describe('merging', () => {
  it('does not depend on which isolate comes first, and counts no batch twice', () => {
    fc.assert(
      fc.property(anyBatches, (batches) => {
        const expected = merge(batches)
        // Isolates in another order; each keeps its own, and says everything twice.
        const others = batches
          .toSorted((a, b) => b.isolate.localeCompare(a.isolate))
          .flatMap((batch) => [batch, batch])
        expect(merge(others)).toEqual(expected)
      }),
    )
  })

  it('is exact: sums of requests', () => {
    fc.assert(
      fc.property(anyBatches, (batches) => {
        const groups = merge(batches).flatMap((closed) => closed.groups)
        const sent = batches.flatMap(({ windows }) => windows.flatMap((window) => window.groups))
        const sum = (list: readonly { totals: { requests: number } }[]) =>
          list.reduce((total, { totals }) => total + totals.requests, 0)
        expect(sum(groups)).toBe(sum(sent))
      }),
    )
  })
})

describe('a window', () => {
  it('closes 20 s after its end, and what is later is dropped and counted', () => {
    const windows = new OpenWindows()
    const closesAt = START + WINDOW_MS + CLOSE_AFTER_MS
    const late = (isolate: string) => toBatch(isolate, 1, { 0: [{ visits: [{ hash: 1 }] }] })
    windows.add(late('a'), closesAt - 1)
    expect(windows.nextCloseAt).toBe(closesAt)
    expect(windows.close(closesAt - 1)).toEqual([])
    windows.add(late('b'), closesAt)
    expect(windows.losses).toMatchObject({ batches: 2, late: 1 })
    expect(windows.close(closesAt)).toMatchObject([{ window: WINDOW }])
    expect(windows.nextCloseAt).toBe(Number.POSITIVE_INFINITY)
  })

  it('is not opened again when the clock goes back', () => {
    const windows = new OpenWindows()
    windows.add(toBatch('a', 1, { 0: [{}] }), START)
    expect(windows.close(PAST)).toHaveLength(1)
    windows.add(toBatch('b', 1, { 0: [{ visits: [{ hash: 1 }] }] }), START)
    expect(windows.close(PAST)).toEqual([])
    expect(windows.losses.late).toBe(1)
  })

  it('takes batches again when the clock was ahead for a day, and each of them once', () => {
    const DAY = 86_400_000
    const windows = new OpenWindows()
    const ahead = { ...toBatch('a', 1, { 0: [{}] }) }
    const [counted] = ahead.windows
    if (!counted) throw new Error('there is a window')
    const later = { ...counted, window: counted.window + DAY / WINDOW_MS }
    windows.add({ ...ahead, windows: [later] }, START + DAY)
    expect(windows.close(PAST + DAY)).toHaveLength(1)
    const batch = toBatch('a', 2, { 0: [{ visits: [{ hash: 1 }] }] })
    windows.add(batch, START)
    windows.add(batch, START)
    const closed = windows.close(PAST)
    expect(closed.map(({ window }) => window)).toEqual([WINDOW])
    expect(windows.losses).toMatchObject({ duplicates: 1, late: 0 })
  })

  it('that has not begun takes nothing', () => {
    const windows = new OpenWindows()
    windows.add(toBatch('a', 1, { 2: [{ visits: [{ hash: 1 }] }] }), START)
    expect(windows.losses.early).toBe(1)
    expect(windows.close(PAST)).toEqual([])
  })
})

describe('memory', () => {
  it('forgets isolates, but not before their batch can come again', () => {
    const windows = new OpenWindows()
    const batch = toBatch('a', 1, { 0: [{}] })
    windows.add(batch, START)
    windows.add(batch, START + REMEMBERED_MS)
    expect(windows.losses.duplicates).toBe(1)
  })
})

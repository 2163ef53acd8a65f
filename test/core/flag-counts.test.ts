// Counts of evaluations on their way from the isolate to the warning: bounds, forged ones, and words.

import { expect, it } from 'vitest'
import { FlagCounts } from '../../src/control/flags/counts.ts'
import { MAX_FLAG_COUNTS } from '../../src/control/flags/limits.ts'
import { COUNTING_FORM, isBatch } from '../../src/core/counting/batch.ts'
import { MAX_BATCH_FLAG_COUNTS } from '../../src/core/counting/flag-counts.ts'
import { toFlagWarning } from '../../src/core/flags/warning.ts'
import { PendingFlags } from '../../src/metrics/flag-counts.ts'

const ONE = { flag: 'dark', variant: 'on', reason: 'STATIC' }

/** A control's table of one row, and its timer. */
function startCounts() {
  const stored: string[] = []
  const timers: (() => void)[] = []
  let time = Date.UTC(2026, 0, 1)
  const store = {
    read: () => stored[0],
    write: (counts: string) => void stored.splice(0, 1, counts),
  }
  const create = () => new FlagCounts({ store, now: () => time, later: (run) => timers.push(run) })
  return { create, timers, stored, wait: (ms: number) => (time += ms) }
}

it('adds up evaluations in the isolate, within what a batch carries', () => {
  const pending = new PendingFlags()
  pending.add(ONE)
  pending.add(ONE)
  for (let i = 0; i < MAX_BATCH_FLAG_COUNTS; i++) pending.add({ ...ONE, flag: `flag-${i}` })
  const { flagCounts = [], lostFlags } = pending.take()
  expect(flagCounts[0]).toEqual({ ...ONE, count: 2 })
  expect(flagCounts).toHaveLength(MAX_BATCH_FLAG_COUNTS)
  expect(lostFlags).toBe(1)
  expect(pending.isEmpty).toBe(true)
  const batch = { form: COUNTING_FORM, isolate: 'a', sequence: 1, windows: [], dropped: 0 }
  expect(isBatch({ ...batch, flagCounts, lostFlags })).toBe(true)
  expect(isBatch(batch)).toBe(true)
})

it.each([
  ['no list', {}],
  ['too many', Array.from({ length: MAX_BATCH_FLAG_COUNTS + 1 }, () => ({ ...ONE, count: 1 }))],
  ['no count', [ONE]],
  ['a count below one', [{ ...ONE, count: 0 }]],
  ['a flag without a name', [{ ...ONE, flag: '', count: 1 }]],
  ['a long variant', [{ ...ONE, variant: 'a'.repeat(257), count: 1 }]],
  ['a made-up reason', [{ ...ONE, reason: 'because "I" say so', count: 1 }]],
])('refuses a batch with %s', (_, flagCounts) => {
  const batch = { form: COUNTING_FORM, isolate: 'a', sequence: 1, windows: [], dropped: 0 }
  expect(isBatch({ ...batch, flagCounts })).toBe(false)
})

it('keeps sums in one row, which a control that begins anew reads', () => {
  const { create, timers, wait } = startCounts()
  const first = create()
  first.receive([{ ...ONE, count: 3 }], 2)
  expect(first.page().lost).toBe(2)
  timers[0]?.()
  wait(2 * 3_600_000)
  const second = create()
  second.receive([{ ...ONE, count: 1 }], 0)
  expect(second.page().counts).toEqual([
    { ...ONE, count: 4, lastHour: 1, lastDay: 4, lastAt: '2026-01-01T02:00:00.000Z' },
  ])
})

it('is bounded, and survives a row that cannot be read', () => {
  const { create, stored, wait } = startCounts()
  stored[0] = '{'
  const counts = create()
  const many = Array.from({ length: MAX_FLAG_COUNTS }, (_, i) => ({
    ...ONE,
    flag: `f${i}`,
    count: 1,
  }))
  counts.receive([...many, { ...ONE, count: 5 }], 0)
  expect(counts.page().lost).toBe(5)
  wait(2 * 86_400_000)
  counts.receive([{ ...ONE, count: 5 }], 0)
  expect(counts.page().counts).toHaveLength(MAX_FLAG_COUNTS)
  expect(counts.page().lost).toBe(5)
})

it('warns of a flag that answers everyone with its default or an error', () => {
  const told = (reason: string, variant = 'on', lastDay = 1) => ({ reason, variant, lastDay })
  const warningOf = (counts: Parameters<typeof toFlagWarning>[0], isTargeted: boolean) =>
    toFlagWarning(counts, isTargeted, 'look there')
  expect(warningOf([told('ERROR', '')], false)).toMatch(
    /with an error in the last day: look there$/,
  )
  expect(warningOf([told('DEFAULT', '')], false)).toMatch(/default of the code/)
  expect(warningOf([told('DEFAULT')], true)).toMatch(/nobody meets its targeting/)
  expect(warningOf([told('STATIC')], false)).toBeUndefined()
  expect(warningOf([told('DEFAULT'), told('TARGETING_MATCH')], true)).toBeUndefined()
  expect(warningOf([told('DISABLED', '')], false)).toBeUndefined()
  expect(warningOf([told('ERROR', '', 0)], false)).toBeUndefined()
})

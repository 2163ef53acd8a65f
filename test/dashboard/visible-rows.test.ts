// Which rows of a long list are near the screen, and how pages of the audit log become one list.

import { describe, expect, it } from 'vitest'
import { joinNewest } from '../../src/dashboard/state/audit-rows.ts'
import { chooseRows, toOffsets } from '../../src/dashboard/state/visible-rows.ts'

const keys = Array.from({ length: 1000 }, (_, i) => `row ${i}`)

describe('rows of a long list', () => {
  it('are those between two heights, whatever each measures', () => {
    const offsets = toOffsets(keys, new Map([['row 0', 500]]), 50)
    expect(chooseRows(offsets, 0, 600)).toEqual({ from: 0, to: 4 })
    expect(chooseRows(offsets, 500, 600)).toEqual({ from: 1, to: 4 })
    expect(offsets.at(-1)).toBe(500 + 999 * 50)
  })

  it('are never none, however far away the screen is, and none where there are none', () => {
    const offsets = toOffsets(keys, new Map(), 50)
    expect(chooseRows(offsets, -9000, -8000)).toEqual({ from: 0, to: 1 })
    expect(chooseRows(offsets, 1e6, 2e6)).toEqual({ from: 999, to: 1000 })
    expect(chooseRows(toOffsets([], new Map(), 50), 0, 900)).toEqual({ from: 0, to: 0 })
  })

  it('are taken to be as high as those that were seen', () => {
    const heights = new Map(keys.slice(0, 10).map((key) => [key, 80]))
    expect(toOffsets(keys, heights, 50).at(-1)).toBe(1000 * 80)
  })
})

describe('entries of the audit log', () => {
  const rows = (...seqs: number[]) => seqs.map((seq) => ({ seq }))

  it('keep what was read before when newer ones come', () => {
    expect(joinNewest(rows(5, 4, 3, 2, 1), rows(7, 6, 5, 4))).toEqual(rows(7, 6, 5, 4, 3, 2, 1))
    expect(joinNewest(rows(5, 4), rows(7, 6))).toEqual(rows(7, 6, 5, 4))
    expect(joinNewest(rows(5, 4), rows(5, 4))).toEqual(rows(5, 4))
  })

  it('begin anew where some between them were not read', () => {
    expect(joinNewest(rows(5, 4), rows(9, 8))).toBeUndefined()
    expect(joinNewest([], rows(2, 1))).toBeUndefined()
  })
})

// What the judge promises, tried with made-up visitors through the counter, the judge and the state
// machine of production: few runs here, many in `npm run simulate:judge`, whose figures docs/judging.md
// shows.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runCell } from '../../scripts/judge/grid.ts'
import { endOf, NEVER_ROW, WAYS } from '../../scripts/judge/never.ts'
import { isWithin, type Row, toCount, toShare } from '../../scripts/judge/row.ts'
import { OLD_ROWS, ROWS } from '../../scripts/judge/rows.ts'

const EFFORT = { seed: 1, share: 0.001, least: 3 }
/** A rollout in which nothing happens goes on for long, so that one run of each takes a while. */
const EFFORT_FOR_CALM = { ...EFFORT, least: 1 }
const isCalm = ({ bound }: Row) => /^takes? no |in at most \d/.test(bound)
const TIMEOUT_MS = 300_000

describe('the judge', () => {
  for (const row of [...OLD_ROWS, ...ROWS].filter((row) => row !== NEVER_ROW)) {
    const { property, bound } = row
    it(
      `${property}: ${bound}`,
      () => {
        const { holds, judge, runs } = row.run(isCalm(row) ? EFFORT_FOR_CALM : EFFORT)
        console.log(`${property}: ${judge} (${runs} runs)`)
        expect(holds, judge).toBe(true)
      },
      TIMEOUT_MS,
    )
  }
})

describe.each(WAYS)('eight hours in which $name', (way) => {
  it.each(['evidence', 'time'] as const)('promote nothing by a gate of %s', (gate) => {
    const { outcome, actions } = endOf(way, gate, EFFORT.seed)
    expect(outcome).not.toBe('promoted')
    expect(actions.map(({ kind }) => kind)).not.toContain('complete')
  })
})

it('harms little more than twice as many as the best possible, from twice as many failures on', () => {
  const effort = { seed: 1, share: 0.2 }
  for (const times of [2, 5]) {
    const cell = { preset: 'standard', perMinute: 1000, base: 0.01, times } as const
    const { harmed, back } = runCell(cell, effort) ?? { harmed: [], back: [] }
    const [holo = Number.NaN] = harmed
    expect(back[0]).toBe(1)
    // A few visitors more: few runs scatter, and one has to hear of failures before one can act.
    expect(holo).toBeLessThan(2.5 * (harmed.at(-1) ?? 0) + 5)
  }
})

it('docs/judging.md shows every row', () => {
  const page = readFileSync('docs/judging.md', 'utf8')
  const isShown = ({ property }: Row) => page.includes(`| ${property} |`)
  expect([...OLD_ROWS, ...ROWS].filter((row) => !isShown(row))).toEqual([])
  expect(page.includes('**broken**')).toBe(false)
})

it('the figures say how sure they are', () => {
  expect(toShare(5, 1000)).toBe('0.5 % (0.21 % to 1.2 %)')
  expect(toCount(12_345)).toBe('12,300')
  expect(isWithin(10, 1000)).toBe(true)
  expect(isWithin(20, 1000)).toBe(false)
})

it.each([
  ['--seed', 'x'],
  ['--share', '0'],
  ['--runs', '5'],
])('npm run simulate:judge refuses %s %s and says what there is', (...args) => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/simulate-judge.ts', ...args], {
    encoding: 'utf8',
  })
  expect(status).toBe(2)
  expect(stderr).toContain(args[0])
})

// What the judge promises, tried with made-up visitors through the production judge and state
// machine: few runs here, many in `npm run simulate:judge`, whose figures docs/judging.md shows.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { endOf, NEVER_ROW, WAYS } from '../../scripts/judge/never.ts'
import { isWithin, toCount, toShare } from '../../scripts/judge/row.ts'
import { ROWS } from '../../scripts/judge/rows.ts'

const EFFORT = { seed: 1, share: 0.01 }

describe('the judge', () => {
  it.each(ROWS.filter((row) => row !== NEVER_ROW))('$property: $bound', ({ property, run }) => {
    const { holds, judge, runs } = run(EFFORT)
    console.log(`${property}: ${judge} (${runs} runs)`)
    expect(holds, judge).toBe(true)
  })
})

describe.each(WAYS)('a day in which $name', (way) => {
  it.each(['evidence', 'time'] as const)('promotes nothing by a gate of %s', (gate) => {
    const { outcome, actions } = endOf(way, gate, 'hold', EFFORT.seed)
    expect(outcome).not.toBe('promoted')
    expect(actions.map(({ kind }) => kind)).not.toContain('complete')
  })
})

it('docs/judging.md shows every row', () => {
  const page = readFileSync('docs/judging.md', 'utf8')
  for (const { property, bound } of ROWS) expect(page).toContain(`| ${property} | ${bound} |`)
  expect(page).not.toContain('**broken**')
})

it('the figures say how sure they are', () => {
  expect(toShare(5, 1000)).toBe('0.5 % (0.21 % to 1.2 %)')
  expect(toCount(12_345)).toBe('12,300')
  expect(isWithin(11, 1000)).toBe(false)
  expect(isWithin(10, 1000)).toBe(true)
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

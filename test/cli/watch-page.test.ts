// The page of `holo watch`: what it shows at which width.

import { describe, expect, it } from 'vitest'
import { CliFailure, EXIT } from '../../src/cli/failure.ts'
import { type LivePage, toPerSecond } from '../../src/cli/live/load.ts'
import { toPageLines } from '../../src/cli/live/page.ts'
import { clip, toScreenLine, toStyle, toWidth } from '../../src/cli/terminal.ts'
import { asRead, DOWN, ENVIRONMENTS, LAST, PAGE } from '../support/live-page.ts'
import { NOW } from '../support/rollout-api.ts'

const toLines = (page: Partial<LivePage>, columns: number, isColoured = false, more = {}) =>
  toPageLines(
    { page: { ...PAGE, ...page }, nextAt: NOW + 65_000, ...more },
    {
      style: toStyle({ isTTY: isColoured, write: () => {} }, {}),
      columns,
      now: NOW + 62_000,
      foot: 'q quits, r refreshes; every 5 s',
    },
  )

describe('the page', () => {
  it('shows what a release needs to be watched', () => {
    expect(toLines({}, 80).join('\n')).toBe(
      `shop  https://shop.example.com  revision 42, in KV                     12:01:02Z
2026-11-24 12:00:00Z  alice: shift (build 8)

environment  version  visitors                              req/s  errors    p95
main         0.0.3    ████████████████████████████▌   95 %    120  0.12 %  43 ms
canary       0.0.5    █▌                               5 %    6.1   2.5 %  51 ms
qa           0.0.6    restricted                       0 %
req/s of the last minute; errors and p95 of the last 5 minutes

rollout 7  canary v2 against main v1
  ███░░░░░░░░░░░░░░░░░ step 2 of 3 (5 %)
  at least 8 min 30 s more in this step, and 48 min 30 s until it is over
  100 visitors of v2 and 1,900 of v1 in this step
  nothing speaks against it: no visitor of the new version met a failure, and
  none of the old one

rollout 6  canary v2: rolled back 1 min ago

shadow of main 0.0.3 on qa 0.0.6: 3 % of 1,200 compared differ; 12 ms, shadow 15
ms; 1 request not copied for lack of budget

canary /api/  Down since 2026-11-24 12:00:00Z: https://api-5.example.com answers
503
services: 1 healthy

q quits, r refreshes; every 5 s`,
    )
  })

  it.each([
    [60, false],
    [60, true],
    [80, true],
    [120, false],
    [120, true],
    [20, true],
  ])('is no wider than %i columns, coloured: %s', (columns, isColoured) => {
    const long = 'https://a-very-long-name-of-an-origin-that-nobody-can-break.example.com/probe'
    const environments = [
      ...ENVIRONMENTS,
      { ...ENVIRONMENTS[0], name: 'a'.repeat(32), version: 'v'.repeat(64) },
    ]
    const waiting = [{ rollout: 7, why: long, command: 'holo rollout advance 7' }]
    const services = [{ ...DOWN, why: long }]
    for (const page of [{}, { environments, waiting, services, publishError: long }]) {
      const lines = toLines(page as Partial<LivePage>, columns, isColoured)
      expect(Math.max(...lines.map(toWidth))).toBeLessThanOrEqual(columns)
      const shown = lines.map(toScreenLine).join('\n')
      expect(shown.includes('\u001b')).toBe(isColoured)
      if (columns >= 60)
        for (const part of ['canary', '0.0.5', '120']) expect(shown).toContain(part)
    }
  })

  it('has the figures below each environment where they have no room beside it', () => {
    const lines = toLines({}, 56)
    expect(lines).toContain('canary       0.0.5    █▍                             5 %')
    expect(lines).toContain('  6.1 req/s  2.5 % errors  p95 51 ms')
  })

  it('says since when it is old, why, and when it tries again', () => {
    const hint = 'check the address'
    const failure = new CliFailure('unreachable', EXIT.unreachable, 'nobody answers', { hint })
    const failed = { failure, since: NOW + 61_000, times: 1 }
    expect(toLines({}, 80, false, { failed }).slice(2, 5)).toEqual([
      'OLD: all below is of 2026-11-24 12:01:00Z, 2 s ago',
      'nobody answers; next try in 3 s',
      hint,
    ])
  })

  it.each([
    [{ number: 1, of: 3 }, 400_000, 'at least 50 min until it is over'],
    [
      { number: 3, of: 3 },
      1_200_000,
      'at most 5 h 40 min more in this step, then it goes on if nothing speaks against it; at least 30 min until it is over',
    ],
    [undefined, 600_000, 'at least 20 min more in this step'],
  ])('tells the time that is left in step %j', (step, elapsedMs, expected) => {
    const phase = step ? 'step' : 'bake'
    const lines = toLines({ rollouts: [asRead({ phase, step, elapsedMs })] }, 200)
    expect(lines).toContain(`  ${expected}`)
  })

  it('says that releases are frozen, and when the next window opens', () => {
    const freeze = { by: 'alice', since: NOW, reason: 'incident 42' }
    const friday = { days: ['fri'], from: '09:00', to: '12:00' }
    const windows = { zone: 'UTC', windows: [friday], open: false, opensAt: NOW + 86_400_000 }
    const lines = toLines({ freeze, windows }, 200)
    expect(lines).toContain(
      'releases are frozen by alice since 2026-11-24 12:00:00Z, until somebody ends it: incident 42',
    )
    expect(lines).toContain(
      'releases go forward only fri 09:00-12:00 (UTC); the next window opens 2026-11-25 12:00:00Z',
    )
    const open = toLines({ windows: { ...windows, open: true } }, 200)
    expect(open.join('\n')).not.toContain('go forward only')
  })

  it('takes no control character from what somebody else wrote', () => {
    const last = { ...LAST, actor: 'a\u001b[2J', reason: 'b\nc' }
    const shown = toLines({ target: 'x\u001b[1A', last }, 80).map(toScreenLine)
    for (const sign of ['\u001b', '\n']) expect(shown.slice(0, 2).join('')).not.toContain(sign)
  })

  it('clips a line by its columns, colours and all', () => {
    const red = toStyle({ isTTY: true, write: () => {} }, {}).red('日本語abc')
    expect(toScreenLine(clip(red, 6))).toBe('\u001b[31m日本\u001b[39m…')
    expect(clip('abc', 3)).toBe('abc')
  })
})

it('counts requests a second over the last minute that has closed', () => {
  const points = Array.from({ length: 12 }, (_, i) => ({
    at: NOW - 120_000 + i * 10_000,
    series: [
      {
        ...{ environment: 'main', version: 'v1', judged: 0, assigned: 0, failed: 0, latency: [] },
        requests: i < 4 || i > 9 ? 1000 : 30,
      },
    ],
  }))
  expect(toPerSecond({ points }, 'main', NOW)).toBe(3)
  expect(toPerSecond({ points }, 'canary', NOW)).toBe(0)
})

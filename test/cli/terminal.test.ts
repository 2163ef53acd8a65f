// What reaches a terminal: colours only there, nothing wider than it, and nothing that steers it but
// what the command means to.

import { describe, expect, it } from 'vitest'
import { CliFailure } from '../../src/cli/failure.ts'
import { toFailureText, toOutcomeText } from '../../src/cli/report.ts'
import { suggest } from '../../src/cli/suggest.ts'
import { toTable } from '../../src/cli/table.ts'
import { toStyle, toWidth } from '../../src/cli/terminal.ts'

const screen = (isTTY: boolean) => ({ isTTY, write: () => {} })

describe('colours', () => {
  it.each([
    ['on a terminal', true, {}, true],
    ['in a pipe', false, {}, false],
    ['where NO_COLOR is set', true, { NO_COLOR: '1' }, false],
    ['where NO_COLOR is empty', true, { NO_COLOR: '' }, true],
    ['on a terminal that knows none', true, { TERM: 'dumb' }, false],
  ])('%s', (_, isTTY, env, expected) => {
    expect(toStyle(screen(isTTY), env).red('x')).toBe(expected ? '\u001b[31mx\u001b[0m' : 'x')
  })
})

describe('a table', () => {
  const head = ['environment', 'version', 'visitors', '']
  const rows = [
    ['main', '0.0.3', '95 %', ''],
    ['canary', '0.0.5', '5 %', 'restricted'],
  ]

  it('has its columns under one another', () => {
    expect(toTable(head, rows, 80)).toEqual([
      'environment  version  visitors',
      'main         0.0.3    95 %',
      'canary       0.0.5    5 %       restricted',
    ])
  })

  it('becomes a few lines for each row on a narrow terminal, and loses nothing', () => {
    const lines = toTable(head, rows, 24)
    expect(Math.max(...lines.map(toWidth))).toBeLessThanOrEqual(24)
    for (const cell of rows.flat()) expect(lines.join('\n')).toContain(cell)
  })

  it('is as wide as it has to be in a file', () => {
    expect(toTable(head, rows, undefined)).toEqual(toTable(head, rows, 200))
  })
})

describe("somebody else's text", () => {
  const evil = 'a\u001b[2J\u001b]0;title\u0007b\rc'

  it('does not steer the terminal in what a command says', () => {
    const text = toOutcomeText(
      'log',
      { json: {}, lines: [evil, toStyle(screen(true), {}).red('mine')] },
      false,
    )
    expect(text).toBe('a\ufffd[2J\ufffd]0;title\ufffdb\ufffdc\n\u001b[31mmine\u001b[0m\n')
  })

  it('does not steer it in a failure either', () => {
    const failure = new CliFailure('x', 1, evil, {
      hint: evil,
      problems: [{ path: evil, message: evil }],
    })
    const text = toFailureText(failure, toStyle(screen(false), {}))
    for (const steering of ['\u001b', '\u0007', '\r']) expect(text).not.toContain(steering)
  })
})

describe('a suggestion', () => {
  it.each([
    ['canry', 'canary'],
    ['cnaary', 'canary'],
    ['CANARY', 'canary'],
    ['man', 'main'],
    ['blue', undefined],
    ['x', undefined],
  ])('for %s is %s', (typed, meant) => {
    expect(suggest(typed, ['main', 'canary', 'green'])).toBe(meant)
  })
})

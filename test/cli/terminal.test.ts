// What reaches a terminal: colours only there, nothing wider than it, and nothing that steers it but
// what the command means to.

import { describe, expect, it } from 'vitest'
import { CliFailure } from '../../src/cli/failure.ts'
import { toFailureJson, toFailureText, toOutcomeText } from '../../src/cli/run.ts'
import { suggest } from '../../src/cli/suggest.ts'
import { toTable } from '../../src/cli/table.ts'
import { toScreenLine, toStyle, toWidth, wrap } from '../../src/cli/terminal.ts'

const screen = (isTTY: boolean) => ({ isTTY, write: () => {} })

describe('colours', () => {
  it.each([
    ['on a terminal', true, {}, true],
    ['in a pipe', false, {}, false],
    ['where NO_COLOR is set', true, { NO_COLOR: '1' }, false],
    ['where NO_COLOR is empty', true, { NO_COLOR: '' }, true],
    ['on a terminal that knows none', true, { TERM: 'dumb' }, false],
  ])('%s', (_, isTTY, env, expected) => {
    const shown = toScreenLine(toStyle(screen(isTTY), env).red('x'))
    expect(shown).toBe(expected ? '\u001b[31mx\u001b[0m' : 'x')
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

const GERMAN = 'Größe und Maß'
const JAPANESE = '日本語'
const LONG_JAPANESE = 'これは長い日本語の文章です。改行が必要になります'
const red = toStyle(screen(true), {}).red

describe('the width of a text', () => {
  it.each([
    ['letters', GERMAN, 13],
    ['Japanese', JAPANESE, 6],
    ['Korean', '한국어', 6],
    ['full-width letters', 'ＡＢ', 4],
    ['half-width katakana', 'ｱｲ', 2],
    ['a combining accent', 'cafe\u0301', 4],
    ['an emoji', '👍', 2],
    ['an emoji by its selector', '✔\ufe0f', 2],
    ['a skin tone', '👍🏽', 2],
    ['a flag', '🇨🇭', 2],
    ['a colour around it', red(JAPANESE), 6],
    ['colours inside of it', `${red('a')}b${red(JAPANESE)}`, 8],
    ['what is shown as U+FFFD', 'a\u200db', 3],
  ])('counts the columns of %s', (_, text, columns) => {
    expect(toWidth(text)).toBe(columns)
  })
})

describe('a table of wide signs', () => {
  const rows = [
    [JAPANESE, 'v1', LONG_JAPANESE],
    ['cafe\u0301', '👍', 'e\u0301 and a reason that is as long as that'],
    [red('한국어 🇨🇭'), red('v2'), ''],
  ]

  it('has its columns under one another', () => {
    expect(toTable(['who', 'what', 'why'], rows, undefined).map(toScreenLine)).toEqual([
      'who        what  why',
      `日本語     v1    ${LONG_JAPANESE}`,
      'cafe\u0301       👍    e\u0301 and a reason that is as long as that',
      '\u001b[31m한국어 🇨🇭\u001b[0m  \u001b[31mv2\u001b[0m',
    ])
  })

  it.each([60, 44, 42, 30, 20])('is no wider than %i columns, and loses nothing', (columns) => {
    const lines = toTable(['who', 'what', 'why'], rows, columns)
    expect(Math.max(...lines.map(toWidth))).toBeLessThanOrEqual(columns)
    const shown = lines.map(toScreenLine).join('').replaceAll(/\s/g, '')
    for (const sign of LONG_JAPANESE) expect(shown).toContain(sign)
    for (const cell of [JAPANESE, '한국어', '🇨🇭', '👍']) expect(shown).toContain(cell)
  })
})

describe('a sentence on a narrow terminal', () => {
  it('is broken at spaces, and has its colour in each line', () => {
    const lines = wrap(red('one two three four'), 10, '  ').map(toScreenLine)
    expect(lines).toEqual([
      '  \u001b[31mone two\u001b[39m',
      '  \u001b[31mthree\u001b[39m',
      '  \u001b[31mfour\u001b[0m',
    ])
  })

  it('is broken anywhere where a script has no spaces', () => {
    const lines = wrap(`${LONG_JAPANESE} ${JAPANESE}`, 20)
    expect(lines.map(toWidth).every((width) => width <= 20)).toBe(true)
    expect(lines.join('').replaceAll(' ', '')).toBe(LONG_JAPANESE + JAPANESE)
  })

  it('keeps a word whole that is wider than the line, so that it can be copied', () => {
    const address = 'https://shop.example.com/a/path/that/is/long'
    expect(wrap(`see ${address} for more`, 20)).toEqual(['see', address, 'for more'])
  })

  it('takes no colour and no break from what somebody else wrote', () => {
    const lines = wrap('a\u001b[31m b\nc \u001b]8;;https://evil.example\u0007d', 8)
    const shown = lines.map(toScreenLine).join('\n')
    expect(shown).not.toContain('\u001b')
    expect(shown).toContain('b\ufffdc')
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

/** Signs that are none, or that change what others look like. */
const DECEITS: readonly (readonly [what: string, sign: string])[] = [
  ['a new line', '\n'],
  ['a return', '\r'],
  ['a tabulator', '\t'],
  ['NUL', '\u0000'],
  ['an escape', '\u001b[1A'],
  ['a colour', '\u001b[31m'],
  ['a colour that hides', '\u001b[8m'],
  ['the one-byte CSI', '\u009b2J'],
  ['a line separator', '\u2028'],
  ['a paragraph separator', '\u2029'],
  ['NEL', '\u0085'],
  ['a right-to-left override', '\u202e'],
  ['an isolate', '\u2066'],
  ['an Arabic letter mark', '\u061c'],
  ['a zero-width space', '\u200b'],
  ['a joiner', '\u200d'],
  ['a byte order mark', '\ufeff'],
  ['a soft hyphen', '\u00ad'],
  ['a tag', '\u{e0041}'],
  ['a filler', '\u3164'],
  ['a sign of annotation', '\ufff9'],
  ['half of a pair', '\ud800'],
]

describe.each(DECEITS)('%s in what somebody else wrote', (_, sign) => {
  const text = `ci${sign}2100-01-01 00:00:00Z  9  alice  rollback`

  it('makes no second row and moves none in a table', () => {
    const [, ...lines] = toTable(['who', 'what'], [[text, 'shift']], undefined)
    const shown = toOutcomeText('log', { json: {}, lines }, false)
    expect(shown.split(/[\n\r\u0085\u2028\u2029]/)).toHaveLength(2)
    expect(shown).toContain('ci\ufffd')
    // Columns are two spaces apart: a value cannot look like several.
    expect(shown.trim().split('  ')).toHaveLength(2)
  })

  it('is seen in a line and a failure, and is an escape in JSON', () => {
    const coloured = toStyle(screen(true), {}).dim(text)
    for (const line of [toScreenLine(text), toScreenLine(coloured)]) {
      expect(line).toContain('ci\ufffd')
      expect(line).not.toContain(sign)
    }
    const failure = new CliFailure('x', 1, 'x', {
      ...{ hint: text, requestId: text, problems: [{ path: text, message: text }] },
      changes: [{ revision: 1, at: 0, actor: text, action: text, reason: text }],
    })
    const shown = toFailureText(failure, toStyle(screen(false), {}))
    expect(shown.split('\n')).toHaveLength(6)
    for (const json of [
      toOutcomeText('log', { json: { text }, lines: [] }, true),
      toFailureJson('log', failure),
    ]) {
      if (sign !== '\n') expect(json).not.toContain(sign)
    }
    expect(JSON.parse(toOutcomeText('log', { json: { text }, lines: [] }, true)).text).toBe(text)
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

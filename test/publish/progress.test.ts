import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ProgressStep,
  showProgress,
  startCount,
  toProgressBar,
  toProgressLine,
} from '../../src/publish/progress.ts'

const STEP: ProgressStep = {
  doing: 'reading',
  files: 25,
  ofFiles: 100,
  bytes: 2_500_000,
  ofBytes: 10_000_000,
}

function makeScreen(more: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = []
  return { written, screen: { ...more, write: (text: string) => written.push(text) } }
}

describe('startCount', () => {
  it('tells the start and every finished file', () => {
    const steps: ProgressStep[] = []
    const count = startCount('reading', [{ size: 3 }, { size: 4 }], (step) => steps.push(step))
    count(3)
    count(4)
    expect(
      steps.map(({ files, ofFiles, bytes, ofBytes }) => [files, ofFiles, bytes, ofBytes]),
    ).toEqual([
      [0, 2, 0, 7],
      [1, 2, 3, 7],
      [2, 2, 7, 7],
    ])
  })
})

describe('the bar', () => {
  it('shows files, bytes, rate and time left', () => {
    expect(toProgressBar('1.0.0', STEP, 5_000, 120, false)).toBe(
      '1.0.0 reading  ████████░░░░░░░░░░░░░░░░░░░░░░  25/100 files  2.5 MB of 10.0 MB  500.0 kB/s  15 s left',
    )
  })

  it('leaves out what does not fit, the count of files last', () => {
    expect(toProgressBar('1.0.0', STEP, 5_000, 60, false)).toBe(
      '1.0.0 reading  25/100 files  2.5 MB of 10.0 MB  500.0 kB/s',
    )
    expect(toProgressBar('1.0.0', STEP, 5_000, 28, false)).toBe('1.0.0 reading  25/100 files')
    expect(toProgressBar('1.0.0', STEP, 5_000, 10, false)).toBe('1.0.0 read')
  })

  it('is never wider than the screen, whatever it shows', () => {
    const step = fc
      .record({
        ofFiles: fc.integer({ min: 1, max: 1e6 }),
        ofBytes: fc.nat(2 ** 40),
        done: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(
        ({ ofFiles, ofBytes, done }): ProgressStep => ({
          doing: 'reading',
          files: Math.floor(ofFiles * done),
          ofFiles,
          bytes: Math.floor(ofBytes * done),
          ofBytes,
        }),
      )
    fc.assert(
      fc.property(step, fc.nat(300), fc.nat(1e7), fc.boolean(), (at, columns, ms, colour) => {
        const bar = toProgressBar('version 1.0.0', at, ms, columns, colour)
        expect(stripVTControlCharacters(bar).length).toBeLessThanOrEqual(columns)
        expect(bar).not.toMatch(/NaN|Infinity|undefined/)
      }),
    )
  })
})

it('says how long it takes while the first of many files is on its way', () => {
  const step: ProgressStep = { doing: 'reading', files: 0, ofFiles: 9, bytes: 1, ofBytes: 100 }
  expect(toProgressLine('1.0.0', step, 10_000)).toContain('16 min 30 s left')
})

describe('the time left', () => {
  const left = (step: Partial<ProgressStep>, ms: number) =>
    /(?<=, )[^,]* left$/.exec(toProgressLine('1.0.0', { ...STEP, ...step }, ms))?.[0]

  it('goes by bytes: one large file that took long says nothing of many small ones', () => {
    const step = { files: 1, ofFiles: 101, bytes: 100_000_000, ofBytes: 100_100_000 }
    expect(left(step, 10_000)).toBe('1 s left')
  })

  it('counts the way there and back of small files', () => {
    const step = { files: 1, ofFiles: 10_001, bytes: 100_000_000, ofBytes: 100_100_000 }
    expect(left(step, 10_000)).toBe('33 s left')
  })

  it('counts parts of a large file as they arrive', () => {
    const steps: ProgressStep[] = []
    const count = startCount('uploading', [{ size: 90 }, { size: 10 }], (step) => steps.push(step))
    count.part(30)
    count.part(30)
    count(90, 60)
    count(10)
    expect(steps.map(({ files, bytes }) => [files, bytes])).toEqual([
      [0, 0],
      [0, 30],
      [0, 60],
      [1, 90],
      [2, 100],
    ])
  })
})

describe('showProgress', () => {
  const steps = (files: number): ProgressStep => ({ ...STEP, files, bytes: files * 100_000 })

  it('draws over one line of a terminal, in colour, and leaves it clean', () => {
    const { screen, written } = makeScreen({ isTTY: true, columns: 60 })
    let now = 0
    const shown = showProgress('1.0.0', screen, {}, () => now)
    for (const files of [0, 1, 2, 50]) {
      now += 60
      shown.report(steps(files))
    }
    shown.end()
    expect(written).toHaveLength(2)
    expect(written.every((text) => text.startsWith('\r\u001b[K') && !text.includes('\n'))).toBe(
      true,
    )
    expect(written[0]).toContain('\u001b[32m')
    expect(written.at(-1)).toBe('\r\u001b[K')
  })

  it('uses no colour where NO_COLOR is set', () => {
    const { screen, written } = makeScreen({ isTTY: true, columns: 80 })
    showProgress('1.0.0', screen, { NO_COLOR: '1' }, () => 0).report(steps(100))
    expect(written.join('')).toContain('█')
    expect(written.join('')).not.toContain('\u001b[3')
  })

  it.each([
    ['no terminal', {}, {}],
    ['a terminal that cannot draw', { isTTY: true }, { TERM: 'dumb' }],
  ])('writes whole lines now and then where there is %s', (_, kind, env) => {
    const { screen, written } = makeScreen(kind)
    let now = 0
    const shown = showProgress('1.0.0', screen, env, () => now)
    for (let files = 0; files <= 100; files++) {
      shown.report(steps(files))
      now += 100
    }
    shown.end()
    expect(written).toEqual([
      '1.0.0: reading, 50/100 files, 5.0 MB of 10.0 MB, 1.0 MB/s, 5 s left\n',
      '1.0.0: reading, 100/100 files, 10.0 MB of 10.0 MB, 1.0 MB/s\n',
    ])
  })

  it('says nothing where there is nothing to do', () => {
    const { screen, written } = makeScreen()
    startCount('reading', [], showProgress('1.0.0', screen, {}).report)
    expect(written).toEqual([])
  })

  it('says minutes and hours of a long wait', () => {
    expect(toProgressLine('a', { ...STEP, files: 1, bytes: 100_000 }, 10_000)).toContain(
      '16 min 30 s',
    )
    expect(toProgressLine('a', { ...STEP, files: 1, bytes: 1_000 }, 10_000)).toContain('1 h 5 min')
  })
})

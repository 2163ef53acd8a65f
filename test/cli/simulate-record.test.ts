// `holo simulate --record`: real counters instead of made-up rates.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRecord } from '../../src/cli/simulation/record.ts'
import type { MetricRecord, RecordedPoint } from '../../src/wire/metrics.ts'
import { holo } from '../support/cli.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
const FAST = [90, 10, 0, 0, 0, 0, 0, 0, 0]
const SLOW = [0, 0, 0, 50, 50, 0, 0, 0, 0]

const counted = (environment: string, assigned: number, failed: number, latency = FAST) => ({
  ...{ environment, version: 'v1', requests: 10 * assigned, judged: 10 * assigned },
  ...{ assigned, failed, latency },
})

function toRecord(points: RecordedPoint[]): MetricRecord {
  return {
    format: 'holo-metrics',
    formatVersion: 1,
    from: 'https://shop.example.com',
    resolution: 'minute',
    points,
  }
}

const toRates = (raw: MetricRecord, worse = 1, window = 0) => {
  const { metrics, visitorsPerMinute } = readRecord(raw, 'record.json', worse).loadAt(window)
  return { visitorsPerMinute, ...metrics.errors }
}

describe('a record', () => {
  it('is the load minute by minute, silent where nobody came, and once more when it is over', () => {
    const raw = toRecord([
      { at: NOW, series: [counted('main', 500, 5)] },
      { at: NOW + 120_000, series: [counted('main', 100, 2)] },
    ])
    const rates = [0, 6, 12, 18].map((window) => toRates(raw, 1, window).visitorsPerMinute)
    expect(rates).toEqual([500, 0, 100, 500])
    expect(toRates(raw)).toMatchObject({ base: { rate: 0.01 }, canary: { rate: 0.01 } })
    expect(toRates(raw, 3).canary).toEqual({ rate: 0.03 })
  })

  it('has the recorded canary for a canary', () => {
    const raw = toRecord([
      { at: NOW, series: [counted('main', 1000, 10), counted('canary', 100, 4, SLOW)] },
    ])
    expect(toRates(raw).canary).toEqual({ rate: expect.closeTo(0.04) })
    const { metrics } = readRecord(raw, 'record.json', 1).loadAt(0)
    expect(metrics.latency).toEqual({
      base: { above: [0.1, 0, 0, 0, 0, 0, 0, 0] },
      canary: { above: [1, 1, 1, 0.5, 0, 0, 0, 0] },
    })
  })
})

describe('a record of other metrics', () => {
  it('has their rates over all of it, but of what visitors should do', () => {
    const outcomes = (notFound: number) => ({ outcomes: { notFound, asks: 300, errors: 7 } })
    const raw = toRecord([
      { at: NOW, series: [{ ...counted('main', 1000, 10), ...outcomes(20) }] },
      { at: NOW + 60_000, series: [{ ...counted('canary', 100, 1), ...outcomes(6) }] },
    ])
    const { metrics } = readRecord(raw, 'record.json', 1).loadAt(0)
    expect(metrics.notFound).toEqual({ base: { rate: 0.02 }, canary: { rate: 0.06 } })
    expect(Object.keys(metrics)).not.toContain('asks')
  })
})

describe('a record in which nothing of the base failed', () => {
  it('still has the failures of the recorded canary', () => {
    const raw = toRecord([
      { at: NOW, series: [counted('main', 1000, 0), counted('canary', 100, 30)] },
      { at: NOW + 60_000, series: [counted('main', 1000, 0)] },
    ])
    for (const window of [0, 6]) {
      const { base, canary } = toRates(raw, 2, window)
      expect([base, canary]).toEqual([{ rate: 0 }, { rate: 0.6 }])
    }
  })

  it('says that nothing cannot be made worse', () => {
    const raw = toRecord([{ at: NOW, series: [counted('main', 1000, 0)] }])
    expect(readRecord(raw, 'record.json', 3).notices).toContain(
      'the new version never failed in it, so --worse 3 changes nothing',
    )
    expect(readRecord(raw, 'record.json', 1).notices.join()).not.toContain('times nothing')
  })
})

describe('holo simulate --record', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holo-record-'))
    const series = [counted('main', 600, 6)]
    const day = Array.from({ length: 60 }, (_, i) => ({ at: NOW + i * 60_000, series }))
    await writeFile(join(folder, 'hour.json'), JSON.stringify(toRecord(day)))
    await writeFile(join(folder, 'empty.json'), JSON.stringify(toRecord([])))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const run = (...args: string[]) => holo(['simulate', 'standard', ...args], { cwd: folder })

  it('takes a release back that fails more often than what was recorded', async () => {
    const args = ['--record', 'hour.json', '--worse', '5', '--runs', '4', '--json']
    const { json, code } = await run(...args)
    expect(code).toBe(0)
    expect(json).toMatchObject({
      supposed: { record: 'hour.json' },
      outcomes: [{ outcome: 'rolledBack', runs: 4 }],
    })
    expect(json?.notices).toEqual([
      expect.stringMatching(/each of 36,000 documents is taken for one/),
      expect.stringMatching(/no canary in it/),
    ])
  })

  it.each([
    [['--record', 'empty.json'], 1, /has no visitors/],
    [['--record', 'nowhere.json'], 2, /there is no file/],
    [['--record', 'hour.json', '--visitors', '5/s'], 2, /has its own rates/],
    [['--worse', '2'], 2, /goes with --record/],
    [['--record', 'hour.json', '--worse', 'much'], 2, /a factor/],
  ] as const)('refuses %j', async (args, code, sentence) => {
    const ran = await run(...args)
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: '' })
    expect(ran.stderr).toMatch(sentence)
  })
})

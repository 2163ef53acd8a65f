// What charts and figures are made of.

import { describe, expect, it } from 'vitest'
import { fromJudgedIntervals } from '../../src/core/counting/first-byte.ts'
import {
  addPoints,
  groupByEnvironment,
  listCountedVersions,
  listWindows,
  toDrawn,
  toDrawnVisitors,
  toRecent,
} from '../../src/dashboard/state/counts.ts'
import type { MetricPoint, MetricSeries } from '../../src/wire/metrics.ts'

const START = Date.UTC(2026, 9, 25, 0, 30)
const WINDOW = 10_000

const series = (changes: Partial<MetricSeries> = {}): MetricSeries => ({
  environment: 'main',
  version: 'v1',
  requests: 10,
  judged: 10,
  assigned: 2,
  failed: 0,
  statuses: [0, 10, 0, 0, 0],
  failures: {},
  outcomes: {},
  sources: {},
  latency: [10, 0, 0, 0, 0, 0, 0, 0, 0],
  firstByte: fromJudgedIntervals([10]),
  latencyMs: 100,
  bytes: 0,
  ...changes,
})

const point = (window: number, ...all: MetricSeries[]): MetricPoint => ({
  at: START + window * WINDOW,
  series: all.length > 0 ? all : [series()],
})

const all = () => true

describe('counts of the last hour', () => {
  it('are added to what is known; a window that came again replaces the one from before', () => {
    const known = addPoints([], [point(0), point(1)], START + 2 * WINDOW)
    const later = addPoints(
      known,
      [point(1, series({ requests: 99 })), point(2)],
      START + 3 * WINDOW,
    )
    expect(later.map(({ series: [one] }) => one?.requests)).toEqual([10, 99, 10])
  })

  it('are forgotten after an hour, so that a page that is open for days does not grow', () => {
    let known: readonly MetricPoint[] = []
    for (let window = 0; window < 2000; window++) {
      known = addPoints(known, [point(window)], START + window * WINDOW)
    }
    expect(known.length).toBe(361)
  })

  it('have no hole: a window without requests is drawn as none, and measures nothing', () => {
    const points = [0, 1, 2, 9, 10, 11].map((window) => point(window))
    expect(listWindows(points).length).toBe(12)
    const drawn = toDrawn(points, all)
    expect(drawn.perSecond).toEqual([1, 0, 0, 1])
    expect(drawn.failedPercent).toEqual([0, null, null, 0])
  })

  it('are drawn by half-minutes, and the one that is not over yet is left out', () => {
    const points = [0, 1, 2, 3].map((window) => point(window))
    expect(toDrawn(points, all).at).toEqual([START])
  })

  it('stay one line when clocks are put back: times are those of the epoch', () => {
    // 2026-10-25 01:00 UTC is the end of summer time in Europe.
    const points = Array.from({ length: 360 }, (_, window) => point(window))
    const { at } = toDrawn(points, all)
    expect(new Set(at.map((time, i) => time - (at[i - 1] ?? time - 30_000)))).toEqual(
      new Set([30_000]),
    )
  })

  it('are grouped by environment, with a point for every window, also where there were no requests', () => {
    const canary = series({ environment: 'canary' })
    const groups = groupByEnvironment([point(0), point(1, series(), canary), point(2)])
    expect(groups.get('canary')?.map(({ series }) => series.length)).toEqual([0, 1, 0])
    expect(groups.get('main')?.map(({ series }) => series.length)).toEqual([1, 1, 1])
  })

  it('have the visitors of each point, on average over its windows', () => {
    const points = [9, 6, 3, 30].map((main, window) => ({
      ...point(window, series()),
      visitors: { main },
    }))
    const groups = groupByEnvironment([...points, point(4), point(5)])
    expect(toDrawnVisitors(groups.get('main') ?? [], 'main')).toEqual([6, 10])
    expect(toDrawnVisitors(groups.get('main') ?? [], 'canary')).toEqual([0, 0])
  })

  it('leave out a window that lies far ahead, as a clock that went back leaves behind', () => {
    const ahead = point(6 * 60 * 24)
    const points = addPoints([], [point(0), point(1), ahead], START + 2 * WINDOW)
    expect(points.map(({ at }) => at)).toEqual([START, START + WINDOW])
  })

  it('give the figures of the newest minute, by environment', () => {
    const points = Array.from({ length: 12 }, (_, window) =>
      point(window, series(), series({ environment: 'canary', requests: 1, judged: 1, failed: 1 })),
    )
    const recent = toRecent(points, ({ environment }) => environment === 'canary')
    expect(recent).toMatchObject({ perSecond: 0.1, failedPercent: 100, pagesPerMinute: 12 })
    expect(toRecent([], all)).toBeUndefined()
  })

  it('name the versions, the one with the most requests first', () => {
    const points = [point(0, series({ version: 'v2', requests: 1 }), series())]
    expect(listCountedVersions(points)).toEqual(['v1', 'v2'])
  })
})

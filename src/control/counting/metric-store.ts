// Keeps the sums of closed windows for a day and of minutes for thirty, in two rings of rows, and the
// sums of all time beside the minutes. What is judged is kept elsewhere.

import { WINDOW_MS } from '../../core/counting/limits.ts'
import { parseUsesText, toUsesText, type WindowUses } from '../../core/counting/uses.ts'
import { MAX_METRIC_POINTS, type MetricPoint } from '../../wire/metrics.ts'
import { KEPT_MINUTES, KEPT_WINDOWS } from './limits.ts'
import type { ClosedWindow } from './open-windows.ts'
import {
  addSeries,
  addSince,
  addUp,
  countRequests,
  type MetricRange,
  parseSeries,
  type Series,
  type SeriesSince,
} from './series.ts'
import type { MinuteRow, WindowRow } from './tables.ts'
import {
  countVisitors,
  parseVisitorsText,
  toVisitorsText,
  type WindowVisitors,
} from './visitors-now.ts'

const MINUTE_MS = 60_000
const WINDOWS_PER_MINUTE = MINUTE_MS / WINDOW_MS
/**
 * The sums of all time are as large as those of a minute are at most, or larger. So they are stored with
 * the first minute of an hour, and the minutes after it are added when they are read.
 */
const MINUTES_PER_SUM = 60

/** The newest rows of the tables, in memory, so that no call has to search for them. */
type Newest = {
  window: number
  /** The last whole minute that was written down. */
  minute: number
  /** The last one with which the sums of all time were stored. */
  summed: number
  /** The sums of all time up to the end of `minute`. */
  since: readonly SeriesSince[]
}

export class MetricStore {
  readonly #sql: SqlStorage
  #known: Newest | undefined

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /**
   * Writes one row, and one for each minute that is complete by it.
   *
   * @param toLastUses gives the text that is stored with the sums of all time.
   */
  add({ window, groups, distinct, uses }: ClosedWindow, toLastUses: () => string): void {
    this.#closeMinutesBefore(Math.floor(window / WINDOWS_PER_MINUTE), toLastUses)
    this.#sql.exec(
      `INSERT INTO metric_windows (slot, window, series, visitors, uses) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (slot) DO UPDATE SET window = excluded.window, series = excluded.series,
         visitors = excluded.visitors, uses = excluded.uses`,
      window % KEPT_WINDOWS,
      window,
      JSON.stringify(addUp(groups)),
      toVisitorsText(distinct),
      toUsesText(uses),
    )
    this.#newest.window = Math.max(window, this.#newest.window)
  }

  /** Oldest first, at most MAX_METRIC_POINTS; times without requests are left out. */
  read({ resolution, from, to }: MetricRange): readonly MetricPoint[] {
    if (resolution === 'window') {
      const [first, end] = [Math.ceil(from / WINDOW_MS), Math.ceil(to / WINDOW_MS)]
      return this.#windows(first, end, 'series, visitors').slice(0, MAX_METRIC_POINTS).map(toPoint)
    }
    const [first, end] = [Math.ceil(from / MINUTE_MS), Math.ceil(to / MINUTE_MS)]
    const rows = this.#minutes(first, end).map(({ minute, series }) => ({
      at: minute * MINUTE_MS,
      series: parseSeries(series),
    }))
    if (rows.length < MAX_METRIC_POINTS) {
      const open = Math.max(first, this.#newest.minute + 1)
      for (const [minute, series] of this.#sumWindows(open, end)) {
        rows.push({ at: minute * MINUTE_MS, series })
      }
    }
    return rows.slice(0, MAX_METRIC_POINTS)
  }

  /** The sums of all time. They only ever grow, as long as they are kept. */
  readSince(): readonly SeriesSince[] {
    let { since } = this.#newest
    const open = this.#newest.minute + 1
    for (const [minute, series] of this.#sumWindows(open, Number.MAX_SAFE_INTEGER)) {
      since = addSince(since, minute, series)
    }
    return since
  }

  /** What is known of the visitors of the windows from `first` on. */
  readVisitors(first: number): WindowVisitors[] {
    return this.#windows(first, Number.MAX_SAFE_INTEGER, 'series, visitors').map((row) => ({
      window: row.window,
      requests: countRequests(parseSeries(row.series)),
      distinct: parseVisitorsText(row.visitors),
    }))
  }

  /**
   * How versions were used since the last text of `toLastUses` was stored, and at least in the windows from
   * `first` on.
   */
  readUses(first: number): {
    readonly lastUses: string
    readonly windows: readonly { readonly window: number; readonly uses: WindowUses }[]
  } {
    const { summed } = this.#newest
    const [row] = this.#sql.exec<{ last_uses: string }>(
      'SELECT last_uses FROM metric_minutes WHERE slot = ? AND minute = ?',
      summed < 0 ? 0 : summed % KEPT_MINUTES,
      summed,
    )
    const from = Math.min(first, (summed + 1) * WINDOWS_PER_MINUTE)
    const windows = this.#windows(from, Number.MAX_SAFE_INTEGER, 'uses').map((one) => ({
      window: one.window,
      uses: parseUsesText(one.uses),
    }))
    return { lastUses: row?.last_uses ?? '', windows }
  }

  #closeMinutesBefore(end: number, toLastUses: () => string): void {
    const newest = this.#newest
    for (const [minute, series] of this.#sumWindows(newest.minute + 1, end)) {
      const since = addSince(newest.since, minute, series)
      const isSummed = toHour(minute) !== toHour(newest.summed)
      this.#sql.exec(
        `INSERT INTO metric_minutes (slot, minute, series, since_beginning, last_uses)
         VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (slot) DO UPDATE SET minute = excluded.minute, series = excluded.series,
           since_beginning = excluded.since_beginning, last_uses = excluded.last_uses`,
        minute % KEPT_MINUTES,
        minute,
        JSON.stringify(series),
        isSummed ? JSON.stringify(since) : '',
        isSummed ? toLastUses() : '',
      )
      Object.assign(newest, { minute, since, summed: isSummed ? minute : newest.summed })
    }
  }

  /** The minutes from `from` up to before `end` that have windows, oldest first. */
  #sumWindows(from: number, end: number): [minute: number, series: Series[]][] {
    const rows = this.#windows(from * WINDOWS_PER_MINUTE, end * WINDOWS_PER_MINUTE)
    const byMinute = Map.groupBy(rows, ({ window }) => Math.floor(window / WINDOWS_PER_MINUTE))
    return [...byMinute].map(([minute, windows]) => [
      minute,
      addSeries(windows.map(({ series }) => parseSeries(series))),
    ])
  }

  /** @param columns what is read besides the window; `visitors` only where it is needed. */
  #windows(from: number, end: number, columns = 'series'): WindowRow[] {
    const { window: newest } = this.#newest
    const range = { from, end, newest }
    return this.#ring('metric_windows', 'window', KEPT_WINDOWS, range, columns) as never
  }

  #minutes(from: number, end: number): { minute: number; series: string }[] {
    const { minute: newest } = this.#newest
    return this.#ring('metric_minutes', 'minute', KEPT_MINUTES, { from, end, newest }) as never
  }

  /** Rows of one or two runs of slots, in the order of their time. */
  #ring(
    table: string,
    column: string,
    slots: number,
    { from, end, newest }: { readonly from: number; readonly end: number; readonly newest: number },
    columns = 'series',
  ): unknown[] {
    const last = Math.min(end - 1, newest)
    const first = Math.max(0, from, newest - slots + 1)
    if (last < first) return []
    const [low, high] = [first % slots, last % slots]
    const runs = low <= high ? 'slot BETWEEN ? AND ?' : '(slot >= ? OR slot <= ?)'
    return [
      ...this.#sql.exec(
        `SELECT ${column}, ${columns} FROM ${table} WHERE ${runs} AND ${column} BETWEEN ? AND ?
         ORDER BY ${column}`,
        ...[low, high, first, last],
      ),
    ]
  }

  /** Read from the tables once, when the control starts. */
  get #newest(): Newest {
    if (this.#known) return this.#known
    const [newest] = this.#sql.exec<{ window: number | null }>(
      'SELECT max(window) AS window FROM metric_windows',
    )
    const [summed] = this.#sql.exec<MinuteRow>(
      "SELECT * FROM metric_minutes WHERE since_beginning <> '' ORDER BY minute DESC LIMIT 1",
    )
    this.#known = {
      window: newest?.window ?? -1,
      minute: summed?.minute ?? -1,
      summed: summed?.minute ?? -1,
      since: summed ? parseSeries(summed.since_beginning) : [],
    }
    const later = this.#sql.exec<MinuteRow>(
      'SELECT * FROM metric_minutes WHERE minute > ? ORDER BY minute',
      this.#known.minute,
    )
    for (const { minute, series } of later) {
      this.#known.since = addSince(this.#known.since, minute, parseSeries(series))
      this.#known.minute = minute
    }
    return this.#known
  }
}

function toHour(minute: number): number {
  return Math.floor(minute / MINUTES_PER_SUM)
}

function toPoint({ window, series: text, visitors }: WindowRow): MetricPoint {
  const series = parseSeries(text)
  const distinct = parseVisitorsText(visitors)
  return {
    at: window * WINDOW_MS,
    series,
    visitors: countVisitors([{ window, requests: countRequests(series), distinct }]),
  }
}

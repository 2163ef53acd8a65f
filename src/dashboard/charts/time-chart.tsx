// A chart over time, or over another amount: lines, or areas that lie on top of one another, with marks for what
// happened. Under it stands the same as a table, which a screen reader can read and anybody can copy.

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { Disclosure } from '../parts/disclosure.tsx'
import { ScrollTable } from '../parts/scroll-table.tsx'
import 'uplot/dist/uPlot.min.css'
import { toClockLabel, toSecondsLabel } from '../say/format.ts'
import { paletteVersion } from '../state/theme.ts'
import { readColour, toWash } from './palette.ts'

export type ChartSeries = {
  readonly label: string
  readonly values: readonly (number | null)[]
  /** The custom property of its colour. */
  readonly colour: string
  /** A line of dashes, as thresholds are. */
  readonly isDashed?: boolean
}

export type ChartMark = { readonly at: number; readonly label: string; readonly tone?: 'bad' }

export type TimeChartProps = {
  readonly title: string
  /** Milliseconds since the epoch, ascending; or thousandths of what `x` names. */
  readonly at: readonly number[]
  /** What it is over, if that is not time. */
  readonly x?: { readonly name: string; readonly toLabel: (thousandths: number) => string }
  readonly series: readonly ChartSeries[]
  readonly isStacked?: boolean
  readonly marks?: readonly ChartMark[]
  readonly height?: number
  readonly toLabel: (value: number) => string
  /** The least height of the scale, so that noise does not look like a mountain. */
  readonly least?: number
}

type Columns = [number[], ...(number | null)[][]]

function toColumns({ at, series, isStacked }: TimeChartProps): Columns {
  const times = at.map((time) => time / 1000)
  if (!isStacked) return [times, ...series.map(({ values }) => [...values])]
  const below = new Array(at.length).fill(0)
  const stacked = series.map(({ values }) =>
    values.map((value, i) => {
      below[i] += value ?? 0
      return below[i]
    }),
  )
  // The highest is drawn first, and the others over it.
  return [times, ...stacked.reverse()]
}

/** Labels have no seconds, so that two of one minute would look the same. */
const TIME_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880].map((n) => n * 60)

function toOptions(props: TimeChartProps, width: number): uPlot.Options {
  const { series, isStacked, height = 180, marks = [], toLabel, least = 0, x } = props
  const toTickLabel = x?.toLabel ?? toClockLabel
  const [ink, line] = [readColour('--quiet'), readColour('--line')]
  const drawn = isStacked ? [...series].reverse() : series
  const font = `11px ${readColour('--font')}`
  return {
    width,
    height,
    padding: [14, 26, 0, 0],
    legend: { show: false },
    cursor: { points: { show: false }, drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: x === undefined },
      y: { range: (_, min, max) => [Math.min(0, min ?? 0), Math.max(least, max ?? 0) * 1.08 || 1] },
    },
    axes: [
      {
        stroke: ink,
        font,
        size: 26,
        gap: 4,
        space: 70,
        ...(x ? {} : { incrs: TIME_STEPS_S }),
        grid: { show: false },
        ticks: { stroke: line, width: 1, size: 4 },
        values: (_, splits) => splits.map((split) => toTickLabel(split * 1000)),
      },
      {
        stroke: ink,
        font,
        size: 52,
        gap: 4,
        space: 36,
        grid: { stroke: line, width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map(toLabel),
      },
    ],
    series: [
      {},
      ...drawn.map(({ colour, isDashed }): uPlot.Series => {
        const stroke = readColour(colour)
        return {
          stroke,
          width: isDashed ? 1 : 1.5,
          ...(isDashed ? { dash: [4, 4] } : {}),
          ...(isStacked ? { fill: isStacked ? stroke : toWash(stroke, 0.1) } : {}),
          // A few points that were measured one by one are seen as such.
          points: { show: x !== undefined },
          spanGaps: false,
        }
      }),
    ],
    hooks: { draw: [(chart) => drawMarks(chart, marks, font)] },
  }
}

function drawMarks(chart: uPlot, marks: readonly ChartMark[], font: string): void {
  const { ctx, bbox } = chart
  const { min = 0, max = 0 } = chart.scales.x ?? {}
  const ratio = uPlot.pxRatio
  let freeFrom = 0
  ctx.save()
  ctx.setLineDash([])
  ctx.font = font.replace('11px', `${11 * ratio}px`)
  for (const { at, label, tone } of marks) {
    if (at / 1000 < (min ?? 0) || at / 1000 > (max ?? 0)) continue
    const x = Math.round(chart.valToPos(at / 1000, 'x', true))
    ctx.strokeStyle = readColour(tone === 'bad' ? '--bad' : '--ink')
    ctx.fillStyle = ctx.strokeStyle
    ctx.lineWidth = ratio
    ctx.beginPath()
    ctx.moveTo(x, bbox.top - 3 * ratio)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    const width = ctx.measureText(label).width
    const left = Math.min(x - 2 * ratio, bbox.left + bbox.width - width)
    if (left < freeFrom) continue
    ctx.fillText(label, left, bbox.top - 5 * ratio)
    freeFrom = left + width + 6 * ratio
  }
  ctx.restore()
}

export function TimeChart(props: TimeChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const pointed = useSignal<number | undefined>(undefined)
  const { title, series, at, toLabel, marks = [] } = props
  // What the chart is made with. Only other data go into the one that is there.
  const shape = JSON.stringify([
    paletteVersion.value,
    props.isStacked,
    series.map(({ label, colour, isDashed }) => [label, colour, isDashed]),
    marks,
  ])
  useEffect(() => {
    const element = host.current
    if (!element) return
    const options = toOptions(props, element.clientWidth || 600)
    const made = new uPlot(
      {
        ...options,
        hooks: {
          ...options.hooks,
          setCursor: [
            ({ cursor }) => {
              pointed.value = cursor.idx ?? undefined
            },
          ],
        },
      },
      toColumns(props),
      element,
    )
    chart.current = made
    const watcher = new ResizeObserver(() => {
      const width = element.clientWidth
      if (width > 0 && width !== made.width) made.setSize({ width, height: made.height })
    })
    watcher.observe(element)
    return () => {
      watcher.disconnect()
      made.destroy()
      chart.current = undefined
    }
  }, [shape])
  useEffect(() => {
    chart.current?.setData(toColumns(props))
  }, [props.at, props.series])
  const shown =
    pointed.value !== undefined && pointed.value < at.length ? pointed.value : at.length - 1
  return (
    <figure class="chart" aria-label={title}>
      <figcaption class="legend">
        {series.map(({ label, colour, values, isDashed }) => (
          <span key={label} class={isDashed ? 'legend-item dashed' : 'legend-item'}>
            <i class={`swatch swatch${colour}`} />
            <bdi>{label}</bdi>
            <b class="num">{toValueLabel(values[shown], toLabel)}</b>
          </span>
        ))}
        <span class="legend-time num">
          {at[shown] === undefined ? '' : (props.x?.toLabel ?? toSecondsLabel)(at[shown])}
        </span>
      </figcaption>
      <div ref={host} class="chart-host" aria-hidden="true" />
      <ChartTable {...props} />
    </figure>
  )
}

function toValueLabel(
  value: number | null | undefined,
  toLabel: (value: number) => string,
): string {
  return value === null || value === undefined ? '–' : toLabel(value)
}

/** Rows of the table at most: the newest. */
const MAX_ROWS = 120

function ChartTable({ title, at, series, marks = [], toLabel, x }: TimeChartProps) {
  const from = Math.max(0, at.length - MAX_ROWS)
  return (
    <Disclosure
      class="table-of-chart"
      summary={
        <>
          Table<span class="unseen"> of the chart: {title}</span>
        </>
      }
    >
      {() => (
        <ScrollTable label={`Table: ${title}`}>
          <thead>
            <tr>
              <th scope="col">{x?.name ?? 'Time'}</th>
              {series.map(({ label }) => (
                <th key={label} scope="col" class="num">
                  <bdi>{label}</bdi>
                </th>
              ))}
              {marks.length > 0 ? <th scope="col">What happened</th> : null}
            </tr>
          </thead>
          <tbody>
            {at
              .map((time, i) => (
                <tr key={time}>
                  <th scope="row" class="num">
                    {(x?.toLabel ?? toSecondsLabel)(time)}
                  </th>
                  {series.map(({ label, values }) => (
                    <td key={label} class="num">
                      {toValueLabel(values[i], toLabel)}
                    </td>
                  ))}
                  {marks.length > 0 ? (
                    <td>
                      <bdi>{toMarkText(marks, time, at[i + 1])}</bdi>
                    </td>
                  ) : null}
                </tr>
              ))
              .slice(from)
              .reverse()}
          </tbody>
        </ScrollTable>
      )}
    </Disclosure>
  )
}

function toMarkText(marks: readonly ChartMark[], from: number, to: number | undefined): string {
  return marks
    .filter((mark) => mark.at >= from && (to === undefined || mark.at < to))
    .map(({ label }) => label)
    .join(', ')
}

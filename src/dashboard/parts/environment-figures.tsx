// The figures of an environment: each with a small chart, and all of them as a table.

import { type Percentile, toPercentile } from '../../core/counting/first-byte.ts'
import { Spark } from '../charts/spark.tsx'
import {
  toCountLabel,
  toLatencyLabel,
  toPercentLabel,
  toRateLabel,
  toSecondsLabel,
} from '../say/format.ts'
import type { CountSums, DrawnSeries, toRecent } from '../state/counts.ts'
import { Disclosure } from './disclosure.tsx'
import { ScrollTable } from './scroll-table.tsx'

const MEDIAN = 0.5
const TAIL = 0.95

/** From this share of failed requests on the figure stands out, and words say that some fail. */
export const NOTABLE_PERCENT = 1

export function Figures({
  recent,
  drawn,
  visitors,
}: {
  recent: NonNullable<ReturnType<typeof toRecent>>
  drawn: DrawnSeries
  visitors: { readonly now: number; readonly drawn: readonly number[] }
}) {
  const { sums, perSecond, failedPercent, pagesPerMinute } = recent
  const toSeries = (share: number) =>
    drawn.sums.map(({ firstByte }) => toPercentile(firstByte, share)?.ms ?? null)
  return (
    <dl class="figures">
      <Figure label="Requests" value={toRateLabel(perSecond)} values={drawn.perSecond} />
      <Figure
        label="Failed"
        value={failedPercent === undefined ? '–' : toPercentLabel(failedPercent)}
        values={drawn.failedPercent}
        isBad={(failedPercent ?? 0) >= NOTABLE_PERCENT}
      />
      <Figure
        label="Visitors, 5 min"
        value={toVisitorsLabel(visitors.now)}
        values={visitors.drawn}
      />
      <Figure
        label="Pages opened"
        value={`${toCountLabel(pagesPerMinute)}/min`}
        values={drawn.sums.map(({ assigned }) => assigned)}
      />
      <Figure
        label="First byte, p50"
        value={toEstimateLabel(sums, MEDIAN)}
        values={toSeries(MEDIAN)}
      />
      <Figure label="First byte, p95" value={toEstimateLabel(sums, TAIL)} values={toSeries(TAIL)} />
    </dl>
  )
}

function Figure({
  label,
  value,
  values,
  isBad = false,
}: {
  label: string
  value: string
  values: readonly (number | null)[]
  isBad?: boolean
}) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd class={isBad ? 'num bad' : 'num'}>{value}</dd>
      <dd class="figure-chart">
        <Spark values={values} tone={isBad ? 'bad' : 'plain'} />
      </dd>
    </div>
  )
}

function toEstimateLabel({ firstByte }: CountSums, share: number): string {
  const estimate = toPercentile(firstByte, share)
  return estimate ? toEstimateText(estimate) : '–'
}

const NARROW_SPACE = '\u202f'

/** Up to here the estimate of visitors is nearly always right. */
const EXACT_VISITORS = 10

function toVisitorsLabel(visitors: number): string {
  return visitors < EXACT_VISITORS ? toCountLabel(visitors) : toAbout(toCountLabel(visitors))
}

function toAbout(text: string): string {
  return `≈${NARROW_SPACE}${text}`
}

/** Times are counted between edges: a figure between two of them is an estimate, and says so. */
function toEstimateText({ kind, ms }: Percentile): string {
  if (kind === 'about') return toAbout(toLatencyLabel(toRounded(ms)))
  return `${kind === 'above' ? '>' : '<'}${NARROW_SPACE}${toLatencyLabel(ms)}`
}

function toRounded(ms: number): number {
  return ms < 100 ? Math.round(ms) : Math.round(ms / 10) * 10
}

const TABLE_ROWS = 30

/** The figures of the small charts, as a table. */
export function MinuteTable({
  name,
  drawn,
  visitors,
}: {
  name: string
  drawn: DrawnSeries
  /** Of ten seconds. */
  visitors: readonly number[]
}) {
  if (drawn.at.length === 0) return null
  const from = Math.max(0, drawn.at.length - TABLE_ROWS)
  return (
    <Disclosure
      class="table-of-chart"
      summary={
        <>
          Table<span class="unseen"> of the figures of {name}</span>
        </>
      }
    >
      {() => (
        <ScrollTable label={`Figures of ${name}`}>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="num">
                Requests
              </th>
              <th scope="col" class="num">
                Failed
              </th>
              <th scope="col" class="num">
                p50
              </th>
              <th scope="col" class="num">
                p95
              </th>
              <th scope="col" class="num">
                Pages
              </th>
              <th scope="col" class="num">
                Visitors in 10 s
              </th>
            </tr>
          </thead>
          <tbody>
            {drawn.at
              .map((at, i) => ({ at, sums: drawn.sums[i], i }))
              .slice(from)
              .reverse()
              .map(({ at, sums, i }) => (
                <tr key={at}>
                  <th scope="row" class="num">
                    {toSecondsLabel(at)}
                  </th>
                  <td class="num">{sums?.requests}</td>
                  <td class="num">{toFailedLabel(drawn.failedPercent[i])}</td>
                  <td class="num">{sums ? toEstimateLabel(sums, MEDIAN) : '–'}</td>
                  <td class="num">{sums ? toEstimateLabel(sums, TAIL) : '–'}</td>
                  <td class="num">{sums?.assigned}</td>
                  <td class="num">{toVisitorsLabel(visitors[i] ?? 0)}</td>
                </tr>
              ))}
          </tbody>
        </ScrollTable>
      )}
    </Disclosure>
  )
}

function toFailedLabel(percent: number | null | undefined): string {
  return percent === null || percent === undefined ? '–' : toPercentLabel(percent)
}

// The traffic of the last hour, stacked by version, with a mark for every change of the document.

import { useComputed } from '@preact/signals'
import { toColourIndex } from '../charts/palette.ts'
import { type ChartMark, TimeChart } from '../charts/time-chart.tsx'
import { toRateLabel } from '../say/format.ts'
import { listCountedVersions, listDrawnTimes, toDrawn } from '../state/counts.ts'
import { metrics, revisions } from '../state/site.ts'
import { Loading } from './state.tsx'

/** More bands cannot be told apart; the smallest are drawn together. */
const MAX_BANDS = 6
const OTHERS = 'other versions'

export function TrafficChart() {
  const bands = useComputed(() => {
    const points = metrics.value.value ?? []
    const all = listCountedVersions(points)
    const shown = all.length > MAX_BANDS ? all.slice(0, MAX_BANDS - 1) : all
    const series = shown.map((version) => {
      const { perSecond } = toDrawn(points, (one) => one.version === version)
      return { label: version, values: perSecond, colour: `--v${toColourIndex(version)}` }
    })
    const rest = all.slice(shown.length)
    const named = new Set(shown)
    const others = () => toDrawn(points, (one) => !named.has(one.version)).perSecond
    return {
      at: listDrawnTimes(points),
      series:
        rest.length > 0
          ? [...series, { label: OTHERS, values: others(), colour: '--quiet' }]
          : series,
    }
  })
  const { at, series } = bands.value
  const isRead = metrics.value.value !== undefined
  if (!isRead) return metrics.value.failure ? null : <Loading what="the traffic" />
  if (at.length < 2) {
    return (
      <p class="quiet chart-wait">
        No requests were counted in the last hour. Counts come about half a minute late.
      </p>
    )
  }
  return (
    <TimeChart
      title="Requests each second by version, in the last hour"
      at={at}
      series={series}
      isStacked
      marks={listMarks(at[0] ?? 0)}
      toLabel={toRateLabel}
    />
  )
}

function listMarks(from: number): readonly ChartMark[] {
  return (revisions.value.value?.revisions ?? [])
    .filter(({ at }) => at >= from)
    .map(({ at, revision, action }): ChartMark => {
      const isBack = action === 'rollback' || action === 'rollout-rollback'
      return { at, label: `r${revision}`, ...(isBack ? { tone: 'bad' } : {}) }
    })
    .reverse()
}

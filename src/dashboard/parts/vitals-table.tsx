// Web vitals of the versions beside each other, as their visitors' browsers report them. Nothing is shown where
// none do.

import { useComputed } from '@preact/signals'
import { toAmount, toLatencyLabel } from '../say/format.ts'
import { metrics } from '../state/site.ts'
import { toVitals, type VitalFigure } from '../state/vitals.ts'
import { ScrollTable } from './scroll-table.tsx'
import { VersionTag } from './version-tag.tsx'

/** The order of the columns, with the names that people know. */
const COLUMNS = [
  {
    metric: 'lcp',
    label: 'LCP',
    title: 'Largest contentful paint: when the main content is there',
  },
  {
    metric: 'inp',
    label: 'INP',
    title: 'Interaction to next paint: how long the page takes to react',
  },
  { metric: 'cls', label: 'CLS', title: 'Cumulative layout shift: how much the page moves' },
  { metric: 'ttfb', label: 'TTFB', title: 'Time to first byte of the page' },
]

/** @param first the version that comes before the others. */
export function VitalsTable({ first }: { first?: string }) {
  const all = useComputed(() => toVitals(metrics.value.value ?? []))
  const list = [...all.value].sort(
    (one, other) => Number(other.version === first) - Number(one.version === first),
  )
  if (list.length === 0) return null
  return (
    <section class="sheet padded" aria-labelledby="vitals-heading">
      <header class="sheet-head">
        <h2 id="vitals-heading">What browsers measure</h2>
        <span class="quiet small">three of four pages of the last hour are within these</span>
      </header>
      <ScrollTable label="Web vitals by version">
        <thead>
          <tr>
            <th scope="col">Version</th>
            {COLUMNS.map(({ metric, label, title }) => (
              <th key={metric} scope="col" class="num" title={title}>
                {label}
              </th>
            ))}
            <th scope="col" class="num">
              Reports
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map(({ version, figures }) => (
            <tr key={version}>
              <th scope="row">
                <VersionTag id={version} />
              </th>
              {COLUMNS.map(({ metric }) => (
                <td key={metric} class="num">
                  {toLabel(figures.find((figure) => figure.metric === metric))}
                </td>
              ))}
              <td class="num">
                {toAmount(Math.max(...figures.map(({ pages }) => pages)), 'page')}
              </td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </section>
  )
}

const NARROW_SPACE = '\u202f'

function toLabel(figure: VitalFigure | undefined): string {
  if (!figure) return '–'
  const { kind, value, unit } = figure
  const sign = kind === 'above' ? '>' : '≈'
  const text = unit === 'ms' ? toLatencyLabel(toRounded(value)) : (value / 1000).toFixed(2)
  return `${sign}${NARROW_SPACE}${text}`
}

function toRounded(ms: number): number {
  return Math.round(ms / 10) * 10
}

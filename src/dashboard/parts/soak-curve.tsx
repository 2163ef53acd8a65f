// The last soak of a shadow: at which load it began to suffer, and the curve that shows it.

import type { KeptSoak } from '../../wire/soak.ts'
import { TimeChart } from '../charts/time-chart.tsx'
import { toPercentLabel } from '../say/format.ts'
import { toSoakCurve, toSoakSentence } from '../say/soak.ts'
import { nowMs } from '../state/clock.ts'
import { Name } from './name.tsx'
import { Ago } from './time.tsx'
import { VersionTag } from './version-tag.tsx'

/** The scale of loads: those of the chart are in thousandths. */
const LOADS = { name: 'Load', toLabel: (thousandths: number) => toPercentLabel(thousandths / 1000) }

export function SoakSheet({ soak }: { soak: KeptSoak }) {
  const { from, base, to, shadow, startedAt, endedAt, found } = soak
  const points = toSoakCurve(soak)
  const { tone, text } = toSoakSentence(soak, nowMs.value)
  return (
    <section class="sheet padded" aria-label={`The soak of ${to} (${shadow})`}>
      <header class="sheet-head">
        <h2 class="shadow-pair">
          Soak of <Name text={to} />
          <VersionTag id={shadow} />
        </h2>
        <span class="quiet small">
          {endedAt === undefined ? 'began ' : 'ended '}
          <Ago at={endedAt ?? startedAt} />
        </span>
      </header>
      <p class={tone === 'calm' ? 'strong' : `strong ${tone}`}>
        <bdi>{text}</bdi>
      </p>
      {points.length < 2 ? (
        <p class="quiet">There are too few loads to draw a curve yet.</p>
      ) : (
        <TimeChart
          title={`Failed and late answers of ${to} by load`}
          at={points.map(({ percent }) => percent * 1000)}
          x={LOADS}
          series={[
            { label: 'failed', colour: '--bad', values: points.map(({ failed }) => failed) },
            { label: 'late', colour: '--v1', values: points.map(({ late }) => late) },
          ]}
          marks={
            found
              ? [{ at: found.percent * 1000, label: 'began to suffer', tone: 'bad' as const }]
              : []
          }
          toLabel={toPercentLabel}
          least={1}
        />
      )}
      <p class="quiet small">
        The load is the share of the requests of <Name text={from} /> <Name text={base} mono /> that
        the shadow chooses; above 100{'\u202f'}% each is copied several times. Late is what came
        much later than the base.
      </p>
    </section>
  )
}

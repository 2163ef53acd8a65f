// The evidence over time, and the range of what is compared. Both are computed in the page from the stored events,
// which is a replay: it also says whether the same comes out.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type ChartMark, TimeChart } from '../charts/time-chart.tsx'
import { toPercentLabel } from '../say/format.ts'
import type { RunningRolloutReply } from '../say/sentence.ts'
import { evidence, forgetEvidence, readEvidence } from '../state/evidence.ts'
import type { EvidencePoint } from '../work/evidence.ts'
import { Button } from './button.tsx'
import { FailureBox, Loading } from './state.tsx'

/** While it runs, the charts are made anew so often: each time all events are read. */
const READ_AGAIN_MS = 60_000

export function EvidenceCharts({ rollout }: { rollout: RunningRolloutReply }) {
  const isAsked = useSignal(false)
  const isRunning = rollout.endedAt === undefined
  useEffect(() => {
    let end = readEvidence(rollout.id, isAsked.value)
    const again = () => {
      if (document.visibilityState !== 'visible') return
      end()
      end = readEvidence(rollout.id, isAsked.value)
    }
    const timer = isRunning ? setInterval(again, READ_AGAIN_MS) : undefined
    return () => {
      clearInterval(timer)
      end()
    }
  }, [rollout.id, isAsked.value, isRunning])
  useEffect(() => forgetEvidence, [])
  const { points, failure, isLong, all, result } = evidence.value
  if (failure) return <FailureBox failure={failure} />
  if (isLong) {
    return (
      <p class="long-evidence">
        <span class="quiet">
          {all?.toLocaleString('en-US')} events were stored: drawing them loads some megabytes.
        </span>
        <Button
          onClick={() => {
            isAsked.value = true
          }}
        >
          Draw the evidence
        </Button>
      </p>
    )
  }
  if (points.length < 2) {
    return result === undefined ? (
      <Loading what="the evidence" />
    ) : (
      <p class="quiet">There is too little to draw yet.</p>
    )
  }
  return (
    <>
      <div class="charts">
        <EvidenceChart rollout={rollout} points={points} />
        <RangeChart points={points} />
      </div>
      <ReplayLine />
    </>
  )
}

/** Marks where the share of the release has changed. */
function listWeightMarks(points: readonly EvidencePoint[]): readonly ChartMark[] {
  return points
    .filter(({ weight }, i) => i > 0 && weight !== points[i - 1]?.weight)
    .map(
      ({ at, weight }): ChartMark => ({
        at,
        label: toPercentLabel(weight),
        ...(weight === 0 ? { tone: 'bad' } : {}),
      }),
    )
}

/** Evidence is drawn by its power of ten: it is a factor, 1 says nothing. */
const toPower = (log: number | null) => (log === null ? null : Math.max(-1, log / Math.LN10))

function toFactorLabel(power: number): string {
  if (power <= -1) return '≤ 0.1'
  const factor = 10 ** power
  return factor < 10
    ? String(Number(factor.toFixed(1)))
    : Math.round(factor).toLocaleString('en-US')
}

function EvidenceChart({
  rollout: { verdict },
  points,
}: {
  rollout: RunningRolloutReply
  points: readonly EvidencePoint[]
}) {
  const threshold = toPower(verdict.threshold) ?? 0
  const isAskedWithin = points.some(({ logWithin }) => logWithin !== null)
  return (
    <div>
      <h3>How strong the evidence is</h3>
      <p class="small quiet">
        1 says nothing. At the dashed line, {toFactorLabel(threshold)}, it is strong enough to act.
      </p>
      <TimeChart
        title="Evidence for and against the release over time"
        at={points.map(({ at }) => at)}
        series={[
          {
            label: 'worse than the base',
            colour: '--bad',
            values: points.map(({ logWorse }) => toPower(logWorse)),
          },
          ...(isAskedWithin
            ? [
                {
                  label: 'no worse',
                  colour: '--good',
                  values: points.map(({ logWithin }) => toPower(logWithin)),
                },
              ]
            : []),
          {
            label: 'enough to act',
            colour: '--ink',
            values: points.map(() => threshold),
            isDashed: true,
          },
        ]}
        marks={listWeightMarks(points)}
        toLabel={toFactorLabel}
        height={190}
      />
    </div>
  )
}

/** Ratios above this are not drawn: they say "many times". */
const MAX_RATIO = 10

function RangeChart({ points }: { points: readonly EvidencePoint[] }) {
  if (!points.some(({ low }) => low !== null)) {
    return (
      <div>
        <h3>Failures, compared with the base</h3>
        <p class="quiet">No visitor of either version has met a failure.</p>
      </div>
    )
  }
  const clip = (value: number | null) => (value === null ? null : Math.min(MAX_RATIO, value))
  return (
    <div>
      <h3>Failures, compared with the base</h3>
      <p class="small quiet">
        So many times as many visitors met one, at least and at most. 1 is the same as the base.
      </p>
      <TimeChart
        title="The range of the ratio of failures over time"
        at={points.map(({ at }) => at)}
        series={[
          { label: 'at most', colour: '--accent', values: points.map(({ high }) => clip(high)) },
          { label: 'at least', colour: '--v1', values: points.map(({ low }) => clip(low)) },
          {
            label: 'the same',
            colour: '--ink',
            values: points.map(() => 1),
            isDashed: true,
          },
        ]}
        marks={listWeightMarks(points)}
        toLabel={(ratio) =>
          ratio >= MAX_RATIO ? `${MAX_RATIO}× or more` : `${Number(ratio.toFixed(2))}×`
        }
        height={190}
        least={2}
      />
    </div>
  )
}

function ReplayLine() {
  const { result, read, all } = evidence.value
  if (!result) {
    return (
      <p class="small quiet" role="status">
        Replayed {read} of {all} events…
      </p>
    )
  }
  return result.same ? (
    <p class="small quiet">
      Replayed in this page: {result.events.toLocaleString('en-US')} events led to the same{' '}
      {result.transitions} transitions as in the control.
    </p>
  ) : (
    <details class="small">
      <summary class="warn">The replay came to something else than the control</summary>
      <ul>
        {result.differences.map((difference) => (
          <li key={difference}>
            <bdi>{difference}</bdi>
          </li>
        ))}
      </ul>
    </details>
  )
}

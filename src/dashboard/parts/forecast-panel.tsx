// How long a rollout will take at the present traffic, and what becomes of a bad release: simulated by the engine
// of production, in a thread of its own.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Plan } from '../../core/rollout/plan.ts'
import { toAmount, toCountLabel, toPercentLabel, toSpanLabel } from '../say/format.ts'
import { toRecent } from '../state/counts.ts'
import { createJudgeWorker } from '../state/evidence.ts'
import { environments, metrics } from '../state/site.ts'
import {
  type ForecastRun,
  type KnownTraffic,
  RUNS_OF_EACH,
  SUPPOSED_RELEASES,
  type SupposedRelease,
  toFailedShares,
} from '../work/forecast.ts'
import type { JudgeNews, JudgeTask } from '../work/judge-worker.ts'
import { Loading } from './state.tsx'

export function ForecastPanel({
  plan,
  base,
  environment,
}: {
  plan: Plan
  base: string
  environment: string
}) {
  const runs = useSignal<readonly ForecastRun[]>([])
  const isOver = useSignal(false)
  const traffic = findTraffic(base, environment)
  // The traffic changes a little with every window, and a forecast need not.
  const key =
    traffic && JSON.stringify([Math.round(Math.log2(traffic.visitorsPerMinute + 1) * 2), base])
  useEffect(() => {
    runs.value = []
    isOver.value = false
    if (!traffic || plan.steps.length === 0) return
    const worker = createJudgeWorker()
    worker.onmessage = ({ data }: MessageEvent<JudgeNews>) => {
      if (data.kind === 'run') runs.value = [...runs.value, data.run]
      if (data.kind === 'simulated') {
        isOver.value = true
        worker.terminate()
      }
    }
    worker.postMessage({ kind: 'simulate', plan, traffic } satisfies JudgeTask)
    return () => worker.terminate()
  }, [plan, key])
  if (plan.steps.length === 0) {
    return <p class="quiet">Nothing is simulated: everybody gets it at once.</p>
  }
  if (!metrics.value.value) return <Loading what="the traffic" />
  if (!traffic) {
    return (
      <p class="quiet">
        Nothing was counted in the last hour: nobody can say how long it will take.
      </p>
    )
  }
  const shares = toFailedShares(traffic)
  return (
    <section class="forecast" aria-busy={!isOver.value}>
      <h3>At the traffic of the last minutes</h3>
      <p class="small quiet">
        About {toCountLabel(traffic.visitorsPerMinute)} pages opened a minute, each taken for a
        visitor; {toPercentLabel(traffic.failedShare * 100)} of requests fail.
      </p>
      <dl class="forecast-list">
        {SUPPOSED_RELEASES.map((release) => (
          <div key={release}>
            <dt>{toReleaseText(release, shares[release])}</dt>
            <dd>
              {toForecastText(
                release,
                runs.value.filter((run) => run.release === release),
              )}
            </dd>
          </div>
        ))}
      </dl>
      <p class="small quiet" role="status">
        {isOver.value
          ? `${toAmount(runs.value.length, 'simulated rollout')}.`
          : `Simulating: ${runs.value.length} of ${RUNS_OF_EACH * SUPPOSED_RELEASES.length}…`}
      </p>
    </section>
  )
}

/** The visitors of both sides together. */
function findTraffic(base: string, environment: string): KnownTraffic | undefined {
  const known = environments.value.value?.environments ?? []
  const first = known.find(
    ({ name, restricted, percent }) => !restricted && percent > 0 && name !== environment,
  )
  const sides = new Set([base === '' ? first?.name : base, environment])
  const recent = toRecent(metrics.value.value ?? [], (series) => sides.has(series.environment))
  if (!recent || recent.pagesPerMinute === 0) return undefined
  const { pagesPerMinute, failedPercent = 0 } = recent
  return { visitorsPerMinute: pagesPerMinute, failedShare: failedPercent / 100 }
}

function toReleaseText(release: SupposedRelease, failedShare: number): string {
  if (release === 'healthy') return 'A release that is as good as the base'
  if (release === 'broken') return 'One that fails for everybody'
  return `One that fails for ${toPercentLabel(failedShare * 100)} of its visitors`
}

function toForecastText(release: SupposedRelease, runs: readonly ForecastRun[]): string {
  if (runs.length === 0) return '…'
  const wanted = release === 'healthy' ? 'promoted' : 'rolledBack'
  const ended = runs.filter(({ outcome }) => outcome === wanted)
  if (ended.length === 0) {
    return release === 'healthy'
      ? 'does not get to everybody within a day'
      : 'is not found within a day'
  }
  const times = ended.map(({ ms }) => ms)
  const some = ended.length < runs.length ? `, in ${ended.length} of ${runs.length} runs` : ''
  const time = toRangeLabel(times, toSpanLabel)
  if (release === 'healthy') return `gets to everybody after ${time}${some}`
  const harmed = toRangeLabel(
    ended.map((run) => run.harmed),
    (count) => String(count),
  )
  return `is taken back after ${time}${some}; ${harmed} visitors harmed`
}

function toRangeLabel(numbers: readonly number[], toLabel: (value: number) => string): string {
  const [low, high] = [toLabel(Math.min(...numbers)), toLabel(Math.max(...numbers))]
  return low === high ? low : `${low} to ${high}`
}

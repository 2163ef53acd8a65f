// The plan of a rollout as a track: where it is, what comes, and how far the present stop has got.

import { toSpanLabel } from '../say/format.ts'
import { listTrackStops, type ShownPlan, toTrackPlace } from '../say/plans.ts'

export type TrackProps = {
  readonly plan: ShownPlan
  readonly phase?: string
  readonly step?: { readonly number: number } | undefined
  readonly elapsedMs?: number
  readonly isTakenBack?: boolean
}

export function Track({
  plan,
  phase = 'ready',
  step,
  elapsedMs = 0,
  isTakenBack = false,
}: TrackProps) {
  const stops = listTrackStops(plan)
  const place = isTakenBack ? undefined : toTrackPlace(plan, phase, step)
  return (
    <ol class="track" aria-label="The plan">
      {stops.map(({ label, minMs, about }, i) => {
        const isHere = i === place
        const isDone = place !== undefined && i < place
        const share = isDone ? 1 : isHere ? (minMs > 0 ? Math.min(1, elapsedMs / minMs) : 1) : 0
        return (
          <li
            key={`${i} ${label}`}
            class={isHere ? 'stop here' : isDone ? 'stop done' : 'stop'}
            aria-current={isHere ? 'step' : undefined}
          >
            <span class="stop-line">
              <span class="stop-filled" style={{ inlineSize: `${share * 100}%` }} />
            </span>
            <strong class="num">{label}</strong>
            <span class="small quiet">{about}</span>
            {isHere && minMs > elapsedMs ? (
              <span class="small strong">{toSpanLabel(minMs - elapsedMs)} left at least</span>
            ) : null}
          </li>
        )
      })}
    </ol>
  )
}

// The plan of a rollout as a track: where it is, what comes, and how far the present stop has got.

import { toSpanLabel } from '../say/format.ts'
import { listTrackStops, type ShownPlan, toTrackPlace } from '../say/plans.ts'

export type TrackProps = {
  readonly plan: ShownPlan
  readonly phase?: string
  readonly step?: { readonly number: number } | undefined
  readonly elapsedMs?: number
  /** The share at which the release was taken back. */
  readonly takenBackAt?: number | undefined
}

export function Track({ plan, phase = 'ready', step, elapsedMs = 0, takenBackAt }: TrackProps) {
  const stops = listTrackStops(plan)
  const isTakenBack = takenBackAt !== undefined
  const place = isTakenBack
    ? stops.findIndex(({ weight }) => weight === takenBackAt)
    : toTrackPlace(plan, phase, step)
  return (
    <ol class="track" aria-label="The plan">
      {stops.map(({ label, minMs, about }, i) => {
        const isHere = i === place
        const isDone = place !== undefined && i < place
        const passed = minMs > 0 && !isTakenBack ? Math.min(1, elapsedMs / minMs) : 1
        const share = isDone ? 1 : isHere ? passed : 0
        return (
          <li
            key={`${i} ${label}`}
            class={toStopClass(isHere, isDone, isTakenBack)}
            aria-current={isHere ? 'step' : undefined}
          >
            <span class="stop-line">
              <span class="stop-filled" style={{ inlineSize: `${share * 100}%` }} />
            </span>
            <strong class="num">{label}</strong>
            <span class="small quiet">{about}</span>
            {isHere && isTakenBack ? <span class="small strong bad">taken back here</span> : null}
            {isHere && !isTakenBack && minMs > elapsedMs ? (
              <span class="small strong">{toSpanLabel(minMs - elapsedMs)} left at least</span>
            ) : null}
          </li>
        )
      })}
    </ol>
  )
}

function toStopClass(isHere: boolean, isDone: boolean, isTakenBack: boolean): string {
  if (isHere) return isTakenBack ? 'stop here back' : 'stop here'
  return isDone ? 'stop done' : 'stop'
}

// Times: short in the page, whole in the tooltip, in the reader's zone.

import { toAgoLabel, toClockLabel, toWholeTimeLabel } from '../say/format.ts'
import { nowMs } from '../state/clock.ts'

export function Ago({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={toWholeTimeLabel(at)}>
      {toAgoLabel(at, nowMs.value)}
    </time>
  )
}

export function Clock({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={toWholeTimeLabel(at)}>
      {toClockLabel(at, nowMs.value)}
    </time>
  )
}

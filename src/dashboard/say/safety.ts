// Whether releases may go forward, in words. Pure.

import {
  findNextOpening,
  isOpenAt,
  type ReleaseTimes,
  toWindowsText,
  toZoneText,
} from '../../core/window-times.ts'
import type { ReplyOf } from '../api/client.ts'
import { toClockLabel } from './format.ts'
import { isZone } from './windows.ts'

type ShownFreeze = NonNullable<ReplyOf<'GET /freeze'>['freeze']>
type ReadWindows = ReplyOf<'GET /windows'>

/** What holds releases, and until when. */
export type Hold = {
  readonly kind: 'freeze' | 'windows'
  readonly text: string
  readonly more: string
}

/** `undefined` while releases may go forward. A freeze comes before windows. */
export function toHold(
  freeze: ShownFreeze | undefined,
  windows: ReadWindows | undefined,
  now: number,
): Hold | undefined {
  if (freeze && (freeze.until === undefined || freeze.until > now)) {
    const end = freeze.until === undefined ? 'somebody ends it' : toClockLabel(freeze.until, now)
    return {
      kind: 'freeze',
      text: `Releases are frozen by ${freeze.by} until ${end}: ${freeze.reason}`,
      more: `Since ${toClockLabel(freeze.since, now)}. Nothing goes forward; taking a release back works.`,
    }
  }
  const times = windows && toTimes(windows)
  if (!times) return undefined
  if (!isZone(times.zone)) return windows.open ? undefined : toUnknownZone(windows, now)
  if (isOpenAt(times, now)) return undefined
  const next = findNextOpening(times, now)
  return {
    kind: 'windows',
    text: `Releases wait for a window: they go forward only ${toWindowsText(times)}`,
    more: `${next === undefined ? 'No window opens in the next days' : `The next one opens ${toClockLabel(next, now)} by your clock, ${toZoneText(times.zone, next)} there`}. Taking a release back works.`,
  }
}

/** Where this browser cannot say what clocks show there, what Holo said last counts. */
function toUnknownZone({ zone, opensAt }: ReadWindows, now: number): Hold {
  const next = opensAt === undefined ? '' : `The next one opens ${toClockLabel(opensAt, now)}. `
  return {
    kind: 'windows',
    text: `Releases wait for a window (${zone})`,
    more: `${next}Taking a release back works.`,
  }
}

/** `undefined` where there are no windows. */
function toTimes({ zone, windows }: ReadWindows): ReleaseTimes | undefined {
  return windows.length === 0 || zone === undefined ? undefined : { zone, windows }
}

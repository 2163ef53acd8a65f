// Whether releases may go forward, in words. Pure.

import {
  findNextOpening,
  isOpenAt,
  type ReleaseTimes,
  toWindowsText,
} from '../../core/window-times.ts'
import type { ReplyOf } from '../api/client.ts'
import { toClockLabel } from './format.ts'

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
  if (!times || isOpenAt(times, now)) return undefined
  const next = findNextOpening(times, now)
  return {
    kind: 'windows',
    text: `Releases wait for a window: they go forward only ${toWindowsText(times)}`,
    more: `${next === undefined ? 'No window opens in the next days' : `The next one opens ${toClockLabel(next, now)}`}. Taking a release back works.`,
  }
}

/** When releases may go forward, whether or not they may now. */
export function toTimesText(windows: ReadWindows): string {
  const times = toTimes(windows)
  return times
    ? `Releases may go forward ${toWindowsText(times)}.`
    : 'Releases may go forward at any time.'
}

/** `undefined` where there are no windows. */
function toTimes({ zone, windows }: ReadWindows): ReleaseTimes | undefined {
  return windows.length === 0 || zone === undefined ? undefined : { zone, windows }
}

// Whether a window in which releases may go forward is open at a time, by the clocks of its zone. Pure.

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

type Weekday = (typeof WEEKDAYS)[number]

export type ReleaseTimes = {
  readonly zone: string
  readonly windows: readonly {
    readonly days: readonly Weekday[]
    readonly from: string
    readonly to: string
  }[]
}

const DAY_MINUTES = 1440
const MINUTE_MS = 60_000

/** Each window opens once a week; a day more, for one that begins in an hour that clocks skip. */
const NEXT_OPENING_MINUTES = 8 * DAY_MINUTES

/**
 * Whether a window is open. What counts is what clocks in the zone show: of a window in an hour that a
 * summer time skips, only the part that clocks show is open; in an hour that comes twice, it is open twice.
 */
export function isOpenAt(times: ReleaseTimes, at: number): boolean {
  return isOpenBy(toClock(times.zone), times, at)
}

/** The next minute in which a window is open; `undefined` if there is none within eight days. */
export function findNextOpening(times: ReleaseTimes, at: number): number | undefined {
  const clock = toClock(times.zone)
  const first = Math.floor(at / MINUTE_MS) + 1
  for (let i = 0; i < NEXT_OPENING_MINUTES; i++) {
    const minute = (first + i) * MINUTE_MS
    if (isOpenBy(clock, times, minute)) return minute
  }
  return undefined
}

function isOpenBy(clock: Intl.DateTimeFormat, { windows }: ReleaseTimes, at: number): boolean {
  const { day, minute } = toLocal(clock, at)
  return windows.some(({ days, from, to }) => {
    const [begin, end] = [toMinute(from), toMinute(to)]
    const isOn = (index: number) => days.some((name) => name === WEEKDAYS[(index + 7) % 7])
    if (begin < end) return isOn(day) && minute >= begin && minute < end
    return (isOn(day) && minute >= begin) || (isOn(day - 1) && minute < end)
  })
}

function toClock(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
}

/** The day of the week, from Monday as 0, and the minute of the day. */
function toLocal(
  clock: Intl.DateTimeFormat,
  at: number,
): { readonly day: number; readonly minute: number } {
  const parts = clock.formatToParts(at)
  const find = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  const day = WEEKDAYS.indexOf(find('weekday').toLowerCase() as Weekday)
  return { day, minute: (Number(find('hour')) * 60 + Number(find('minute'))) % DAY_MINUTES }
}

function toMinute(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return hours * 60 + minutes
}

/** As in `mon tue 09:00-17:00, fri 09:00-12:00 (Europe/Berlin)`. */
export function toWindowsText({ zone, windows }: ReleaseTimes): string {
  const texts = windows.map(({ days, from, to }) => `${days.join(' ')} ${from}-${to}`)
  return `${texts.join(', ')} (${zone})`
}

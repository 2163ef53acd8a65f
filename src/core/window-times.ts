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

/**
 * Whether a window is open. What counts is what clocks in the zone show: of a window in an hour that a
 * summer time skips, only the part that clocks show is open; in an hour that comes twice, it is open twice.
 */
export function isOpenAt({ zone, windows }: ReleaseTimes, at: number): boolean {
  const { day, minute } = toLocal(zone, at)
  return windows.some(({ days, from, to }) => {
    const [begin, end] = [toMinute(from), toMinute(to)]
    const isOn = (index: number) => days.some((name) => name === WEEKDAYS[(index + 7) % 7])
    if (begin < end) return isOn(day) && minute >= begin && minute < end
    return (isOn(day) && minute >= begin) || (isOn(day - 1) && minute < end)
  })
}

const MINUTE_MS = 60_000
const WEEK_MINUTES = 7 * DAY_MINUTES
/** Clocks are put forward by less. */
const LONGEST_SKIP_MINUTES = 180

/**
 * When the next window opens, to the minute: milliseconds since the epoch. For times at which none is open. Where
 * clocks are put back, the second time of a window that comes twice may be missed. `undefined` without windows.
 */
export function findNextOpening(settings: ReleaseTimes, at: number): number | undefined {
  const { zone, windows } = settings
  const from = Math.floor(at / MINUTE_MS) * MINUTE_MS
  const now = toWeekMinute(zone, from)
  const begins = windows.flatMap(({ days, from: time }) =>
    days.map((name) => WEEKDAYS.indexOf(name) * DAY_MINUTES + toMinute(time)),
  )
  const first = begins.map((begin) => (begin - now + WEEK_MINUTES) % WEEK_MINUTES || WEEK_MINUTES)
  // Clocks that are put forward may skip the only window of a week.
  const waits = [...first, ...first.map((wait) => wait + WEEK_MINUTES)]
  for (const wait of [...new Set(waits)].sort((a, b) => a - b)) {
    const guess = from + wait * MINUTE_MS
    // Clocks may have been put forward or back in between.
    const off = (now + wait - toWeekMinute(zone, guess) + WEEK_MINUTES * 1.5) % WEEK_MINUTES
    const opens = guess + (off - WEEK_MINUTES / 2) * MINUTE_MS
    for (let skipped = 0; skipped <= LONGEST_SKIP_MINUTES; skipped++) {
      const time = opens + skipped * MINUTE_MS
      if (time > at && isOpenAt(settings, time)) return time
    }
  }
  return undefined
}

function toWeekMinute(zone: string, at: number): number {
  const { day, minute } = toLocal(zone, at)
  return day * DAY_MINUTES + minute
}

/** As clocks of the zone show it: `Mon 2026-11-30 09:00`. */
export function toZoneText(zone: string, at: number): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(at)
  const find = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  const [weekday, year, month, day, hour, minute] = [
    ...['weekday', 'year', 'month', 'day', 'hour', 'minute'],
  ].map(find)
  return `${weekday} ${year}-${month}-${day} ${hour}:${minute}`
}

/** The day of the week, from Monday as 0, and the minute of the day. */
function toLocal(zone: string, at: number): { readonly day: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(at)
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

// Whether a window in which releases may go forward is open at a time, by the clocks of its zone. Pure.

import { WEEKDAYS, type Windows } from '../../wire/windows.ts'

const DAY_MINUTES = 1440

/**
 * Whether a window is open. What counts is what clocks in the zone show: of a window in an hour that a
 * summer time skips, only the part that clocks show is open; in an hour that comes twice, it is open twice.
 */
export function isOpenAt({ zone, windows }: Windows, at: number): boolean {
  const { day, minute } = toLocal(zone, at)
  return windows.some(({ days, from, to }) => {
    const [begin, end] = [toMinute(from), toMinute(to)]
    const isOn = (index: number) => days.some((name) => name === WEEKDAYS[(index + 7) % 7])
    if (begin < end) return isOn(day) && minute >= begin && minute < end
    return (isOn(day) && minute >= begin) || (isOn(day - 1) && minute < end)
  })
}

/** The day of the week, from Monday as 0, and the minute of the day. */
function toLocal(zone: string, at: number): { readonly day: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(at)
  const find = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  const day = WEEKDAYS.indexOf(find('weekday').toLowerCase() as (typeof WEEKDAYS)[number])
  return { day, minute: (Number(find('hour')) * 60 + Number(find('minute'))) % DAY_MINUTES }
}

function toMinute(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return hours * 60 + minutes
}

/** As in `mon tue 09:00-17:00, fri 09:00-12:00 (Europe/Berlin)`. */
export function toWindowsText({ zone, windows }: Windows): string {
  const texts = windows.map(({ days, from, to }) => `${days.join(' ')} ${from}-${to}`)
  return `${texts.join(', ')} (${zone})`
}

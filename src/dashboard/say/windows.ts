// The windows in which releases may go forward, in words, in their own zone and in that of the reader. Pure.

import {
  findNextOpening,
  isOpenAt,
  type ReleaseTimes,
  toZoneText,
  WEEKDAYS,
} from '../../core/window-times.ts'
import { toListText } from './format.ts'

export type ReleaseWindow = ReleaseTimes['windows'][number]
export type Weekday = ReleaseWindow['days'][number]

const DAY_MINUTES = 1440
const MINUTE_MS = 60_000

export const DAY_NAMES: Readonly<Record<Weekday, string>> = {
  ...{ mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' },
}

/** Days in a row as `Mon to Thu`, others one by one. */
export function toDaysText(days: readonly Weekday[]): string {
  if (days.length === WEEKDAYS.length) return 'Every day'
  const runs: Weekday[][] = []
  WEEKDAYS.forEach((day, i) => {
    if (!days.includes(day)) return
    const last = runs.at(-1)
    if (last && last.at(-1) === WEEKDAYS[i - 1]) last.push(day)
    else runs.push([day])
  })
  const names = runs.flatMap((run) => {
    const [first, last] = [run[0], run.at(-1)].map((day) => (day ? DAY_NAMES[day] : ''))
    return run.length > 2 ? [`${first} to ${last}`] : run.map((day) => DAY_NAMES[day])
  })
  return toListText(names)
}

/** By how many minutes the clocks of a zone are ahead of those of another one at a time. */
export function toAheadMinutes(zone: string, other: string, at: number): number {
  const [one, two] = [zone, other].map((name) => {
    const [, day, time] = toZoneText(name, at).split(' ')
    return Date.parse(`${day}T${time}:00Z`)
  })
  return Math.round(((one ?? 0) - (two ?? 0)) / MINUTE_MS)
}

/**
 * A window on the clocks of the reader, as they are now: `08:00–15:00 for you`. `undefined` where they show the same.
 *
 * @param ahead by how many minutes the clocks of the reader are ahead.
 */
export function toReaderText(
  { from, to }: Pick<ReleaseWindow, 'from' | 'to'>,
  ahead: number,
): string | undefined {
  if (ahead === 0) return undefined
  const begin = shift(from, ahead)
  const day = begin.day === 0 ? '' : `, a day ${begin.day > 0 ? 'later' : 'earlier'}`
  return `${begin.time}–${shift(to, ahead).time} for you${day}`
}

function shift(text: string, ahead: number): { readonly time: string; readonly day: number } {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  const all = hours * 60 + minutes + ahead
  const minute = ((all % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES
  const two = (number: number) => String(number).padStart(2, '0')
  return {
    time: `${two(Math.floor(minute / 60))}:${two(minute % 60)}`,
    day: Math.floor(all / DAY_MINUTES),
  }
}

const TIME = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/

/** What is wrong with windows that somebody writes; `undefined` if nothing is. */
export function findWindowsFault({ zone, windows }: ReleaseTimes): string | undefined {
  if (windows.length === 0) return undefined
  if (!isZone(zone)) return 'Choose a zone as in Europe/Berlin or UTC.'
  if (windows.some(({ days }) => days.length === 0)) return 'Each window needs a day.'
  if (windows.some(({ from, to }) => !TIME.test(from) || !TIME.test(to))) {
    return 'Times are written as in 09:00, up to 24:00.'
  }
  return undefined
}

/** Whether this browser knows a zone; that of Holo may know more. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return /^[A-Za-z]/.test(zone)
  } catch {
    return false
  }
}

/** What windows that are valid would mean now. */
export function toEffectText(times: ReleaseTimes, now: number): string {
  if (times.windows.length === 0) return 'Releases may go forward at any time.'
  if (isOpenAt(times, now)) return 'A window is open now: releases may go forward.'
  const next = findNextOpening(times, now)
  return next === undefined
    ? 'No window opens in the next days.'
    : `Nothing goes forward until ${toZoneText(times.zone, next)} (${times.zone}).`
}

// The windows in which releases may go forward. docs/safety.md says what that means.

import * as z from 'zod'
import { WEEKDAYS } from '../core/window-times.ts'
import { milliseconds, type Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** A team has a few; nobody could check more. */
export const MAX_WINDOWS = 50

const minute = z
  .string()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time of day as in 09:00, to 24:00')

const window = z
  .strictObject({
    days: z.array(z.enum(WEEKDAYS)).min(1).max(WEEKDAYS.length),
    from: minute,
    to: minute.describe('On the next day, if it is not after `from`'),
  })
  .describe('On each of the days, from one time of day to another')

/** Whether the runtime knows a zone. An offset such as +01:00 has no summer, and is none. */
function isZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/.test(zone)) return false
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

export const windows = z.strictObject({
  zone: z
    .string()
    .max(64)
    .refine(isZone, 'a zone of the IANA database, as in Europe/Berlin or UTC')
    .describe('In which the times are meant'),
  windows: z.array(window).max(MAX_WINDOWS).describe('None: releases may go forward at any time'),
})

export type Windows = Shaped<typeof windows>

/** As they were set, which is when they were checked. */
export const windowsReply = z.strictObject({
  zone: z.string().optional().describe('In which the times are meant; left out without windows'),
  windows: z
    .array(z.strictObject({ days: window.shape.days, from: z.string(), to: z.string() }))
    .describe('None: releases may go forward at any time'),
  open: z.boolean().describe('Whether releases may go forward now, but for a freeze'),
  opensAt: milliseconds.optional().describe('When the next window opens, if none is open'),
})

export type WindowsReply = Shaped<typeof windowsReply>

export const windowsAsRead = /* @__PURE__ */ forReaders(() => toTolerant(windowsReply))

export const windowsOutput = windowsAsRead

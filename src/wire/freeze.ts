// A freeze: while it lasts, no release goes forward. docs/safety.md says what that means.

import * as z from 'zod'
import { MAX_REASON_CHARACTERS, milliseconds, reason, type Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** Nobody plans a freeze longer than a year; one without an end lasts until somebody ends it. */
export const MAX_FREEZE_DAYS = 366

const why = z
  .string()
  .min(1, 'say why: whoever wants to release reads it')
  .max(MAX_REASON_CHARACTERS)
  .regex(/\S/, 'say why: whoever wants to release reads it')
  .describe('Shown to everybody whose change is refused')

export const freeze = z.strictObject({
  by: z.string().describe('Who froze releases, as the audit log names them'),
  since: milliseconds,
  until: milliseconds
    .optional()
    .describe('When it ends by itself; left out if somebody has to end it'),
  reason: why,
})

export type Freeze = Shaped<typeof freeze>

export const freezeBody = z.strictObject({
  reason: why,
  until: milliseconds
    .optional()
    .describe(`When it ends by itself, at most ${MAX_FREEZE_DAYS} days from now`),
})

export type FreezeBody = Shaped<typeof freezeBody>

export const unfreezeQuery = z.strictObject({ reason })

export const freezeReply = z.strictObject({
  freeze: freeze.optional().describe('Left out while releases may go forward'),
})

export type FreezeReply = Shaped<typeof freezeReply>

export const freezeAsRead = /* @__PURE__ */ forReaders(() => toTolerant(freezeReply))

export const freezeOutput = freezeAsRead

// Errors that browsers have reported, by groups: one message at one place in one version. The API also says where
// that is in the source, if the version has source maps.

import * as z from 'zod'
import { ERROR_KINDS } from '../core/browser/error-groups.ts'
import { ERROR_ID } from '../core/browser/error-ids.ts'
import { environmentName, milliseconds, numberText, type Shaped, versionId } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

const DEFAULT_ERRORS = 20
const MAX_LISTED_ERRORS = 100

/** Why a frame is shown as the browser reported it. */
export const UNRESOLVED = [
  'no-map',
  'no-place',
  'not-mapped',
  'too-large',
  'unreadable',
  'unavailable',
  'not-tried',
] as const

export type Unresolved = (typeof UNRESOLVED)[number]

const flag = z.enum(['true', 'false']).transform((text) => text === 'true')

export const errorsQuery = z.strictObject({
  version: versionId.optional(),
  environment: environmentName.optional().describe('Counts only what happened in it'),
  new: flag.optional().describe('`true`: only new ones; `false`: only the others'),
  limit: numberText
    .refine((limit) => limit <= MAX_LISTED_ERRORS, `at most ${MAX_LISTED_ERRORS}`)
    .default(DEFAULT_ERRORS)
    .describe(`How many at most: 1 to ${MAX_LISTED_ERRORS}`),
  resolve: flag
    .default(false)
    .describe('`true`: also says where the first frames are in the source, which takes longer'),
})

export const errorParams = z.strictObject({ id: z.string().regex(ERROR_ID) })

/** A frame of a stack. */
export const errorFrame = z.strictObject({
  raw: z.string().describe('As the browser reported it: name@/path:line:column'),
  source: z.string().optional().describe('The file in the source; left out if it is not known'),
  line: z.int().optional().describe('From 1'),
  column: z.int().optional().describe('From 1'),
  name: z.string().optional().describe('The name in the source'),
  why: z.enum(UNRESOLVED).optional().describe('Why the place in the source is not known'),
})

export type ErrorFrame = Shaped<typeof errorFrame>

const summary = z.strictObject({
  id: z.string().describe('16 hex digits'),
  version: z.string(),
  kind: z.enum(ERROR_KINDS),
  message: z.string().describe('Without numbers and other private parts'),
  frame: z.string().describe('The first frame, /path:line:column; empty if there is none'),
  new: z.boolean().describe('No other version had it before (docs/errors.md)'),
  count: z.int().describe('Since the first one'),
  lastHour: z.int().describe('To five minutes'),
  lastDay: z.int().describe('To an hour'),
  environments: z.record(z.string(), z.int()).describe('How often in each'),
  firstAt: milliseconds,
  lastAt: milliseconds,
})

export type ErrorGroupSummary = Shaped<typeof summary>

export const errorsReply = z.strictObject({
  errors: z
    .array(summary.extend({ resolved: errorFrame.optional().describe('With `resolve` only') }))
    .describe('New ones first, then by how often they happened within a day'),
  found: z.int().describe('How many there are, those beyond `limit` included'),
  lost: z.int().describe('Reports that were not kept since the control began, too many at once'),
})

export const errorReply = summary.extend({
  stack: z.array(errorFrame).describe('Of one of the reports; empty if there was none'),
})

export const errorsAsRead = /* @__PURE__ */ forReaders(() => toTolerant(errorsReply))
export const errorAsRead = /* @__PURE__ */ forReaders(() => toTolerant(errorReply))

export const errorsOutput = /* @__PURE__ */ forReaders(() =>
  errorsAsRead.extend({
    stack: errorAsRead.shape.stack.optional().describe('Of the error that was named by its id'),
  }),
)

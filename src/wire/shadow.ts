// What shadows were found to differ in: by pair of versions, route, kind and place.

import * as z from 'zod'
import { DIFFERENCE_KINDS } from '../core/shadow/compare.ts'
import { environmentName, milliseconds, numberText, type Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

const DEFAULT_ROUTES = 20
const MAX_LISTED_ROUTES = 60

export const shadowQuery = z.strictObject({
  environment: environmentName.optional().describe('Only the shadow of this environment'),
  limit: numberText
    .refine((limit) => limit <= MAX_LISTED_ROUTES, `at most ${MAX_LISTED_ROUTES}`)
    .default(DEFAULT_ROUTES)
    .describe(`Routes of each pair of versions at most: 1 to ${MAX_LISTED_ROUTES}`),
})

const counts = {
  copied: z.int().describe('Requests that were copied'),
  skipped: z.int().describe('Copies for which there was no budget'),
  compared: z.int().describe('Copies whose answers were compared'),
  differing: z.int().describe('How many of these differed'),
  baselines: z.int().describe('Copies for which the base was asked twice'),
  noisy: z.int().describe('How many times it differed from itself'),
  rate: z.number().describe('The share of copies that differ, 0 to 1, without the noise'),
  baseMs: z.number().nullable().describe("Mean time to the head of the base's answers"),
  shadowMs: z.number().nullable(),
  repeated: z.int().describe('Copies beyond the first one of a request; not compared'),
  failed: z.int().describe('Copies, repeated ones too, without an answer or with a 5xx'),
  baseFailed: z.int().describe('Compared answers of the base that were so'),
  late: z.int().describe('Comparisons in which the shadow came `slowerMs` later than the base'),
  baseLate: z.int().describe('Comparisons in which the base came so much later'),
}

const difference = z.strictObject({
  kind: z.enum(DIFFERENCE_KINDS),
  place: z.string().describe('A code, two statuses, a header, or a place in JSON'),
  count: z.int(),
  noise: z.int().describe('How many times the base had it compared with itself'),
  rate: z.number().describe('Of the compared copies, 0 to 1, without the noise'),
  isNoise: z.boolean().describe('The base differs from itself about as often'),
  examples: z.array(
    z.strictObject({
      at: milliseconds,
      request: z.string().describe('Its id in the logs'),
      base: z.string().describe('Redacted, as all examples'),
      shadow: z.string(),
    }),
  ),
})

const route = z.strictObject({
  service: z.string().describe('The prefix'),
  route: z.string(),
  ...counts,
  differences: z.array(difference).describe('Most frequent first, noise last'),
})

const pair = z.strictObject({
  from: z.string().describe('The environment whose requests are copied'),
  base: z.string().describe('Its version'),
  to: z.string().describe('The environment that gets the copies'),
  shadow: z.string().describe('Its version'),
  since: milliseconds,
  lastAt: milliseconds,
  ...counts,
  lost: z.int().describe('Differences for which there was no room'),
  routes: z.array(route).describe('Those with most differences first'),
})

export type ShadowPair = Shaped<typeof pair>
export type ShadowRoute = Shaped<typeof route>

export const shadowReply = z.strictObject({
  shadows: z.array(pair).describe('The newest first'),
  now: milliseconds.describe('By the clock of Holo'),
})

export const shadowAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(shadowReply.omit({ now: true })),
)

/** Without what they differ in. */
export const shadowSumsAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({ shadows: z.array(toTolerant(pair.omit({ routes: true }))) }),
)

/** The same with the clock. */
export const shadowClockAsRead = /* @__PURE__ */ forReaders(() =>
  shadowSumsAsRead.extend({ now: z.number() }),
)

export const shadowOutput = /* @__PURE__ */ forReaders(() => shadowAsRead)

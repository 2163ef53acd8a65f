// The events of a rollout's machine, in pages: what a replay needs. Readers take these shapes exactly,
// because a machine that is given less than what was stored comes to something else.

import * as z from 'zod'
import type { RolloutEvent, Window } from '../core/rollout/events.ts'
import type { RecordedRollout, RecordedTransition, ReplayResult } from '../core/rollout/replay.ts'
import type { Shaped } from './parts.ts'
import { rolloutPlan } from './rollout-plan.ts'
import { transitionRow } from './rollouts.ts'

const now = z.number().describe('Milliseconds of the clock of the control')
const by = z.string().describe('As the audit log names them')
const action = z.string().optional().describe('The change of the document that it follows from')
const why = z.string().optional().describe('In words, what that change did')

const pair = z.tuple([z.number(), z.number()]).describe('Base, canary')

const setCounts = z.strictObject({
  metric: z.string(),
  edge: z.number(),
  route: z.string(),
  share: z.number(),
  visitors: pair,
  weights: pair,
  codes: z.record(z.string(), z.number()),
  warmUp: z.boolean(),
  segment: z.string().optional(),
  routes: z.record(z.string(), z.number()).optional(),
})

const window = z.strictObject({
  id: z.number(),
  generation: z.number(),
  sets: z.array(setCounts),
  visitors: pair,
  present: z.array(z.strictObject({ share: z.number(), base: z.number(), canary: z.number() })),
  crowd: z.number(),
  assigned: z.array(
    z.strictObject({
      id: z.number().describe('The revision that set these shares'),
      shares: z.array(z.number()),
      visitors: z.array(z.number()),
    }),
  ),
  segments: z
    .record(z.string(), z.strictObject({ visitors: pair, known: pair, atRisk: z.number() }))
    .optional()
    .describe('By browser, device and country'),
  baseline: z
    .array(setCounts)
    .optional()
    .describe('With a baseline: who failed of the base and of the baseline, in this order'),
}) satisfies z.ZodType<Window>

/** As `core/rollout/events.ts` says what each means. */
export const machineEvent = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('start'),
    maxShare: z.number().optional().describe('What the budget of its token allows, in percent'),
    by,
    now,
  }),
  z.strictObject({
    kind: z.literal('tick'),
    windows: z.array(window),
    hold: z.string().optional().describe('Why nothing may go forward, as in a freeze'),
    now,
  }),
  z.strictObject({ kind: z.literal('pause'), by, why, now }),
  z.strictObject({ kind: z.literal('resume'), by, now }),
  z.strictObject({ kind: z.literal('advance'), by, now }),
  z.strictObject({ kind: z.literal('promote'), by, action, why, now }),
  z.strictObject({ kind: z.literal('abort'), by, action, why, now }),
  z.strictObject({
    kind: z.literal('versionPushed'),
    side: z.enum(['control', 'canary', 'baseline']),
    version: z.string(),
    by,
    action,
    now,
  }),
  z.strictObject({
    kind: z.literal('confirmed'),
    before: z.enum(['step', 'promotion', 'rollback']),
    by,
    now,
  }),
  z.strictObject({
    kind: z.literal('measured'),
    name: z.string(),
    outcome: z.enum(['pass', 'fail', 'unknown']),
    text: z.string(),
    now,
  }),
  z.strictObject({
    kind: z.literal('smoked'),
    generation: z.number(),
    outcome: z.enum(['pass', 'fail']),
    text: z.string(),
    now,
  }),
  z.strictObject({ kind: z.literal('restart'), by, why: z.string(), now }),
  z.strictObject({ kind: z.literal('baselineGone'), by, action, now }),
  z.strictObject({
    kind: z.literal('trafficChanged'),
    weight: z.number(),
    baseline: z.number().optional().describe('Percent of the baseline, if there is one'),
    by,
    action,
    now,
  }),
]) satisfies z.ZodType<RolloutEvent>

const recordedTransition = z.strictObject({
  event: z.int().describe('Which event of the rollout made it, from 0'),
  place: z.int().describe('Its place among the transitions of this event, from 0'),
  row: transitionRow,
}) satisfies z.ZodType<RecordedTransition>

export const rolloutEventsReply = z.strictObject({
  recorded: z
    .strictObject({
      events: z.int().describe('How many events the machine was given'),
      state: z
        .looseObject({ plan: rolloutPlan })
        .describe('What they led to: the state of the machine as it is stored'),
      isOlder: z.boolean().optional().describe('An older Holo recorded it, with another judge'),
    })
    .optional()
    .describe('On the first page: how the rollout stood when it was asked for') satisfies z.ZodType<
    RecordedRollout | undefined
  >,
  events: z.array(machineEvent).describe('Oldest first, windows of counts included'),
  transitions: z.array(recordedTransition).describe('What these events led to'),
  next: z.string().optional().describe('What `cursor` has to be for the next page'),
})

/** What a replay says. */
export const replayResult = z.strictObject({
  same: z
    .boolean()
    .describe('The same state and transitions, but for the sentences that give reasons'),
  events: z.int(),
  windows: z.int(),
  transitions: z.int(),
  differences: z.array(z.string()).describe('What differs, or why nothing could be compared'),
}) satisfies z.ZodType<ReplayResult>

export type RolloutEventsPage = Shaped<typeof rolloutEventsReply>

export const rolloutEventsQuery = z.strictObject({
  cursor: z
    .string()
    .regex(/^[0-9-]{1,40}$/, 'the `next` of the page before')
    .optional()
    .describe('The `next` of the page before; the first page where it is left out'),
})

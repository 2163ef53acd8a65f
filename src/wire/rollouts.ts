// Rollouts as the API tells of them: one in a list, one with all that is known of it, its transitions.
// What starts one stands in rollout-start.ts, its plan in rollout-plan.ts, the judge's words in rollout-verdict.ts, and the
// events of its machine in rollout-events.ts.

import * as z from 'zod'
import type { AuditRow } from '../core/rollout/events.ts'
import { flagKey } from '../document/flags.ts'
import {
  belowFloor,
  environmentName,
  milliseconds,
  outsideWindow,
  reason,
  type Shaped,
  versionId,
} from './parts.ts'
import { rolloutPlan, sharePercent } from './rollout-plan.ts'
import { judgeVerdict, pairOfCounts, sampleRatioVerdict } from './rollout-verdict.ts'

/** What people may do to a rollout that runs. */
export const ROLLOUT_COMMANDS = ['pause', 'resume', 'advance', 'promote', 'abort'] as const
export type RolloutCommand = (typeof ROLLOUT_COMMANDS)[number]

/** What the audit log calls the transitions of rollouts. */
export const ROLLOUT_ACTIONS = [
  'rollout-start',
  'rollout-step',
  'rollout-complete',
  'rollout-rollback',
  'rollout-notice',
  'rollout-pause',
  'rollout-resume',
  'rollout-advance',
  'rollout-promote',
  'rollout-abort',
  'rollout-versionPushed',
  'rollout-trafficChanged',
  'rollout-restart',
  'rollout-baselineGone',
  'rollout-confirmed',
  'rollout-measured',
  'rollout-smoked',
] as const
export type RolloutAction = (typeof ROLLOUT_ACTIONS)[number]

const visitors = z
  .tuple([z.int(), z.int()])
  .describe('Distinct visitors of the present step: base, canary')

export const rolloutSummary = z.strictObject({
  id: z.int(),
  environment: z.string().describe('The canary; of a flag "flag " and its name'),
  base: z.string().describe('Gives the visitors and takes them back; of a flag as `environment`'),
  flag: flagKey.optional().describe('Only of the rollout of a flag'),
  version: z
    .string()
    .describe(
      'As it is while the rollout runs, as it was when it ended; of a flag the new variant',
    ),
  baseVersion: z.string().describe('Of a flag the variant that is compared with'),
  startedAt: milliseconds,
  startedBy: z.string(),
  endedAt: milliseconds.optional().describe('Left out while it runs'),
  baseline: z
    .strictObject({
      environment: environmentName,
      version: versionId,
      compared: z
        .boolean()
        .describe('Whether the canary is compared with it at present, and not with the base'),
    })
    .optional()
    .describe('Only where the plan has a baseline, and its environment is there'),
  phase: z.enum(['smoke', 'step', 'bake', 'promoted', 'rolledBack']),
  phaseText: z.string().describe('For people, as in step 2 of 3 (5 %)'),
  step: z
    .strictObject({
      number: z.int().describe('From 1'),
      of: z.int().describe('How many the plan has'),
    })
    .optional()
    .describe('In which step of its plan it is; left out in the bake and at the end'),
  reason: z.string().optional().describe('Why it ended'),
  weight: sharePercent.describe('Of the visitors of all environments of the rollout, as it is now'),
  paused: z.string().optional().describe('For people, why nothing moves by itself'),
  pause: z
    .strictObject({
      by: z.string().describe('Who paused it, or changed the traffic, as the audit log names them'),
      cause: z
        .enum(['command', 'traffic'])
        .describe('Somebody said so, or somebody changed the traffic of the two environments'),
    })
    .optional()
    .describe('Left out where it goes on by itself'),
  waiting: z
    .array(z.string())
    .optional()
    .describe(
      'Versions, or variants of the flag, whose rollout was refused because this one runs; left out if there are none',
    ),
})

/** What a rollout counted of one segment of the visitors. */
export const segmentCounts = z.strictObject({
  name: z.string().describe('As in `browser:Safari`, `device:phone`, `country:DE`'),
  visitors: pairOfCounts.describe('Visitors there were of it: base, canary'),
  judged: z.boolean().describe('Whether enough are known for it to be judged by itself'),
  met: z.record(z.string(), pairOfCounts).describe('By metric, visitors who met it: base, canary'),
})

export const rolloutStatus = rolloutSummary.extend({
  plan: rolloutPlan,
  generation: z.int().describe('How often the analysis has begun'),
  elapsedMs: z.number().describe('Observed time in the present step'),
  held: z.boolean().describe('Its maximum time has passed, and it waits'),
  obstacle: z
    .strictObject({
      kind: z.enum([
        'paused',
        'time',
        'manual',
        'sampleRatio',
        'baseline',
        'data',
        'evidence',
        'confirmation',
        'check',
        'smoke',
        'frozen',
      ]),
      reason: z.string(),
    })
    .optional()
    .describe('What keeps the gate shut; left out at the end, and where the next look goes on'),
  verdict: judgeVerdict,
  segments: z
    .array(segmentCounts)
    .optional()
    .describe('Left out where the plan does not tell visitors apart'),
  visitors,
  sampleRatio: sampleRatioVerdict,
  oddities: z.strictObject({
    oldWindows: z.int(),
    foreignWindows: z.int(),
    gaps: z.int(),
    clockWentBack: z.int(),
  }),
  lastWindow: z.int().describe('The last window of counts that was taken in'),
  lookedAt: z.int().describe('When it was last looked at; 0 for not yet'),
  problem: z.string().optional().describe('Why the last look came to nothing'),
})

/** The audit row of the machine: a transition with all that it rests on. */
export const transitionRow = z.strictObject({
  at: milliseconds,
  event: z.enum([
    'start',
    'tick',
    'pause',
    'resume',
    'advance',
    'promote',
    'abort',
    'versionPushed',
    'trafficChanged',
    'restart',
    'baselineGone',
    'confirmed',
    'measured',
    'smoked',
  ]),
  by: z.string().nullable().describe('Who did it; null where it moved by itself'),
  from: z.string().describe('For people, as in step 1 of 3 (1 %)'),
  to: z.string(),
  reason: z.string(),
  weight: sharePercent.describe('Of the visitors of all environments of the rollout, afterwards'),
  generation: z.int(),
  lastWindow: z.int().describe('The last window of counts that was known'),
  elapsedMs: z.number().describe('Observed time in the step that was left'),
  verdict: judgeVerdict,
  sampleRatio: sampleRatioVerdict,
  data: z
    .strictObject({
      visitors,
      silentMs: z.number().describe('Since both sides had visitors'),
    })
    .describe('What the step had seen'),
}) satisfies z.ZodType<AuditRow>

export const transition = transitionRow.extend({
  said: z.string().optional().describe('What whoever made it said about it'),
  revision: z.int().optional().describe('The revision it made'),
})

export const rolloutExplanation = z.strictObject({
  rollout: rolloutStatus,
  lines: z.array(z.string()).describe('How it stands, in sentences'),
  transitions: z
    .array(transition)
    .describe('Each with all that it rested on, oldest first; the newest 200'),
})

export const rolloutsReply = z.strictObject({
  rollouts: z.array(rolloutSummary).describe('Newest first'),
  next: z.int().optional().describe('What `before` has to be for the next page'),
})

export type RolloutSummary = Shaped<typeof rolloutSummary>
export type RolloutStatus = Shaped<typeof rolloutStatus>
export type Transition = Shaped<typeof transition>
export type RolloutExplanation = Shaped<typeof rolloutExplanation>

export const rolloutParams = z.strictObject({ id: z.string().regex(/^[0-9A-Za-z-]{1,40}$/) })

export const rolloutCommandQuery = z.strictObject({ reason, belowFloor, outsideWindow })

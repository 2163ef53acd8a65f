// Rollouts as the API tells of them: one in a list, one with all that is known of it, its transitions.
// What starts one stands in rollout-start.ts, and the events of its machine in rollout-events.ts.

import * as z from 'zod'
import { PAIR_NAMES } from '../core/counting/metrics.ts'
import type { MetricFinding } from '../core/judge/finding.ts'
import type { Verdict } from '../core/judge/verdict.ts'
import type { AuditRow } from '../core/rollout/events.ts'
import type { Plan } from '../core/rollout/plan.ts'
import { SMOKE_METHODS } from '../core/rollout/smoke.ts'
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

const percent = z.number().describe('Of the visitors of all environments of the rollout')
const log = z.number().describe('Natural logarithm of an E-value')
const visitors = z
  .tuple([z.int(), z.int()])
  .describe('Distinct visitors of the present step: base, canary')

const pair = z.tuple([z.int(), z.int()])

const metric = z.strictObject({
  name: z.string(),
  weight: z.number(),
  tolerance: z.number(),
  margin: z
    .strictObject({
      ratio: z.number(),
      edge: z.number().nullable(),
      floor: z.number().nullable(),
    })
    .nullable(),
})

export const rolloutPlan = z
  .strictObject({
    steps: z.array(
      z.strictObject({
        weight: percent,
        gate: z.enum(['evidence', 'better', 'time', 'manual']),
        minMs: z.number(),
        maxMs: z.number().nullable(),
        atMax: z.enum(['hold', 'rollBack', 'goOn']),
      }),
    ),
    bake: z.strictObject({ minMs: z.number(), heldBack: percent }),
    metrics: z.array(metric),
    alpha: z.number(),
    combine: z.enum(['average', 'split']),
    warmUpMs: z.number(),
    segments: z
      .boolean()
      .optional()
      .describe('Whether visitors are also judged by browser, device and country'),
    sampleRatioAlpha: z.number(),
    minVisitors: z.int(),
    withoutData: z.enum(['hold', 'rollBack']),
    withdraws: z.boolean(),
    baseline: environmentName
      .optional()
      .describe('In which the old version is started anew, with as many visitors as the canary'),
    confirm: z
      .array(
        z.strictObject({
          before: z.enum(['start', 'step', 'promotion', 'rollback']),
          webhook: z.string(),
          waitMs: z.number(),
          silence: z.enum(['goOn', 'hold', 'rollBack']),
        }),
      )
      .optional()
      .describe('Webhooks that have to answer before something happens'),
    checks: z
      .array(
        z.strictObject({
          name: z.string(),
          webhook: z.string().optional(),
          path: z.string().optional(),
          is: z.boolean().optional(),
          below: z.number().optional(),
          atMost: z.number().optional(),
          basePath: z.string().optional(),
          metric: z.enum(PAIR_NAMES).optional().describe('Instead of a webhook'),
          minCopies: z.number().optional(),
          failures: z.number().nullable(),
        }),
      )
      .optional()
      .describe('Values that have to be good: of others, or a metric of Holo'),
    smoke: z
      .array(
        z.strictObject({
          method: z.enum(SMOKE_METHODS),
          path: z.string(),
          headers: z.record(z.string(), z.string()),
          timeoutMs: z.number(),
          status: z.tuple([z.int(), z.int()]).describe('The lowest and the highest that is good'),
          expectedHeaders: z.record(z.string(), z.string()),
          contains: z.string().optional(),
          json: z
            .record(z.string(), z.string())
            .optional()
            .describe('JSON texts by the paths of the values'),
        }),
      )
      .optional()
      .describe('Requests that the version has to answer before the first visitor gets it'),
  })
  .describe('Complete, in milliseconds') satisfies z.ZodType<Plan>

const finding = z.strictObject({
  name: z.string(),
  logWorse: log,
  worst: z
    .strictObject({
      route: z.string().describe('Empty for all together, `*` for those that are not told apart'),
      edge: z.number().nullable().describe('In the unit of the metric'),
      visitors: pair.describe('Who met it for the first time: base, canary'),
      clients: z
        .tuple([z.number(), z.number()])
        .describe('How many independent clients they count for'),
      codes: z.record(z.string(), z.int()).describe("What the canary's visitors got"),
      warmUp: z.boolean().describe('Just after a step, where only a catastrophe counts'),
      ratio: z
        .strictObject({ low: z.number(), high: z.number().nullable() })
        .describe('How many times as many as of the base, by what was seen'),
      log,
      segment: z
        .strictObject({
          name: z.string().describe('As in `browser:Safari`, `device:phone`, `country:DE`'),
          seen: pair.describe('Visitors there were of it: base, canary'),
          route: z.string().describe("Where nearly all of the canary's met it; empty for no route"),
          others: z.array(z.string()).describe('Others of the same kind that look worse, too'),
        })
        .optional()
        .describe('The segment whose visitors alone these are; left out for those of all'),
    })
    .nullable()
    .describe('The set of visitors that speaks most against the canary'),
  met: pair.describe('Visitors who met it on any route: base, canary'),
  seen: pair.describe('Visitors there were: base, canary'),
  margin: metric.shape.margin,
  logWithin: log.nullable(),
}) satisfies z.ZodType<MetricFinding>

const verdict = z.strictObject({
  outcome: z.enum(['promote', 'continue', 'rollback']),
  reason: z.string(),
  logWorse: log,
  threshold: log,
  findings: z.array(finding),
  blind: z
    .array(
      z.strictObject({
        kind: z.enum(['sampleRatio', 'clients', 'crowd', 'oneSide']),
        reason: z.string(),
      }),
    )
    .describe('Why the judge sees less than it could'),
}) satisfies z.ZodType<Verdict>

const sampleRatio = z.strictObject({ log, threshold: log, alarmed: z.boolean() })

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
  weight: percent.describe('Of the visitors of all environments of the rollout, as it is now'),
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
  visitors: pair.describe('Visitors there were of it: base, canary'),
  judged: z.boolean().describe('Whether enough are known for it to be judged by itself'),
  met: z.record(z.string(), pair).describe('By metric, visitors who met it: base, canary'),
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
  verdict,
  segments: z
    .array(segmentCounts)
    .optional()
    .describe('Left out where the plan does not tell visitors apart'),
  visitors,
  sampleRatio,
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
  weight: percent.describe('Of the visitors of all environments of the rollout, afterwards'),
  generation: z.int(),
  lastWindow: z.int().describe('The last window of counts that was known'),
  elapsedMs: z.number().describe('Observed time in the step that was left'),
  verdict,
  sampleRatio,
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

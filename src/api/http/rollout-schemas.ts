// The shapes of rollouts in the replies of the API.

import * as z from 'zod'
import { environmentName, milliseconds, versionId } from '../../wire/parts.ts'

const percent = z.number().describe('Of the visitors of both environments')
const log = z.number().describe('Natural logarithm of an E-value')
const visitors = z.array(z.int()).length(2).describe('Distinct visitors: control, canary')

const metric = z.strictObject({
  name: z.string(),
  edges: z.array(z.number()).nullable(),
  weight: z.number(),
  margin: z
    .strictObject({
      ratio: z.number(),
      edge: z.number().nullable(),
      floor: z.number().nullable(),
    })
    .nullable(),
  required: z.boolean(),
})

const plan = z
  .strictObject({
    steps: z.array(
      z.strictObject({
        weight: percent,
        gate: z.enum(['evidence', 'time', 'manual']),
        minMs: z.number(),
        maxMs: z.number().nullable(),
        atMax: z.enum(['hold', 'rollBack']),
      }),
    ),
    bake: z.strictObject({ minMs: z.number(), heldBack: percent }),
    metrics: z.array(metric),
    alpha: z.number(),
    combine: z.enum(['average', 'split']),
    sampleRatioAlpha: z.number(),
    minVisitors: z.int(),
    withoutData: z.enum(['hold', 'rollBack']),
    withdraws: z.boolean(),
  })
  .describe('Complete, in milliseconds')

const finding = z.strictObject({
  name: z.string(),
  logWorse: log,
  edge: z.number().nullable().describe('The edge with the most evidence against the canary'),
  totals: z
    .array(z.int())
    .length(4)
    .describe('Control: visits, failures; canary: visits, failures. For show, never judged'),
  ratio: z.strictObject({ low: z.number(), high: z.number().nullable() }),
  margin: metric.shape.margin,
  logWithin: log.nullable(),
})

const verdict = z.strictObject({
  outcome: z.enum(['promote', 'continue', 'rollback']),
  reason: z.string(),
  logWorse: log,
  threshold: log,
  findings: z.array(finding),
})

const sampleRatio = z.strictObject({ log, threshold: log, alarmed: z.boolean() })

export const rolloutSummary = z.strictObject({
  id: z.int(),
  environment: environmentName.describe('The canary'),
  base: environmentName,
  version: versionId,
  baseVersion: versionId,
  startedAt: milliseconds,
  startedBy: z.string(),
  endedAt: milliseconds.optional(),
  phase: z.enum(['step', 'bake', 'promoted', 'rolledBack']),
  phaseText: z.string(),
  reason: z.string().optional().describe('Why it ended'),
  weight: percent,
  paused: z.string().optional().describe('Why nothing moves by itself'),
})

export const rolloutStatus = rolloutSummary.extend({
  plan,
  generation: z.int(),
  elapsedMs: z.number().describe('Observed time in the present step'),
  held: z.boolean().describe('The maximum time has passed, and it waits'),
  obstacle: z
    .strictObject({
      kind: z.enum(['paused', 'time', 'manual', 'sampleRatio', 'data', 'evidence']),
      reason: z.string(),
    })
    .optional()
    .describe('What keeps the gate shut'),
  verdict,
  visitors,
  sampleRatio,
  oddities: z.strictObject({
    oldWindows: z.int(),
    foreignWindows: z.int(),
    gaps: z.int(),
    clockWentBack: z.int(),
  }),
  lastWindow: z.int(),
  lookedAt: z.int().describe('When it was last looked at; 0 for not yet'),
  problem: z.string().optional().describe('Why the last look came to nothing'),
})

const transition = z.strictObject({
  at: milliseconds,
  event: z.string(),
  by: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  reason: z.string(),
  said: z.string().optional().describe('What whoever made it said about it'),
  revision: z.int().optional().describe('The revision it made'),
  weight: percent,
  generation: z.int(),
  lastWindow: z.int(),
  elapsedMs: z.number(),
  verdict,
  sampleRatio,
  data: z.strictObject({
    visitors,
    metrics: z.array(
      z.strictObject({
        control: z.int(),
        canary: z.int(),
        silentMs: z.number(),
        error: z.string().nullable(),
      }),
    ),
  }),
})

export const explanation = z.strictObject({
  rollout: rolloutStatus,
  lines: z.array(z.string()).describe('How it stands, in sentences'),
  transitions: z.array(transition).describe('Oldest first; the newest 200'),
})

export const replayed = z.strictObject({
  done: z.literal(true),
  same: z.boolean().describe('Bit for bit the same state and transitions'),
  events: z.int(),
  windows: z.int(),
  transitions: z.int(),
  differences: z.array(z.string()),
})

export const replay = z.union([
  replayed,
  z
    .strictObject({
      done: z.literal(false),
      events: z.int().describe('So many were given so far'),
      of: z.int(),
    })
    .describe('With 202: the same request goes on'),
])

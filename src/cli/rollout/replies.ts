// Rollouts as the API tells of them, as far as commands read it. What `--json` prints is the same.

import * as z from 'zod'

const percent = z.number().describe('Of the visitors of both environments')
const time = z.int().describe('Milliseconds since the epoch')

const summaryFields = {
  id: z.int(),
  environment: z.string().describe('The canary'),
  base: z.string(),
  version: z.string(),
  baseVersion: z.string(),
  startedAt: time,
  startedBy: z.string(),
  endedAt: time.optional(),
  phase: z.enum(['step', 'bake', 'promoted', 'rolledBack']),
  phaseText: z.string().describe('In words, as in step 2 of 3 (5 %)'),
  reason: z.string().optional().describe('Why it ended'),
  weight: percent,
  paused: z.string().optional().describe('Why nothing moves by itself'),
}

const step = z.object({
  weight: percent,
  gate: z.enum(['evidence', 'time', 'manual']),
  minMs: z.number(),
  maxMs: z.number().nullable(),
  atMax: z.enum(['hold', 'rollBack']),
})

const finding = z.object({
  name: z.string(),
  logWorse: z.number(),
  edge: z.number().nullable().describe('The edge with the most evidence against the canary'),
  totals: z.array(z.number()),
  ratio: z.object({ low: z.number(), high: z.number().nullable() }),
  logWithin: z.number().nullable(),
})

const verdict = z.object({
  outcome: z.enum(['promote', 'continue', 'rollback']),
  reason: z.string(),
  logWorse: z.number().describe('Natural logarithm of the evidence against the canary'),
  threshold: z.number(),
  findings: z.array(finding),
})
const sampleRatio = z.object({ log: z.number(), threshold: z.number(), alarmed: z.boolean() })

const statusFields = {
  ...summaryFields,
  plan: z.object({
    steps: z.array(step),
    bake: z.object({ minMs: z.number(), heldBack: percent }),
    withdraws: z.boolean(),
  }),
  elapsedMs: z.number().describe('Observed time in the present step'),
  held: z.boolean().describe('Its maximum time has passed, and it waits'),
  obstacle: z
    .object({ kind: z.string(), reason: z.string() })
    .optional()
    .describe('What keeps the gate shut'),
  verdict,
  visitors: z.array(z.number()).describe('Distinct visitors of the present step: base, canary'),
  sampleRatio,
  problem: z.string().optional().describe('Why the last look came to nothing'),
}

export const rolloutSummary = z.object(summaryFields)
export const rolloutStatus = z.object(statusFields)
export const rolloutsReply = z.object({ rollouts: z.array(rolloutSummary) })

const transition = z.object({
  at: time,
  event: z.string(),
  by: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  reason: z.string(),
  said: z.string().optional().describe('What whoever made it said about it'),
  revision: z.int().optional().describe('The revision it made'),
  weight: percent,
  generation: z.int(),
  lastWindow: z.int().describe('The last window of counts that was known'),
  elapsedMs: z.number().describe('Observed time in the step that was left'),
  verdict,
  sampleRatio,
  data: z
    .object({
      visitors: z.array(z.number()),
      metrics: z.array(
        z.object({
          control: z.number(),
          canary: z.number(),
          silentMs: z.number(),
          error: z.string().nullable(),
        }),
      ),
    })
    .describe('What the step had seen: visitors of base and canary, and visits by metric'),
})

export const explanationReply = z.object({
  rollout: rolloutStatus,
  lines: z.array(z.string()).describe('How it stands, in sentences'),
  transitions: z.array(transition).describe('Oldest first, each with all that it rested on'),
})

export const replayed = z.object({
  same: z.boolean().describe('Bit for bit the same state and transitions'),
  events: z.int(),
  windows: z.int(),
  transitions: z.int(),
  differences: z.array(z.string()),
})

/** A long one takes several calls. */
export const replayReply = z.union([
  z.object({ done: z.literal(false), events: z.int(), of: z.int() }),
  replayed.extend({ done: z.literal(true) }),
])

export type RolloutSummary = z.infer<typeof rolloutSummary>
export type Transition = z.infer<typeof transition>
export type RolloutStatus = z.infer<typeof rolloutStatus>

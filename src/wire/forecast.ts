// What `holo rollout plan --json` prints: what plans would do to releases of this Holo, by its traffic.

import * as z from 'zod'

const rate = z.number().describe('0 to 1')
const spread = z
  .strictObject({ p10: z.number(), p50: z.number(), p90: z.number() })
  .describe('Nearest-rank percentiles over the runs')

const forecast = z.strictObject({
  plan: z.string().describe('As it was named; `proposed` for the one that is proposed'),
  baseline: z.string().optional().describe('The environment that the plan compares with'),
  fits: z
    .boolean()
    .describe('A healthy release ends within a day, and one that fails for all is taken back'),
  healthy: z.strictObject({
    runs: z.int(),
    promoted: rate.describe('The share of runs in which a healthy release gets to everybody'),
    takenBack: rate,
    timeMs: spread.optional().describe('Until everybody has it; left out where nobody ever has'),
  }),
  found: z.array(
    z.strictObject({
      errorRate: rate.describe('The share of its visitors for whom the release fails'),
      runs: z.int(),
      takenBack: rate,
      timeMs: spread.optional().describe('Until it is taken back; left out where it never is'),
      harmed: spread.describe('Visitors for whom it failed by then'),
    }),
  ),
})

export const rolloutPlanOutput = z.strictObject({
  target: z.string().describe('Which Holo, by its name in holo.json or its address'),
  traffic: z.strictObject({
    text: z.string().describe('The same in words'),
    minutes: z.int().describe('How long was looked at'),
    visitorsPerMinute: z.number().describe('Of both versions together, on average'),
    errorRate: rate.describe('The share of visitors who met a failure'),
  }),
  forecasts: z.array(forecast),
  best: z.string().optional().describe('The one that fits best; left out where none fits'),
  proposed: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('A plan for `rollouts` of holo.json, where none that there is fits'),
  notices: z.array(z.string()).describe('What is assumed'),
})

export type RolloutPlanResult = z.infer<typeof rolloutPlanOutput>
export type Forecast = RolloutPlanResult['forecasts'][number]

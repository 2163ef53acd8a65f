// What `holo simulate --json` prints (how a plan treats a release, with simulated or recorded traffic),
// and `holo rollout plan --json` (what plans would do to releases of this Holo, by its traffic).

import * as z from 'zod'

const spread = z
  .strictObject({ mean: z.number(), p10: z.number(), p50: z.number(), p90: z.number() })
  .describe('The mean, and nearest-rank percentiles over the runs')
const outcome = z.enum(['promoted', 'rolledBack', 'held', 'unfinished'])
const pair = z.strictObject({ control: z.number(), canary: z.number() })

export const simulateOutput = z.strictObject({
  plan: z.string().describe('As it was named'),
  supposed: z.strictObject({
    text: z.string().describe('The same in words'),
    record: z.string().optional().describe('The file of recorded counters'),
    visitorsPerMinute: z.number().optional().describe('New visitors of both sides together'),
    errorRate: pair.optional().describe('Shares of visitors who meet a failure, 0 to 1'),
    latencyMs: pair.optional().describe('Medians of the time to first byte'),
    metrics: z
      .record(z.string(), pair)
      .optional()
      .describe('Shares of visitors who meet other metrics, 0 to 1'),
  }),
  seed: z.int(),
  runs: z.int(),
  outcomes: z
    .array(
      z.strictObject({
        outcome,
        runs: z.int(),
        chance: z.number().describe('0 to 1'),
        timeMs: spread.describe('Milliseconds from the start to the outcome'),
        exposed: spread.describe('Visitors who got the new version'),
        harmed: spread.describe('Those of them who met what they should not, such as a failure'),
      }),
    )
    .describe('Those that came about, the likeliest first'),
  exposed: spread.describe('Visitors who got the new version, over all runs'),
  example: z
    .strictObject({
      run: z.int().describe('Its number, from 0'),
      outcome,
      durationMs: z.number(),
      rows: z.array(
        z.strictObject({
          atMs: z.number().describe('Milliseconds since the start'),
          from: z.string(),
          to: z.string(),
          weight: z.number().describe('Percent of the canary from then on'),
          reason: z.string(),
        }),
      ),
    })
    .describe('A run of the likeliest outcome that takes about as long as half of them'),
  notices: z.array(z.string()).describe('What is odd about the suppositions'),
})

export type SimulateResult = z.infer<typeof simulateOutput>

const rate = z.number().describe('0 to 1')
const percentiles = z
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
    timeMs: percentiles
      .optional()
      .describe('Until everybody has it; left out where nobody ever has'),
  }),
  found: z.array(
    z.strictObject({
      errorRate: rate.describe('The share of its visitors for whom the release fails'),
      runs: z.int(),
      takenBack: rate,
      timeMs: percentiles.optional().describe('Until it is taken back; left out where it never is'),
      harmed: percentiles.describe('Visitors for whom it failed by then'),
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

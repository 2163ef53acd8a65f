// Counts as the API tells them, and the record of them that `holo metrics export` writes for
// `holo simulate`.

import * as z from 'zod'
import { FIRST_BYTE_EDGES_MS } from '../core/counting/first-byte.ts'
import { VITAL_ROWS } from '../core/counting/metrics.ts'
import { milliseconds, numberText, type Shaped } from './parts.ts'
import { segmentCounts } from './rollouts.ts'

/** `window`: ten seconds, of the last day; `minute`: of the last thirty days. */
export const RESOLUTIONS = ['window', 'minute'] as const

/** Points of one reply: some three hours of windows, or most of a day of minutes. */
export const MAX_METRIC_POINTS = 1000

/** Windows of ten seconds that make up "now" for visitors: five minutes. */
export const NOW_WINDOWS = 30

export const metricsQuery = z.strictObject({
  resolution: z
    .enum(RESOLUTIONS)
    .default('minute')
    .describe('`window`: ten seconds, of the last day; `minute`: of the last thirty days'),
  from: numberText.optional().describe('Milliseconds since the epoch; an hour before `to`'),
  to: numberText.optional().describe('Milliseconds since the epoch, exclusive; now'),
})

/** The text that Prometheus reads. */
export const openMetricsReply = z.string()

const byName = z.record(z.string(), z.int())

const VITAL_EDGES = VITAL_ROWS.map(
  ({ name, edges, unit }) => `${name} ${edges?.join(', ')} ${unit}`,
).join('; ')

export const metricSeries = z.strictObject({
  environment: z.string(),
  version: z.string().describe('The one that was chosen, whoever answered'),
  requests: z.int(),
  judged: z.int().describe('Those that say something about the version'),
  assigned: z.int().describe('Documents that were decided by their bucket'),
  failed: z.int().describe('Requests that failed by the fault of the version'),
  statuses: z.array(z.int()).describe('Replies 1xx, 2xx, 3xx, 4xx, 5xx'),
  failures: byName.describe('The failed ones by code'),
  outcomes: byName.describe('Judged requests by what came of them: the metrics without edges'),
  sources: byName.describe('Replies by where they came from'),
  latency: z
    .array(z.int())
    .describe(
      "Services' first bytes within 50, 100, 200, 300, 500, 1000, 2000, 5000 ms, and later",
    ),
  firstByte: z
    .array(z.int())
    .describe(`The same times within ${FIRST_BYTE_EDGES_MS.join(', ')} ms, and later`),
  latencyMs: z.int().describe('Their sum'),
  bytes: z.int().describe('Of bodies whose length was announced'),
  vitals: z
    .record(z.string(), z.array(z.int()))
    .optional()
    .describe(
      `What browsers measured of pages, how many within each edge and above: ${VITAL_EDGES}. Left out where none reported`,
    ),
})

export const metricPoint = z.strictObject({
  at: milliseconds,
  series: z.array(metricSeries),
  visitors: z
    .record(z.string(), z.int())
    .optional()
    .describe(
      'About how many different visitors each environment had in this window; not of minutes',
    ),
})

const side = z.strictObject({ environment: z.string(), version: z.string() })

export const comparedSegments = z.strictObject({
  rollout: z.int().describe('Its number'),
  base: side.describe('What the canary is compared with: the base, or the baseline'),
  canary: side,
  segments: z.array(segmentCounts).describe('In the order of their names'),
})

export const shadowDifferences = z.strictObject({
  from: z.string().describe('The environment whose requests are copied'),
  base: z.string().describe('Its version'),
  to: z.string().describe('The environment that gets the copies'),
  shadow: z.string().describe('Its version'),
  compared: z.int().describe('Copies whose answers were compared'),
  differing: z.int(),
  baselines: z.int().describe('Copies for which the base was asked twice'),
  noisy: z.int().describe('How many times it differed from itself'),
  rate: z.number().describe('The share that differs, 0 to 1, without the noise'),
})

export const metricsReply = z.strictObject({
  points: z
    .array(metricPoint)
    .describe(`Oldest first, at most ${MAX_METRIC_POINTS}; times without requests are left out`),
  visitors: z
    .record(z.string(), z.int())
    .describe(
      'About how many different visitors each environment has had in the last five minutes, whatever is asked for',
    ),
  compared: z
    .array(comparedSegments)
    .describe(
      'Visitors by segment, of each rollout that runs and tells them apart: all since its analysis began, whatever the time that was asked for',
    ),
  shadowDifferences: z
    .array(shadowDifferences)
    .optional()
    .describe(
      'What shadows differed in in the last hour, by pair of versions, whatever the time that was asked for. Left out where nothing was compared',
    ),
  losses: z
    .record(z.string(), z.int())
    .describe('What was not counted, by why, since the control began'),
  next: z.int().optional().describe('What `from` has to be for the points after these'),
})

/** What a simulation needs of a point. */
export const recordedPoint = z.object({
  at: metricPoint.shape.at,
  series: z.array(
    z.object({
      environment: metricSeries.shape.environment,
      version: metricSeries.shape.version,
      requests: metricSeries.shape.requests,
      judged: metricSeries.shape.judged,
      assigned: metricSeries.shape.assigned,
      failed: metricSeries.shape.failed,
      latency: metricSeries.shape.latency,
      outcomes: metricSeries.shape.outcomes.optional(),
      firstByte: metricSeries.shape.firstByte.optional(),
    }),
  ),
})

export const RECORD_FORMAT = 'holo-metrics'

/** A period of counts in a file. */
export const metricRecord = z.object({
  format: z.literal(RECORD_FORMAT),
  formatVersion: z.literal(1),
  from: z.string().describe('The address of the Holo'),
  resolution: z.enum(RESOLUTIONS),
  points: z.array(recordedPoint).describe('Oldest first; times without requests are left out'),
})

/** What `holo metrics export --json` prints. */
export const metricsExportOutput = z.strictObject({
  file: z.string().optional().describe('Where it was written'),
  points: z.int().describe('How many'),
  record: metricRecord.optional().describe('What a file would hold; left out where there is one'),
})

export type MetricSeries = Shaped<typeof metricSeries>
export type MetricPoint = Shaped<typeof metricPoint>
export type ShadowDifferences = Shaped<typeof shadowDifferences>
export type ComparedSegments = Shaped<typeof comparedSegments>
export type RecordedPoint = Shaped<typeof recordedPoint>
export type MetricRecord = Shaped<typeof metricRecord>

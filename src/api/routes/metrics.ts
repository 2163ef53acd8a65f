// Routes of the counts: for people and scripts as JSON, for Prometheus as OpenMetrics.

import * as z from 'zod'
import { MAX_METRIC_POINTS } from '../../control/counting/limits.ts'
import { ok } from '../../core/result.ts'
import { OPENMETRICS_TYPE, toOpenMetrics } from '../http/openmetrics.ts'
import { type Route, route } from '../http/route.ts'
import { milliseconds, numberText } from '../http/schemas.ts'

const HOUR_MS = 3_600_000

const byName = z.record(z.string(), z.int())
const series = z.strictObject({
  environment: z.string(),
  version: z.string().describe('The one that was chosen, whoever answered'),
  requests: z.int(),
  judged: z.int().describe('Those that say something about the version'),
  assigned: z.int().describe('Documents that were decided by their bucket'),
  failed: z.int().describe('Those that failed by the fault of the version'),
  statuses: z.array(z.int()).describe('Replies 1xx, 2xx, 3xx, 4xx, 5xx'),
  failures: byName.describe('The failed ones by code'),
  sources: byName.describe('Replies by where they came from'),
  latency: z
    .array(z.int())
    .describe(
      "Services' first bytes within 50, 100, 200, 300, 500, 1000, 2000, 5000 ms, and later",
    ),
  latencyMs: z.int().describe('Their sum'),
  bytes: z.int().describe('Of bodies whose length was announced'),
})
const losses = z
  .record(z.string(), z.int())
  .describe('What was not counted, by why, since the control began')

export const METRICS_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/metrics',
    scope: 'read',
    summary: 'What was counted, by version and environment, oldest first',
    query: z.strictObject({
      resolution: z
        .enum(['window', 'minute'])
        .default('minute')
        .describe('`window`: ten seconds, of the last day; `minute`: of the last thirty days'),
      from: numberText.optional().describe('Milliseconds since the epoch; an hour before `to`'),
      to: numberText.optional().describe('Milliseconds since the epoch, exclusive; now'),
    }),
    reply: z.strictObject({
      points: z
        .array(z.strictObject({ at: milliseconds, series: z.array(series) }))
        .describe(`At most ${MAX_METRIC_POINTS}; times without requests are left out`),
      losses,
      next: z.int().optional().describe('What `from` has to be for the points after these'),
    }),
    handle: async ({ ask, caller, query, now }) => {
      const { resolution, to = now, from = Math.max(0, to - HOUR_MS) } = query
      const range = { resolution, from, to }
      const answer = await ask('none', (control) => control.metrics(caller, range))
      if (!answer.ok) return answer
      const { points, losses } = answer.value
      const isFull = points.length === MAX_METRIC_POINTS
      return ok({
        body: { points, losses, next: isFull ? (points.at(-1)?.at ?? 0) + 1 : undefined },
      })
    },
  }),
  route({
    method: 'GET',
    path: '/metrics/openmetrics',
    scope: 'read',
    summary: 'The sums since counting began, for Prometheus',
    type: OPENMETRICS_TYPE,
    reply: z.string(),
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.metricsSince(caller))
      if (!answer.ok) return answer
      const { series, losses } = answer.value
      return ok({ body: toOpenMetrics(series, losses) })
    },
  }),
]

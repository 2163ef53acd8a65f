// Routes of the counts: for people and scripts as JSON, for Prometheus as OpenMetrics.

import { ok } from '../../core/result.ts'
import {
  MAX_METRIC_POINTS,
  metricsQuery,
  metricsReply,
  openMetricsReply,
} from '../../wire/metrics.ts'
import { OPENMETRICS_TYPE, toOpenMetrics } from '../http/openmetrics.ts'
import { type Route, route } from '../http/route.ts'

const HOUR_MS = 3_600_000

export const METRICS_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/metrics',
    scope: 'read',
    summary: 'What was counted, by version and environment, oldest first',
    query: metricsQuery,
    reply: metricsReply,
    handle: async ({ ask, caller, query, now }) => {
      const { resolution, to = now, from = Math.max(0, to - HOUR_MS) } = query
      const range = { resolution, from, to }
      const answer = await ask('none', (control) => control.metrics(caller, range))
      if (!answer.ok) return answer
      const { points, ...counted } = answer.value
      const isFull = points.length === MAX_METRIC_POINTS
      return ok({
        body: { points, ...counted, next: isFull ? (points.at(-1)?.at ?? 0) + 1 : undefined },
      })
    },
  }),
  route({
    method: 'GET',
    path: '/metrics/openmetrics',
    scope: 'read',
    summary: 'The sums since counting began, for Prometheus',
    type: OPENMETRICS_TYPE,
    reply: openMetricsReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.metricsSince(caller))
      if (!answer.ok) return answer
      return ok({ body: toOpenMetrics(answer.value) })
    },
  }),
]

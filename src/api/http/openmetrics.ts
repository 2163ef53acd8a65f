// Counts as OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/), which Prometheus
// asks for. Pure: the sums are the control's.

import type { CountedNow, CountingLosses } from '../../control/contract.ts'
import type { SeriesSince } from '../../control/counting/series.ts'
import { FIRST_BYTE_EDGES_MS } from '../../core/counting/first-byte.ts'
import { type MetricRow, VITAL_ROWS } from '../../core/counting/metrics.ts'
import { readSegmentName } from '../../core/counting/segments.ts'
import type { FlagCountSummary } from '../../wire/flags.ts'
import type { ComparedSegments, ShadowDifferences } from '../../wire/metrics.ts'

export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

type Labels = Readonly<Record<string, string>>
type Sample = { readonly suffix: string; readonly labels: Labels; readonly value: number }
type Family = {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly unit?: string
  readonly help: string
  readonly samples: readonly Sample[]
}

type Counted = CountedNow & {
  readonly series: readonly SeriesSince[]
  readonly flags: readonly FlagCountSummary[]
}

/**
 * Everything since counting began, by environment and version; losses are since the control began, visitors of
 * the last five minutes, segments of the rollouts that run.
 */
export function toOpenMetrics({
  series,
  flags,
  losses,
  visitors,
  compared,
  shadowDifferences = [],
}: Counted): string {
  const families = [
    ...toFamilies(series),
    ...toSegmentFamilies(compared),
    toVisitors(visitors),
    toEvaluations(flags),
    ...toShadowFamilies(shadowDifferences),
    toLosses(losses),
  ]
  return `${families.flatMap(toLines).join('\n')}\n# EOF\n`
}

function toFamilies(series: readonly SeriesSince[]): Family[] {
  const counter = (
    name: string,
    help: string,
    read: (one: SeriesSince) => readonly [labels: Labels, value: number][],
  ): Family => ({
    name,
    type: 'counter',
    help,
    samples: series.flatMap((one) =>
      read(one).map(([labels, value]) => ({
        suffix: '_total',
        labels: { ...toLabels(one), ...labels },
        value,
      })),
    ),
  })
  const named = (label: string, names: Readonly<Record<string, number>>): [Labels, number][] =>
    Object.entries(names).map(([name, value]) => [{ [label]: name }, value])
  return [
    counter('holo_requests', 'Requests, by the version that was chosen.', (one) => [
      [{}, one.requests],
    ]),
    counter('holo_replies', 'Replies by status class.', ({ statuses }) =>
      statuses.map((count, i) => [{ class: `${i + 1}xx` }, count]),
    ),
    counter('holo_reply_sources', 'Replies by where they came from.', ({ sources }) =>
      named('source', sources),
    ),
    counter('holo_judged_requests', 'Requests that say something about the version.', (one) => [
      [{}, one.judged],
    ]),
    counter('holo_assigned_documents', 'Documents that were decided by their bucket.', (one) => [
      [{}, one.assigned],
    ]),
    counter('holo_failed_requests', 'Requests that failed by the fault of the version.', (one) => [
      [{}, one.failed],
    ]),
    counter('holo_failures', 'The same by code.', ({ failures }) => named('code', failures)),
    counter('holo_outcomes', 'Judged requests by what came of them.', ({ outcomes }) =>
      named('metric', outcomes),
    ),
    {
      ...counter('holo_sent_bytes', 'Bytes of bodies of announced length.', (one) => [
        [{}, one.bytes],
      ]),
      unit: 'bytes',
    },
    {
      name: 'holo_first_byte_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'How long a service takes to the first byte of its answer.',
      samples: series.flatMap(toHistogram),
    },
    {
      name: 'holo_vital_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Web vitals that are times, as browsers measure them.',
      samples: series.flatMap((one) => toVitals(one, 'ms')),
    },
    {
      name: 'holo_layout_shift',
      type: 'histogram',
      help: 'How much pages shift, as browsers measure it (CLS).',
      samples: series.flatMap((one) => toVitals(one, 'thousandths')),
    },
  ]
}

function toHistogram(one: SeriesSince): Sample[] {
  const labels = toLabels(one)
  const value = one.firstByte.reduce((sum, count) => sum + count, 0)
  return [
    ...toBuckets(labels, one.firstByte, FIRST_BYTE_EDGES_MS),
    { suffix: '_count', labels, value },
    { suffix: '_sum', labels, value: one.latencyMs / 1000 },
  ]
}

/** Their sums are not kept. A histogram without a sum has no count either. */
function toVitals(one: SeriesSince, unit: MetricRow['unit']): Sample[] {
  return VITAL_ROWS.filter((row) => row.unit === unit).flatMap(({ name, edges }) => {
    const counts = one.vitals?.[name]
    return counts && edges ? toBuckets({ ...toLabels(one), metric: name }, counts, edges) : []
  })
}

/** @param edges in thousandths of what Prometheus gets. */
function toBuckets(labels: Labels, counts: readonly number[], edges: readonly number[]): Sample[] {
  let below = 0
  return counts.map((count, i) => {
    below += count
    const edge = edges[i]
    const le = edge === undefined ? '+Inf' : toFloat(edge / 1000)
    return { suffix: '_bucket', labels: { ...labels, le }, value: below }
  })
}

function toVisitors(visitors: Readonly<Record<string, number>>): Family {
  return {
    name: 'holo_visitors',
    type: 'gauge',
    help: 'About how many different visitors there were in the last five minutes.',
    samples: Object.entries(visitors).map(([environment, value]) => ({
      suffix: '',
      labels: { environment },
      value,
    })),
  }
}

/**
 * By segment, which are 15 at most. A base may stand in several rollouts, so that their number is a label
 * as well.
 */
function toSegmentFamilies(compared: readonly ComparedSegments[]): Family[] {
  const visitors: Sample[] = []
  const met: Sample[] = []
  for (const { rollout, base, canary, segments } of compared) {
    for (const [i, side] of [base, canary].entries()) {
      for (const segment of segments) {
        const { kind, value } = readSegmentName(segment.name)
        const labels = { rollout: String(rollout), ...toLabels(side), kind, value }
        visitors.push({ suffix: '_total', labels, value: segment.visitors[i] ?? 0 })
        for (const [metric, pair] of Object.entries(segment.met)) {
          met.push({ suffix: '_total', labels: { ...labels, metric }, value: pair[i] ?? 0 })
        }
      }
    }
  }
  return [
    {
      name: 'holo_segment_visitors',
      type: 'counter',
      help: 'Visitors of a running rollout by segment, since its analysis began.',
      samples: visitors,
    },
    {
      name: 'holo_segment_outcomes',
      type: 'counter',
      help: 'Those of them who met a metric, each once.',
      samples: met,
    },
  ]
}

function toEvaluations(flags: readonly FlagCountSummary[]): Family {
  return {
    name: 'holo_flag_evaluations',
    type: 'counter',
    help: 'Evaluations of flags by variant and reason; without a variant the caller has its own default.',
    samples: flags.map(({ flag, variant, reason, count }) => ({
      suffix: '_total',
      labels: { flag, variant, reason },
      value: count,
    })),
  }
}

/** Gauges: they are of the last hour, and go down again. */
function toShadowFamilies(pairs: readonly ShadowDifferences[]): Family[] {
  const gauge = (
    name: string,
    help: string,
    value: (pair: ShadowDifferences) => number,
  ): Family => ({
    name,
    type: 'gauge',
    help,
    samples: pairs.map((pair) => {
      const { from, base, to, shadow } = pair
      return { suffix: '', labels: { from, base, to, shadow }, value: value(pair) }
    }),
  })
  return [
    gauge(
      'holo_shadow_differences',
      'The share of compared copies that differ beyond the noise, in the last hour.',
      ({ rate }) => rate,
    ),
    gauge(
      'holo_shadow_compared',
      'Copies whose answers were compared in the last hour.',
      ({ compared }) => compared,
    ),
  ]
}

function toLosses(losses: CountingLosses): Family {
  return {
    name: 'holo_counting_losses',
    type: 'counter',
    help: 'What was not counted, by why; anew when the control begins anew.',
    samples: Object.entries(losses)
      .filter(([kind]) => kind !== 'batches')
      .map(([kind, value]) => ({ suffix: '_total', labels: { kind }, value })),
  }
}

function toLabels({ environment, version }: Pick<SeriesSince, 'environment' | 'version'>): Labels {
  return { environment, version }
}

function toLines({ name, type, unit, help, samples }: Family): string[] {
  return [
    `# TYPE ${name} ${type}`,
    ...(unit ? [`# UNIT ${name} ${unit}`] : []),
    `# HELP ${name} ${help}`,
    ...samples.map(({ suffix, labels, value }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${toEscaped(text)}"`)
      return `${name}${suffix}{${pairs.join(',')}} ${value}`
    }),
  ]
}

function toEscaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** The canonical form of an edge: always with a point. */
function toFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

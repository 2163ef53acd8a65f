import { describe, expect, it } from 'vitest'
import { toOpenMetrics } from '../../src/api/http/openmetrics.ts'
import { fromJudgedIntervals } from '../../src/core/counting/first-byte.ts'
import { LATENCY_EDGES_MS } from '../../src/core/counting/metrics.ts'
import { noTotals } from '../../src/core/counting/totals.ts'
import type { ComparedSegments } from '../../src/wire/metrics.ts'
import { parseOpenMetrics } from './openmetrics.ts'
import { loadPrometheusParser } from './prometheus-parser.ts'

const LOSSES = {
  batches: 9,
  duplicates: 1,
  late: 2,
  early: 0,
  unreported: 3,
  overflow: 0,
  errors: 0,
}
const SERIES = [
  {
    ...noTotals(),
    environment: 'main',
    version: '0.0.3',
    at: 1,
    requests: 10,
    statuses: [0, 8, 0, 0, 2],
    failed: 2,
    failures: { status_5xx: 1, origin_timeout: 1 },
    sources: { service: 6, memory: 4 },
    latency: [1, 2, 0, 0, 0, 0, 0, 0, 3],
    firstByte: fromJudgedIntervals([1, 2, 0, 0, 0, 0, 0, 0, 3]),
    latencyMs: 20_450,
    bytes: 12_345,
    vitals: { lcp: [1, 2, 0, 0, 0, 4], cls: [0, 3, 0, 0, 1] },
  },
  { ...noTotals(), environment: 'canary', version: 'a"b\\c\nd', at: 1, requests: 1 },
]

const toSide = (environment: string, version: string) => ({ environment, version })

/** Two rollouts with the same base at a time. */
const COMPARED: readonly ComparedSegments[] = [
  {
    ...{ rollout: 7, base: toSide('main', '0.0.3'), canary: toSide('canary', '0.0.5') },
    segments: [
      {
        ...{ name: 'browser:Safari', visitors: [190, 9], judged: true },
        met: { errors: [1, 8], asks: [180, 9] },
      },
      { name: 'country:other', visitors: [3, 0], judged: false, met: {} },
    ],
  },
  {
    ...{ rollout: 8, base: toSide('main', '0.0.3'), canary: toSide('green', '0.0.5') },
    segments: [{ name: 'browser:Safari', visitors: [190, 2], judged: false, met: {} }],
  },
]

const VISITORS = { main: 120, canary: 8 }
const FLAG = { flag: 'dark', variant: 'on', reason: 'STATIC', count: 7, lastHour: 2, lastDay: 3 }
const FLAGS = [{ ...FLAG, lastAt: '2026-01-01T00:00:00.000Z' }]
const COUNTED = {
  series: SERIES,
  flags: FLAGS,
  losses: LOSSES,
  visitors: VISITORS,
  compared: COMPARED,
  shadowDifferences: [
    {
      ...{ from: 'main', base: '0.0.3', to: 'canary', shadow: 'a"b', compared: 200 },
      ...{ differing: 4, baselines: 20, noisy: 0, rate: 0.02 },
    },
  ],
}
const NOTHING = { series: [], flags: [], losses: LOSSES, visitors: {}, compared: [] }

const text = toOpenMetrics(COUNTED)

const BROKEN: [string, string][] = [
  ['no end', text.replace('# EOF\n', '')],
  ['a counter without its suffix', text.replace('holo_requests_total', 'holo_requests')],
  ['a sample twice', text.replace(/(holo_requests_total.*\n)/, '$1$1')],
  ['buckets that shrink', text.replace('le="0.1"} 3', 'le="0.1"} 0')],
  ['a quote that is not escaped', text.replace('\\"', '"')],
  ['a unit that is not in the name', text.replace('bytes bytes', 'bytes seconds')],
]

describe('the OpenMetrics text', () => {
  it('can be read by the letter of the specification', () => {
    const families = parseOpenMetrics(text)
    const find = (name: string) => families.find((family) => family.name === name)
    expect(find('holo_requests')?.samples).toEqual([
      { name: 'holo_requests_total', labels: { environment: 'main', version: '0.0.3' }, value: 10 },
      {
        name: 'holo_requests_total',
        labels: { environment: 'canary', version: 'a"b\\c\nd' },
        value: 1,
      },
    ])
    const histogram = find('holo_first_byte_seconds')
    expect(histogram?.unit).toBe('seconds')
    expect(
      histogram?.samples
        .filter(({ labels }) => labels.version === '0.0.3')
        .map(({ value }) => value),
    ).toEqual([...Array(6).fill(0), 1, 1, ...Array(16).fill(3), 6, 6, 20.45])
    // Queries that name an edge of the judge find it.
    const edges = histogram?.samples.map(({ labels }) => Number(labels.le) * 1000)
    expect(edges).toEqual(expect.arrayContaining([...LATENCY_EDGES_MS]))
    const vitals = find('holo_vital_seconds')?.samples.map(({ labels, value }) => [
      labels.metric,
      labels.le,
      value,
    ])
    expect(vitals?.slice(0, 3)).toEqual([
      ['lcp', '0.5', 1],
      ['lcp', '1.0', 3],
      ['lcp', '2.5', 3],
    ])
    expect(vitals?.at(-1)).toEqual(['lcp', '+Inf', 7])
    expect(find('holo_layout_shift')?.samples.map(({ value }) => value)).toEqual([0, 3, 3, 3, 4])
    expect(find('holo_visitors')).toMatchObject({
      type: 'gauge',
      samples: [
        { labels: { environment: 'main' }, value: 120 },
        { labels: { environment: 'canary' }, value: 8 },
      ],
    })
    expect(find('holo_counting_losses')?.samples.map(({ labels }) => labels.kind)).not.toContain(
      'batches',
    )
  })

  it('has the visitors of a rollout by segment and side, and what they met', () => {
    const families = parseOpenMetrics(text)
    const find = (name: string, labels: object) =>
      families
        .find((family) => family.name === name)
        ?.samples.filter((sample) =>
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
        )
    const safari = { rollout: '7', version: '0.0.5', kind: 'browser', value: 'Safari' }
    expect(find('holo_segment_visitors', safari)).toMatchObject([{ value: 9 }])
    expect(find('holo_segment_visitors', {})).toHaveLength(6)
    expect(find('holo_segment_outcomes', { ...safari, metric: 'errors' })).toMatchObject([
      { value: 8 },
    ])
    expect(find('holo_segment_outcomes', {})).toHaveLength(4)
  })

  it('has evaluations of flags', () => {
    const labels = { flag: 'dark', variant: 'on', reason: 'STATIC' }
    const family = parseOpenMetrics(text).find(({ name }) => name === 'holo_flag_evaluations')
    expect(family?.samples).toMatchObject([{ labels }])
  })

  it('can be read while nothing has been counted', () => {
    expect(parseOpenMetrics(toOpenMetrics(NOTHING)).length).toBeGreaterThan(5)
  })

  it.each(BROKEN)('is refused by this test with %s', (_, broken) => {
    expect(() => parseOpenMetrics(broken)).toThrow()
  })
})

const read = loadPrometheusParser()

/** The parsers there are beside the one of these tests. */
const others = read ? [{ name: "Prometheus's own parser", read }] : []

describe.each(others)('$name', ({ read }) => {
  it('reads the same families, labels and values', () => {
    const families = read(text)
    expect(families).toEqual(
      parseOpenMetrics(text).map(({ name, type, unit = '', samples }) => [
        ...[name, type, unit],
        samples.map((sample) => [sample.name, sample.labels, sample.value]),
      ]),
    )
    expect(families.length).toBeGreaterThan(5)
    expect(read(toOpenMetrics(NOTHING)).length).toBe(families.length)
  })

  // It takes a sample that comes twice as a later one.
  it.each(BROKEN.filter(([what]) => what !== 'a sample twice'))(
    'refuses it with %s',
    (_, broken) => {
      expect(() => read(broken)).toThrow()
    },
  )
})

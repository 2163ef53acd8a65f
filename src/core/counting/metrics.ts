// The table of metrics: one row for everything that a release can be judged by. What isolates report,
// what the control remembers, plans and their defaults, the API, the text for Prometheus and the
// simulator are derived from it. CONTRIBUTING.md says how to add a metric.

/**
 * Milliseconds. Fixed before the rollout. A visitor with a latency above an edge has "exceeded" that
 * edge from then on.
 */
export const LATENCY_EDGES_MS: readonly number[] = [50, 100, 200, 300, 500, 1000, 2000, 5000]

/** Milliseconds, as LATENCY_EDGES_MS: what the web calls good and poor, and what lies around them. */
const LCP_EDGES_MS: readonly number[] = [500, 1000, 2500, 4000, 8000]
const INP_EDGES_MS: readonly number[] = [100, 200, 500, 1000]
const TTFB_EDGES_MS: readonly number[] = [200, 500, 800, 1800, 4000]
/** A layout shift has no unit; it is counted in thousandths. */
const CLS_EDGES: readonly number[] = [50, 100, 250, 500]

export type MetricRow = {
  /** Its name in plans, in the API and in the label of Prometheus. */
  readonly name: string
  /** What a visitor has met, as the end of "visitors who …". */
  readonly who: string
  /**
   * `null` for what a visitor has met or not. Otherwise the edges of a measurement in `unit`: at
   * each of them the question is whether a measurement of the visitor lay above it.
   */
  readonly edges: readonly number[] | null
  readonly unit: 'visitors' | 'ms' | 'thousandths'
  /** Whether it is bad if more visitors have met it, or if fewer have. */
  readonly bad: 'more' | 'fewer'
  /** Where it comes from. */
  readonly source: 'request' | 'goal' | 'browser'
  /** Whether each route is judged by itself as well. */
  readonly byRoute: boolean
  /** Whether visitors are also judged by segment: by their browser, device and country. */
  readonly bySegment: boolean
  /** Whether a plan judges it that does not name its metrics. */
  readonly isDefault: boolean
  /**
   * Whether it does not count where the other version of the rollout does the same with the same
   * request: a client could make it happen at will. The isolate asks: see ask-other.ts.
   */
  readonly isCompared: boolean
}

/** A row with the usual values. */
function row(
  name: string,
  who: string,
  more: Partial<Omit<MetricRow, 'name' | 'who'>> = {},
): MetricRow {
  return {
    name,
    who,
    edges: null,
    unit: 'visitors',
    bad: 'more',
    source: 'request',
    byRoute: true,
    bySegment: true,
    isDefault: true,
    isCompared: false,
    ...more,
  }
}

/** In the order in which they are shown. */
export const METRICS: readonly MetricRow[] = [
  row('errors', 'met a failure', { isCompared: true }),
  row('latency', 'waited longer', { edges: LATENCY_EDGES_MS, unit: 'ms', bySegment: false }),
  row('notFound', 'got a 404 from a service', { isCompared: true }),
  row('forbidden', 'got a 403 from a service', { isCompared: true }),
  row('unauthorized', 'got a 401 from a service', { isCompared: true }),
  row('unprocessable', 'got a 400 or 422 from a service', { isCompared: true }),
  row('brokenBodies', 'got a reply that broke off'),
  row('redirects', 'were sent to another host', { isCompared: true }),
  row('errorBodies', 'got an error in the body of a good reply'),
  row('asks', 'asked a service after they opened a page', { bad: 'fewer', byRoute: false }),
  seen('browserErrors', 'met an error of a script that nothing caught'),
  seen('chunkErrors', 'could not load a script or a style'),
  seen('blankPages', 'saw a page without anything on it'),
  seen('lcp', 'saw the main content of a page later', vital(LCP_EDGES_MS)),
  seen('inp', 'waited for a page to react longer', vital(INP_EDGES_MS)),
  seen('cls', 'saw a page shift more', { ...vital(CLS_EDGES), unit: 'thousandths' }),
  seen('ttfb', 'got the first byte of a page later', vital(TTFB_EDGES_MS)),
  seen('reports', 'sent anything from their browser', { bad: 'fewer' }),
]

/**
 * Rows of the table that no visitor meets, so that nobody judges them by visitor: a plan bounds them by a check.
 * `GET /metrics` and the text for Prometheus have them by pair of versions.
 */
export const PAIR_METRICS = [
  {
    name: 'shadowDifferences',
    what: "copies of requests whose answer by the shadow differs from the base's, beyond its noise",
    unit: 'share of copies',
    bad: 'more',
    source: 'shadow',
  },
] as const

export const PAIR_NAMES = PAIR_METRICS.map(({ name }) => name)

export type PairMetricName = (typeof PAIR_METRICS)[number]['name']

/** What browsers measure of pages: the rows of theirs with edges. */
export const VITAL_ROWS: readonly MetricRow[] = METRICS.filter(
  ({ source, edges }) => source === 'browser' && edges !== null,
)

/** A row of what browsers report: they know no routes, and only sites that ask for it have any. */
function seen(name: string, who: string, more: Parameters<typeof row>[2] = {}): MetricRow {
  return row(name, who, { source: 'browser', byRoute: false, isDefault: false, ...more })
}

function vital(edges: readonly number[]): Partial<MetricRow> {
  return { edges, unit: 'ms', bySegment: false }
}

/**
 * Behind the name of a metric in the sums that people see: both versions did it with the same request,
 * so that it counts for neither.
 */
export const BOTH_SUFFIX = '.both'

/**
 * Behind the name of a metric in the sums that people see: a browser reported it without a proof that
 * Holo has served its page, so that it is not judged.
 */
export const UNPROVEN_SUFFIX = '.unproven'

/** What goals are called in plans and in counts: `goal.order`. */
export const GOAL_PREFIX = 'goal.'

/** The row of a metric by its name; a goal's is made on the spot. `undefined` if there is none. */
export function findMetric(name: string): MetricRow | undefined {
  const known = METRICS.find((metric) => metric.name === name)
  if (known || !name.startsWith(GOAL_PREFIX) || name.length === GOAL_PREFIX.length) return known
  const goal = name.slice(GOAL_PREFIX.length)
  return row(name, `reached the goal "${goal}"`, { bad: 'fewer', source: 'goal', byRoute: false })
}

/** How many edges lie below a measurement: 0 to the number of edges. */
export function countEdgesBelow(edges: readonly number[], measured: number): number {
  let count = 0
  while (count < edges.length && measured > (edges[count] as number)) count++
  return count
}

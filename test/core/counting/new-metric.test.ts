// A metric is one row of the table and a place that notices it. Everything else follows: this adds a
// made-up row before anything has read the table, and looks at plans, judge, words, metrics and simulator.

import { afterAll, expect, it, vi } from 'vitest'
import type { MetricRow } from '../../../src/core/counting/metrics.ts'

const ROW: MetricRow = {
  name: 'captchas',
  who: 'had to solve a puzzle',
  edges: null,
  unit: 'visitors',
  bad: 'more',
  source: 'request',
  byRoute: true,
  bySegment: true,
  isDefault: true,
  isCompared: false,
}

// Plans and records of counters are made from the table when they are first loaded, so everything is loaded
// anew. Other files of this process get a table without the row.
vi.resetModules()
afterAll(() => {
  vi.resetModules()
})
const { METRICS } = await import('../../../src/core/counting/metrics.ts')
;(METRICS as MetricRow[]).push(ROW)
const { DEFAULT_METRICS } = await import('../../../src/core/rollout/plan.ts')
const { parsePlan } = await import('../../../src/document/parse-plan.ts')
const { toOpenMetrics } = await import('../../../src/api/http/openmetrics.ts')
const { noTotals, addNamed } = await import('../../../src/core/counting/totals.ts')
const { toRecordedLoad } = await import('../../../src/cli/simulation/record.ts')
const { runRollout } = await import('../../../src/core/simulate/run.ts')
const { simulate } = await import('../../../src/core/simulate/simulate.ts')
const { seededRandom } = await import('../../../src/core/simulate/random.ts')

function readPlan() {
  const plan = parsePlan({
    steps: [{ weight: 50, gate: 'time', minMinutes: 10 }],
    metrics: [{ name: 'errors' }, { name: ROW.name }],
  })
  if (!plan.ok) throw new Error('the plan is refused')
  return plan.value
}

it('is judged by plans that name no metrics, and known to those that name it', () => {
  expect(DEFAULT_METRICS.map(({ name }) => name)).toContain(ROW.name)
  expect(readPlan().metrics).toContainEqual({
    name: ROW.name,
    weight: 1,
    tolerance: 1,
    margin: null,
  })
})

it('takes a release back through the reports of isolates, and is told with its route', () => {
  const met = [{ metric: ROW.name, route: 'POST /api/login', code: '200' }]
  const { outcome, state } = runRollout(
    readPlan(),
    ({ second }) => {
      const side = second % 2 === 1 ? 1 : 0
      return [{ visitor: second * 7919, side, met: side === 1 ? met : [] }]
    },
    { maxMs: 600_000, personAdvances: false, endsHeld: true },
  )
  expect(outcome).toBe('rolledBack')
  expect('reason' in state.phase ? state.phase.reason : '').toMatch(
    /^(\d+) of \1 visitors of the new version had to solve a puzzle from POST \/api\/login, none of \d+ of the old one\. By chance alone: less than 1 in /,
  )
})

it('is exported for Prometheus by its name', () => {
  const totals = noTotals()
  addNamed(totals.outcomes, ROW.name, 3)
  const series = { environment: 'main', version: 'v1', at: 0, ...totals }
  const counted = { series: [series], flags: [], losses: {}, visitors: {}, compared: [] }
  const text = toOpenMetrics(counted as never)
  expect(text).toMatch(/holo_outcomes_total\{[^}]*metric="captchas"\} 3/)
})

it('is simulated, from supposed rates and from recorded counters', () => {
  const counted = {
    ...{ environment: 'main', version: 'v1', requests: 500, judged: 500 },
    ...{ assigned: 100, failed: 1, latency: [100], outcomes: { [ROW.name]: 4 } },
  }
  const record = { resolution: 'minute' as const, points: [{ at: 0, series: [counted] }] }
  const load = toRecordedLoad(record, 1)?.loadAt(0)
  expect(load?.metrics[ROW.name]).toEqual({ base: { rate: 0.04 }, canary: { rate: 0.04 } })
  const supposed = { [ROW.name]: { base: { rate: 0.04 }, canary: { rate: 0.5 } } }
  const { outcomes } = simulate(readPlan(), {
    loadAt: () => ({ visitorsPerMinute: 300, metrics: supposed }),
    personAdvances: false,
    runs: 3,
    maxMs: 3_600_000,
    randomOf: (run) => seededRandom(1, run),
  })
  expect(outcomes).toMatchObject([{ outcome: 'rolledBack', runs: 3 }])
})

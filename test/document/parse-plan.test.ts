import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PRESETS, toDefaultMetric } from '../../src/core/rollout/plan.ts'
import { formatProblems } from '../../src/document/parse.ts'
import { parsePlan } from '../../src/document/parse-plan.ts'

function read(raw: unknown) {
  const plan = parsePlan(raw)
  if (!plan.ok) throw new Error(formatProblems(plan.error))
  return plan.value
}

function problemsOf(raw: unknown): string[] {
  const plan = parsePlan(raw)
  return plan.ok ? [] : plan.error.map(({ path }) => path)
}

describe('a plan', () => {
  it.each(Object.entries(PRESETS))('may be the name of a preset: %s', (name, preset) => {
    expect(read(name)).toEqual(preset)
    expect(read({ preset: name })).toEqual(preset)
  })

  it('is the standard one where it says nothing', () => {
    expect(read({})).toEqual(PRESETS.standard)
  })

  it('in docs/judging.md is one', () => {
    const [, shown = ''] = /```json\n(.*?)```/s.exec(readFileSync('docs/judging.md', 'utf8')) ?? []
    expect(read(JSON.parse(shown)).steps).toHaveLength(2)
  })

  it('is read in minutes, with what it leaves out filled in', () => {
    const plan = read({
      steps: [
        { weight: 1, gate: 'time', minMinutes: 5 },
        { weight: 25, gate: 'evidence', minMinutes: 10, maxMinutes: 60, atMax: 'rollBack' },
      ],
      bake: { minutes: 30 },
      warmUpMinutes: 5,
      metrics: [
        { name: 'errors', margin: 1.5 },
        { name: 'latency' },
        { name: 'goal.signUp', weight: 2, tolerance: 1.1 },
      ],
      withdraw: true,
    })
    expect(plan.steps).toEqual([
      { weight: 1, gate: 'time', minMs: 300_000, maxMs: null, atMax: 'hold' },
      { weight: 25, gate: 'evidence', minMs: 600_000, maxMs: 3_600_000, atMax: 'rollBack' },
    ])
    expect(plan.bake).toEqual({ minMs: 1_800_000, heldBack: 5 })
    expect(plan.metrics).toEqual([
      {
        ...toDefaultMetric({ name: 'errors' }),
        margin: { ratio: 1.5, edge: null, floor: 0.002 },
      },
      toDefaultMetric({ name: 'latency' }),
      { name: 'goal.signUp', weight: 2, tolerance: 1.1, margin: null },
    ])
    expect(plan.warmUpMs).toBe(300_000)
    expect(plan).toMatchObject({ alpha: 0.01, withoutData: 'hold', withdraws: true })
  })
})

describe('a check of a metric', () => {
  it('is read with what it leaves out filled in', () => {
    const check = { name: 'shadow', metric: 'shadowDifferences', atMost: 0.01 }
    expect(read({ checks: [check] }).checks).toEqual([{ ...check, minCopies: 200, failures: 3 }])
  })

  it.each<[string, object, string[]]>([
    ['without a bound', {}, ['atMost']],
    ['with a bound in percent', { atMost: 1 }, ['atMost']],
    ['below zero', { atMost: -0.1 }, ['atMost']],
    ['of a webhook as well', { atMost: 0.01, webhook: 'x', path: 'n' }, ['webhook', 'path']],
    ['with another rule', { atMost: 0.01, below: 3 }, ['below']],
    ['of too few copies', { atMost: 0.01, minCopies: 9 }, ['minCopies']],
    ['that there is not', { atMost: 0.01, metric: 'errors' }, ['metric']],
  ])('is refused %s', (_, said, fields) => {
    const check = { name: 'shadow', metric: 'shadowDifferences', ...said }
    expect(problemsOf({ checks: [check] })).toEqual(fields.map((field) => `checks[0].${field}`))
  })

  it.each<[object, string[]]>([
    [{ below: 3 }, ['webhook']],
    [{ webhook: 'x', below: 3 }, ['path']],
    [{ webhook: 'x', path: 'n', below: 3, minCopies: 10 }, ['minCopies']],
    [{ webhook: 'x', path: 'n', basePath: 'm', atMost: 0 }, ['atMost']],
  ])('is something else than %j', (said, fields) => {
    const problems = problemsOf({ checks: [{ name: 'a', ...said }] })
    expect(problems).toEqual(fields.map((field) => `checks[0].${field}`))
  })

  it('is what a plan is told to use that judges visitors by it', () => {
    const plan = parsePlan({ metrics: [{ name: 'shadowDifferences' }] })
    expect(plan.ok ? '' : formatProblems(plan.error)).toContain('bound it by a check')
  })
})

describe('a plan that cannot work is refused', () => {
  const step = { weight: 5, gate: 'time' }
  it.each<[string, unknown, string[]]>([
    ['an unknown preset', 'brave', ['preset']],
    ['an unknown field', { stepz: [] }, ['stepz']],
    ['a last step of 100 %', { steps: [step, { ...step, weight: 100 }] }, ['steps[1].weight']],
    ['weights that do not grow', { steps: [step, step] }, ['steps[1].weight']],
    ['a step above the bake', { steps: [{ ...step, weight: 96 }] }, ['steps[0].weight']],
    ['a gate of time at 0 %', { steps: [{ ...step, weight: 0 }] }, ['steps[0].gate']],
    [
      'a maximum below the minimum',
      { steps: [{ ...step, minMinutes: 5, maxMinutes: 4 }] },
      ['steps[0].maxMinutes'],
    ],
    ['atMax without a maximum', { steps: [{ ...step, atMax: 'hold' }] }, ['steps[0].maxMinutes']],
    [
      'evidence of nothing',
      { steps: [{ ...step, gate: 'evidence' }], metrics: [{ name: 'errors' }] },
      ['steps[0].gate'],
    ],
    [
      'a name twice',
      { preset: 'instant', metrics: [{ name: 'errors' }, { name: 'errors' }] },
      ['metrics[1].name'],
    ],
    [
      'edges of its own: the table has them',
      { preset: 'instant', metrics: [{ name: 'latency', edges: [100, 200] }] },
      ['metrics[0].edges'],
    ],
    [
      'a metric that is "required": a margin asks for evidence',
      { preset: 'instant', metrics: [{ name: 'errors', required: true }] },
      ['metrics[0].required'],
    ],
    [
      'a metric that nothing counts',
      { preset: 'instant', metrics: [{ name: 'errors' }, { name: 'checkout' }] },
      ['metrics[1].name'],
    ],
    [
      'a goal without a name',
      { preset: 'instant', metrics: [{ name: 'goal.' }] },
      ['metrics[0].name'],
    ],
    [
      'a tolerance of less than nothing',
      { preset: 'instant', metrics: [{ name: 'latency', tolerance: 0.9 }] },
      ['metrics[0].tolerance'],
    ],
    ['a warm-up of days', { warmUpMinutes: 3000 }, ['warmUpMinutes']],
    [
      'a margin at no edge',
      { metrics: [{ name: 'latency', margin: 2 }] },
      ['metrics[0].marginEdge'],
    ],
    [
      'a margin at another edge',
      { metrics: [{ name: 'latency', margin: 2, marginEdge: 7 }] },
      ['metrics[0].marginEdge'],
    ],
    [
      'an edge for a yes/no metric',
      { metrics: [{ name: 'errors', margin: 2, marginEdge: 7 }] },
      ['metrics[0].marginEdge'],
    ],
    ['a floor of no margin', { metrics: [{ name: 'errors', floor: 0.01 }] }, ['metrics[0].margin']],
    [
      'a floor that lets anything pass',
      { metrics: [{ name: 'errors', margin: 2, floor: 0.5 }] },
      ['metrics[0].floor'],
    ],
    [
      'a margin that asks for better',
      { metrics: [{ name: 'errors', margin: 1 }] },
      ['metrics[0].margin'],
    ],
    ['no visitors', { minVisitors: 0 }, ['minVisitors']],
    ['a baseline of no name', { baseline: 'a b' }, ['baseline']],
    ['a baseline at 0 % alone', { preset: 'blue-green', baseline: 'old' }, ['baseline']],
    ['a baseline in no step', { preset: 'instant', baseline: 'old' }, ['baseline']],
    [
      'a baseline from 50 % on',
      { steps: [{ ...step, weight: 50 }], baseline: 'old' },
      ['baseline'],
    ],
    [
      'a baseline whose failures nobody sees',
      { metrics: [{ name: 'latency' }], baseline: 'old' },
      ['baseline'],
    ],
    ['an alpha of 1', { alpha: 1 }, ['alpha']],
  ])('%s', (_, raw, paths) => {
    expect(problemsOf(raw).filter((path) => path !== 'steps[2].gate')).toEqual(paths)
  })

  it('with what mends it, where it cannot have a baseline', () => {
    const plan = parsePlan({ preset: 'blue-green', baseline: 'old' })
    expect(plan.ok ? '' : formatProblems(plan.error)).toContain(
      'no step of this plan has a baseline: those above 0 and below 50 % do',
    )
    expect(read({ preset: 'careful', baseline: 'old' })).toEqual({
      ...PRESETS.careful,
      baseline: 'old',
    })
  })

  it('with the names that there are', () => {
    const plan = parsePlan({ metrics: [{ name: 'checkout' }] })
    expect(plan.ok ? '' : formatProblems(plan.error)).toContain(
      'nothing counts "checkout"; counted are errors, latency, notFound',
    )
  })

  it('with all its problems at once', () => {
    const steps = [{ weight: 0, gate: 'time' }]
    expect(
      problemsOf({ steps, alpha: 7, metrics: [{ name: 'errors' }, { name: 'errors' }] }),
    ).toEqual(['alpha', 'steps[0].gate', 'metrics[1].name'])
  })

  it('without an exception, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (raw) => {
        expect(typeof parsePlan(raw).ok).toBe('boolean')
      }),
    )
  })
})

it('a plan tells visitors apart by segment unless it says otherwise', () => {
  const segmentsOf = (raw: unknown) => {
    const plan = parsePlan(raw)
    return plan.ok ? plan.value.segments : undefined
  }
  expect(segmentsOf('careful')).toBe(true)
  expect(segmentsOf({ segments: false })).toBe(false)
})

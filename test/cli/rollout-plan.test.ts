// `holo rollout plan`: which plan fits the traffic that was counted, and one that ends where few come.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fromJudgedIntervals } from '../../src/core/counting/first-byte.ts'
import { parsePlan } from '../../src/document/parse-plan.ts'
import type { MetricPoint } from '../../src/wire/metrics.ts'
import type { RolloutPlanResult } from '../../src/wire/simulation.ts'
import { holo } from '../support/cli.ts'
import { NOW, type RolloutApi, startRolloutApi } from '../support/rollout-api.ts'

const PATIENT = { timeout: 120_000 }

let api: RolloutApi
let folder: string
beforeAll(async () => {
  api = await startRolloutApi()
  folder = await mkdtemp(join(tmpdir(), 'holo-plan-'))
  const quick = { steps: [{ weight: 50, gate: 'time', minMinutes: 10 }], bake: { minutes: 0 } }
  await writeFile(join(folder, 'holo.json'), JSON.stringify({ rollouts: { quick } }))
})
afterAll(async () => {
  api?.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  api.calls.length = 0
  api.points = []
})

const run = (args: string, cwd = tmpdir()) =>
  holo(['rollout', 'plan', ...args.split(' ').filter((word) => word !== '')], {
    env: { HOLO_URL: api.url, HOLO_TOKEN: 'token', NO_COLOR: '1' },
    cwd,
    columns: 100,
    typed: '',
  })

/** Minutes in which so many documents of "main" were decided, of which so many failed. */
function counted(assigned: number, failed: number, minutes = 600): MetricPoint[] {
  const series = {
    environment: 'main',
    version: 'v1',
    requests: 5 * assigned,
    judged: 5 * assigned,
    assigned,
    failed,
    statuses: [0, 0, 0, 0, 0],
    failures: {},
    outcomes: {},
    sources: {},
    latency: [assigned, assigned, 0, 0, 0, 0, 0, 0, 0],
    firstByte: fromJudgedIntervals([assigned, assigned]),
    latencyMs: 0,
    bytes: 0,
  }
  return Array.from({ length: minutes }, (_, i) => ({ at: NOW + i * 60_000, series: [series] }))
}

async function plan(args: string, cwd?: string): Promise<RolloutPlanResult> {
  const { json, code, stderr } = await run(`${args} --json`, cwd)
  expect(code, stderr).toBe(0)
  return json as unknown as RolloutPlanResult
}

let planned: Promise<RolloutPlanResult> | undefined

/** For one visitor a minute. What is made up is the same each time, and takes long. */
function planForOne(): Promise<RolloutPlanResult> {
  planned ??= plan('--visitors 1/min')
  return planned
}

describe('with many visitors', () => {
  it('compares the presets, and says what each finds', PATIENT, async () => {
    api.points = counted(500, 5)
    const { traffic, forecasts, best, proposed } = await plan('')
    expect(api.calls[0]).toMatch(/^GET \/metrics\?resolution=minute&from=\d+&to=\d+$/)
    expect(traffic).toMatchObject({ visitorsPerMinute: 500, errorRate: 0.01, minutes: 600 })
    expect(traffic.text).toBe(
      '500 visitors a minute, 1 % of whom meet a failure, as in main in the last 10 h',
    )
    expect(forecasts.map(({ plan, fits }) => [plan, fits])).toEqual([
      ['standard', true],
      ['careful', true],
    ])
    expect({ best, proposed }).toEqual({ best: 'standard', proposed: undefined })
    const [standard] = forecasts
    expect(standard?.found.map(({ errorRate }) => errorRate)).toEqual([0.02, 0.05, 1])
    expect(standard?.found.at(-1)).toMatchObject({ takenBack: 1, harmed: { p50: 3 } })
  })

  it('has the plans of holo.json beside them, and says it in words', PATIENT, async () => {
    api.points = counted(300, 3)
    const { stdout } = await run('quick', folder)
    const said = stdout.replace(/\s+/g, ' ')
    expect(said).toMatch(/quick a healthy release gets to everybody after 10 min/)
    expect(said).toMatch(/one that fails for all is taken back after [\ds min to]+: \d+ .*harmed/)
    expect(said).toContain('Fits best: quick')
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })
})

describe('with few visitors', () => {
  it.each([
    ['10 a minute', () => plan('standard --visitors 10/min')],
    ['1 a minute', planForOne],
  ])('%s: a healthy release ends within a day', PATIENT, async (_, toPlanned) => {
    const { forecasts, best } = await toPlanned()
    const { healthy, found } = forecasts.find(({ plan }) => plan === best) ?? {}
    expect(healthy?.promoted).toBe(1)
    expect(healthy?.timeMs?.p90).toBeLessThan(86_400_000)
    expect(found?.at(-1)).toMatchObject({ errorRate: 1, takenBack: 1 })
  })

  it('proposes a plan where none that there is fits', PATIENT, async () => {
    const { forecasts, best, proposed } = await planForOne()
    expect(forecasts.map(({ plan, fits }) => [plan, fits])).toEqual([
      ['standard', false],
      ['careful', false],
      ['proposed', true],
    ])
    expect(best).toBe('proposed')
    expect(parsePlan(proposed).ok).toBe(true)
    const { stdout } = await run('--visitors 1/min')
    const [, json = ''] = stdout.split(/(?=^\{$)/m)
    expect(JSON.parse(json)).toEqual({ rollouts: { proposed } })
  })

  it('says why a named one does not fit', PATIENT, async () => {
    const { stdout, code } = await run('standard --visitors 1/min')
    expect(code).toBe(0)
    const said = stdout.replace(/\s+/g, ' ')
    expect(said).toContain('standard (does not fit)')
    expect(said).toContain('a healthy release does not get to everybody within a day')
    expect(said).toContain('"holo rollout plan" without a name looks for one')
  })
})

describe('without visitors', () => {
  it('asks how many to expect', async () => {
    const { code, stderr } = await run('instant')
    expect(code).toBe(1)
    expect(stderr).toContain('no visitors were counted in that time')
    expect(stderr).toContain('--visitors 500/min')
  })

  it.each([
    ['standrad', /did you mean "standard"\?/],
    ['standard --visitors many', /a rate such as 500\/min/],
    ['standard --last long', /a time such as 30m/],
  ])('says what is wrong with %s', async (args, sentence) => {
    const { code, stderr, stdout } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(sentence)
  })
})

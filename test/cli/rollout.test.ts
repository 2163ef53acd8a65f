// `holo rollout` against an API whose replies are the test's: which rollout is meant, what is shown
// before anything is asked, and how a watch ends.

import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
import { addToMetric, startMetric } from '../../src/core/judge/metric.ts'
import { judge } from '../../src/core/judge/verdict.ts'
import { noData } from '../../src/core/rollout/data.ts'
import { ERRORS, LATENCY, PRESETS } from '../../src/core/rollout/presets.ts'
import { holo, type RunOptions, STACK_TRACE } from '../support/cli.ts'
import {
  exampleRollout,
  NOW,
  REPLAYED,
  type RolloutApi,
  startRolloutApi,
} from '../support/rollout-api.ts'

let api: RolloutApi
beforeAll(async () => {
  api = await startRolloutApi()
})
afterAll(() => api?.stop())
beforeEach(() => {
  api.calls.length = 0
  api.rollouts = [exampleRollout()]
  api.after = (_, status) => status
  api.replays = [REPLAYED]
})

const run = (args: string, options: RunOptions = {}) =>
  holo(['rollout', ...args.split(' ')], {
    env: { HOLO_URL: api.url, HOLO_TOKEN: 'token', NO_COLOR: '1' },
    ...options,
  })
const posts = () => api.calls.filter((call) => call.startsWith('POST'))

const ENDED = { endedAt: NOW + 60_000, obstacle: undefined, weight: 0 }
const TAKEN_BACK = exampleRollout({
  ...ENDED,
  phase: 'rolledBack',
  phaseText: 'rolled back',
  reason: 'errors: 45 in 2347 visits of the canary',
})
const PROMOTED = exampleRollout({ ...ENDED, phase: 'promoted', phaseText: 'promoted', weight: 100 })

describe('holo rollout status', () => {
  it('says how it stands, what it waits for, and the evidence', async () => {
    const { stdout, code } = await run('status')
    expect(code).toBe(0)
    expect(stdout).toContain('rollout 7  canary v2 against main v1')
    expect(stdout).toContain('step 2 of 3 (5 %)')
    expect(stdout).toContain('in it for 1 min 30 s, seen by 100 visitors of canary')
    expect(stdout).toContain('waits: 1.5 min of 10 min')
    expect(stdout).toMatch(/evidence against it 1 of 100/)
    expect(stdout).toContain('errors: nothing known yet (0 in 0 visits against 0 in 0; evidence')
  })

  it('says once why it is paused', async () => {
    const paused = 'bob (shift) gave the canary 7 %, and the plan says 5 %'
    const obstacle = { kind: 'paused', reason: `paused: ${paused}` } as const
    api.rollouts = [exampleRollout({ paused, obstacle })]
    const { stdout } = await run('status')
    expect(stdout).toContain(`\n  paused: ${paused}\n`)
    expect(stdout.split(paused).length).toBe(2)
    api.rollouts = [exampleRollout({ paused: 'by alice' })]
    expect((await run('status')).stdout).toContain('paused by alice')
  })

  it.each([60, 40])('fits %i columns', async (columns) => {
    api.rollouts = [exampleRollout({ paused: 'by alice' }), TAKEN_BACK]
    const { stdout } = await run('status', { columns, typed: '' })
    const wide = stdout
      .split('\n')
      .filter((line) => stripVTControlCharacters(line).length > columns)
    expect(wide).toEqual([])
  })

  it('shows all that run, and the last one where none does', async () => {
    api.rollouts = [exampleRollout({ id: 9, environment: 'green' }), exampleRollout(), TAKEN_BACK]
    const both = await run('status --json')
    expect(both.json?.rollouts).toMatchObject([{ id: 9 }, { id: 7 }])
    api.rollouts = [TAKEN_BACK]
    expect((await run('status')).stdout).toMatch(/rolled back\n {2}ended 2026-11-24 12:01:00Z/)
  })

  it('says that there was none yet', async () => {
    api.rollouts = []
    const { stderr, code } = await run('status')
    expect(code).toBe(1)
    expect(stderr).toContain('there was no rollout yet')
    expect(stderr).toContain('holo rollout start')
  })

  it.each([
    ['promoted', PROMOTED, 0],
    ['taken back', TAKEN_BACK, 1],
  ])('watched, ends when it is %s, and the exit code says so', async (_, end, expected) => {
    const watched = run('status --watch --interval 0.5 --json')
    await expect.poll(() => api.calls.length).toBeGreaterThan(1)
    api.rollouts = [end]
    const { code, stdout } = await watched
    expect(code).toBe(expected)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBe(2)
    expect(JSON.parse(lines[1] ?? '').rollouts[0].phase).toBe(end.phase)
  })

  it('is 0 when it is not watched, however it ended', async () => {
    api.rollouts = [TAKEN_BACK]
    expect((await run('status')).code).toBe(0)
  })
})

describe('what is done to a rollout', () => {
  it.each([
    ['pause', {}, 'canary stays at 5 %'],
    ['resume', { weight: 40 }, 'canary: 40 % → 5 % of the visitors of both, the rest to main'],
    ['advance', {}, 'canary: 5 % → 25 % of the visitors of both, the rest to main'],
    ['advance', { phaseText: 'step 3 of 3 (25 %)', weight: 25 }, 'canary: 25 % → 95 %'],
    ['advance', { phase: 'bake', phaseText: 'bake (95 %)', weight: 95 }, 'canary: 95 % → 100 %'],
    ['promote', {}, 'main: v1 → v2, for everybody'],
    ['abort', {}, 'canary: 5 % → 0 % of the visitors of both, the rest to main'],
    ['abort', { plan: PRESETS.careful }, '; v2 is withdrawn, open tabs too'],
  ] as const)('%s is shown first: %j', async (verb, changes, sentence) => {
    api.rollouts = [exampleRollout(changes)]
    const asked = await run(verb, { typed: 'n\n', columns: 200 })
    expect(asked.stderr).toContain(sentence)
    expect(asked).toMatchObject({ code: 1, stdout: '' })
    const dry = await run(`${verb} --dry-run --json`)
    expect(dry.json).toMatchObject({ dryRun: true, does: expect.stringContaining(sentence) })
    expect(posts()).toEqual([])
    const done = await run(`${verb} --yes --reason because --json`)
    expect(done).toMatchObject({ code: 0, json: { dryRun: false, rollout: { id: 7 } } })
    expect(posts()).toEqual([`POST /rollouts/7/${verb}?reason=because`])
  })

  it('is not done without a terminal and without --yes', async () => {
    const { code, stderr } = await run('abort')
    expect(code).toBe(2)
    expect(stderr).toContain('--yes was not given')
    expect(posts()).toEqual([])
  })

  it('tells how it stands afterwards', async () => {
    api.after = () => TAKEN_BACK
    const { stdout } = await run('abort --yes')
    expect(stdout).toContain('rolled back')
  })

  it('has to be said of one where several run', async () => {
    api.rollouts = [exampleRollout({ id: 9, environment: 'green' }), exampleRollout()]
    const { code, stderr } = await run('abort --yes')
    expect(code).toBe(2)
    expect(stderr).toContain('which rollout? There run 9 (green), 7 (canary)')
    expect((await run('abort 9 --yes --json')).json).toMatchObject({ rollout: { id: 9 } })
  })

  it('is refused where none runs, and of one that there is not', async () => {
    for (const args of ['pause 8 --yes', 'status 8', 'explain 8', 'replay 8']) {
      const { code, stderr } = await run(args)
      expect(code).toBe(1)
      expect(stderr).toContain('there is no rollout 8')
    }
    api.rollouts = [PROMOTED]
    const over = await run('abort 7 --yes')
    expect(over).toMatchObject({ code: 1, stdout: '' })
    expect(over.stderr).toContain('rollout 7 is over: promoted')
    expect(over.stderr).not.toContain('canary stays')
    expect(posts()).toEqual([])
    const { code, stderr } = await run('pause --yes')
    expect(code).toBe(1)
    expect(stderr).toContain('no rollout runs')
  })
})

describe('what rollouts have done', () => {
  const errors = addToMetric(ERRORS, startMetric(ERRORS), [[900, 9, 100, 6]])
  const verdict = judge(PRESETS.standard, [errors, startMetric(LATENCY)])
  const transition = {
    at: NOW,
    event: 'advance',
    by: 'alice',
    from: 'step 1 of 3 (1 %)',
    to: 'step 2 of 3 (5 %)',
    reason: 'advanced by alice, whatever the gate asks for',
    said: 'the meeting',
    revision: 44,
    weight: 5,
    generation: 1,
    lastWindow: 3,
    elapsedMs: 30_000,
    verdict: JSON.parse(JSON.stringify(verdict)),
    sampleRatio: { log: -2, threshold: Math.log(1000), alarmed: false },
    data: { ...JSON.parse(JSON.stringify(noData(PRESETS.standard))), visitors: [1900, 100] },
  }

  it('is explained, transition by transition', async () => {
    api.explanation = { lines: ['It waits for its time.'], transitions: [transition] }
    const { stdout } = await run('explain')
    expect(stdout).toBe(
      [
        'It waits for its time.',
        '',
        '2026-11-24 12:00:00Z  step 1 of 3 (1 %) → step 2 of 3 (5 %), 5 %, by alice, revision 44',
        '  advanced by alice, whatever the gate asks for',
        '  “the meeting”',
        '  evidence against it 15.9 of 100, sample ratio 0.135 of 1000; 100 visitors of the canary in this',
        '  step and 1,900 of the control',
        '    errors: at least 0.741 times as often (6 in 100 visits against 9 in 900; evidence against it',
        '    30.8, for being within its margin 0.136)',
        '    latency above 50: nothing known yet (0 in 0 visits against 0 in 0; evidence against it 1)\n',
      ].join('\n'),
    )
  })

  it('is explained to scripts with all inputs, E-values and thresholds', async () => {
    api.explanation = { lines: [], transitions: [transition] }
    const { json } = await run('explain --json')
    const [told] = (json?.transitions ?? []) as unknown[]
    expect(told).toMatchObject({
      ...{ lastWindow: 3, elapsedMs: 30_000, sampleRatio: transition.sampleRatio },
      verdict: { logWorse: verdict.logWorse, threshold: Math.log(100) },
      data: transition.data,
    })
  })

  it('is replayed: exit code 1 when something else comes out', async () => {
    expect(await run('replay 7')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('bit for bit (1 event, 0 windows of counts, 1 transition)'),
    })
    api.replays = [{ ...REPLAYED, same: false, differences: ['weight: 5 is 25'] }]
    const { code, stdout } = await run('replay 7')
    expect(code).toBe(1)
    expect(stdout).toContain('not the same')
    expect(stdout).toContain('  weight: 5 is 25')
  })

  it('is replayed step by step where it was long', async () => {
    const steps = [10_000, 20_000].map((events) => ({ done: false as const, events, of: 21_000 }))
    api.replays = [...steps, { ...REPLAYED, events: 21_000 }]
    const { json, code } = await run('replay 7 --json')
    expect({ code, json }).toMatchObject({ code: 0, json: { same: true, events: 21_000 } })
    expect(json).not.toHaveProperty('done')
    expect(api.calls).toEqual(Array(3).fill('GET /rollouts/7/replay'))
  })

  it('is listed', async () => {
    api.rollouts = [exampleRollout({ id: 8 }), TAKEN_BACK]
    const { stdout } = await run('history --limit 5')
    expect(api.calls).toEqual(['GET /rollouts?limit=5'])
    expect(stdout).toMatch(/^8 .+canary.+v1 → v2.+step 2 of 3 \(5 %\).+alice$/m)
    api.rollouts = []
    expect((await run('history')).stdout).toBe('There was no rollout yet\n')
  })
})

it.each(['status', 'history', 'explain', 'replay', 'pause --yes', 'abort --dry-run'])(
  'holo rollout %s prints JSON of its documented shape, and its failures no stack trace',
  async (args) => {
    const name = `rollout ${args.split(' ')[0]}`
    const shape = COMMAND_ROWS.find((row) => row.name === name)?.shape.shape
    const { json } = await run(`${args} --json`)
    const whole = z.strictObject({ ok: z.literal(true), command: z.literal(name), ...shape })
    expect(whole.safeParse(json).error?.issues).toBeUndefined()
    api.rollouts = []
    expect((await run(args)).stderr).not.toMatch(STACK_TRACE)
  },
)

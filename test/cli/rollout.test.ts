// `holo rollout` against an API whose replies are the test's: which rollout is meant, what is shown
// before anything is asked, and how a watch ends.

import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
import { addToMetric } from '../../src/core/judge/metric.ts'
import type { SetCounts } from '../../src/core/judge/sets.ts'
import { judge } from '../../src/core/judge/verdict.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import { NO_DATA, newRollout, toObserved } from '../../src/core/rollout/state.ts'
import { holo, type RunOptions, STACK_TRACE } from '../support/cli.ts'
import {
  exampleEvents,
  exampleRollout,
  NOW,
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
  api.pages = [exampleEvents()]
  api.alter = (body) => body
})

const run = (args: string, options: RunOptions = {}) =>
  holo(['rollout', ...args.split(' ')], {
    env: { HOLO_URL: api.url, HOLO_TOKEN: 'token', NO_COLOR: '1' },
    ...options,
  })
const posts = () => api.calls.filter((call) => call.startsWith('POST'))

const ENDED = { endedAt: NOW + 60_000, step: undefined, obstacle: undefined, weight: 0 }
const PAUSED = { paused: 'by alice', pause: { by: 'alice', cause: 'command' } } as const
/** A variant in the place of a version. */
const FLAG = {
  ...{ flag: 'cart', environment: 'flag cart', base: 'flag cart' },
  ...{ version: 'on', baseVersion: 'off' },
} as const
const TAKEN_BACK = exampleRollout({
  ...ENDED,
  phase: 'rolledBack',
  phaseText: 'rolled back',
  reason:
    '8 of 8 visitors of v2 got 503 from POST /api/checkout, none of 190 of v1. By chance alone: less than 1 in 10,000',
})
const PROMOTED = exampleRollout({ ...ENDED, phase: 'promoted', phaseText: 'promoted', weight: 100 })

describe('holo rollout status', () => {
  it('says how it stands, what it waits for, and the evidence', async () => {
    const { stdout, code } = await run('status')
    expect(code).toBe(0)
    expect(stdout).toContain('rollout 7  canary v2 against main v1')
    expect(stdout).toContain('step 2 of 3 (5 %)')
    const said = stdout.replace(/\s+/g, ' ')
    expect(said).toContain('for 1 min 30 s now, with 100 visitors of v2 and 1,900 of v1')
    expect(said).toContain(
      'waits: this step takes at least 10 min, of which 1 min 30 s have passed',
    )
    expect(said).toContain('nothing speaks against it: no visitor of the new version met a failure')
    expect(stdout).not.toMatch(/evidence|E-value|margin|canary and|10\^/)
  })

  it('says of a flag which variant has how many visitors', async () => {
    api.rollouts = [exampleRollout(FLAG)]
    const { stdout } = await run('status')
    expect(stdout).toContain('rollout 7  flag cart: on 5 % against off')
    expect(stdout.replace(/\s+/g, ' ')).toContain('with 100 visitors of on and 1,900 of off')
    expect((await run('history')).stdout).toContain('flag cart')
  })

  it('says first what went wrong where, and how likely that is by chance', async () => {
    api.rollouts = [TAKEN_BACK]
    const { stdout } = await run('status', { columns: 200, typed: '' })
    expect(stdout).toContain(
      'Taken back after 1 min: 8 of 8 visitors of v2 got 503 from POST /api/checkout, none of 190 of v1. By chance alone: less than 1 in 10,000.',
    )
  })

  it('says that the judge is blind, and why', async () => {
    const reason = '90 % of the visitors come from one address and count for a few clients only'
    const { verdict } = exampleRollout()
    const blind = [{ kind: 'crowd' as const, reason }]
    api.rollouts = [exampleRollout({ verdict: { ...verdict, blind } })]
    const { stdout } = await run('status', { columns: 200, typed: '' })
    expect(stdout).toContain(`the judge sees less than it could: ${reason}`)
  })

  it('says once why it is paused', async () => {
    const paused = 'bob (shift) gave the canary 7 %, and the plan says 5 %'
    const obstacle = { kind: 'paused', reason: `paused: ${paused}` } as const
    api.rollouts = [exampleRollout({ paused, obstacle, pause: { by: 'bob', cause: 'traffic' } })]
    const { stdout } = await run('status')
    expect(stdout).toContain(`\n  paused: ${paused}\n`)
    expect(stdout.split(paused).length).toBe(2)
    api.rollouts = [exampleRollout(PAUSED)]
    expect((await run('status')).stdout).toContain('paused by alice')
  })

  it.each([60, 40])('fits %i columns', async (columns) => {
    api.rollouts = [exampleRollout(PAUSED), TAKEN_BACK]
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
    expect(stderr).toContain('there has been no rollout yet')
    expect(stderr).toContain('holo rollout start')
  })

  it.each([
    ['promoted', PROMOTED, 0],
    ['taken back', TAKEN_BACK, 1],
  ])('watched, ends when it is %s, and the exit code says so', async (_, end, expected) => {
    const watched = run('status --watch --interval 0.5 --json')
    await expect.poll(() => api.calls.length, { timeout: 20_000 }).toBeGreaterThan(1)
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

describe('what is rolled out', () => {
  it.each([
    ['start --yes', 'name what is rolled out: a version, or a flag'],
    ['start v2 --flag cart --variant on', 'name what is rolled out: a version, or a flag'],
    ['start --flag cart', 'name the variant of "cart" with --variant'],
    ['start v2 --variant on', '--variant is for flags'],
    ['start --flag cart --variant on --environment qa', '--environment and --baseline-version'],
  ])('is one thing: %s', async (args, message) => {
    const { code, stderr } = await run(args)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(posts()).toEqual([])
  })
})

describe('what is done to a rollout', () => {
  it.each([
    ['pause', {}, 'canary stays at 5 %'],
    ['resume', { weight: 40 }, 'canary: 40 % → 5 % of the visitors of both, the rest to main'],
    ['advance', {}, 'canary: 5 % → 25 % of the visitors of both, the rest to main'],
    ['advance', { step: { number: 3, of: 3 }, weight: 25 }, 'canary: 25 % → 95 %'],
    ['advance', { phase: 'bake', step: undefined, weight: 95 }, 'canary: 95 % → 100 %'],
    // What is for people may be worded in any way.
    ['advance', { phaseText: 'in the first of three' }, 'canary: 5 % → 25 %'],
    ['promote', {}, 'main: v1 → v2, for everybody'],
    ['abort', {}, 'canary: 5 % → 0 % of the visitors of both, the rest to main'],
    ['abort', { plan: PRESETS.careful }, '; v2 is withdrawn, open tabs too'],
    ['pause', FLAG, 'flag cart, on stays at 5 %'],
    ['advance', FLAG, 'flag cart, on: 5 % → 25 % of the visitors of its split, the rest off'],
    ['promote', FLAG, 'flag cart: off → on, for everybody'],
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
    expect(stderr).toContain('several rollouts run: 9 (green), 7 (canary)')
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
  const { plan, ...started } = newRollout(PRESETS.standard)
  const counts: SetCounts = {
    metric: 'errors',
    edge: 0,
    route: 'POST /api/checkout',
    share: 0.1,
    visitors: [9, 6],
    weights: [9, 6],
    codes: { '503': 6 },
    warmUp: false,
  }
  const seen = [counts, { ...counts, route: '' }]
  const metrics = started.metrics.map((state, i) => {
    const metric = plan.metrics[i]
    return metric ? addToMetric(metric, state, seen) : state
  })
  const verdict = judge(plan, toObserved({ ...started, metrics, visitors: [900, 100] }))
  const transition = {
    at: NOW,
    event: 'advance' as const,
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
    data: { ...NO_DATA, visitors: [1900, 100] as [number, number] },
  }

  it('is explained, transition by transition', async () => {
    api.explanation = { lines: ['It waits for its time.'], transitions: [transition] }
    const { stdout } = await run('explain')
    expect(stdout.replace(/less than 1\s+in \d+/, 'less than 1 in N')).toBe(
      [
        'It waits for its time.',
        '',
        '2026-11-24 12:00:00Z  step 1 of 3 (1 %) → step 2 of 3 (5 %), 5 %, by alice, revision 44',
        '  advanced by alice, whatever the gate asks for',
        '  “the meeting”',
        '  100 visitors of the new version in this step and 1,900 of the old one',
        '    errors: 6 of 100 visitors of the new version got 503 from POST /api/checkout, 9 of 900 of the',
        '    old one (between 0.74 and 41 times as many); if it were no worse: by chance less than 1 in N;',
        '    if it were beyond its margin: by chance well possible',
        '    nobody on either side: latency, notFound, forbidden, unauthorized, unprocessable, brokenBodies,',
        '    redirects, errorBodies, asks\n',
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

  it('is replayed by the command: exit code 1 when something else comes out', async () => {
    expect(await run('replay 7')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        'the same once more (3 events, 0 windows of counts, 3 transitions)',
      ),
    })
    const [page] = api.pages
    if (page?.recorded) page.recorded.state.weight = 99
    const { code, stdout } = await run('replay 7')
    expect(code).toBe(1)
    expect(stdout).toContain('not the same')
    expect(stdout).toContain('  the state is another one')
    if (page?.transitions[1]) page.transitions[1].row.weight = 98
    const { json } = await run('replay 7 --json')
    expect(json).toMatchObject({
      same: false,
      differences: [expect.stringMatching(/^transition 2: /), 'the state is another one'],
    })
  })

  it('is replayed as the same where another engine computes a logarithm a little differently', async () => {
    const [page] = api.pages
    const [first] = page?.transitions ?? []
    if (!first) throw new Error('no transition')
    first.row.verdict.logWorse += 1e-13
    expect((await run('replay 7 --json')).json).toMatchObject({ same: true })
    first.row.verdict.logWorse += 1e-3
    expect((await run('replay 7 --json')).json).toMatchObject({ same: false })
  })

  it('is replayed from all pages of its events', async () => {
    const whole = exampleEvents()
    api.pages = whole.events.map((event, i) => ({
      ...(i === 0 && whole.recorded ? { recorded: whole.recorded } : {}),
      events: [event],
      transitions: whole.transitions.filter((one) => one.event === i),
      ...(i < 2 ? { next: String(i + 1) } : {}),
    }))
    const { json, code } = await run('replay 7 --json')
    expect({ code, json }).toMatchObject({
      code: 0,
      json: { same: true, events: 3, transitions: 3, differences: [] },
    })
    expect(api.calls).toEqual(
      ['', '?cursor=1', '?cursor=2'].map((query) => `GET /rollouts/7/events${query}`),
    )
  })

  it.each([
    ['an event', 'events', { kind: 'rain', now: 1 }],
    ['a field', 'transitions', { event: 0, place: 0, row: {} }],
  ])('is not replayed with %s that this command does not know', async (_, field, added) => {
    api.alter = (body) => ({ ...body, [field]: [added] })
    const { code, stderr } = await run('replay 7')
    expect(code).toBe(3)
    expect(stderr).toContain('that this command does not understand')
    expect(stderr).toContain('have the same version')
    expect(stderr).not.toMatch(STACK_TRACE)
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

/** A field that no command knows, in every object, as deep as it goes. */
function grow(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(grow)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([name, one]) => [name, grow(one)])
  return { ...Object.fromEntries(fields), mood: 'new', moods: [{ of: 'it' }] }
}

describe('a Holo that is newer than the command', () => {
  beforeEach(() => {
    api.explanation = { lines: ['It is at shadowing.'], transitions: [] }
    const newer = {
      phase: 'shadow',
      phaseText: 'shadowing',
      step: undefined,
      obstacle: { kind: 'weather', reason: 'it rains' },
      paused: 'by a robot',
      pause: { by: 'r2', cause: 'robot' },
      plan: {
        ...PRESETS.standard,
        combine: 'harmonic',
        steps: [{ weight: 5, gate: 'moon', minMs: 0, maxMs: null, atMax: 'sing' }],
      },
    }
    api.alter = (body) => {
      const told = JSON.parse(JSON.stringify(body))
      const tell = (one: object) => Object.assign(one, newer)
      if (Array.isArray(told.rollouts)) told.rollouts.forEach(tell)
      else tell(told.rollout ?? told)
      return grow(told)
    }
  })

  it.each(['status', 'history', 'explain', 'pause --yes', 'advance --dry-run'])(
    'is understood by holo rollout %s: words stay as they are, fields are left out',
    async (args) => {
      const name = `rollout ${args.split(' ')[0]}`
      const { json, code } = await run(`${args} --json`)
      expect(code).toBe(0)
      const text = JSON.stringify(json)
      for (const word of ['shadow', 'shadowing', 'robot']) expect(text).toContain(`"${word}"`)
      expect(text).not.toContain('mood')
      const shape = COMMAND_ROWS.find((row) => row.name === name)?.shape.shape
      const whole = z.strictObject({ ok: z.literal(true), command: z.literal(name), ...shape })
      expect(whole.safeParse(json).error?.issues).toBeUndefined()
      const shown = await run(args)
      expect(shown.code).toBe(0)
      expect(shown.stdout).toContain('shadowing')
    },
  )

  it('is shown with its own words', async () => {
    const { stdout } = await run('status')
    expect(stdout).toContain('paused: by a robot')
    expect(stdout).toContain('waits: it rains')
    expect((await run('advance --dry-run')).stdout).toContain(
      'canary: from 5 % to what its plan says',
    )
  })
})

describe('a Holo that is older than the command', () => {
  it('says neither the number of a step nor who paused', async () => {
    const { step: _, ...older } = exampleRollout({ paused: 'by alice' })
    api.rollouts = [older]
    expect((await run('status')).stdout).toContain('paused: by alice')
    expect((await run('advance --dry-run')).stdout).toContain('from 5 % to what its plan says')
  })
})

// Smoke requests: nobody has the version until all are answered as expected; the first that is not ends the
// rollout. What a reply is held against, and what a plan may not ask.

import { describe, expect, it } from 'vitest'
import {
  findSmokeProblem,
  MAX_SMOKE_REQUESTS,
  MAX_SMOKE_TIMEOUT_MS,
  type SmokeRequest,
} from '../../../src/core/rollout/smoke.ts'
import { parsePlan } from '../../../src/document/parse-plan.ts'
import { drive, makePlan, replay } from './drive.ts'

const REQUEST: SmokeRequest = {
  ...{ method: 'GET', path: '/api/health', headers: {}, timeoutMs: 5000 },
  ...{ status: [200, 399], expectedHeaders: {} },
}

function begin(changes: Parameters<typeof makePlan>[0] = {}) {
  const rollout = drive(makePlan({ smoke: [REQUEST], ...changes }))
  rollout.say('start')
  const smoked = (outcome: 'pass' | 'fail', generation = rollout.state().generation) =>
    rollout.send({ kind: 'smoked', generation, outcome, text: 'as it came', now: rollout.now() })
  return { rollout, smoked }
}

describe('a rollout with smoke requests', () => {
  it('gives nobody the version until they pass, and then begins with its first step', () => {
    const { rollout, smoked } = begin()
    rollout.run(5, null)
    expect(rollout.state()).toMatchObject({ weight: 0, phase: { name: 'smoke', isPassed: false } })
    smoked('pass')
    expect(rollout.state().weight).toBe(0)
    rollout.run(1 / 6, null)
    expect(rollout.state()).toMatchObject({ weight: 5, phase: { name: 'step', index: 0 } })
    expect(replay(rollout.state().plan, rollout.events).state).toEqual(rollout.state())
  })

  it('ends at a failure without a visitor, paused or not, and tells why', () => {
    for (const isPaused of [false, true]) {
      const { rollout, smoked } = begin()
      if (isPaused) rollout.say('pause')
      smoked('fail')
      expect(rollout.state().phase).toEqual({
        ...{ name: 'rolledBack', cause: 'smoke', reason: 'as it came' },
      })
      const weights = rollout.actions.flatMap((one) => (one.kind === 'setWeight' ? one.weight : []))
      expect(weights).toEqual([0])
    }
  })

  it('waits with passed requests while it is paused or frozen', () => {
    const { rollout, smoked } = begin()
    smoked('pass')
    rollout.say('pause')
    rollout.run(1, null)
    expect(rollout.state().weight).toBe(0)
    rollout.say('resume')
    rollout.send({ kind: 'tick', windows: [], hold: 'frozen by ada', now: rollout.now() })
    expect(rollout.state()).toMatchObject({ weight: 0, phase: { held: true } })
    rollout.run(1 / 6, null)
    expect(rollout.state().weight).toBe(5)
  })

  it('asks a version that is pushed meanwhile or later anew, and not by the result of another', () => {
    const { rollout, smoked } = begin()
    const push = () =>
      rollout.send({
        kind: 'versionPushed',
        side: 'canary',
        version: '2',
        by: 'bob',
        now: rollout.now(),
      })
    push()
    smoked('pass', rollout.state().generation - 1)
    rollout.run(1, null)
    expect(rollout.state().weight).toBe(0)
    smoked('pass')
    rollout.run(1 / 6, null)
    expect(rollout.state().weight).toBe(5)
    push()
    expect(rollout.state()).toMatchObject({ weight: 0, phase: { name: 'smoke', isPassed: false } })
  })

  it('begins to count between the sides that the first step compares', () => {
    const { rollout, smoked } = begin({ baseline: 'stable' })
    smoked('pass')
    rollout.run(1 / 6, null)
    expect(rollout.actions.slice(-2)).toEqual([
      { kind: 'startCounting', generation: 2 },
      { kind: 'setWeight', weight: 5, baseline: 5 },
    ])
  })

  it('goes on when a person says so, whatever the requests come to', () => {
    const { rollout, smoked } = begin()
    rollout.say('advance')
    expect(rollout.state()).toMatchObject({ weight: 5, phase: { name: 'step', index: 0 } })
    smoked('fail')
    expect(rollout.state().phase).toMatchObject({ name: 'step' })
  })
})

describe('a reply to a smoke request', () => {
  const reply = (status: number, body = '', fields: Record<string, string> = {}) => ({
    ...{ status, body, header: (name: string) => fields[name] ?? null },
  })
  const body = JSON.stringify({ ok: true, data: [{ count: 3, name: 'secret' }] })

  it.each([
    [{}, reply(200), undefined],
    [{}, reply(302), undefined],
    [{}, reply(503), 'answered 503, and has to answer 200 to 399'],
    [{ status: [204, 204] }, reply(200), 'answered 200, and has to answer 204'],
    [{}, { why: 'no answer within 5 s' }, 'no answer within 5 s'],
    [{ expectedHeaders: { 'x-a': '1' } }, reply(200), 'the reply has no header "x-a"'],
    [
      { expectedHeaders: { 'x-a': '1' } },
      reply(200, '', { 'x-a': 'secret' }),
      'the header "x-a" has another value',
    ],
    [{ contains: 'Shop' }, reply(200, 'the Shop'), undefined],
    [{ contains: 'Shop' }, reply(200, 'secret'), 'the body does not hold the expected text'],
    [{ json: { ok: 'true', 'data.0.count': '3' } }, reply(200, body), undefined],
    [{ json: { ok: 'false' } }, reply(200, body), 'the value at "ok" is another one: true'],
    [
      { json: { 'data.0.name': '"a"' } },
      reply(200, body),
      'the value at "data.0.name" is another one',
    ],
    [{ json: { data: '[]' } }, reply(200, body), 'the value at "data" is a list or an object'],
    [{ json: { 'data.1': '1' } }, reply(200, body), 'the body has no value at "data.1"'],
    [{ json: { constructor: '1' } }, reply(200, body), 'the body has no value at "constructor"'],
    [{ json: { ok: 'true' } }, reply(200, '<html>'), 'the body is no JSON'],
  ] as [Partial<SmokeRequest>, Parameters<typeof findSmokeProblem>[1], string | undefined][])(
    'held against %j',
    (changes, answer, problem) => {
      expect(findSmokeProblem({ ...REQUEST, ...changes }, answer)).toBe(problem)
    },
  )
})

describe('smoke requests of a plan', () => {
  it('have defaults', () => {
    const plan = parsePlan({ smoke: [{ path: '/api/health' }] })
    expect(plan.ok && plan.value.smoke).toEqual([REQUEST])
  })

  it.each([
    [[], 'smoke'],
    [Array.from({ length: MAX_SMOKE_REQUESTS + 1 }, () => ({ path: '/' })), 'smoke'],
    [[{ path: 'https://elsewhere.example.com/' }], 'smoke[0].path'],
    [[{ path: '//elsewhere.example.com/' }], 'smoke[0].path'],
    [[{ path: '/', method: 'POST' }], 'smoke[0].method'],
    [[{ path: '/', headers: { Authorization: 'x' } }], 'smoke[0].headers.Authorization'],
    [[{ path: '/', headers: { 'Holo-Pin': 'x' } }], 'smoke[0].headers.Holo-Pin'],
    [[{ path: '/', headers: { 'x-a': 'a\r\nb: c' } }], 'smoke[0].headers.x-a'],
    [[{ path: '/', timeoutSeconds: MAX_SMOKE_TIMEOUT_MS / 1000 + 1 }], 'smoke[0].timeoutSeconds'],
    [[{ path: '/', expect: { status: 99 } }], 'smoke[0].expect.status'],
    [[{ path: '/', expect: { status: [300, 200] } }], 'smoke[0].expect.status'],
    [[{ path: '/', method: 'HEAD', expect: { contains: 'x' } }], 'smoke[0].expect.contains'],
    [[{ path: '/', expect: { json: { ok: {} } } }], 'smoke[0].expect.json.ok'],
    [[{ path: '/', body: 'x' }], 'smoke[0].body'],
  ])('%j are refused at %s', (smoke, path) => {
    const plan = parsePlan({ smoke })
    expect(plan.ok ? [] : plan.error.map((problem) => problem.path)).toContain(path)
  })
})

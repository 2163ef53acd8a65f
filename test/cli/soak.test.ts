// How a soak ends, and that the shadow then has its former settings, against an API of the test's own.
// test/edge/soak.test.ts runs the command against a real Holo.

import { beforeEach, describe, expect, it } from 'vitest'
import type { Api } from '../../src/cli/api.ts'
import { CliFailure, EXIT } from '../../src/cli/failure.ts'
import { toSoakLines } from '../../src/cli/soak/lines.ts'
import { runSoakAt, type SoakDeps, type SoakSettings } from '../../src/cli/soak/soak.ts'
import type { ShadowDocument } from '../../src/document/shadow.ts'
import { type Soak, soak } from '../../src/wire/soak.ts'

const PAIR = { from: 'main', base: 'v1', to: 'next', shadow: 'v2' }
const FORMER: ShadowDocument = { to: 'next', percent: 5, off: true, timeoutMs: 50, by: 'request' }
const SETTINGS: SoakSettings = {
  ...{ pair: PAIR, former: FORMER, first: 10, max: 100 },
  ...{ stepMs: 3, settleMs: 1, isInFreeze: false, reason: 'before the launch' },
}
const STALE = new CliFailure('stale', EXIT.stale, 'the document has changed')

type Written = { readonly shadow: ShadowDocument; readonly reason: string }

let shadow: ShadowDocument
let revision: number
let written: Written[]
let freeze: object | undefined
let rollouts: object[]
/** Requests while a load is on; copies above the capacity, in percent, fail. */
let requests: number
let capacity: number
let counts: Record<string, number>
/** Called before each write with its number. */
let beforeWrite: (count: number) => void
let version: string
let kept: Soak[]

beforeEach(() => {
  shadow = FORMER
  revision = 7
  written = []
  freeze = undefined
  rollouts = []
  requests = 4000
  capacity = 1000
  counts = { copied: 40, repeated: 2, skipped: 1, compared: 30 }
  beforeWrite = () => {}
  version = 'v1'
  kept = []
})

function count({ percent, repeat = 1 }: ShadowDocument): void {
  const copied = Math.round((requests * percent) / 100)
  const sent = copied * repeat
  const failed = Math.max(0, sent - (requests * capacity) / 100)
  const more = { copied, repeated: sent - copied, compared: copied, failed }
  for (const [name, value] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + value
}

const api = {
  ask: async (_: unknown, method: string, path: string, call?: Parameters<Api['ask']>[3]) => {
    if (path === '/freeze') return { freeze }
    if (path === '/rollouts') return { rollouts }
    if (path === '/shadow/soaks') {
      kept.push(soak.parse(call?.json))
      return { toldAt: 1 }
    }
    if (path === '/shadow') {
      const zero = { skipped: 0, failed: 0, baseFailed: 0, late: 0, baseLate: 0 }
      // The clock of Holo is an hour ahead.
      return { now: Date.now() + 3_600_000, shadows: [{ ...PAIR, ...zero, ...counts }] }
    }
    if (method === 'GET') {
      const environments = { main: { version, shadow }, next: { version: 'v2' } }
      return { revision, environments, salt: 'kept' }
    }
    beforeWrite(written.length)
    if (call?.ifRevision !== revision) throw STALE
    const document = call.json as { environments: { main: { shadow: ShadowDocument } } }
    expect(document).toMatchObject({ salt: 'kept' })
    revision += 1
    shadow = document.environments.main.shadow
    written.push({ shadow, reason: call.query?.reason ?? '' })
    if (shadow.since !== undefined) count(shadow)
    return { revision, changed: true, moved: [] }
  },
} as unknown as Api

async function run(settings: Partial<SoakSettings> = {}, deps: Partial<SoakDeps> = {}) {
  const never = new AbortController().signal
  const given = { api, lastApi: api, signal: never, tick: () => {}, tell: () => {}, ...deps }
  return runSoakAt({ ...SETTINGS, ...settings }, given)
}

describe('a soak', () => {
  it('makes loads that end by themselves, and puts the shadow back', async () => {
    capacity = 130
    const { soak: found, isRestored } = await run({ first: 90, max: 200 })
    expect(found).toMatchObject({ ...PAIR, outcome: 'suffers', first: 90, max: 200 })
    expect(Math.abs((found.found?.percent ?? 0) / 130 - 1)).toBeLessThan(0.1)
    expect(isRestored).toBe(true)
    expect(kept.at(-1)).toEqual(found)
    expect(kept[1]).toMatchObject({ outcome: 'running', steps: found.steps.slice(0, 2) })
    expect(shadow).toEqual(FORMER)
    const [quiet, first, second] = written
    expect(quiet?.shadow).toEqual({ ...FORMER, percent: 0 })
    expect(first?.shadow).toMatchObject({ percent: 90, repeat: 1, perSecond: 1000, baseline: 0 })
    expect(second?.shadow).toMatchObject({ percent: 67.5, repeat: 2, by: 'request' })
    const { since = 0, until = 0, ...rest } = first?.shadow ?? {}
    expect(until - since).toBe(3)
    // By the clock of Holo.
    expect(Math.abs(since - Date.now() - 3_600_000)).toBeLessThan(60_000)
    expect(rest).not.toHaveProperty('off')
    expect(first?.reason).toBe('soak of next: 90 %; before the launch')
    // What was counted before belongs to no step.
    expect(found.steps[0]).toMatchObject({ copied: 3600, repeated: 0, skipped: 0, compared: 3600 })
  })

  it('says that a backend did not suffer, and that there was too little traffic', async () => {
    expect((await run()).soak).toMatchObject({ outcome: 'sound' })
    requests = 100
    expect((await run()).soak).toMatchObject({ outcome: 'unknown', steps: [{ compared: 10 }] })
    expect(shadow).toEqual(FORMER)
  })

  it('ends by a freeze, unless it may go on in it', async () => {
    freeze = { by: 'anna', reason: 'incident', since: 1 }
    const { soak: none } = await run()
    expect(none).toMatchObject({ outcome: 'frozen', steps: [] })
    expect(written).toEqual([])
    freeze = undefined
    beforeWrite = (count) => {
      if (count === 2) freeze = { by: 'anna', reason: 'incident', since: 1 }
    }
    const { soak: begun, isRestored } = await run()
    expect([begun.outcome, begun.steps.length, isRestored]).toEqual(['frozen', 2, true])
    expect(shadow).toEqual(FORMER)
    expect((await run({ isInFreeze: true })).soak.outcome).toBe('sound')
  })

  it('ends by a rollout of the version that gets the copies, and by no other', async () => {
    const ended = { id: 1, version: 'v2', endedAt: 1 }
    rollouts = [{ id: 2, version: 'v3' }, ended]
    expect((await run()).soak.outcome).toBe('sound')
    written = []
    beforeWrite = (count) => {
      if (count === 2) rollouts = [{ id: 3, version: 'v2' }, ended]
    }
    const { soak: begun, isRestored, problem } = await run({ isInFreeze: true })
    expect([begun.outcome, begun.steps.length, isRestored]).toEqual(['stopped', 2, true])
    expect(problem).toMatchObject({
      code: 'rollout_runs',
      message: expect.stringContaining('rollout 3 of v2 runs'),
    })
    expect(shadow).toEqual(FORMER)
  })

  it('goes on if somebody changes something else, and never overwrites another shadow', async () => {
    beforeWrite = (count) => {
      if (count === 2 && revision === 9) revision += 1
    }
    expect((await run()).soak.outcome).toBe('sound')
    expect(revision).toBeGreaterThan(7 + written.length)
    const other: ShadowDocument = { to: 'next', percent: 7 }
    written = []
    beforeWrite = (count) => {
      if (count === 2) [shadow, revision] = [other, revision + 1]
    }
    const { soak: changed, isRestored } = await run()
    expect([changed.outcome, changed.steps.length, isRestored]).toEqual(['changed', 1, false])
    expect(shadow).toEqual(other)
  })

  it('ends if another version comes', async () => {
    beforeWrite = (count) => {
      if (count === 2) [version, revision] = ['v3', revision + 1]
    }
    const { soak: changed, isRestored } = await run()
    expect([changed.outcome, isRestored]).toEqual(['changed', false])
  })

  it('is put back after Ctrl-C, and after a failure', async () => {
    const stop = new AbortController()
    const stopped = await run({}, { signal: stop.signal, tell: () => stop.abort() })
    expect(stopped).toMatchObject({ isRestored: true, soak: { outcome: 'stopped' } })
    expect(stopped).not.toHaveProperty('problem')
    expect(stopped.soak.steps).toHaveLength(1)
    expect(shadow).toEqual(FORMER)
    const failure = new CliFailure('unreachable', EXIT.unreachable, 'it does not answer')
    const failing = { ...api, ask: async () => Promise.reject(failure) } as unknown as Api
    expect(await run({}, { lastApi: failing })).toMatchObject({
      ...{ isRestored: false, problem: failure, soak: { outcome: 'sound' } },
    })
  })
})

describe('the lines of a soak', () => {
  it('say where it began, with a row for each load', async () => {
    capacity = 52
    const { soak: found } = await run({ stepMs: 100 })
    const lines = toSoakLines(found, undefined)
    expect(lines.at(-1)).toMatch(
      /^next \(v2\) began to suffer at about 5\d(?:\.\d+)? % \([\d.,]+ requests per second\)$/,
    )
    expect(lines.join('\n')).toMatch(/^load +copies\/s +copies +failed +late +verdict$/m)
    expect(lines.join('\n')).toMatch(/^76\.\d+ % .* 3,\d+ .*\([\d.]+ %\) +0 +suffers$/m)
  })
})

// What routine and people can fill of the control beside the way back: the newest is kept, the oldest goes
// or begins anew, and what is asked of others is answered. docs/storage.md lists the bounds.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_VERIFY_PROBLEMS } from '../../src/control/document/verify.ts'
import { MAX_DOWN_ORIGINS } from '../../src/control/health/probing.ts'
import { MAX_REPLAYABLE_ROLLOUTS } from '../../src/control/rollouts/store.ts'
import { type Batch, COUNTING_FORM } from '../../src/core/counting/batch.ts'
import { noTotals } from '../../src/core/counting/totals.ts'
import { MAX_POINTS, writePoints } from '../../src/metrics/counter.ts'
import { Recorder } from '../../src/metrics/recorder.ts'
import { MAX_HASHED_ADDRESSES } from '../../src/metrics/reports.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, World } from './control-world.ts'
import { collectedOf, served, toAnswered, toAsked, visitorOf } from './metrics-asked.ts'
import { createRollingWorld, live } from './rollout-world.ts'

const MINUTE = 60_000

beforeEach(() => {
  for (const level of ['error', 'warn'] as const) {
    vi.spyOn(console, level)
      .mockReset()
      .mockImplementation(() => undefined)
  }
})

describe('MAX_VERIFY_PROBLEMS', () => {
  it.each([0, 1])(
    'are told of a log in which %i more rows were changed, and it is not called whole',
    async (more) => {
      const world = await World.create()
      await world.live(async (life) => {
        await life.change({ kind: 'replace', document: exampleDocument() })
        for (let i = 0; i < MAX_VERIFY_PROBLEMS + more; i++) {
          await life.change({ kind: 'shift', weights: { canary: (i % 2) + 1 } })
        }
        expect((await life.verify()).problems).toEqual([])
        const { sql } = life.state.storage
        sql.exec('DROP TRIGGER audit_stays')
        sql.exec("UPDATE audit SET reason = 'another' WHERE seq > 1")
        const { problems } = await life.verify()
        expect(problems).toHaveLength(MAX_VERIFY_PROBLEMS)
        expect(new Set(problems.map(({ message }) => message))).toEqual(
          new Set(['its hash is not that of its fields']),
        )
      })
    },
  )
})

describe('MAX_DOWN_ORIGINS', () => {
  it.each([0, 1])('are told to isolates, and %i more are told to people alone', async (more) => {
    const world = await World.create()
    world.askOrigin = async () => ({ kind: 'silent', why: 'cannot be reached' })
    const origins = Array.from(
      { length: MAX_DOWN_ORIGINS + more },
      (_, i) => `https://origin-${i}.example.com`,
    )
    const document = exampleDocument()
    const version = document.versions['0.0.5']
    if (!version) throw new Error('no version')
    version.services = [0, 20, 40].map((from) => ({
      prefix: `/from-${from}/`,
      origins: origins.slice(from, from + 20),
      probe: { path: '/' },
    }))
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document })
      const end = world.now + 10 * MINUTE
      while (world.now < end && (await life.runAlarm())) await life.settle()
      const report = await life.report(undefined)
      expect(report.down).toEqual(origins.slice(0, MAX_DOWN_ORIGINS))
      const answer = await life.control.services(ALICE)
      if (!answer.ok) throw new Error('denied')
      const states = answer.value.services
        .filter(({ environment, prefix }) => environment === 'canary' && prefix !== '/api/')
        .map(({ state }) => state)
      expect(states).toEqual(['Down', 'Down', 'Down'])
      await life.change({ kind: 'shift', weights: { canary: 0 } })
    })
  })
})

const PLAN = { steps: [{ weight: 25, gate: 'manual' }] }

describe('MAX_REPLAYABLE_ROLLOUTS', () => {
  it('can be replayed; of an older one the transitions stay, and that is said', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      for (let id = 1; id <= MAX_REPLAYABLE_ROLLOUTS; id++) {
        await rolling.start({ plan: PLAN })
        await rolling.command('abort', id)
        rolling.life.world.now += MINUTE
      }
      expect(await rolling.replay(1)).toMatchObject({ same: true })
      const { transitions } = await rolling.explain(1)
      await rolling.start({ plan: PLAN })
      expect(await rolling.replay(1)).toMatchObject({
        same: false,
        differences: [expect.stringContaining('the control deletes the events of old rollouts')],
      })
      expect((await rolling.explain(1)).transitions).toEqual(transitions)
      expect(await rolling.replay(2)).toMatchObject({ same: true })
      // The one that runs goes back as ever.
      await rolling.command('abort', MAX_REPLAYABLE_ROLLOUTS + 1)
      expect((await rolling.buckets()).canary).toBe(0)
    })
  })
})

describe('MAX_POINTS', () => {
  it.each([0, 1])(
    'are written for one batch, and %i more versions lose nothing of the batch',
    (more) => {
      const written: AnalyticsEngineDataPoint[] = []
      const groups = Array.from({ length: MAX_POINTS + more }, (_, i) => ({
        environment: `environment-${i}`,
        version: '0.0.3',
        revision: 2,
        totals: { ...noTotals(), requests: i + 1 },
        visitors: new Uint32Array(),
        kinds: [],
        outcomes: new Uint32Array(),
      }))
      const batch: Batch = {
        form: COUNTING_FORM,
        isolate: 'isolate',
        sequence: 1,
        windows: [{ window: 1, groups }],
        dropped: 0,
      }
      const before = structuredClone(batch)
      writePoints(
        {
          writeDataPoint: (point?: AnalyticsEngineDataPoint) => written.push(point ?? {}),
        } as never,
        batch,
      )
      expect(written.map(({ blobs }) => blobs?.[0])).toEqual(
        groups.slice(0, MAX_POINTS).map(({ environment }) => environment),
      )
      expect(batch).toEqual(before)
    },
  )
})

describe('MAX_HASHED_ADDRESSES of an isolate', () => {
  it('are filled by strangers, and each request is counted all the same', () => {
    const recorder = new Recorder({ now: () => 1_700_000_000_000, toIsolate: () => 'isolate' })
    recorder.outgoing.collect({ main: collectedOf() })
    const record = (i: number) => {
      const headers = { 'cf-connecting-ip': `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` }
      const visitor = visitorOf('main')
      recorder.record(toAsked({ headers, visitor }), toAnswered(served({ status: 200 })))
    }
    for (let i = 0; i <= MAX_HASHED_ADDRESSES; i++) record(i)
    record(0)
    const batch = recorder.outgoing.take(1_700_000_000_000) as Batch
    const requests = batch.windows
      .flatMap(({ groups }) => groups)
      .reduce((sum, { totals }) => sum + totals.requests, 0)
    expect(requests + recorder.losses.requests).toBe(MAX_HASHED_ADDRESSES + 2)
    expect(recorder.losses.requests).toBe(0)
  })
})

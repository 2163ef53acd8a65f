// Rollouts with a baseline: what becomes of its visitors, whatever happens, and what is refused. Made-up
// windows; rollout-cold-start.test.ts has real visitors.

import { describe, expect, it } from 'vitest'
import { point } from './control-world.ts'
import {
  bob,
  createRollingWorld,
  FAILING,
  HOUR,
  live,
  MINUTE,
  type Rolling,
  releasedDocument,
} from './rollout-world.ts'

const PLAN = {
  steps: [
    { weight: 5, gate: 'time', minMinutes: 10 },
    { weight: 25, gate: 'evidence', minMinutes: 10 },
  ],
  bake: { minutes: 10, heldBack: 5 },
  baseline: 'baseline',
}
const FRESH = '0.0.8'
const RUNNING = { main: 9000, canary: 500, baseline: 500 }
const OVER = { main: 10_000, canary: 0, baseline: 0 }

const start = (rolling: Rolling, plan: object = PLAN) =>
  rolling.start({ plan: plan as never, baselineVersion: FRESH })

async function withRollout(during: (rolling: Rolling) => Promise<void>, plan: object = PLAN) {
  const world = await createRollingWorld()
  await live(world, async (rolling) => {
    await start(rolling, plan)
    await rolling.pass(MINUTE)
    expect(await rolling.buckets()).toEqual(RUNNING)
    await during(rolling)
    expect(await rolling.replay()).toMatchObject({ same: true, differences: [] })
  })
}

describe('a rollout with a baseline', () => {
  it('gives it the version that was named and as many buckets as the canary, in one revision', async () => {
    await withRollout(async (rolling) => {
      const { environments, revision } = await rolling.content()
      expect(environments.baseline).toEqual({ version: FRESH })
      expect(environments.canary).toEqual({ version: '0.0.7' })
      expect((await rolling.explain()).transitions[0]?.revision).toBe(revision)
      expect(rolling.script.told.slice(0, 2)).toMatchObject([
        {
          base: 'main',
          baseVersion: '0.0.3',
          baseline: { environment: 'baseline', version: FRESH },
        },
        { shares: [0.5, 0.5], baselineShare: 500 / 9500 },
      ])
      expect(await rolling.status()).toMatchObject({
        weight: 5,
        baseline: { environment: 'baseline', version: FRESH, compared: true },
      })
      expect((await rolling.explain()).lines[1]).toBe(
        'At present it is compared with the baseline: version 0.0.8 in "baseline", which has as many visitors.',
      )
    })
  })

  it('goes to the end: from 50 % on the base takes its place, and at the end it has nobody', async () => {
    await withRollout(async (rolling) => {
      await rolling.pass(10 * MINUTE)
      expect(await rolling.buckets()).toEqual({ main: 5000, canary: 2500, baseline: 2500 })
      await rolling.pass(2 * HOUR, async () => (await rolling.status()).phase === 'bake')
      expect(await rolling.buckets()).toEqual({ main: 500, canary: 9500, baseline: 0 })
      expect(rolling.script.told.slice(-2)).toMatchObject([
        { generation: 2, base: 'main', baseVersion: '0.0.3' },
        { shares: [0.05, 0.95] },
      ])
      expect(rolling.script.told.at(-2)).not.toHaveProperty('baseline')
      expect((await rolling.status()).baseline).toMatchObject({ compared: false })
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'promoted' })
      expect(await rolling.buckets()).toEqual(OVER)
    })
  })

  it('has the version of the base where none is named', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start({ plan: PLAN as never })
      expect((await rolling.content()).environments.baseline).toEqual({ version: '0.0.3' })
    })
  })
})

describe('its end', () => {
  type End = (rolling: Rolling) => Promise<unknown>
  const fail: End = async (rolling) => {
    rolling.script.load = FAILING
    await rolling.finish(HOUR)
  }
  const ENDS: [string, End, string, string][] = [
    ['a promotion', (rolling) => rolling.command('promote'), 'promoted', '0.0.7'],
    ['an abort', (rolling) => rolling.command('abort'), 'rolledBack', '0.0.3'],
    ['evidence', fail, 'rolledBack', '0.0.3'],
  ]
  it.each(ENDS)(
    'by %s gives its visitors what main has, in the same revision',
    async (_, end, phase, version) => {
      await withRollout(async (rolling) => {
        await end(rolling)
        expect((await rolling.status()).phase).toBe(phase)
        const { environments, revision } = await rolling.content()
        expect((await rolling.explain()).transitions.at(-1)?.revision).toBe(revision)
        expect(await rolling.buckets()).toEqual(OVER)
        expect(environments.main?.version).toBe(version)
        // Nobody suffered on the baseline, so that its buckets are given to the next release as any.
        const { spent = [] } = await rolling.content()
        const count = spent.reduce((sum, [from, to]) => sum + to - from, 0)
        expect(count).toBe(phase === 'promoted' ? 0 : 500)
      })
    },
  )

  it('by a withdrawal leaves its version alone', async () => {
    await withRollout(
      async (rolling) => {
        await rolling.command('abort')
        const { versions, environments } = await rolling.content()
        expect(versions['0.0.7']).toMatchObject({ withdrawn: true })
        expect(versions[FRESH]).not.toHaveProperty('withdrawn')
        expect(environments.canary?.version).toBe('0.0.3')
        expect(await rolling.buckets()).toEqual(OVER)
      },
      { ...PLAN, withdraw: true },
    )
  })

  it('by a hand that changes the document takes its visitors back all the same', async () => {
    await withRollout(async (rolling) => {
      await bob(rolling, point('main', '0.0.7'))
      expect((await rolling.status()).phase).toBe('promoted')
      expect(await rolling.buckets()).toEqual({ main: 9500, canary: 500, baseline: 0 })
    })
  })
})

describe('people who change its environment', () => {
  it('pause the rollout by other weights, and a resume gives both sides theirs again', async () => {
    await withRollout(async (rolling) => {
      await bob(rolling, { kind: 'shift', weights: { baseline: 2 } })
      expect(await rolling.status()).toMatchObject({
        paused:
          'bob (shift) gave the canary 5 % and the baseline 2 %, and the plan says 5 % and 5 %',
      })
      expect(rolling.script.told.at(-1)).toMatchObject({ shares: [200 / 700, 500 / 700] })
      await rolling.command('resume')
      expect(await rolling.buckets()).toEqual(RUNNING)
    })
  })

  it('begin the analysis anew by another version', async () => {
    await withRollout(async (rolling) => {
      await bob(rolling, point('baseline', '0.0.3'))
      expect(await rolling.status()).toMatchObject({ generation: 2, weight: 5 })
      expect(rolling.script.told.at(-2)).toMatchObject({
        generation: 2,
        baseline: { environment: 'baseline', version: '0.0.3' },
      })
      expect(await rolling.buckets()).toEqual(RUNNING)
    })
  })

  it('remove it: the base takes its place', async () => {
    await withRollout(async (rolling) => {
      const { revision: _, ...content } = await rolling.content()
      const { baseline: gone, ...environments } = content.environments
      expect(gone).toBeDefined()
      const document = { ...content, environments, traffic: { main: 95, canary: 5 } }
      await bob(rolling, { kind: 'replace', document })
      const status = await rolling.status()
      expect(status).toMatchObject({ phase: 'step', weight: 5, paused: undefined })
      expect(status.baseline).toBeUndefined()
      expect(rolling.script.told.at(-1)).toMatchObject({ shares: [0.95, 0.05] })
      expect(await rolling.finish(3 * HOUR)).toMatchObject({ phase: 'promoted' })
    })
  })

  it('give the base another version: the baseline ends, because it stands for the one before', async () => {
    await withRollout(async (rolling) => {
      await bob(rolling, point('main', '0.0.5'))
      expect(await rolling.status()).toMatchObject({ phase: 'step', weight: 5 })
      expect(await rolling.buckets()).toEqual({ main: 9500, canary: 500, baseline: 0 })
    })
  })
})

describe('what is refused', () => {
  const CASES: [string, object, string | undefined, string, RegExp][] = [
    [
      'the base as the baseline',
      { baseline: 'main' },
      undefined,
      'plan.baseline',
      /is the base already/,
    ],
    ['the canary', { baseline: 'canary' }, undefined, 'plan.baseline', /is the canary already/],
    ['a restricted environment', { baseline: 'qa' }, undefined, 'plan.baseline', /is restricted/],
    [
      'one with visitors',
      { baseline: 'blue' },
      undefined,
      'plan.baseline',
      /has 10 % of the visitors/,
    ],
    ['the new version', {}, '0.0.7', 'baselineVersion', /is the new version/],
    ['a version that is not there', {}, '9.9.9', 'baselineVersion', /9\.9\.9/],
    [
      'a version without a baseline',
      { baseline: undefined },
      FRESH,
      'baselineVersion',
      /no baseline/,
    ],
    ['no step for it', { steps: [] }, undefined, 'plan.baseline', /above 0 and below 50 %/],
  ]
  it.each(CASES)('is %s, with its place', async (_, change, baselineVersion, path, message) => {
    const released = releasedDocument()
    const world = await createRollingWorld({
      ...released,
      environments: { ...released.environments, blue: { version: '0.0.3' } },
      traffic: { main: 90, canary: 0, blue: 10 },
    })
    await live(world, async (rolling) => {
      const plan = { ...PLAN, ...change } as never
      const refused = await rolling.tryStart({ plan, baselineVersion, base: 'main' })
      expect(refused).toMatchObject({
        ok: false,
        error: { problems: [{ path, message: expect.stringMatching(message) }] },
      })
    })
  })

  it('is another rollout with the same baseline', async () => {
    await withRollout(async (rolling) => {
      const wish = { environment: 'baseline', version: '0.0.5', base: 'dev' }
      expect(await rolling.tryStart(wish)).toMatchObject({
        ok: false,
        error: {
          kind: 'rollout_refused',
          problems: [{ path: 'environment', message: expect.stringMatching(/part of rollout 1/) }],
        },
      })
    })
  })
})

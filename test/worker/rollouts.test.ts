// Releases that roll themselves out or take themselves back, over the real control.

import { describe, expect, it } from 'vitest'
import {
  createRollingWorld,
  FAILING,
  HEALTHY,
  HOUR,
  INCIDENT,
  live,
  MINUTE,
  releasedDocument,
  SLOW,
} from './rollout-world.ts'

describe('a healthy release', () => {
  it('goes 1, 5, 25, 95, 100 % by itself, moves few buckets, and main takes it', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const started = await rolling.start()
      expect(started).toMatchObject({
        revision: 2,
        changed: true,
        moved: [{ from: 'main', to: 'canary', buckets: 100 }],
        rollout: { id: 1, phaseText: 'step 1 of 3 (1 %)', weight: 1, base: 'main' },
      })
      expect((await rolling.content()).environments.canary?.version).toBe('0.0.7')
      const status = await rolling.finish(4 * HOUR)
      expect(status).toMatchObject({ phase: 'promoted', weight: 100, problem: undefined })
      const { transitions } = await rolling.explain()
      expect(transitions.map(({ weight }) => weight)).toEqual([1, 5, 25, 95, 100])
      expect(transitions.map(({ revision }) => revision)).toEqual([2, 3, 4, 5, 6])
      const content = await rolling.content()
      expect(content.environments.main?.version).toBe('0.0.7')
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
      expect(content.spent ?? []).toEqual([])
      await rolling.life.runAlarms()
      expect(await rolling.life.world.read()).toBe((await rolling.life.document())?.text)
      expect(await rolling.life.state.storage.getAlarm()).toBeNull()
    })
  })

  it('is explained in words and numbers, replayed bit for bit, and in the audit log row by row', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start({ reason: 'the new search' })
      await rolling.finish(4 * HOUR)
      const { lines, transitions, rollout } = await rolling.explain()
      expect(lines[0]).toBe('Rollout 1: version 0.0.7 in "canary", compared with 0.0.3 in "main".')
      expect(lines[1]).toMatch(/^Promoted after .+: the bake is over\.$/)
      // What was seen in a step begins anew with the next: of one that is over nothing is left of it.
      expect(lines.join()).not.toContain('Visitors of this step')
      expect(transitions[0]).toMatchObject({ reason: 'started', said: 'the new search' })
      expect(transitions[3]).toMatchObject({
        event: 'tick',
        from: 'step 3 of 3 (25 %)',
        to: 'bake (95 %)',
        reason: expect.stringContaining('it is shown that at most 1.5 times as many'),
        verdict: { outcome: 'promote', threshold: Math.log(100) },
      })
      expect(await rolling.replay()).toMatchObject({
        same: true,
        transitions: transitions.length,
        differences: [],
        windows: rollout.lastWindow,
      })
      expect(await rolling.life.actions()).toEqual([
        ...['rollout-complete', 'rollout-step', 'rollout-step', 'rollout-step', 'rollout-start'],
        'replace',
      ])
      expect(await rolling.life.verify()).toMatchObject({ problems: [] })
    })
  })
})

describe('a release that is worse', () => {
  it.each([
    ['fails for 3 % of its visitors', FAILING, 'met a failure'],
    ['is 300 ms slower', SLOW, 'waited longer than'],
  ])('and %s takes itself back in one revision', async (_, load, what) => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      rolling.script.load = load
      await rolling.start({ plan: 'careful' })
      const from = rolling.life.world.now
      const status = await rolling.finish(4 * HOUR)
      expect(status).toMatchObject({ phase: 'rolledBack', weight: 0 })
      expect(status.reason).toContain(what)
      const content = await rolling.content()
      expect(content.revision).toBe(3)
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
      // The next canary gets other people.
      expect(content.spent).toEqual([[9900, 10_000]])
      // Withdrawn, so that open tabs leave it too; the canary has what everybody has.
      expect(content.versions['0.0.7']?.withdrawn).toBe(true)
      expect(content.environments.canary?.version).toBe('0.0.3')
      expect(await rolling.replay()).toMatchObject({ same: true })
      const seconds = (rolling.life.world.now - from) / 1000
      console.log(
        `${what}: back after ${seconds} s, ${rolling.script.exposed.canary} visitors saw it`,
      )
      await rolling.start({ version: '0.0.8' })
      expect((await rolling.content()).traffic.canary).toEqual([[9800, 9900]])
    })
  })

  it('stays known where the plan does not withdraw, and people can still look at it', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      rolling.script.load = FAILING
      await rolling.start({ plan: 'standard' })
      expect(await rolling.finish(4 * HOUR)).toMatchObject({ phase: 'rolledBack' })
      const content = await rolling.content()
      expect(content.versions['0.0.7']?.withdrawn).toBeUndefined()
      expect(content.environments.canary?.version).toBe('0.0.7')
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
    })
  })

  it('is not withdrawn while another environment points at it', async () => {
    const document = releasedDocument()
    document.environments.qa = { version: '0.0.7', restricted: true }
    const world = await createRollingWorld(document)
    await live(world, async (rolling) => {
      rolling.script.load = FAILING
      await rolling.start({ plan: 'careful' })
      expect(await rolling.finish(4 * HOUR)).toMatchObject({ phase: 'rolledBack' })
      const content = await rolling.content()
      expect(content.versions['0.0.7']?.withdrawn).toBeUndefined()
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
    })
  })

  it('is taken back from the bake, when it fails only there', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      const isBaking = async () => (await rolling.status()).phase === 'bake'
      await rolling.pass(4 * HOUR, isBaking)
      rolling.script.load = FAILING
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
      expect((await rolling.content()).environments.main?.version).toBe('0.0.3')
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
    })
  })
})

describe('an incident that hits both versions', () => {
  it('rolls nothing back', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.pass(7 * MINUTE)
      rolling.script.load = INCIDENT
      await rolling.pass(10 * MINUTE)
      rolling.script.load = HEALTHY
      expect(await rolling.finish(4 * HOUR)).toMatchObject({ phase: 'promoted' })
    })
  })
})

describe('plans', () => {
  it('take visitors from the first other environment that has any, and from no preview before it', async () => {
    const document = releasedDocument()
    const environments = { 'pr-1': { version: '0.0.8' }, ...document.environments }
    const world = await createRollingWorld({ ...document, environments })
    await live(world, async (rolling) => {
      expect((await rolling.start()).rollout).toMatchObject({ base: 'main', weight: 1 })
    })
  })

  it('that ask for everybody at once are over in the revision that begins them', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const { rollout } = await rolling.start({ plan: 'instant' })
      expect(rollout).toMatchObject({ phase: 'promoted', weight: 100 })
      const content = await rolling.content()
      expect(content.revision).toBe(2)
      expect(content.environments).toMatchObject({
        main: { version: '0.0.7' },
        canary: { version: '0.0.7' },
      })
      expect(await rolling.replay()).toMatchObject({ same: true, events: 1 })
      await rolling.life.runAlarms()
      expect(await rolling.life.state.storage.getAlarm()).toBeNull()
    })
  })

  it('blue-green waits for a word at 0 %, then gives all but those held back', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start({ plan: 'blue-green' })
      await rolling.pass(10 * MINUTE)
      expect(await rolling.status()).toMatchObject({ weight: 0, obstacle: { kind: 'manual' } })
      expect(await rolling.command('advance', 1, 'looks good')).toMatchObject({ weight: 95 })
      expect(await rolling.buckets()).toEqual({ main: 500, canary: 9500 })
      expect(await rolling.finish(3 * HOUR)).toMatchObject({ phase: 'promoted' })
    })
  })

  it('that name what nothing counts are refused by name, and nothing is begun', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const metrics = [{ name: 'errors', margin: 1.5 }, { name: 'checkout' }]
      for (const dryRun of [true, false]) {
        const refused = await rolling.tryStart({ plan: { metrics }, dryRun })
        expect(refused).toMatchObject({
          ok: false,
          error: {
            kind: 'invalid',
            problems: [
              {
                path: 'plan.metrics[1].name',
                message: expect.stringMatching(/nothing counts "checkout".+errors, latency/),
              },
            ],
          },
        })
      }
      expect((await rolling.content()).revision).toBe(1)
      expect(await rolling.life.state.storage.getAlarm()).toBeNull()
    })
  })

  it('that name a goal which nobody has declared are refused, and those with a declared one run', async () => {
    const world = await createRollingWorld({
      ...releasedDocument(),
      measure: { goals: { order: 'POST /api/orders' } },
    })
    const toPlan = (name: string) => ({
      preset: 'standard',
      metrics: [{ name: 'errors', margin: 1.5 }, { name }],
    })
    await live(world, async (rolling) => {
      expect(await rolling.tryStart({ plan: toPlan('goal.signUp') })).toMatchObject({
        ok: false,
        error: {
          problems: [
            {
              path: 'plan.metrics[1].name',
              message: expect.stringContaining('declares no goal "signUp"'),
            },
          ],
        },
      })
      expect(await rolling.tryStart({ plan: toPlan('goal.order') })).toMatchObject({ ok: true })
    })
  })

  it('share the buckets of the two environments, and leave a third one alone', async () => {
    const document = releasedDocument()
    const traffic = { main: 60, canary: 0, blue: 40 }
    const environments = { ...document.environments, blue: { version: '0.0.5' } }
    const world = await createRollingWorld({ ...document, traffic, environments })
    await live(world, async (rolling) => {
      await rolling.start({ plan: { steps: [{ weight: 25, gate: 'manual' }] } })
      expect(await rolling.buckets()).toEqual({ main: 4500, canary: 1500, blue: 4000 })
      await rolling.command('abort')
      expect(await rolling.buckets()).toEqual({ main: 6000, canary: 0, blue: 4000 })
    })
  })
})

describe('several rollouts', () => {
  it('run at once between disjoint environments, with one alarm, and end each in its own way', async () => {
    const document = releasedDocument()
    const environments = {
      ...document.environments,
      blue: { version: '0.0.3' },
      green: { version: '0.0.3' },
    }
    const traffic = { main: 50, canary: 0, blue: 50, green: 0 }
    const world = await createRollingWorld({ ...document, traffic, environments })
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.pass(3000)
      const second = { environment: 'green', base: 'blue', version: '0.0.8' }
      expect((await rolling.start(second)).rollout?.id).toBe(2)
      const alarms = await rolling.pass(5 * MINUTE)
      // The one of the start, those of publications, and one every ten seconds for both.
      expect(alarms).toBeLessThanOrEqual(35)
      await rolling.command('abort', 2)
      expect(await rolling.finish(4 * HOUR)).toMatchObject({ phase: 'promoted' })
      expect(await rolling.status(2)).toMatchObject({ phase: 'rolledBack' })
      expect(await rolling.buckets()).toEqual({ main: 5000, canary: 0, blue: 5000, green: 0 })
      expect(await rolling.replay(1)).toMatchObject({ same: true })
      expect(await rolling.replay(2)).toMatchObject({ same: true })
    })
  })
})

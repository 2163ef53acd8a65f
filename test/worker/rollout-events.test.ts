// What subscribers are told of rollouts.

import { describe, expect, it } from 'vitest'
import { MAX_QUEUED_RELEASES } from '../../src/control/rollouts/stalls.ts'
import { event } from '../../src/wire/events.ts'
import { createRollingWorld, FAILING, HOUR, live, MINUTE, type Rolling } from './rollout-world.ts'

/** The kinds that are told of rollouts, without the revisions beside them. */
async function listRolloutEvents({ life }: Rolling) {
  const { events } = await life.events()
  for (const one of events) expect(event.parse(one)).toEqual(one)
  return events.filter(({ kind }) => kind.startsWith('rollout.'))
}

async function listStalls(rolling: Rolling) {
  return (await listRolloutEvents(rolling)).filter(({ kind }) => kind === 'rollout.stalled')
}

describe('the events of a rollout', () => {
  it('tell of its start, each step and its end, with versions and weights as fields', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.finish(4 * HOUR)
      const told = await listRolloutEvents(rolling)
      expect(told.map(({ kind }) => kind)).toEqual([
        'rollout.started',
        ...Array.from({ length: 3 }, () => 'rollout.stepped'),
        'rollout.ended',
      ])
      expect(told.map((one) => 'weight' in one && one.weight)).toEqual([1, 5, 25, 95, 100])
      const steps = [1, 2, 3].map((number) => ({ phase: 'step', step: { number, of: 3 } }))
      expect(told).toMatchObject([...steps, { phase: 'bake' }, { phase: 'promoted' }])
      expect(told.at(-1)).toMatchObject({
        rollout: 1,
        environment: 'canary',
        base: 'main',
        version: '0.0.7',
        baseVersion: '0.0.3',
        outcome: 'promoted',
        by: 'control',
      })
    })
  })

  it('tell of a release that is taken back, and why', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      rolling.script.load = FAILING
      await rolling.start()
      await rolling.finish(4 * HOUR)
      expect((await listRolloutEvents(rolling)).at(-1)).toMatchObject({
        kind: 'rollout.ended',
        outcome: 'rolledBack',
        version: '0.0.7',
        reason: expect.stringContaining('met a failure'),
      })
    })
  })

  it('tell who paused it and who resumed it', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.command('pause')
      await rolling.command('resume')
      await rolling.command('abort')
      expect(await listRolloutEvents(rolling)).toMatchObject([
        { kind: 'rollout.started', by: 'alice' },
        { kind: 'rollout.paused', by: 'alice' },
        { kind: 'rollout.resumed', by: 'alice' },
        { kind: 'rollout.ended', by: 'alice', outcome: 'rolledBack' },
      ])
    })
  })

  it('tell once that it waits longer than its step may take', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      // Without visitors no gate of evidence opens.
      rolling.script.load = { ...rolling.script.load, visitorsPerMinute: 0.001 }
      await rolling.start({
        plan: {
          steps: [{ weight: 5, gate: 'evidence', minMinutes: 1, maxMinutes: 10, atMax: 'hold' }],
        },
      })
      await rolling.pass(HOUR)
      const waits = (await listRolloutEvents(rolling)).filter(
        ({ kind }) => kind === 'rollout.waiting',
      )
      expect(waits).toMatchObject([
        { reason: expect.stringContaining('the 10 min that this step may take') },
      ])
    })
  })

  it('tell that a change of the traffic by hand paused it', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.life.change({ kind: 'shift', weights: { canary: 40 } })
      expect(await listRolloutEvents(rolling)).toMatchObject([
        { kind: 'rollout.started' },
        { kind: 'rollout.paused', cause: 'traffic', by: 'alice' },
      ])
    })
  })

  it('tell once that a step without a longest time takes far too long', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      rolling.script.load = { ...rolling.script.load, visitorsPerMinute: 0.001 }
      await rolling.start({
        plan: { steps: [{ weight: 5, gate: 'time', minMinutes: 20 }] },
      })
      await rolling.pass(39 * MINUTE)
      expect(await listStalls(rolling)).toEqual([])
      await rolling.pass(3 * HOUR)
      expect(await listStalls(rolling)).toMatchObject([
        {
          reason: expect.stringMatching(/^it takes more than 40 min, .+: too few visitors/),
          weight: 5,
        },
      ])
    })
  })

  it('tell once that a person has to let it go on, and of each pause that is forgotten', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start({
        plan: {
          steps: [
            { weight: 0, gate: 'manual' },
            { weight: 5, gate: 'time', minMinutes: 600 },
          ],
        },
      })
      await rolling.pass(HOUR)
      expect(await listStalls(rolling)).toMatchObject([
        { reason: 'somebody has to let it go on: holo rollout advance' },
      ])
      await rolling.command('advance')
      for (let i = 0; i < 2; i++) {
        await rolling.command('pause')
        await rolling.pass(2 * HOUR)
        await rolling.command('resume')
      }
      expect(await listStalls(rolling)).toMatchObject([
        {},
        { reason: 'paused for 1 h: by alice' },
        { reason: 'paused for 1 h: by alice' },
      ])
    })
  })

  it('tell of each release behind it once, and at its end which waited', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      for (const version of ['0.0.3', '0.0.5', '0.0.5']) {
        await expect(rolling.start({ version })).rejects.toThrow('is part of rollout 1')
      }
      expect((await rolling.status()).waiting).toEqual(['0.0.3', '0.0.5'])
      await rolling.command('abort')
      expect(await rolling.status()).not.toHaveProperty('waiting')
      const told = await listRolloutEvents(rolling)
      expect(told.slice(1)).toMatchObject([
        { kind: 'rollout.blocking', by: 'alice', waiting: ['0.0.3'], version: '0.0.7' },
        { kind: 'rollout.blocking', waiting: ['0.0.3', '0.0.5'] },
        { kind: 'rollout.ended', waiting: ['0.0.3', '0.0.5'] },
      ])
    })
  })

  it('tell of a bounded number of releases behind one', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      for (let i = 0; i < MAX_QUEUED_RELEASES + 2; i++) {
        await expect(rolling.start({ version: `9.0.${i}` })).rejects.toThrow('is part of')
      }
      const told = await listRolloutEvents(rolling)
      expect(told.filter(({ kind }) => kind === 'rollout.blocking')).toHaveLength(
        MAX_QUEUED_RELEASES,
      )
    })
  })
})

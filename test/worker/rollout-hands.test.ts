// People who change the document while a rollout runs: what they do stands, and the rollout says so.

import { describe, expect, it } from 'vitest'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import type { Command } from '../../src/wire/commands.ts'
import { BOB, identify, point } from './control-world.ts'
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

/** At 5 %, with a minute of data. */
async function toSecondStep(rolling: Rolling) {
  await rolling.start()
  await rolling.pass(6 * MINUTE)
  expect((await rolling.status()).weight).toBe(5)
}

describe('traffic that is shifted by hand', () => {
  it('stays, and the rollout waits until it is told to go on', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await toSecondStep(rolling)
      await bob(rolling, { kind: 'shift', weights: { canary: 12.5 } })
      await rolling.pass(HOUR)
      expect(await rolling.buckets()).toEqual({ main: 8750, canary: 1250 })
      expect(await rolling.status()).toMatchObject({
        weight: 12.5,
        paused: 'bob (shift) gave the canary 12.5 %, and the plan says 5 %',
        pause: { by: 'bob', cause: 'traffic' },
        step: { number: 2, of: 3 },
      })
      expect(await rolling.command('resume')).toMatchObject({
        weight: 5,
        paused: undefined,
        pause: undefined,
      })
      expect(await rolling.buckets()).toEqual({ main: 9500, canary: 500 })
      expect(await rolling.finish(4 * HOUR)).toMatchObject({ phase: 'promoted' })
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })

  it('does not keep evidence from taking the release back', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await toSecondStep(rolling)
      await bob(rolling, { kind: 'shift', weights: { canary: 50 } })
      rolling.script.load = FAILING
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
    })
  })
})

describe('a version that is pushed', () => {
  it('into the canary begins the analysis anew at the first step', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await toSecondStep(rolling)
      await bob(rolling, point('canary', '0.0.8'))
      expect(await rolling.status()).toMatchObject({
        ...{ version: '0.0.8', generation: 2, weight: 1, phaseText: 'step 1 of 3 (1 %)' },
        visitors: [0, 0],
      })
      expect(rolling.script.told.at(-2)).toMatchObject({ generation: 2, version: '0.0.8' })
      expect(await rolling.finish(4 * HOUR)).toMatchObject({ phase: 'promoted' })
      expect((await rolling.content()).environments.main?.version).toBe('0.0.8')
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })

  it('into main begins it anew where it is, also where a hand has set the weight', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await toSecondStep(rolling)
      await bob(rolling, point('main', '0.0.5'))
      expect(await rolling.status()).toMatchObject({
        generation: 2,
        weight: 5,
        baseVersion: '0.0.5',
      })
      await bob(rolling, { kind: 'shift', weights: { canary: 20 } })
      await bob(rolling, point('main', '0.0.3'))
      expect(await rolling.status()).toMatchObject({ generation: 3, weight: 20 })
      expect(await rolling.buckets()).toEqual({ main: 8000, canary: 2000 })
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })

  it('together with other weights leaves both as they were written', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await toSecondStep(rolling)
      const { revision: _, ...content } = await rolling.content()
      const environments = { ...content.environments, canary: { version: '0.0.8' } }
      const document = { ...content, environments, traffic: { main: 70, canary: 30 } }
      await bob(rolling, { kind: 'replace', document })
      expect(await rolling.buckets()).toEqual({ main: 7000, canary: 3000 })
      expect(await rolling.status()).toMatchObject({
        ...{ version: '0.0.8', generation: 2, weight: 30 },
        paused: expect.stringContaining('gave the canary 30 %'),
      })
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })
})

describe('an edit of KV', () => {
  it('is noticed as soon as it is adopted', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await toSecondStep(rolling)
      await rolling.life.runAlarm()
      const { world: around, control } = rolling.life
      around.now += 5 * MINUTE
      const content = await rolling.content()
      const edit = { ...content, revision: 100, traffic: { main: 60, canary: 40 } }
      await around.write(edit)
      await control.sync({
        held: await identify((await rolling.life.document())?.text),
        kv: await identify(JSON.stringify(edit)),
      })
      await rolling.life.settle()
      expect(await rolling.status()).toMatchObject({
        weight: 40,
        paused: 'control (adopt) gave the canary 40 %, and the plan says 5 %',
      })
      expect(await rolling.buckets()).toEqual({ main: 6000, canary: 4000 })
    })
  })
})

describe('what ends a rollout', () => {
  const ENDS: [string, Command, string, RegExp][] = [
    ['an environment that goes back', point('canary', '0.0.3'), 'rolledBack', /version of "main"/],
    ['main that gets the version', point('main', '0.0.7'), 'promoted', /"main" has version/],
    ['a swap', { kind: 'swap', environments: ['main', 'canary'] }, 'promoted', /\(swap\)/],
    ['a rollback of the document', { kind: 'rollback', to: 1 }, 'rolledBack', /earlier revision/],
  ]
  it.each(ENDS)('is %s, and the document stays so', async (_, command, phase, reason) => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await toSecondStep(rolling)
      const { revision } = await bob(rolling, command)
      const status = await rolling.status()
      expect(status).toMatchObject({ phase, reason: expect.stringMatching(reason) })
      // Who did it is a name; what they did is beside it, in words.
      const { transitions } = await rolling.explain()
      expect(transitions.at(-1)).toMatchObject({ by: 'bob' })
      await rolling.pass(HOUR)
      expect((await rolling.content()).revision).toBe(revision)
      expect(rolling.script.told.at(-1)).toEqual({ stopped: 1 })
      expect(await rolling.replay()).toMatchObject({ same: true })
      expect(await rolling.life.state.storage.getAlarm()).toBeNull()
    })
  })

  it('is a canary that is gone', async () => {
    const world = await createRollingWorld({ ...releasedDocument(), rules: [] })
    await live(world, async (rolling) => {
      await toSecondStep(rolling)
      await bob(rolling, { kind: 'shift', weights: { canary: 0 } })
      expect((await rolling.status()).paused).toContain('gave the canary 0 %')
      await bob(rolling, { kind: 'remove-environment', name: 'canary' })
      expect(await rolling.status()).toMatchObject({
        phase: 'rolledBack',
        reason: expect.stringContaining('"canary" is gone'),
      })
    })
  })
})

describe('what does not concern a rollout', () => {
  it('makes no event, no row and no revision of it', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await toSecondStep(rolling)
      const before = await rolling.status()
      await bob(rolling, { kind: 'set-rules', rules: [] })
      await bob(rolling, point('qa', '0.0.8'))
      expect(await rolling.status()).toEqual(before)
      expect((await rolling.life.actions()).slice(0, 2)).toEqual(['set-environment', 'set-rules'])
    })
  })
})

describe('a command', () => {
  it('that the rollout does not take is refused in words', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      await expect(rolling.command('resume')).rejects.toThrow('not paused')
      await rolling.command('pause')
      await expect(rolling.command('pause')).rejects.toThrow('already paused')
      await rolling.command('abort')
      await expect(rolling.command('promote')).rejects.toThrow('the rollout is over')
      expect(await rolling.command('pause', 7)).toBeUndefined()
    })
  })

  it('promotes at once, with who said so in the log', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.command('promote', 1, 'the shop is closing')
      expect((await rolling.content()).environments.main?.version).toBe('0.0.7')
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
      const { transitions } = await rolling.explain()
      expect(transitions.at(-1)).toMatchObject({ by: 'alice', said: 'the shop is closing' })
    })
  })
})

describe('a start', () => {
  it('names what is in its way', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const unknown = await rolling.tryStart({ version: '0.9.9' })
      expect(unknown).toMatchObject({ error: { kind: 'invalid', problems: [{ path: 'version' }] } })
      const wrong = await rolling.tryStart({ plan: { steps: [{ weight: 1, gate: 'hope' }] } })
      expect(wrong).toMatchObject({ error: { problems: [{ path: 'plan.steps[0].gate' }] } })
      const same = await rolling.tryStart({ version: '0.0.3' })
      expect(same).toMatchObject({
        error: { problems: [{ message: '"main" has version "0.0.3" already' }] },
      })
      await rolling.start()
      const second = await rolling.tryStart({ environment: 'blue', version: '0.0.8' })
      expect(second).toMatchObject({
        error: {
          kind: 'rollout_refused',
          problems: [{ path: 'base', message: expect.stringContaining('rollout 1') }],
        },
      })
    })
  })

  it('against another revision than was seen is stale, and a dry run changes nothing', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const dry = await rolling.start({ dryRun: true })
      expect(dry).toMatchObject({ revision: 2, changed: false, plan: PRESETS.standard })
      expect(dry).not.toHaveProperty('rollout')
      expect(dry.text).toContain('0.0.7')
      const start = {
        ...{ version: '0.0.7', environment: 'canary', base: undefined, plan: 'careful' },
        ...{ reason: undefined, dryRun: false, expectedRevision: 7 },
      }
      const answer = await rolling.life.control.startRollout(BOB, start)
      expect(answer).toMatchObject({ error: { kind: 'stale', expected: 7, current: 1 } })
      await expect(rolling.status()).rejects.toThrow('there is no rollout 1')
      expect((await rolling.life.health()).revision).toBe(1)
    })
  })

  it('makes the canary where there is none', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start({ environment: 'next' })
      expect((await rolling.content()).environments.next).toEqual({ version: '0.0.7' })
      expect(await rolling.buckets()).toMatchObject({ main: 9900, next: 100 })
    })
  })
})

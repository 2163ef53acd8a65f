// A control that is killed at any step of a transition: all of it is there afterwards, or nothing.

import { describe, expect, it } from 'vitest'
import type { Load } from '../../src/core/simulate/traffic.ts'
import { createRollingWorld, FAILING, live, MINUTE, type Rolling } from './rollout-world.ts'

/** Nine in ten of its visitors fail: what is so much worse needs no second look. */
const BROKEN: Load = {
  ...FAILING,
  metrics: { ...FAILING.metrics, errors: { base: { rate: 0.001 }, canary: { rate: 0.9 } } },
}

/** A look that takes the release back, and its publication: what may be cut short. */
async function lookAndPublish(rolling: Rolling): Promise<void> {
  await rolling.life.runAlarm()
  await rolling.life.runAlarms()
}

/** A rollout of which the next look knows that it fails. */
async function createFailing() {
  const world = await createRollingWorld()
  await live(world, async (rolling) => {
    await rolling.start({ plan: 'careful' })
    await rolling.pass(2 * MINUTE)
    rolling.script.load = BROKEN
    for (let i = 0; i < 6; i++) await rolling.closeWindows()
  })
  world.world.now += 10_000
  return world
}

async function listSteps(): Promise<string[]> {
  const world = await createFailing()
  const steps: string[] = []
  await live(world, (rolling) => {
    world.world.onStep = (step) => steps.push(step)
    return lookAndPublish(rolling)
  })
  return steps
}

async function killAt(number: number) {
  const world = await createFailing()
  let left = number
  let killed: string | undefined
  await live(world, (rolling) => {
    world.world.onStep = (step, state) => {
      if (left-- > 0) return
      killed ??= step
      state.abort('killed')
    }
    return lookAndPublish(rolling)
  }).catch(() => undefined)
  world.world.onStep = () => undefined
  return { world, killed }
}

describe('a control that is killed', () => {
  it('at any step of a rollback leaves all of it or nothing, and it is done once', async () => {
    const steps = await listSteps()
    expect(steps).toContain('before INSERT INTO rollout_transitions')
    expect(steps).toContain('before INSERT INTO revisions')
    expect(steps).toContain('after UPDATE rollouts SET')
    expect(steps).toContain('before KV put')
    const found: string[] = []
    for (const [number, step] of steps.entries()) {
      const { world, killed } = await killAt(number)
      expect(killed).toBe(step)
      const isBack = await live(world, async (rolling) => {
        const { revision, environments } = await rolling.content()
        const { phase } = await rolling.status()
        // The rollout, the document and the log say the same at any time.
        const isBack = revision === 3
        expect([step, phase]).toEqual([step, isBack ? 'rolledBack' : 'step'])
        expect(environments.canary?.version).toBe(isBack ? '0.0.3' : '0.0.7')
        expect(await rolling.replay()).toMatchObject({ same: true })
        return isBack
      })
      found.push(isBack ? 'back' : 'running')
      world.world.now += MINUTE
      await live(world, async (rolling) => {
        await rolling.life.control.watch()
        await rolling.life.runAlarms()
        const { revision, versions } = await rolling.content()
        expect(revision).toBe(3)
        expect(versions['0.0.7']?.withdrawn).toBe(true)
        expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
        expect(await rolling.status()).toMatchObject({ phase: 'rolledBack' })
        expect(await rolling.life.actions()).toEqual([
          'rollout-rollback',
          'rollout-start',
          'replace',
        ])
        expect(await rolling.replay()).toMatchObject({ same: true, transitions: 2 })
        expect(await rolling.life.verify()).toMatchObject({ problems: [] })
        expect(await rolling.life.world.read()).toBe((await rolling.life.document())?.text)
        expect(await rolling.life.state.storage.getAlarm()).toBeNull()
      })
    }
    // Up to the end of one transaction it never was, after it it stays.
    expect(found.join(' ')).toMatch(/^(running )+back( back)*$/)
    console.log(steps.map((step, i) => `killed ${step}: ${found[i]}`).join('\n'))
  })
})

// A freeze: nothing goes forward, by whatever way, and taking back is never held.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { KV_PROPAGATION_MS } from '../../src/control/publishing/adopt-edits.ts'
import type { Command } from '../../src/wire/commands.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, BOB, type Life, point, World } from './control-world.ts'
import { createRollingWorld, FAILING, HOUR, live, MINUTE, type Rolling } from './rollout-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})

const freeze = (life: Life, until?: number) =>
  life.control.freeze(ALICE, { reason: 'incident 42', ...(until === undefined ? {} : { until }) })
const frozen = expect.objectContaining({
  message: expect.stringMatching(/"kind":"frozen".*alice froze releases.*incident 42/),
})

async function createFrozen(during: (life: Life) => Promise<void>): Promise<void> {
  const world = await World.create()
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document: exampleDocument() })
    await life.runAlarms()
    world.now += 10 * KV_PROPAGATION_MS
    await freeze(life)
    await during(life)
  })
}

describe('a freeze', () => {
  it('refuses every command that goes forward, and takes what goes back', () =>
    createFrozen(async (life) => {
      const { rules = [] } = exampleDocument()
      const forward: Command[] = [
        { kind: 'shift', weights: { canary: 10 } },
        point('main', '0.0.5'),
        { kind: 'swap', environments: ['main', 'canary'] },
        {
          kind: 'set-rules',
          rules: [...rules, { name: 'all', environment: 'canary', when: true }],
        },
        { kind: 'replace', document: { ...exampleDocument(), traffic: { main: 50, canary: 50 } } },
        {
          kind: 'set-services',
          version: '0.0.3',
          services: [{ prefix: '/api/', origins: ['https://other.example.com'] }],
        },
        { kind: 'set-flags', flags: { search: { state: 'ENABLED', variants: { a: 1 } } } },
      ]
      for (const command of forward) {
        await expect(life.change(command, BOB), command.kind).rejects.toEqual(frozen)
      }
      await life.change({ kind: 'shift', weights: { canary: 1 } }, BOB)
      await life.change(point('canary', '0.0.3'), BOB)
      await life.change(point('next', '0.0.6-dev'), BOB)
      // Going back to an earlier revision is never held, whatever it gives to whom.
      await life.change({ kind: 'rollback', to: 1 }, BOB)
      expect((await life.health()).freeze).toMatchObject({ by: 'alice', reason: 'incident 42' })
    }))

  it('ends by a word or at its time, and both are audited and told', () =>
    createFrozen(async (life) => {
      await life.control.unfreeze(BOB, 'over')
      await life.change({ kind: 'shift', weights: { canary: 10 } })
      await freeze(life, life.world.now + HOUR)
      await expect(life.change({ kind: 'shift', weights: { canary: 20 } })).rejects.toEqual(frozen)
      life.world.now += HOUR
      expect((await life.health()).freeze).toBeUndefined()
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      await life.runAlarms()
      const { events } = await life.events()
      expect(events.filter(({ kind }) => kind.startsWith('freeze.'))).toMatchObject([
        { kind: 'freeze.begun', by: 'alice', reason: 'incident 42' },
        { kind: 'freeze.ended', by: 'bob', reason: 'over' },
        { kind: 'freeze.begun', by: 'alice' },
        { kind: 'freeze.ended', by: 'control', reason: 'its time is over' },
      ])
      expect((await life.actions()).filter((action) => action.endsWith('freeze'))).toHaveLength(4)
    }))

  it('puts the own document above a hand edit that goes forward, and adopts one that goes back', () =>
    createFrozen(async (life) => {
      const edit = (revision: number, canary: number) =>
        life.world.write({
          ...exampleDocument(),
          revision,
          traffic: { main: 100 - canary, canary },
        })
      const look = async () => {
        await life.control.watch()
        await life.runAlarms()
        const { revision, traffic } = JSON.parse((await life.world.read()) ?? '{}')
        return { revision, canary: traffic.canary }
      }
      await edit(7, 50)
      expect(await look()).toEqual({ revision: 8, canary: [[9500, 10_000]] })
      expect((await life.health()).overwritten).toBe(1)
      life.world.now += 10 * KV_PROPAGATION_MS
      await edit(9, 1)
      expect(await look()).toEqual({ revision: 10, canary: [[9900, 10_000]] })
    }))
})

describe('a rollout in a freeze', () => {
  const during = async (use: (rolling: Rolling) => Promise<void>) =>
    live(await createRollingWorld(), use)

  it('holds its step, says why once, and goes on afterwards', () =>
    during(async (rolling) => {
      await rolling.start()
      await freeze(rolling.life)
      await rolling.pass(10 * MINUTE)
      expect(await rolling.status()).toMatchObject({
        weight: 1,
        held: true,
        obstacle: { kind: 'frozen', reason: expect.stringContaining('incident 42') },
      })
      const { events } = await rolling.life.events()
      expect(events.filter(({ kind }) => kind === 'rollout.waiting')).toHaveLength(1)
      for (const command of ['advance', 'promote'] as const) {
        await expect(rolling.command(command)).rejects.toThrow('frozen')
      }
      await rolling.command('pause')
      await expect(rolling.command('resume')).rejects.toThrow('frozen')
      await rolling.life.control.unfreeze(ALICE, undefined)
      await rolling.command('resume')
      await rolling.pass(MINUTE)
      expect((await rolling.status()).weight).toBe(5)
      expect(await rolling.replay()).toMatchObject({ same: true })
    }))

  it('cannot be started, and is taken back by evidence or a person all the same', () =>
    during(async (rolling) => {
      await rolling.start()
      await freeze(rolling.life)
      rolling.script.load = FAILING
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
      expect(await rolling.tryStart({ version: '0.0.8' })).toMatchObject({
        error: { kind: 'frozen' },
      })
      await rolling.life.control.unfreeze(ALICE, undefined)
      await rolling.start({ version: '0.0.8' })
      await freeze(rolling.life)
      expect(await rolling.command('abort', 2)).toMatchObject({ phase: 'rolledBack' })
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
    }))
})

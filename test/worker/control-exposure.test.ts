// The budget of a token: what it may expose to visitors before a rollout's judge has seen evidence.

import { describe, expect, it } from 'vitest'
import type { Start } from '../../src/control/rollouts/contract.ts'
import { countBuckets } from '../../src/core/traffic.ts'
import type { Command } from '../../src/wire/commands.ts'
import type { RolloutCommand } from '../../src/wire/rollouts.ts'
import type { Budget } from '../../src/wire/tokens.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, type Life, point, toCaller, World } from './control-world.ts'
import {
  createRollingWorld,
  FAILING,
  HOUR,
  live,
  MINUTE,
  type Rolling,
  releasedDocument,
} from './rollout-world.ts'

const AGENT = toCaller('agent')
const denied = expect.objectContaining({
  message: expect.stringMatching(/"denied".*the token has a budget/),
})

/** main has 0.0.3, which everybody has; 0.0.7 and 0.0.8 are new. */
const document = () => ({ ...releasedDocument(), rules: [] })

async function createBudgeted(budget: Budget, during: (life: Life) => Promise<void>) {
  const world = await World.create()
  world.limits = { agent: { budget } }
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document: document() })
    await during(life)
  })
}

describe('a token that may expose 1 %', () => {
  it('is refused every command that would expose more, or nobody knows how much', () =>
    createBudgeted({ maxShare: 1 }, async (life) => {
      await life.change(point('canary', '0.0.7'), AGENT)
      await life.change(point('next', '0.0.8'), AGENT)
      const over: Command[] = [
        { kind: 'shift', weights: { canary: 1.01 } },
        { kind: 'shift', weights: { canary: 0.6, next: 0.5 } },
        point('main', '0.0.7'),
        { kind: 'swap', environments: ['main', 'canary'] },
        { kind: 'set-rules', rules: [{ name: 'all', environment: 'canary', when: true }] },
        { kind: 'set-environment', name: 'canary', hosts: ['new.example.com'] },
        {
          kind: 'set-services',
          version: '0.0.3',
          services: [{ prefix: '/api/', origins: ['https://x.example.com'] }],
        },
        {
          kind: 'set-flags',
          flags: {
            search: {
              state: 'ENABLED',
              variants: { a: 1, b: 2 },
              targeting: {
                fractional: [
                  ['a', 1],
                  ['b', 1],
                ],
              },
            },
          },
        },
        {
          kind: 'replace',
          document: {
            ...document(),
            environments: { main: { version: '0.0.3' }, canary: { version: '0.0.7' } },
            traffic: { main: 50, canary: 50 },
          },
        },
        { kind: 'replace', document: { ...document(), salt: 'other' }, allowNewSalt: true },
        { kind: 'replace', document: { ...document(), measure: { goals: { order: 'POST /x' } } } },
      ]
      for (const command of over) {
        await expect(life.change(command, AGENT), JSON.stringify(command)).rejects.toEqual(denied)
      }
      await life.change({ kind: 'shift', weights: { canary: 1 } }, AGENT)
      // All versions together have the budget, however many steps it takes.
      await expect(life.change({ kind: 'shift', weights: { next: 0.01 } }, AGENT)).rejects.toEqual(
        denied,
      )
      await life.change({ kind: 'shift', weights: { canary: 0.4 } }, AGENT)
      await life.change({ kind: 'shift', weights: { next: 0.6 } }, AGENT)
      await expect(life.change({ kind: 'shift', weights: { canary: 0.5 } }, AGENT)).rejects.toEqual(
        denied,
      )
    }))

  it('may always take back, and not give again what was taken back', () =>
    createBudgeted({ maxShare: 1 }, async (life) => {
      await life.change(point('canary', '0.0.7'))
      await life.change({ kind: 'shift', weights: { canary: 50 } })
      const { revision } = await life.health()
      await life.change({ kind: 'shift', weights: { canary: 20 } }, AGENT)
      await life.change({ kind: 'rollback', to: 1 }, AGENT)
      await expect(life.change({ kind: 'rollback', to: revision }, AGENT)).rejects.toEqual(denied)
    }))

  it('cannot spend its budget twice by calls at the same time', () =>
    createBudgeted({ maxShare: 1 }, async (life) => {
      await life.change(point('canary', '0.0.7'))
      await life.change(point('next', '0.0.8'))
      const shift = (name: string) =>
        life.change({ kind: 'shift', weights: { [name]: 0.6 } }, AGENT)
      const { revision } = await life.health()
      const answers = await Promise.allSettled([shift('canary'), shift('next')])
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect((await life.health()).revision).toBe(revision + 1)
      // The one that was stale tries again, and finds the budget used.
      const again = await Promise.allSettled([shift('canary'), shift('next')])
      expect(again).toContainEqual({ status: 'rejected', reason: denied })
      const { text = '{}' } = (await life.document()) ?? {}
      expect(countBuckets(JSON.parse(text).traffic.main)).toBe(10_000 - 60)
    }))

  it('freezes nothing, ends no freeze, and writes no first document', async () => {
    await createBudgeted({ maxShare: 1 }, async (life) => {
      const answers = [
        await life.control.freeze(AGENT, { reason: 'x' }),
        await life.control.unfreeze(AGENT, undefined),
      ]
      expect(answers.map(({ ok }) => ok)).toEqual([false, false])
    })
    const world = await World.create()
    world.limits = { agent: { budget: { maxShare: 1 } } }
    await world.live(async (life) => {
      const first: Command = { kind: 'replace', document: exampleDocument() }
      await expect(life.change(first, AGENT)).rejects.toThrow('the first document')
    })
  })
})

const evident = (weight: number, more: object = {}) => ({
  ...{ weight, gate: 'evidence', minMinutes: 5, maxMinutes: 600, atMax: 'hold', ...more },
})
const SURE = { preset: 'standard', steps: [evident(1), evident(25)] } as const

describe('a rollout that a token with a budget starts', () => {
  const during = async (budget: Budget, use: (rolling: Rolling) => Promise<void>) => {
    const rolling = await createRollingWorld(document())
    rolling.world.limits = { agent: { budget } }
    await live(rolling, use)
  }
  const start = async ({ life }: Rolling, plan: Start['plan'], version = '0.0.7') =>
    life.control.startRollout(AGENT, {
      ...{ version, environment: 'canary', base: undefined, plan },
      ...{ reason: undefined, dryRun: false, expectedRevision: (await life.health()).revision },
    })
  const command = ({ life }: Rolling, name: RolloutCommand) =>
    life.control.commandRollout(AGENT, 1, name, {})
  const forbidden = { error: { kind: 'denied', why: expect.stringContaining('budget') } }

  it('is refused where its plan goes beyond without evidence, or judges in its own way', () =>
    during({ maxShare: 1 }, async (rolling) => {
      const plans = [
        'instant',
        'standard',
        'careful',
        { preset: 'standard', steps: [evident(2), evident(25)] },
        { preset: 'standard', steps: [evident(1), evident(25, { atMax: 'goOn' })] },
        { preset: 'standard', steps: [{ weight: 1, gate: 'time', minMinutes: 1 }, evident(50)] },
        { ...SURE, metrics: [{ name: 'errors', margin: 3 }] },
        { ...SURE, minVisitors: 1 },
        { preset: 'standard', steps: [], bake: { minutes: 5, heldBack: 5 } },
      ]
      for (const plan of plans) {
        expect(await start(rolling, plan), JSON.stringify(plan)).toMatchObject(forbidden)
      }
    }))

  it('goes on by evidence alone, and cannot be pushed by the token', () =>
    during({ maxShare: 1 }, async (rolling) => {
      expect(await start(rolling, SURE)).toMatchObject({ ok: true })
      for (const name of ['advance', 'promote'] as const) {
        expect(await command(rolling, name), name).toMatchObject(forbidden)
      }
      await expect(rolling.life.change(point('canary', '0.0.8'), AGENT)).rejects.toEqual(denied)
      expect(await command(rolling, 'pause')).toMatchObject({ ok: true })
      expect(await command(rolling, 'resume')).toMatchObject({ ok: true })
      await rolling.pass(HOUR, async () => (await rolling.buckets()).canary === 2500)
      // The judge has passed 1 %, and not more.
      await rolling.life.change({ kind: 'shift', weights: { canary: 0 } }, ALICE)
      await rolling.command('abort')
      expect(await rolling.finish(MINUTE)).toMatchObject({ phase: 'rolledBack' })
    }))

  it('lets the token give the share that the judge has passed, and 1 % more', () =>
    during({ maxShare: 1 }, async (rolling) => {
      await start(rolling, SURE)
      await rolling.pass(2 * HOUR, async () => ((await rolling.buckets()).canary ?? 0) > 2500)
      expect((await rolling.buckets()).canary).toBeGreaterThan(2500)
      const { life } = rolling
      await life.change({ kind: 'shift', weights: { canary: 5 } }, ALICE)
      await life.change({ kind: 'shift', weights: { canary: 25 } }, AGENT)
      await life.change({ kind: 'shift', weights: { canary: 26 } }, AGENT)
      await expect(
        life.change({ kind: 'shift', weights: { canary: 26.01 } }, AGENT),
      ).rejects.toEqual(denied)
    }))

  it('of somebody else is not let go on where its plan is beyond the budget', () =>
    during({ maxShare: 1 }, async (rolling) => {
      await rolling.start()
      await rolling.command('pause')
      expect(await command(rolling, 'resume')).toMatchObject(forbidden)
      expect(await command(rolling, 'abort')).toMatchObject({ ok: true })
    }))

  it('is taken back when it has had its visitors without evidence', () =>
    during({ maxVisitors: 500 }, async (rolling) => {
      await expect(
        rolling.life.change({ kind: 'shift', weights: { canary: 1 } }, AGENT),
      ).resolves.toBeDefined()
      await rolling.life.change({ kind: 'shift', weights: { canary: 0 } }, ALICE)
      await rolling.life.change(point('canary', '0.0.8'), AGENT)
      await expect(
        rolling.life.change({ kind: 'shift', weights: { canary: 1 } }, AGENT),
      ).rejects.toThrow('only a rollout counts visitors')
      const plan = { preset: 'standard', steps: [evident(1, { minMinutes: 60 }), evident(25)] }
      expect(await start(rolling, plan)).toMatchObject({ ok: true })
      const status = await rolling.finish(HOUR)
      expect(status).toMatchObject({
        phase: 'rolledBack',
        reason: expect.stringContaining('the budget of the token that started it is 500'),
      })
      expect(rolling.script.exposed.canary).toBeGreaterThanOrEqual(500)
      expect(rolling.script.exposed.canary).toBeLessThan(600)
    }))

  it('is taken back by evidence first, and what spoke for it is forgotten', () =>
    during({ maxShare: 1 }, async (rolling) => {
      await start(rolling, SURE)
      rolling.script.load = FAILING
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
      await expect(
        rolling.life.change({ kind: 'shift', weights: { canary: 2 } }, AGENT),
      ).rejects.toEqual(denied)
    }))
})

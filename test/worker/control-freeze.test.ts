// A freeze: nothing goes forward, by whatever way, and taking back is never held.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { KV_PROPAGATION_MS } from '../../src/control/publishing/adopt-edits.ts'
import type { Command } from '../../src/wire/commands.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, BOB, type Life, point, toChange, World } from './control-world.ts'
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

describe('outside of the windows', () => {
  // The clock of these tests begins on Friday, 1 January 2100.
  const mondays = {
    zone: 'Europe/Berlin',
    windows: [{ days: ['mon' as const], from: '09:00', to: '17:00' }],
  }

  it('is as in a freeze, until a window opens or somebody forces it with a reason', () =>
    createFrozen(async (life) => {
      await life.control.unfreeze(ALICE, undefined)
      expect(await life.control.setWindows(ALICE, mondays, 'agreed')).toMatchObject({
        value: { open: false, zone: 'Europe/Berlin', opensAt: Date.UTC(2100, 0, 4, 8) },
      })
      const shift = async (canary: number, more: object = {}) => {
        const { revision } = await life.health()
        const change = toChange({ kind: 'shift', weights: { canary } }, revision)
        return life.control.change(BOB, { ...change, ...more })
      }
      expect(await life.health()).toMatchObject({ windows: { open: false } })
      const text =
        'releases go forward only mon 09:00-17:00 (Europe/Berlin): next on Mon 2100-01-04 09:00'
      expect(await shift(10)).toMatchObject({
        error: { kind: 'frozen', detail: expect.stringContaining(text) },
      })
      expect(await shift(4)).toMatchObject({ ok: true })
      expect(await shift(10, { outsideWindow: true })).toMatchObject({
        error: { kind: 'invalid', problems: [{ path: 'reason' }] },
      })
      expect(await shift(10, { outsideWindow: true, reason: 'security fix' })).toMatchObject({
        ok: true,
      })
      expect(await life.control.audit(ALICE, { before: undefined, limit: 1 })).toMatchObject({
        value: [{ detail: { outsideWindow: true }, reason: 'security fix' }],
      })
      // A freeze is not disregarded by that.
      await freeze(life)
      expect(await shift(20, { outsideWindow: true, reason: 'x' })).toMatchObject({ ok: false })
      await life.control.unfreeze(ALICE, undefined)
      life.world.now = Date.UTC(2100, 0, 4, 8)
      expect(await shift(20)).toMatchObject({ ok: true })
      await life.control.setWindows(ALICE, { zone: 'UTC', windows: [] }, undefined)
      life.world.now = Date.UTC(2100, 0, 4, 20)
      expect(await shift(30)).toMatchObject({ ok: true })
      const { events } = await life.events()
      expect(events.filter(({ kind }) => kind === 'windows.set')).toEqual([
        expect.objectContaining({
          by: 'alice',
          windows: 'mon 09:00-17:00 (Europe/Berlin)',
          reason: 'agreed',
        }),
        expect.not.objectContaining({ windows: expect.anything() }),
      ])
    }))

  it('holds a rollout until a window opens', async () =>
    live(await createRollingWorld(), async (rolling) => {
      await rolling.start()
      await rolling.life.control.setWindows(ALICE, mondays, undefined)
      await rolling.pass(10 * MINUTE)
      expect(await rolling.status()).toMatchObject({ weight: 1, obstacle: { kind: 'frozen' } })
      await expect(rolling.command('advance')).rejects.toThrow('frozen')
      const { control } = rolling.life
      expect(
        await control.commandRollout(ALICE, 1, 'advance', { outsideWindow: true, reason: 'now' }),
      ).toMatchObject({ value: { weight: 5 } })
      const audit = await control.audit(ALICE, { before: undefined, limit: 1 })
      expect(audit).toMatchObject({
        value: [{ action: 'rollout-advance', detail: { outsideWindow: true } }],
      })
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

// Floors: a version says how far one may go back from it, and nothing goes below without a word of force.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { KV_PROPAGATION_MS } from '../../src/control/publishing/adopt-edits.ts'
import type { Command } from '../../src/wire/commands.ts'
import { ALICE, BOB, type Life, point, toChange, World } from './control-world.ts'
import {
  createRollingWorld,
  FAILING,
  HOUR,
  live,
  MINUTE,
  releasedDocument,
} from './rollout-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})

/** 0.0.3 ran first, then 0.0.5; 0.0.7 cannot go back below 0.0.5. */
function floored(change: object = {}) {
  const document = releasedDocument()
  const { '0.0.7': next, ...versions } = document.versions
  return { ...document, versions: { ...versions, '0.0.7': { ...next, floor: '0.0.5' } }, ...change }
}

const below = 'version "0.0.7" says that one may not go back below "0.0.5", and "0.0.3" is older'
const refused = expect.objectContaining({
  message: expect.stringContaining(JSON.stringify(below).slice(1, -1)),
})
const force = async (life: Life, command: Command) =>
  life.control.change(BOB, {
    ...toChange(command, (await life.health()).revision),
    belowFloor: true,
  })

async function createFloored(during: (life: Life) => Promise<void>): Promise<void> {
  const world = await World.create()
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document: floored() })
    await life.change(point('main', '0.0.5'))
    await life.change(point('main', '0.0.7'))
    await life.runAlarms()
    world.now += 10 * KV_PROPAGATION_MS
    await during(life)
  })
}

describe('a floor', () => {
  it('refuses by name every command that goes below it, until it is forced', () =>
    createFloored(async (life) => {
      const back: Command[] = [
        point('main', '0.0.3'),
        { kind: 'shift', weights: { canary: 5 } },
        { kind: 'swap', environments: ['main', 'canary'] },
        { kind: 'rollback', to: 1 },
        { kind: 'set-rules', rules: [{ name: 'all', environment: 'canary', when: true }] },
        { kind: 'replace', document: floored() },
      ]
      for (const command of back) {
        await expect(life.change(command, BOB), command.kind).rejects.toEqual(refused)
      }
      await life.change(point('main', '0.0.5'), BOB)
      // Its data stay as it left them: it binds those after it, too.
      await expect(life.change(point('main', '0.0.3'), BOB)).rejects.toEqual(refused)
      expect(await force(life, point('main', '0.0.3'))).toMatchObject({ ok: true })
      const audit = await life.control.audit(ALICE, { before: undefined, limit: 1 })
      expect(audit).toMatchObject({ value: [{ detail: { name: 'main', belowFloor: true } }] })
    }))

  it('binds nobody before the first visitor of the version', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: floored() })
      await life.change(point('main', '0.0.5'))
      await life.change(point('main', '0.0.3'))
    })
  })

  it('undoes a hand edit that goes below it, unless the edit takes the floor away', () =>
    createFloored(async (life) => {
      const edit = async (revision: number, change: object) => {
        const { text = '{}' } = (await life.document()) ?? {}
        const now = JSON.parse(text)
        const environments = { ...now.environments, main: { version: '0.0.3' } }
        await life.world.write({ ...now, environments, revision, ...change })
        await life.control.watch()
        await life.runAlarms()
        return JSON.parse((await life.world.read()) ?? '{}').environments.main.version
      }
      expect(await edit(20, {})).toBe('0.0.7')
      life.world.now += 10 * KV_PROPAGATION_MS
      const { versions } = releasedDocument()
      expect(await edit(30, { versions })).toBe('0.0.3')
    }))
})

describe('a rollout of a version with a floor', () => {
  it('is refused where it could not take its release back', async () => {
    const world = await createRollingWorld(floored())
    await live(world, async (rolling) => {
      expect(await rolling.tryStart()).toMatchObject({
        error: { kind: 'below_floor', detail: expect.stringContaining(below) },
      })
      await rolling.life.change(point('main', '0.0.5'))
      await rolling.start()
      rolling.script.load = FAILING
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
    })
  })

  it('pauses and says so where it was forced, and is aborted by force alone', async () => {
    const world = await createRollingWorld(floored())
    await live(world, async (rolling) => {
      await rolling.start({ belowFloor: true })
      const audit = await rolling.life.control.audit(ALICE, { before: undefined, limit: 1 })
      expect(audit).toMatchObject({
        value: [{ action: 'rollout-start', detail: { belowFloor: true } }],
      })
      rolling.script.load = FAILING
      await rolling.pass(10 * MINUTE)
      expect(await rolling.status()).toMatchObject({
        paused: `it should be taken back, and ${below}`,
        problem: below,
        weight: 1,
      })
      const { events } = await rolling.life.events()
      expect(events.filter(({ kind }) => kind === 'rollout.paused')).toMatchObject([
        { by: 'control', reason: `paused: it should be taken back, and ${below}` },
      ])
      await expect(rolling.command('abort')).rejects.toThrow('below_floor')
      const { control } = rolling.life
      expect(await control.commandRollout(ALICE, 1, 'abort', { belowFloor: true })).toMatchObject({
        value: { phase: 'rolledBack' },
      })
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
    })
  })
})

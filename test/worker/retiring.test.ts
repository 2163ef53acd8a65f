// Versions that nothing needs leave the document by themselves, when their time is over: with one alarm
// at most, and none where nothing ever leaves.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { COLLECTION_GRACE_MS } from '../../src/control/releases/retention.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, type Life, World } from './control-world.ts'
import { type Client, make, PublicationWorld } from './publication-world.ts'

const DAY = 86_400_000

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

const contentOf = (id: string) => make({ '/index.html': `page of ${id}` })
const versionsOf = async (client: Client) =>
  Object.keys((await client.call('GET', '/assignments')).body.versions)

/** `main` points at v0, and so many more have been published that nobody points at. */
async function createPreviews(count: number) {
  const world = await PublicationWorld.create()
  await world.live(async (client, life) => {
    const made = await contentOf('v0')
    await client.publish('v0', made)
    await client.first('v0', made)
    for (let i = 0; i < count; i++) await client.publish(`p${i}`, await contentOf(`p${i}`))
    await publishAll(life)
  })
  return world
}

/** Alarms that are due within a minute: those that bring the document to KV. */
async function publishAll(life: Life) {
  for (;;) {
    const time = await life.state.storage.getAlarm()
    if (time === null || time > life.world.now + 60_000) return
    await life.runAlarm()
  }
}

describe('retention', () => {
  it('takes out what nobody needs a day after it came, with one alarm, and then is still', async () => {
    const world = await createPreviews(14)
    await world.live(async (client, life) => {
      const armed = await life.state.storage.getAlarm()
      expect((armed ?? 0) - world.world.now).toBeGreaterThan(COLLECTION_GRACE_MS / 2)
      expect(await versionsOf(client)).toHaveLength(15)
      await life.runAlarm()
      await publishAll(life)
      const left = await versionsOf(client)
      // The last ten: the one that is pointed at, and nine previews.
      expect(left).toEqual(['v0', ...Array.from({ length: 9 }, (_, i) => `p${i + 5}`)])
      expect(await world.world.read()).toContain('"p13"')
      expect(await world.world.read()).not.toContain('"p0"')
      const audit = await life.control.audit(ALICE, { before: undefined, limit: 1 })
      expect(audit).toMatchObject({
        value: [
          {
            actor: 'control',
            action: 'remove-versions',
            detail: { versions: ['p0', 'p1', 'p2', 'p3', 'p4'] },
          },
        ],
      })
      expect((await life.verify()).problems).toEqual([])
      expect(await life.state.storage.getAlarm()).toBeNull()
      const { rowsWritten } = world.world
      for (let minute = 0; minute < 60; minute++) {
        world.world.now += 60_000
        await life.control.watch()
        await life.settle()
      }
      expect(world.world.rowsWritten).toBe(rowsWritten)
      expect(await life.state.storage.getAlarm()).toBeNull()
    })
  })

  it('keeps what was pointed at within thirty days, to the day, also for a control that starts anew', async () => {
    const world = await createPreviews(12)
    await world.live(async (client, life) => {
      await client.point('main', 'p0')
      await client.point('main', 'v0')
      await publishAll(life)
    })
    for (let day = 0; day < 29; day++) {
      await world.live(async (client, life) => {
        world.world.now += DAY
        await life.control.watch()
        await life.control.alarm()
        await publishAll(life)
        expect(await versionsOf(client)).toContain('p0')
      })
    }
    await world.live(async (client, life) => {
      world.world.now += 2 * DAY
      // p0 was used last, and is among the last ten as long as no nine are newer.
      for (let i = 0; i < 10; i++) await client.publish(`n${i}`, await contentOf(`n${i}`))
      await publishAll(life)
      await life.control.alarm()
      await life.runAlarms(10)
      expect(await versionsOf(client)).not.toContain('p0')
    })
  })

  it('sets no alarm where all versions stay', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      await life.change({ kind: 'set-environment', name: 'main', version: '0.0.5' })
      await life.runAlarms()
      expect(await life.state.storage.getAlarm()).toBeNull()
    })
  })

  it('leaves what an environment points at, whatever else has to go', async () => {
    const world = await createPreviews(20)
    await world.live(async (client, life) => {
      await client.point('qa', 'p0')
      await client.point('main', 'p1')
      world.world.now += 400 * DAY
      await life.runAlarms(10)
      expect(await versionsOf(client)).toEqual(expect.arrayContaining(['p0', 'p1']))
    })
  })
})

describe('a data folder of an earlier version', () => {
  it('is given the column that it lacks, and its uploads go on', async () => {
    const world = await PublicationWorld.create()
    await world.live(async (client, life) => {
      await client.begin('old', await contentOf('old'))
      life.state.storage.sql.exec('ALTER TABLE uploads DROP COLUMN owner')
    })
    await world.live(async (client) => {
      expect((await client.call('GET', '/uploads/old')).body.state).toBe('open')
      const made = await contentOf('old')
      expect((await client.publish('old', made)).answer.body.state).toBe('finalised')
    })
  })
})

// Drained versions, with the real control: what it counts of versions and tabs, and the event that comes once.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { type Batch, COUNTING_FORM, type Group, isBatch } from '../../src/core/counting/batch.ts'
import { WINDOW_MS } from '../../src/core/counting/limits.ts'
import { noTotals } from '../../src/core/counting/totals.ts'
import { MAX_COUNTED_SERVICES } from '../../src/core/counting/uses.ts'
import { DRAIN_QUIET_MS } from '../../src/core/drain.ts'
import { Recorder } from '../../src/metrics/recorder.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, type Life, point, World } from './control-world.ts'
import { toAnswered, toAsked } from './metrics-asked.ts'

const OLD = '0.0.3'
const MINUTE = 60_000

let sequence = 0

/** Requests for a version now, as an isolate reports them. */
function toUse(world: World, more: Partial<Group> = {}, requests = 1): Batch {
  const group: Group = {
    environment: 'main',
    version: OLD,
    revision: 1,
    totals: { ...noTotals(), requests },
    visitors: new Uint32Array(),
    kinds: [],
    outcomes: new Uint32Array(),
    ...more,
  }
  const window = Math.floor(world.now / WINDOW_MS)
  const windows = [{ window, groups: [group] }]
  return { form: COUNTING_FORM, isolate: 'i', sequence: ++sequence, windows, dropped: 0 }
}

const sync = (life: Life, batch: unknown) =>
  life.control.sync({ held: undefined, kv: undefined, batch: batch as Batch })

async function drainOf(life: Life, version = OLD) {
  const uses = await life.control.versionUses(ALICE)
  if (!uses.ok) throw new Error('denied')
  return uses.value.find((use) => use.version === version)?.drain
}

const drainedEvents = async (life: Life) =>
  (await life.events()).events.filter(({ kind }) => kind === 'version.drained')

/** Lets time pass; the watchdog comes every five minutes, and alarms when they are due. */
async function pass(life: Life, ms: number): Promise<void> {
  const { world } = life
  for (const end = world.now + ms; world.now < end; ) {
    const alarm = await life.state.storage.getAlarm()
    world.now = Math.min(end, Math.max(world.now, alarm ?? end), world.now + 5 * MINUTE)
    if (alarm !== null && alarm <= world.now) await life.runAlarm()
    await life.control.watch()
  }
}

/** A control whose version 0.0.3 nothing points at any more. */
async function createLeft(): Promise<World> {
  const world = await World.create()
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document: { ...exampleDocument(), tabPins: true } })
    await sync(life, toUse(world, { services: { '/api/': 1 } }))
    await life.change(point('main', '0.0.5'))
    await life.runAlarms(1)
  })
  return world
}

beforeEach(() => {
  sequence = 0
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

describe('the use of a version', () => {
  it('is told by version and service, with its tabs, also of windows that are open, and after a restart', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      expect(await drainOf(life)).toMatchObject({ state: 'inUse', tabs: null, lastRequestAt: null })
      const tabs = Uint16Array.from([(1 << 5) | 1, (2 << 5) | 1])
      await sync(life, toUse(world, { services: { '/api/': 2 }, tabs }, 3))
      expect(await drainOf(life)).toMatchObject({
        state: 'inUse',
        why: 'the environment main points at it',
        requestsLastHour: 3,
        tabs: 2,
        services: [{ prefix: '/api/', requestsLastHour: 2, sharedWith: [] }],
      })
      world.now += MINUTE
      await sync(life, toUse(world, { tabs }, 1))
      world.now += MINUTE
      await life.control.metricsSince(ALICE)
    })
    await world.live(async (life) => {
      const drain = await drainOf(life)
      expect(drain).toMatchObject({ requestsLastHour: 4, tabs: 2 })
      const [api] = drain?.services ?? []
      expect(api?.requestsLastHour).toBe(2)
      expect((drain?.lastRequestAt ?? 0) - (api?.lastRequestAt ?? 0)).toBe(MINUTE)
      world.now += DRAIN_QUIET_MS + MINUTE
      expect(await drainOf(life)).toMatchObject({
        requestsLastHour: 0,
        tabs: null,
        lastRequestAt: drain?.lastRequestAt,
        services: [{ lastRequestAt: api?.lastRequestAt, requestsLastHour: 0 }],
      })
    })
  })

  it('is known to the minute from what an older Holo has counted', async () => {
    const world = await World.create()
    const at = world.now
    await world.live(async (life) => {
      const { control, state } = life
      await life.change({ kind: 'replace', document: exampleDocument() })
      await sync(life, toUse(world))
      world.now += MINUTE
      await control.metricsSince(ALICE)
      state.storage.sql.exec('ALTER TABLE metric_windows DROP COLUMN uses')
      state.storage.sql.exec('ALTER TABLE metric_minutes DROP COLUMN last_uses')
    })
    await world.live(async (life) => {
      world.now += MINUTE
      expect(await drainOf(life)).toMatchObject({ requestsLastHour: 0, state: 'inUse' })
      expect((await drainOf(life))?.lastRequestAt).toBe(at + MINUTE)
    })
  })

  it('is taken from an older isolate, and forged or too large reports are refused', async () => {
    const world = await createLeft()
    await world.live(async (life) => {
      const before = (await drainOf(life))?.requestsLastHour ?? 0
      await sync(life, toUse(world))
      expect((await drainOf(life))?.requestsLastHour).toBe(before + 1)
      const many = Array.from({ length: MAX_COUNTED_SERVICES + 1 }, (_, i) => [`/${i}/`, 1])
      const forged = [
        { services: Object.fromEntries(many) },
        { services: { '/api/': -1 } },
        { services: [] },
        { tabs: new Uint16Array(513) },
        { tabs: Uint16Array.from([31]) },
        { tabs: ['me'] },
      ]
      for (const more of forged) {
        const batch = toUse(world, more as never)
        expect(isBatch(batch)).toBe(false)
        await sync(life, batch)
      }
      expect((await drainOf(life))?.requestsLastHour).toBe(before + 1)
    })
  })
})

describe('the event version.drained', () => {
  it('comes once, an hour after the last request, and again when the version was used anew', async () => {
    const world = await createLeft()
    await world.live(async (life) => {
      expect(await drainOf(life)).toMatchObject({ state: 'draining', tabs: 0, drainedAt: null })
      world.now += 30 * MINUTE
      await sync(life, toUse(world))
      await pass(life, DRAIN_QUIET_MS - MINUTE)
      expect(await drainedEvents(life)).toEqual([])
    })
    await world.live((life) => pass(life, 2 * MINUTE))
    const at = world.now
    await world.live(async (life) => {
      expect(await drainedEvents(life)).toMatchObject([
        { version: OLD, services: ['/api/'], why: expect.stringContaining('nobody') },
      ])
      const drain = await drainOf(life)
      expect(drain).toMatchObject({ state: 'drained', services: [{ sharedWith: [] }] })
      expect(drain?.drainedAt).toBeLessThanOrEqual(at)
      const rows = world.rowsWritten
      await pass(life, 5 * DRAIN_QUIET_MS)
      expect(world.rowsWritten).toBe(rows)
      expect(await life.state.storage.getAlarm()).toBeNull()
      await sync(life, toUse(world))
      await pass(life, 2 * MINUTE)
      expect(await drainOf(life)).toMatchObject({ state: 'draining' })
      await pass(life, DRAIN_QUIET_MS)
      expect(await drainedEvents(life)).toHaveLength(2)
      await life.change(point('main', OLD))
      await pass(life, 2 * DRAIN_QUIET_MS)
      expect(await drainOf(life)).toMatchObject({ state: 'inUse', drainedAt: null })
      await life.change(point('main', '0.0.5'))
      await pass(life, DRAIN_QUIET_MS + MINUTE)
      expect(await drainedEvents(life)).toHaveLength(3)
    })
  })

  it('comes once, whatever step the control is stopped at', async () => {
    const world = await createLeft()
    world.now += DRAIN_QUIET_MS
    let stopAt = 1
    for (let isDone = false; !isDone; stopAt++) {
      let steps = 0
      world.onStep = () => {
        if (++steps === stopAt) throw new Error('stopped')
      }
      await world.live((life) => life.control.alarm().catch(() => undefined)).catch(() => undefined)
      isDone = steps < stopAt
      world.onStep = () => undefined
      world.now += 2 * MINUTE
    }
    await world.live(async (life) => {
      await pass(life, 10 * MINUTE)
      expect(await drainedEvents(life)).toHaveLength(1)
    })
    expect(stopAt).toBeGreaterThan(4)
  })

  it('does not come while a link shows the version', async () => {
    const world = await createLeft()
    await world.live(async (life) => {
      const made = await life.control.createPreview(ALICE, {
        versions: [OLD],
        forSeconds: 3 * 3600,
      } as never)
      expect(made.ok).toBe(true)
      await pass(life, 2 * DRAIN_QUIET_MS)
      expect(await drainedEvents(life)).toEqual([])
      expect(await drainOf(life)).toMatchObject({ state: 'inUse' })
      await pass(life, 2 * DRAIN_QUIET_MS)
      expect(await drainedEvents(life)).toHaveLength(1)
    })
  })
})

describe('an isolate', () => {
  it('reports services, and the tabs of pages that named themselves with a pin that counts', () => {
    const now = 1_700_000_000_000
    const recorder = new Recorder({ now: () => now, toIsolate: () => 'isolate' })
    const browser = { 'sec-fetch-site': 'same-origin' }
    const ask = (headers: Record<string, string>) =>
      recorder.record(
        toAsked({ url: '/api/me', headers: { ...browser, ...headers } }),
        toAnswered(),
      )
    const pin = { 'holo-pin': '0.0.5@canary' }
    ask({ ...pin, 'holo-tab': 'k3j5h2g9f8d7' })
    ask({ ...pin, 'holo-tab': 'k3j5h2g9f8d7' })
    ask({ ...pin, 'holo-tab': 'a9b8c7d6e5f4' })
    ask({ ...pin, 'holo-tab': '1' })
    ask({ ...pin, 'holo-tab': 'not a name!' })
    ask({ 'holo-pin': '9.9.9', 'holo-tab': 'z9b8c7d6e5f4' })
    ask({ ...pin, 'holo-tab': 'y9b8c7d6e5f4', 'user-agent': 'curl/8.0' })
    const batch = recorder.outgoing.take(now)
    expect(isBatch(structuredClone(batch))).toBe(true)
    const groups = batch?.windows.flatMap((window) => window.groups) ?? []
    expect(groups.map(({ version, services, tabs }) => [version, services, tabs?.length])).toEqual([
      ['0.0.5', { '/api/': 7 }, 2],
    ])
  })
})

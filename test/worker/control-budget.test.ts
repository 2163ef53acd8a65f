// What the control costs: rows written, alarms and KV calls, over driven hours and days.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FLAGS_STORED_EVERY_MS } from '../../src/control/flags/limits.ts'
import { FIRST_RETRY_MS, LONGEST_RETRY_MS } from '../../src/control/intervals.ts'
import { ROWS_PER_CHANGE, ROWS_PER_PUBLICATION } from '../../src/control/limits.ts'
import { KV_PUT_TIMEOUT_MS } from '../../src/control/publishing/publisher.ts'
import { KV_READ_TIMEOUT_MS } from '../../src/control/publishing/read-kv.ts'
import {
  ALARM_BURST,
  ALARM_COST_MS,
  MAX_ALARMS_PER_DAY,
} from '../../src/control/publishing/schedule.ts'
import { COUNTING_FORM } from '../../src/core/counting/batch.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, type Life, World } from './control-world.ts'

/** What an account without a plan may write a day. */
const FREE_ROWS_PER_DAY = 100_000

const MINUTE = 60_000
const HOUR = 60 * MINUTE

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

afterEach(() => {
  vi.useRealTimers()
})

async function createPublished(): Promise<World> {
  const world = await World.create()
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document: exampleDocument() })
    await life.runAlarms()
  })
  world.now += HOUR
  return world
}

/** Rows and alarms, as the platform bills them, since the last time. */
function createMeter(world: World) {
  let rows = world.rowsWritten
  let alarms = world.alarmsSet.length
  let calls = world.kvCalls.length
  return () => {
    const spent = {
      rows: world.rowsWritten + world.alarmsSet.length - rows - alarms,
      alarms: world.alarmsSet.length - alarms,
      reads: world.kvCalls.slice(calls).filter(({ kind }) => kind === 'get').length,
      puts: world.kvCalls.slice(calls).filter(({ kind }) => kind === 'put').length,
    }
    rows = world.rowsWritten
    alarms = world.alarmsSet.length
    calls = world.kvCalls.length
    return spent
  }
}

/**
 * Lets time pass as the platform does: the watchdog every minute, alarms when they are due, and `each`
 * every two seconds. How many alarms ran.
 */
async function passTime(life: Life, ms: number, each?: (tick: number) => Promise<unknown>) {
  const { world } = life
  const end = world.now + ms
  let runs = 0
  let nextTick = world.now + 2000
  let nextMinute = world.now + MINUTE
  for (let tick = 0; ; ) {
    const alarm = (await life.state.storage.getAlarm()) ?? Number.POSITIVE_INFINITY
    const next = Math.min(alarm, nextMinute, each ? nextTick : Number.POSITIVE_INFINITY)
    if (next >= end) break
    world.now = Math.max(world.now, next)
    if (next === alarm) {
      await life.runAlarm()
      runs++
    } else if (next === nextMinute) {
      await life.control.watch()
      nextMinute += MINUTE
    } else {
      await each?.(tick++)
      nextTick += 2000
    }
  }
  world.now = end
  return runs
}

describe('an idle control', () => {
  it('writes no row and sets no alarm for a day, and reads KV once a minute', async () => {
    const world = await createPublished()
    const spent = createMeter(world)
    // It starts anew every hour, as one that sleeps does.
    for (let hour = 0; hour < 24; hour++) {
      await world.live(async (life) => {
        for (let minute = 0; minute < 60; minute++) {
          world.now += MINUTE
          await life.control.watch()
        }
        expect(await life.state.storage.getAlarm()).toBeNull()
      })
    }
    expect(spent()).toEqual({ rows: 0, alarms: 0, reads: 1440, puts: 0 })
  })

  it('writes nothing for isolates that ask, and reads KV for none of them', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const { text } = (await life.document()) ?? {}
      const spent = createMeter(world)
      for (let i = 0; i < 1000; i++) {
        world.now += 2
        expect((await life.report(text)).text).toBeUndefined()
      }
      expect(spent()).toEqual({ rows: 0, alarms: 0, reads: 0, puts: 0 })
      expect((await life.health()).callsPerSecond).toBeCloseTo(100, 0)
    })
  })

  it('writes one row in five minutes for evaluations of flags, however many isolates tell of them', async () => {
    const world = await createPublished()
    const timers: { run: () => unknown; ms: number }[] = []
    world.later = (run, ms) => timers.push({ run, ms })
    await world.live(async (life) => {
      const spent = createMeter(world)
      const flagCounts = [{ flag: 'dark', variant: 'on', reason: 'STATIC', count: 100 }]
      for (let sequence = 1; sequence <= 200; sequence++) {
        const of = { form: COUNTING_FORM, isolate: `isolate-${sequence % 20}`, sequence }
        const batch = { ...of, windows: [], dropped: 0, flagCounts }
        await life.control.sync({ held: undefined, kv: undefined, batch })
      }
      expect(spent().rows).toBe(0)
      const writes = timers.filter(({ ms }) => ms === FLAGS_STORED_EVERY_MS)
      expect(writes).toHaveLength(1)
      writes[0]?.run()
      expect(spent()).toMatchObject({ rows: 1, alarms: 0 })
      const told = await life.control.flagCounts(ALICE)
      expect(told).toMatchObject({ ok: true, value: { counts: [{ lastHour: 20_000 }], lost: 0 } })
    })
  })

  it('writes nothing where nothing was ever published', async () => {
    const world = await World.create()
    await world.live((life) => life.control.watch())
    const spent = createMeter(world)
    await world.live((life) => passTime(life, 2 * HOUR))
    expect(spent()).toMatchObject({ rows: 0, alarms: 0, puts: 0 })
  })
})

describe('a busy control', () => {
  it('with a change every two seconds for half an hour stays within its budget', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const spent = createMeter(world)
      let changes = 0
      const alarms = await passTime(life, HOUR / 2, async (tick) => {
        changes++
        await life.change({ kind: 'shift', weights: { canary: 10 + (tick % 40) } })
      })
      const { rows, puts } = spent()
      expect(changes).toBe(899)
      expect(alarms).toBeLessThanOrEqual(ALARM_BURST + HOUR / 2 / ALARM_COST_MS)
      expect(puts).toBeGreaterThan(200)
      expect(rows).toBeLessThanOrEqual(changes * ROWS_PER_CHANGE + alarms * ROWS_PER_PUBLICATION)
      expect(MAX_ALARMS_PER_DAY * ROWS_PER_PUBLICATION).toBeLessThan(FREE_ROWS_PER_DAY * 0.3)
      await life.runAlarms()
      expect(await world.read()).toBe((await life.document())?.text)
      console.log(
        `${changes} changes in half an hour: ${alarms} alarms, ${puts} puts, ${rows} rows`,
      )
    })
  })

  it('with one change costs eight rows at most, and then nothing', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const spent = createMeter(world)
      await life.change({ kind: 'shift', weights: { canary: 50 } })
      expect(await passTime(life, HOUR)).toBe(1)
      expect(spent()).toEqual({ rows: 7, alarms: 1, reads: 1 + 59, puts: 1 })
    })
  })

  it('writes nothing for what is refused, changes nothing or is only tried', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const spent = createMeter(world)
      const same = await life.change({ kind: 'shift', weights: { canary: 5 } })
      expect(same).toMatchObject({ revision: 1, changed: false, moved: [] })
      await expect(life.change({ kind: 'shift', weights: { nobody: 5 } })).rejects.toThrow('nobody')
      const tried = await life.control.change(
        { credential: { kind: 'token', token: 'alice' }, requestId: '', address: '' },
        {
          command: { kind: 'shift', weights: { canary: 25 } },
          expectedRevision: 1,
          reason: undefined,
          dryRun: true,
        },
      )
      expect(tried).toMatchObject({
        ok: true,
        value: {
          revision: 2,
          changed: false,
          moved: [{ from: 'main', to: 'canary', buckets: 2000 }],
        },
      })
      expect(spent()).toEqual({ rows: 0, alarms: 0, reads: 0, puts: 0 })
      expect((await life.health()).revision).toBe(1)
    })
  })
})

describe('a KV that is down for an hour', () => {
  it.each(['get', 'put'] as const)('costs little, and is caught up with (%s)', async (down) => {
    const world = await createPublished()
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 50 } })
      world.beforeKv = (kind) => {
        if (kind === down) throw new Error(`KV ${kind} failed`)
      }
      const spent = createMeter(world)
      const alarms = await passTime(life, HOUR)
      const { rows, alarms: set } = spent()
      expect(alarms).toBeLessThan(70)
      // The event that tells of it is one more.
      expect(rows).toBeLessThanOrEqual(alarms * ROWS_PER_PUBLICATION + 1)
      expect(set).toBe(alarms)
      expect(await life.health()).toMatchObject({
        revision: 2,
        published: 1,
        publishError: `KV ${down} failed`,
      })
      console.log(`KV ${down} down for an hour: ${alarms} alarms, ${rows} rows`)
      world.beforeKv = () => undefined
      expect(await passTime(life, LONGEST_RETRY_MS + 1)).toBe(1)
      expect(await life.health()).toMatchObject({ published: 2, publishError: undefined })
      expect(await world.read()).toBe((await life.document())?.text)
    })
  })

  it('keeps its distances though the control starts anew before every alarm', async () => {
    const world = await createPublished()
    await world.live((life) => life.change({ kind: 'shift', weights: { canary: 50 } }))
    world.beforeKv = () => {
      throw new Error('KV is down')
    }
    const times: number[] = []
    for (let i = 0; i < 8; i++) {
      await world.live(async (life) => {
        await life.runAlarm()
        times.push(world.now)
      })
    }
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    expect(waits[0]).toBe(FIRST_RETRY_MS)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits.at(-1)).toBe(LONGEST_RETRY_MS)
  })

  it.each([
    ['get', KV_READ_TIMEOUT_MS],
    ['put', KV_PUT_TIMEOUT_MS],
  ] as const)('because it hangs (%s) is given up after %i ms', async (hanging, ms) => {
    const world = await createPublished()
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 50 } })
      let isHanging = true
      world.beforeKv = (kind) =>
        isHanging && kind === hanging ? new Promise(() => undefined) : undefined
      const { setTimeout } = globalThis
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const run = life.runAlarm()
      await vi.waitUntil(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        return vi.getTimerCount() > 0 && world.kvCalls.at(-1)?.kind === hanging
      }, 20_000)
      await vi.advanceTimersByTimeAsync(ms)
      await run
      vi.useRealTimers()
      expect((await life.health()).publishError).toBe(`no answer within ${ms} ms`)
      isHanging = false
      await life.runAlarms()
      expect(await life.health()).toMatchObject({ published: 2, publishError: undefined })
    })
  })
})

describe('a lost alarm', () => {
  it('is set again by the watchdog, once', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 50 } })
      await life.state.storage.deleteAlarm()
      const spent = createMeter(world)
      for (let i = 0; i < 5; i++) await life.control.watch()
      expect(spent()).toEqual({ rows: 1, alarms: 1, reads: 0, puts: 0 })
      await life.runAlarms()
      expect((await life.health()).published).toBe(2)
    })
  })

  it('that stays in the past without ever running is set again, too', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 50 } })
      const spent = createMeter(world)
      world.now += 30_000
      await life.control.watch()
      expect(spent().alarms).toBe(0)
      world.now += 60_000
      await life.control.watch()
      expect(spent().alarms).toBe(1)
    })
  })
})

import { describe, expect, it, vi } from 'vitest'
import { Counting } from '../../src/control/counting/counting.ts'
import {
  KEPT_MINUTES,
  KEPT_WINDOWS,
  MAX_COUNTED_ROLLOUTS,
  MAX_ROWS_PER_DAY,
  ROWS_PER_ROLLOUT_LOOK,
  ROWS_PER_WINDOW,
} from '../../src/control/counting/limits.ts'
import { isBatch } from '../../src/core/counting/batch.ts'
import { toDistinctDay } from '../../src/core/counting/distinct.ts'
import { fromJudgedIntervals } from '../../src/core/counting/first-byte.ts'
import { EVERYBODY, WINDOW_MS } from '../../src/core/counting/limits.ts'
import type { Window } from '../../src/core/rollout/events.ts'
import { DEFAULT_METRICS } from '../../src/core/rollout/plan.ts'
import { START, type ToGroup, toBatch } from '../control/counting/batches.ts'
import { ALICE, namespace, World } from './control-world.ts'

const MINUTE_MS = 60_000
const NONE = { held: undefined, kv: undefined }
const ROLLOUT = {
  rollout: 'r1',
  generation: 1,
  control: { environment: 'main', version: '1' },
  canary: { environment: 'canary', version: '2' },
  metrics: DEFAULT_METRICS,
  warmUpMs: 0,
}
const VISITS: ToGroup[] = [
  { side: 'control', visits: [{ hash: 1 }, { hash: 2, failed: 'GET /api' }] },
  { side: 'canary', visits: [{ hash: 3 }] },
]

async function createWorld(): Promise<World> {
  const world = await World.create()
  world.now = START
  return world
}

const countingOf = (world: World, storage: DurableObjectStorage) =>
  new Counting({ storage, now: () => world.now, later: () => undefined, toKey: () => 'key' })

/** One window of counts each, told in the next one. */
function feed(counting: Counting, world: World, windows: number, groups = VISITS): void {
  const first = Math.floor((world.now - START) / WINDOW_MS)
  for (let offset = first; offset < first + windows; offset++) {
    world.now += WINDOW_MS
    counting.receive(toBatch('isolate', offset + 1, { [offset]: groups }))
  }
}

/** Begins to count, as the driver does. */
function begin(counting: Counting, more: Partial<typeof ROLLOUT> = {}, sinceId = -1): void {
  const rollout = { ...ROLLOUT, ...more }
  counting.begin(rollout, sinceId)
  counting.beginStratum(rollout.rollout, { id: 1, shares: [0.9, 0.1] })
}

/** Gives the next window to the judge, as the driver does. */
function give(counting: Counting, rollout: string, id: number): Window | undefined {
  const window = counting.nextWindow(rollout, id - 1)
  if (!window) return undefined
  counting.store(rollout, id)
  counting.confirm(rollout)
  return window
}

/** How many visitors met a failure in it on each side, all routes together. */
function toFailed(window: Window | undefined): readonly number[] {
  return window?.sets.find(({ route }) => route === '')?.visitors ?? [0, 0]
}

describe('a batch', () => {
  it('is still one after the call between isolate and control', async () => {
    const receive = vi.spyOn(Counting.prototype, 'receive')
    const batch = toBatch('isolate', 1, { 0: VISITS })
    await namespace.getByName(crypto.randomUUID()).sync({ ...NONE, batch })
    expect(receive.mock.calls.map(([received]) => isBatch(received))).toEqual([true])
    expect(receive.mock.calls[0]?.[0]).toEqual(batch)
    vi.restoreAllMocks()
  })
})

describe('rows written', () => {
  it('are none when nothing happens, however often isolates call', async () => {
    const world = await createWorld()
    await world.live(async ({ control }) => {
      await control.sync(NONE)
      const before = world.rowsWritten
      for (let i = 0; i < 100; i++) {
        world.now += WINDOW_MS
        await control.sync(NONE)
        await control.watch()
      }
      expect(world.rowsWritten).toBe(before)
    })
  })

  it('are as declared for an hour of requests, with and without a rollout', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      let before = world.rowsWritten
      feed(counting, world, 360)
      expect(world.rowsWritten - before).toBeLessThanOrEqual(MAX_ROWS_PER_DAY / 24)
      expect(world.rowsWritten - before).toBeGreaterThan(360)
      begin(counting)
      before = world.rowsWritten
      for (let i = 0; i < 360; i++) {
        feed(counting, world, 1, [{ side: 'canary', visits: [{ hash: 10 + i, failed: 'GET /' }] }])
        give(counting, 'r1', i)
      }
      expect(world.rowsWritten - before).toBeLessThanOrEqual(
        360 * (ROWS_PER_WINDOW + ROWS_PER_ROLLOUT_LOOK) + 60 + 2,
      )
      console.log(`an hour with a rollout: ${world.rowsWritten - before} rows`)
    })
  })

  it('are one for a window, however many batches there are', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      const before = world.rowsWritten
      for (let i = 0; i < 500; i++) counting.receive(toBatch(`isolate ${i}`, 1, { 0: VISITS }))
      world.now += 4 * WINDOW_MS
      counting.closeDue()
      expect(world.rowsWritten - before).toBe(1)
    })
  })
})

describe('storage', () => {
  it('holds a day of windows and thirty days of minutes, and never more', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      feed(counting, world, KEPT_WINDOWS + 100)
      const rows = (table: string) =>
        [...state.storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)][0]?.n
      expect(rows('metric_windows')).toBe(KEPT_WINDOWS)
      expect(rows('metric_minutes')).toBeLessThanOrEqual(KEPT_MINUTES)
      const all = { from: 0, to: world.now }
      expect(counting.metrics({ ...all, resolution: 'window' })).toHaveLength(1000)
      const latest = counting.metrics({
        resolution: 'window',
        from: world.now - 100 * WINDOW_MS,
        to: world.now,
      })
      expect(latest.map(({ at }) => at)).toEqual(latest.map(({ at }) => at).toSorted())
      expect(latest.length).toBeGreaterThan(95)
    })
  })
})

describe('the sums of all time', () => {
  it('are stored once an hour, and are the same after a restart', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      const hours = 3
      feed(counting, world, hours * 60 * (MINUTE_MS / WINDOW_MS))
      world.now += 3 * WINDOW_MS
      const [stored] = state.storage.sql.exec<{ n: number }>(
        "SELECT count(*) AS n FROM metric_minutes WHERE since_beginning <> ''",
      )
      expect(stored?.n).toBeGreaterThanOrEqual(hours)
      expect(stored?.n).toBeLessThanOrEqual(hours + 1)
      const since = counting.since()
      expect(since.length).toBeGreaterThan(0)
      expect(countingOf(world, state.storage).since()).toEqual(since)
    })
  })
})

describe('what is told', () => {
  it('adds up to the same in windows, minutes and all together, also after a restart', async () => {
    const world = await createWorld()
    const expected = 3 * 20
    const check = (counting: Counting) => {
      const sum = (points: readonly { series: readonly { requests: number }[] }[]) =>
        points.flatMap(({ series }) => series).reduce((n, { requests }) => n + requests, 0)
      const range = { from: START - MINUTE_MS, to: world.now }
      expect(sum(counting.metrics({ ...range, resolution: 'window' }))).toBe(expected)
      expect(sum(counting.metrics({ ...range, resolution: 'minute' }))).toBe(expected)
      expect(sum([{ series: counting.since() }])).toBe(expected)
    }
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      feed(counting, world, 20)
      world.now += 3 * WINDOW_MS
      check(counting)
    })
    await world.live(async ({ state }) => check(countingOf(world, state.storage)))
  })

  it('is for those who may read', async () => {
    const world = await createWorld()
    await world.live(async ({ control }) => {
      await control.sync({ ...NONE, batch: toBatch('isolate', 1, { 0: VISITS }) })
      world.now += 4 * WINDOW_MS
      const answer = await control.metrics(ALICE, {
        resolution: 'window',
        from: START,
        to: world.now,
      })
      expect(answer).toMatchObject({
        ok: true,
        value: {
          points: [{ at: START, series: [{ environment: 'canary' }, { environment: 'main' }] }],
        },
      })
    })
  })

  it('survives a row that cannot be read, and batches that are none', async () => {
    const world = await createWorld()
    await world.live(async ({ state, control }) => {
      const counting = countingOf(world, state.storage)
      feed(counting, world, 20)
      state.storage.sql.exec("UPDATE metric_windows SET series = '{'")
      state.storage.sql.exec("UPDATE metric_minutes SET series = '{', since_beginning = '{'")
      state.storage.sql.exec(
        "INSERT INTO counted_rollouts (rollout, counted, first_id) VALUES ('bad', '{', 0)",
      )
      const fresh = countingOf(world, state.storage)
      fresh.metrics({ resolution: 'minute', from: 0, to: world.now })
      expect(fresh.collected).toBeUndefined()
      for (const batch of [{}, null, 'text', { windows: [1] }]) {
        const reply = await control.sync({ ...NONE, batch: batch as never })
        expect(reply.nextMs).toBeGreaterThan(0)
      }
    })
  })
})

describe('visitors now', () => {
  const DAY_MS = 86_400_000
  /** A window in which these visitors of "main" made as many requests as there are of them, or so many. */
  const seen = (from: number, to: number, at: number, requests = to - from): ToGroup[] => {
    const names = Array.from({ length: to - from }, (_, i) => `visitor${from + i}`)
    return [{ seen: { names, day: toDistinctDay(at) }, totals: { requests } }]
  }

  it('are different ones of five minutes, whoever reports them, also after a restart', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      expect(counting.visitorsNow()).toEqual({})
      for (let i = 0; i < 10; i++) feed(counting, world, 1, seen(10 * i, 10 * i + 20, world.now))
      // The last windows are still open.
      const { main = 0 } = counting.visitorsNow()
      expect(main).toBeGreaterThan(100)
      expect(main).toBeLessThan(120)
      world.now += 3 * WINDOW_MS
      counting.closeDue()
      expect(countingOf(world, state.storage).visitorsNow()).toEqual({ main })
      // Each window also has its own.
      const range = { resolution: 'window', from: world.now - 300_000, to: world.now } as const
      const points = counting.metrics(range)
      expect(points).toHaveLength(10)
      for (const { visitors } of points) {
        expect(visitors?.main).toBeGreaterThanOrEqual(18)
        expect(visitors?.main).toBeLessThanOrEqual(20)
      }
      world.now += 28 * WINDOW_MS
      expect(countingOf(world, state.storage).visitorsNow()).toEqual({})
    })
  })

  it('are never more than there were requests, whatever ids clients make up', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      feed(counting, world, 1, seen(0, 5000, world.now, 7))
      expect(counting.visitorsNow()).toEqual({ main: 7 })
    })
  })

  it('are too few rather than too many when the day ends', async () => {
    const world = await createWorld()
    world.now = Math.ceil(START / DAY_MS) * DAY_MS - WINDOW_MS
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      const offset = (world.now - START) / WINDOW_MS
      const tell = (sequence: number, at: number) =>
        counting.receive(
          toBatch('isolate', sequence, { [at]: seen(0, 40, START + at * WINDOW_MS) }),
        )
      tell(1, offset)
      world.now += WINDOW_MS
      tell(2, offset + 1)
      expect(counting.visitorsNow().main).toBeLessThan(45)
    })
  })

  it('of which a row says something that is no sketch are none', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      feed(counting, world, 1, seen(0, 5, world.now))
      world.now += 3 * WINDOW_MS
      counting.closeDue()
      for (const text of ['{', '[["main","x\u0000"]]', '[1]']) {
        state.storage.sql.exec('UPDATE metric_windows SET visitors = ?', text)
        expect(countingOf(world, state.storage).visitorsNow()).toEqual({})
      }
    })
  })
})

describe('what an older Holo has stored', () => {
  it('is read: tables without sketches, and rows and batches without finer intervals', async () => {
    const world = await createWorld()
    const latency = [1, 0, 2, 0, 0, 0, 0, 0, 0]
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      feed(counting, world, 1, [
        { totals: { requests: 3, latency, firstByte: undefined as never } },
      ])
      world.now += 3 * WINDOW_MS
      counting.closeDue()
      const { sql } = state.storage
      sql.exec("UPDATE metric_windows SET series = json_remove(series, '$[0].firstByte')")
      sql.exec('ALTER TABLE metric_windows DROP COLUMN visitors')
      const range = { resolution: 'window', from: START, to: world.now } as const
      const [point] = countingOf(world, state.storage).metrics(range)
      expect(point?.series[0]?.firstByte).toEqual(fromJudgedIntervals(latency))
      expect(countingOf(world, state.storage).visitorsNow()).toEqual({})
      expect(countingOf(world, state.storage).since()[0]?.firstByte).toEqual(
        fromJudgedIntervals(latency),
      )
    })
  })
})

describe('windows of a rollout', () => {
  it('have the id that is asked for, and are the same until they are confirmed', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      expect(counting.collected).toBeUndefined()
      begin(counting)
      const { collected } = counting
      expect(Object.keys(collected ?? {})).toEqual(['main', 'canary'])
      expect(collected?.canary).toMatchObject({ key: 'key', bound: EVERYBODY })
      expect(collected?.main?.allowance).toEqual({})
      expect(collected?.canary?.allowance).toEqual({ latency: 1.2 })
      expect(counting.nextWindow('r1', 4)).toBeUndefined()
      feed(counting, world, 1)
      const first = counting.nextWindow('r1', 4)
      expect(first).toMatchObject({ id: 5, generation: 1, visitors: [2, 1] })
      feed(counting, world, 1, [{ side: 'canary', visits: [{ hash: 9, failed: 'GET /api' }] }])
      expect(counting.nextWindow('r1', 4)).toBe(first)
      counting.store('r1', 5)
      counting.confirm('r1')
      const second = counting.nextWindow('r1', 5)
      expect(second).toMatchObject({ id: 6, visitors: [0, 1] })
      expect(toFailed(second)).toEqual([0, 1])
      expect(counting.nextWindow('other', 0)).toBeUndefined()
      counting.end('r1')
      expect(counting.collected).toBeUndefined()
    })
  })

  it('lose nothing where the transaction that should store one fails', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      begin(counting)
      feed(counting, world, 1)
      const before = counting.nextWindow('r1', -1)
      expect(() =>
        state.storage.transactionSync(() => {
          counting.store('r1', 0)
          throw new Error('no room')
        }),
      ).toThrow('no room')
      expect(give(counting, 'r1', 0)).toEqual(before)
      const fresh = countingOf(world, state.storage)
      feed(fresh, world, 1)
      expect(toFailed(fresh.nextWindow('r1', 0))).toEqual([0, 0])
    })
  })

  it('that are stored late take back no change of weights that came meanwhile', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      begin(counting)
      feed(counting, world, 1)
      // A look that fails before it stores anything.
      counting.nextWindow('r1', -1)
      counting.beginStratum('r1', { id: 2, shares: [0.5, 0.5] })
      give(counting, 'r1', 0)
      const [counted] = countingOf(world, state.storage).counted()
      expect(counted?.strata.map(({ id }) => id)).toEqual([1, 2])
    })
  })

  it('begin anew with a generation: nobody has failed, and ids go on', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      begin(counting)
      feed(counting, world, 1)
      expect(toFailed(give(counting, 'r1', 0))).toEqual([1, 0])
      feed(counting, world, 1)
      expect(toFailed(give(counting, 'r1', 1))).toEqual([0, 0])
      begin(counting, { generation: 2 }, 1)
      // Tabs may be open from before, so only those who open a page count.
      feed(counting, world, 1)
      expect(counting.nextWindow('r1', 1)).toBeUndefined()
      const opened = VISITS.map((group) => ({
        ...group,
        visits: (group.visits ?? []).map((visit) => ({ ...visit, assigned: true })),
      }))
      feed(counting, world, 1, opened)
      const after = give(counting, 'r1', 2)
      expect(after).toMatchObject({ id: 2, generation: 2 })
      expect(toFailed(after)).toEqual([1, 0])
    })
  })

  it('go on after a restart: who has failed stays failed, and what is known of the dead goes', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      begin(counting)
      begin(counting, { rollout: 'r2' })
      feed(counting, world, 1)
      expect(toFailed(give(counting, 'r1', 0))).toEqual([1, 0])
      give(counting, 'r2', 0)
    })
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      feed(counting, world, 1)
      expect(toFailed(give(counting, 'r1', 1))).toEqual([0, 0])
      counting.end('r1')
      begin(counting, { rollout: 'r3' })
      const rows = state.storage.sql.exec<{ rollout: string }>(
        'SELECT DISTINCT rollout FROM counted_changes',
      )
      expect([...rows]).toEqual([{ rollout: 'r2' }])
    })
  })

  it('are counted for so many rollouts at a time', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      for (let i = 0; i < MAX_COUNTED_ROLLOUTS; i++)
        counting.begin({ ...ROLLOUT, rollout: `r${i}` }, -1)
      expect(() => counting.begin({ ...ROLLOUT, rollout: 'more' }, -1)).toThrow('at most 16')
    })
  })
})

import { describe, expect, it, vi } from 'vitest'
import { Counting } from '../../src/control/counting/counting.ts'
import {
  KEPT_MINUTES,
  KEPT_WINDOWS,
  MAX_COUNTED_ROLLOUTS,
  MAX_ROWS_PER_DAY,
  ROWS_PER_ROLLOUT_WINDOW,
  ROWS_PER_WINDOW,
} from '../../src/control/counting/limits.ts'
import { isBatch } from '../../src/core/counting/batch.ts'
import { EVERYBODY, WINDOW_MS } from '../../src/core/counting/limits.ts'
import { START, type ToGroup, toBatch } from '../control/counting/batches.ts'
import { ALICE, namespace, World } from './control-world.ts'

const MINUTE_MS = 60_000
const NONE = { held: undefined, kv: undefined }
const ROLLOUT = {
  rollout: 'r1',
  generation: 1,
  control: { environment: 'main', version: '1' },
  canary: { environment: 'canary', version: '2' },
}
const VISITS: ToGroup[] = [
  { side: 'control', visits: [{ hash: 1 }, { hash: 2, failed: true }] },
  { side: 'canary', visits: [{ hash: 3 }] },
]

async function createWorld(): Promise<World> {
  const world = await World.create()
  world.now = START
  return world
}

const countingOf = (world: World, storage: DurableObjectStorage) =>
  new Counting({ storage, now: () => world.now, later: () => undefined })

/** One window of counts each, told in the next one. */
function feed(counting: Counting, world: World, windows: number, groups = VISITS): void {
  const first = Math.floor((world.now - START) / WINDOW_MS)
  for (let offset = first; offset < first + windows; offset++) {
    world.now += WINDOW_MS
    counting.receive(toBatch('isolate', offset + 1, { [offset]: groups }))
  }
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
      counting.begin(ROLLOUT)
      before = world.rowsWritten
      feed(counting, world, 360)
      expect(world.rowsWritten - before).toBeLessThanOrEqual(
        360 * (ROWS_PER_WINDOW + ROWS_PER_ROLLOUT_WINDOW) + 60 + 1,
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

describe('windows of a rollout', () => {
  it('have ids that grow, come from where the driver left off, and read the same for ever', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      expect(counting.collected).toBeUndefined()
      counting.begin(ROLLOUT)
      counting.beginStratum('r1', { id: 5, shares: [0.9, 0.1] })
      expect(counting.collected).toEqual({ main: EVERYBODY, canary: EVERYBODY })
      feed(counting, world, 12)
      const all = counting.closedWindows('r1', 0)
      expect(all.length).toBeGreaterThan(5)
      expect(all[0]).toMatchObject({ generation: 1, metrics: { errors: [[2, 1, 1, 0]] } })
      expect(all[1]).toMatchObject({ metrics: { errors: [[1, 0, 1, 0]] } })
      const ids = all.map(({ id }) => id)
      expect(ids).toEqual(ids.toSorted((a, b) => a - b))
      expect(counting.closedWindows('r1', ids[2] ?? 0)).toEqual(all.slice(3))
      expect(counting.closedWindows('other', 0)).toEqual([])
      world.now += WINDOW_MS * 4
      counting.end('r1')
      expect(counting.collected).toBeUndefined()
      expect(countingOf(world, state.storage).closedWindows('r1', 0).slice(0, all.length)).toEqual(
        all,
      )
    })
  })

  it('are deleted once it is over and another one begins; those of one that runs stay', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      const other = { ...ROLLOUT, rollout: 'r2' }
      for (const one of [ROLLOUT, other]) counting.begin(one)
      feed(counting, world, 8)
      const running = counting.closedWindows('r2', 0)
      expect(counting.closedWindows('r1', 0).length).toBeGreaterThan(3)
      counting.end('r1')
      counting.begin({ ...ROLLOUT, rollout: 'r3' })
      expect(counting.closedWindows('r1', 0)).toEqual([])
      expect(counting.closedWindows('r2', 0)).toEqual(running)
      feed(counting, world, 8)
      const last = running.at(-1)?.id ?? 0
      expect(counting.closedWindows('r2', last).every(({ id }) => id > last)).toBe(true)
      expect(counting.closedWindows('r3', 0).length).toBeGreaterThan(3)
    })
  })

  it('begin anew with a generation: nobody has failed, and ids go on', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      counting.begin(ROLLOUT)
      feed(counting, world, 8)
      const before = counting.closedWindows('r1', 0)
      counting.begin({ ...ROLLOUT, generation: 2 })
      feed(counting, world, 8)
      const after = counting.closedWindows('r1', before.at(-1)?.id ?? 0)
      expect(after[0]).toMatchObject({ generation: 2, metrics: { errors: [[2, 1, 1, 0]] } })
    })
  })

  it('go on after a restart: who has failed stays failed', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      counting.begin(ROLLOUT)
      feed(counting, world, 8)
    })
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      const last = counting.closedWindows('r1', 0).at(-1)?.id ?? 0
      feed(counting, world, 8)
      const after = counting.closedWindows('r1', last)
      expect(after.length).toBeGreaterThan(3)
      for (const { metrics } of after) expect(metrics.errors).toEqual([[1, 0, 1, 0]])
    })
  })

  it('are counted for so many rollouts at a time', async () => {
    const world = await createWorld()
    await world.live(async ({ state }) => {
      const counting = countingOf(world, state.storage)
      for (let i = 0; i < MAX_COUNTED_ROLLOUTS; i++)
        counting.begin({ ...ROLLOUT, rollout: `r${i}` })
      expect(() => counting.begin({ ...ROLLOUT, rollout: 'more' })).toThrow('at most 16')
    })
  })
})

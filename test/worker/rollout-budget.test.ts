// What rollouts cost: rows written and alarms set, over driven hours and days.

import { describe, expect, it, vi } from 'vitest'
import {
  ROLLOUT_LOOK_MS,
  ROWS_PER_LOOK,
  ROWS_PER_PUBLICATION,
  ROWS_PER_ROLLOUT,
  ROWS_PER_TRANSITION,
} from '../../src/control/limits.ts'
import {
  chargeLook,
  lookDueAt,
  MAX_ROLLOUT_LOOKS_PER_DAY,
  ROLLOUT_LOOK_BURST,
  ROLLOUT_LOOK_COST_MS,
  ROLLOUT_MINUTE_LOOK_MS,
  ROLLOUT_RARE_LOOK_MS,
} from '../../src/control/rollouts/schedule.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import { newRollout } from '../../src/core/rollout/state.ts'
import { step } from '../../src/core/rollout/step.ts'
import type { World } from './control-world.ts'
import { createRollingWorld, FAILING, HOUR, live, MINUTE } from './rollout-world.ts'

/** What an account without a plan may write a day. */
const FREE_ROWS_PER_DAY = 100_000

function createMeter(world: World) {
  let rows = world.rowsWritten
  let alarms = world.alarmsSet.length
  return () => {
    const spent = { rows: world.rowsWritten - rows, alarms: world.alarmsSet.length - alarms }
    rows = world.rowsWritten
    alarms = world.alarmsSet.length
    return spent
  }
}

describe('a control whose rollouts are over', () => {
  it('writes no row and sets no alarm for a day', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.command('abort')
      await rolling.life.runAlarms()
    })
    const spent = createMeter(world.world)
    for (let hour = 0; hour < 24; hour++) {
      await live(world, async (rolling) => {
        for (let minute = 0; minute < 60; minute++) {
          world.world.now += MINUTE
          await rolling.life.control.watch()
        }
        expect(await rolling.life.state.storage.getAlarm()).toBeNull()
      })
    }
    expect(spent()).toEqual({ rows: 0, alarms: 0 })
  })
})

describe('a rollout that runs', () => {
  it('for an hour costs two rows and one alarm for each look, and no more for its transitions', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const spent = createMeter(world.world)
      await rolling.start()
      await rolling.pass(HOUR)
      const { transitions } = await rolling.explain()
      const { rows, alarms } = spent()
      const looks = HOUR / ROLLOUT_LOOK_MS
      const moves = transitions.length
      expect(alarms).toBeLessThanOrEqual(looks + 2 * moves)
      expect(rows).toBeLessThanOrEqual(
        ROWS_PER_ROLLOUT +
          looks * ROWS_PER_LOOK +
          moves * (ROWS_PER_TRANSITION + ROWS_PER_PUBLICATION),
      )
      console.log(`an hour of a rollout: ${rows} rows, ${alarms} alarms, ${moves} transitions`)
    })
  })

  it('all day stays below a third of what a free account writes', () => {
    const rows = MAX_ROLLOUT_LOOKS_PER_DAY * (ROWS_PER_LOOK + 1)
    expect(rows).toBeLessThan(FREE_ROWS_PER_DAY / 3)
  })

  it('whose looks come to nothing is looked at less and less', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.life.runAlarms(1)
      const spent = createMeter(world.world)
      const { state } = rolling.life
      state.storage.transactionSync = () => {
        throw new Error('the disk is full')
      }
      const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const before = rolling.script.told.length
      await rolling.pass(HOUR)
      const { alarms } = spent()
      expect(alarms).toBeLessThan(80)
      expect(rolling.script.told.length).toBe(before)
      expect(await rolling.status()).toMatchObject({ weight: 1, problem: 'the disk is full' })
      log.mockRestore()
    })
  })
})

describe('a rollout that waits for somebody', () => {
  const WAITS = { preset: 'blue-green' }

  it('at 0 % is hardly looked at, and sees everything at once when it goes on', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start({ plan: WAITS })
      await rolling.life.runAlarms(1)
      const spent = createMeter(world.world)
      await rolling.pass(3 * HOUR)
      const { rows, alarms } = spent()
      const looks = (3 * HOUR) / ROLLOUT_RARE_LOOK_MS
      expect(alarms).toBeLessThanOrEqual(looks + 1)
      expect(rows).toBeLessThanOrEqual((looks + 1) * ROWS_PER_LOOK)
      rolling.script.load = FAILING
      await rolling.pass(14 * MINUTE)
      expect(await rolling.command('advance')).toMatchObject({ weight: 95, visitors: [0, 0] })
      const from = world.world.now
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
      expect(world.world.now - from).toBeLessThanOrEqual(2 * MINUTE)
      expect(await rolling.replay()).toMatchObject({ same: true })
      console.log(`three hours at 0 %: ${rows} rows, ${alarms} alarms`)
    })
  })

  it.each([
    ['holds', 'hold', { phase: 'step', held: true }],
    ['is taken back', 'rollBack', { phase: 'rolledBack' }],
  ])('at 0 % %s when the time of its gate is over', async (_, atMax, end) => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const steps = [{ weight: 0, gate: 'manual', minMinutes: 10, maxMinutes: 60, atMax }]
      await rolling.start({ plan: { ...WAITS, steps } })
      const spent = createMeter(world.world)
      await rolling.pass(59 * MINUTE)
      expect(spent().alarms).toBeLessThanOrEqual(HOUR / ROLLOUT_MINUTE_LOOK_MS + 2)
      const before = await rolling.status()
      expect(before).toMatchObject({ phase: 'step', held: false, obstacle: { kind: 'manual' } })
      expect(before.oddities.gaps).toBe(0)
      await rolling.pass(3 * MINUTE)
      expect(await rolling.status()).toMatchObject(end)
    })
  })

  /** How long it takes until it is taken back when nobody has come for an hour, and then many fail. */
  const timeToTakeBack = async (isPaused: boolean) => {
    const world = await createRollingWorld()
    const { script } = world
    return live(world, async (rolling) => {
      await rolling.start()
      await rolling.pass(6 * MINUTE)
      if (isPaused) await rolling.command('pause')
      script.spoil = () => []
      await rolling.pass(2 * MINUTE)
      const spent = createMeter(world.world)
      await rolling.pass(HOUR)
      const { alarms } = spent()
      expect((await rolling.status()).oddities.gaps).toBe(0)
      script.spoil = (window) => [window]
      const errors = { base: { rate: 0.001 }, canary: { rate: 0.3 } }
      script.load = { ...FAILING, metrics: { ...FAILING.metrics, errors } }
      const from = world.world.now
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
      return { alarms, ms: world.world.now - from }
    })
  }

  it('in a pause is looked at less while nobody comes, and taken back when visitors fail', async () => {
    const paused = await timeToTakeBack(true)
    const steady = await timeToTakeBack(false)
    expect(paused.alarms).toBeLessThanOrEqual(HOUR / ROLLOUT_MINUTE_LOOK_MS + 1)
    expect(steady.alarms).toBeGreaterThan(paused.alarms)
    expect(paused.ms).toBeLessThanOrEqual(steady.ms + ROLLOUT_MINUTE_LOOK_MS)
  })

  it('goes on at the next look when it is resumed, although the document stays', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.command('pause')
      world.script.spoil = () => []
      await rolling.pass(HOUR)
      await rolling.command('resume')
      const alarm = await rolling.life.state.storage.getAlarm()
      expect(alarm).toBeLessThanOrEqual(world.world.now + ROLLOUT_LOOK_MS)
    })
  })

  it('has its alarm set again when that is lost', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const { state, control } = rolling.life
      await rolling.start({ plan: WAITS })
      await rolling.pass(20 * MINUTE)
      await state.storage.deleteAlarm()
      await control.watch()
      expect(await state.storage.getAlarm()).toBeGreaterThan(world.world.now)
    })
  })
})

describe('the breaker', () => {
  it('slows looks down that come faster than they should, and lets those through that do not', () => {
    const now = Date.UTC(2100, 0, 1)
    const { state } = step(newRollout(PRESETS.standard), { kind: 'start', by: 'alice', now })
    const shared = { state, problem: null }
    let debt = 0
    for (let look = 0; look < 1000; look++) debt = chargeLook(debt, now + look * ROLLOUT_LOOK_MS)
    const looked_at = now + 999 * ROLLOUT_LOOK_MS
    const steady = { ...shared, looked_at, alarm_debt: debt, retry_at: 0 }
    expect(lookDueAt(steady, steady.looked_at)).toBe(steady.looked_at + ROLLOUT_LOOK_MS)
    debt = 0
    for (let look = 0; look < ROLLOUT_LOOK_BURST + 5; look++) debt = chargeLook(debt, now)
    const fast = { ...shared, looked_at: 0, alarm_debt: debt, retry_at: 0 }
    expect(lookDueAt(fast, now)).toBeGreaterThan(now)
    // A clock that was ahead holds nobody up.
    expect(chargeLook(now + 10 * HOUR, now)).toBeLessThanOrEqual(
      now + (ROLLOUT_LOOK_BURST + 1) * ROLLOUT_LOOK_COST_MS,
    )
    const ahead = { ...shared, looked_at: now + HOUR, alarm_debt: 0, retry_at: now + HOUR }
    expect(lookDueAt(ahead, now)).toBe(now)
  })
})

// What rollouts cost: rows written and alarms set, over driven hours and days.

import { describe, expect, it, vi } from 'vitest'
import {
  MAX_ROLLOUT_LOOKS_PER_DAY,
  ROLLOUT_LOOK_BURST,
  ROLLOUT_LOOK_COST_MS,
  ROLLOUT_LOOK_MS,
  ROWS_PER_LOOK,
  ROWS_PER_PUBLICATION,
  ROWS_PER_ROLLOUT,
  ROWS_PER_TRANSITION,
} from '../../src/control/limits.ts'
import { chargeLook, lookDueAt } from '../../src/control/rollouts/schedule.ts'
import type { World } from './control-world.ts'
import { createRollingWorld, HOUR, live, MINUTE } from './rollout-world.ts'

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

describe('the breaker', () => {
  it('slows looks down that come faster than they should, and lets those through that do not', () => {
    const now = Date.UTC(2100, 0, 1)
    let debt = 0
    for (let look = 0; look < 1000; look++) debt = chargeLook(debt, now + look * ROLLOUT_LOOK_MS)
    const steady = { looked_at: now + 999 * ROLLOUT_LOOK_MS, alarm_debt: debt, retry_at: 0 }
    expect(lookDueAt(steady, steady.looked_at)).toBe(steady.looked_at + ROLLOUT_LOOK_MS)
    debt = 0
    for (let look = 0; look < ROLLOUT_LOOK_BURST + 5; look++) debt = chargeLook(debt, now)
    const fast = { looked_at: 0, alarm_debt: debt, retry_at: 0 }
    expect(lookDueAt(fast, now)).toBeGreaterThan(now)
    // A clock that was ahead holds nobody up.
    expect(chargeLook(now + 10 * HOUR, now)).toBeLessThanOrEqual(
      now + (ROLLOUT_LOOK_BURST + 1) * ROLLOUT_LOOK_COST_MS,
    )
    const ahead = { looked_at: now + HOUR, alarm_debt: 0, retry_at: now + HOUR }
    expect(lookDueAt(ahead, now)).toBe(now)
  })
})

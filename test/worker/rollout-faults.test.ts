// What a rollout meets: nothing to go by, a control that starts anew, alarms that do not come, clocks that
// jump, counts that fail or come twice. Never a promotion, never stuck, never a count twice.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Window } from '../../src/core/rollout/events.ts'
import {
  createRollingWorld,
  FAILING,
  HEALTHY,
  HOUR,
  live,
  MINUTE,
  type Rolling,
} from './rollout-world.ts'

const DAY = 24 * HOUR

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Still at its first step, and open to whoever decides. */
async function expectHeld(rolling: Rolling, kind: string) {
  const status = await rolling.status()
  expect(status).toMatchObject({ phase: 'step', weight: 1, obstacle: { kind } })
  expect((await rolling.content()).environments.main?.version).toBe('0.0.3')
  expect(await rolling.command('abort')).toMatchObject({ phase: 'rolledBack' })
}

/** What a window without any visitors of the base or of the canary is. */
function withoutSide(window: Window, side: 'base' | 'canary'): Window {
  const only = <T extends number>([base, canary]: readonly [T, T]) =>
    side === 'base' ? ([0, canary] as const) : ([base, 0] as const)
  return {
    ...window,
    sets: window.sets.map((set) => ({
      ...set,
      visitors: only(set.visitors),
      weights: only(set.weights),
    })),
    visitors: only(window.visitors),
    present: window.present.map((tally) => ({ ...tally, [side]: 0 })),
    assigned: window.assigned.map((stratum) => ({
      ...stratum,
      visitors: stratum.visitors.map((count, i) => (i === (side === 'base' ? 0 : 1) ? 0 : count)),
    })),
  }
}

describe('a rollout without data', () => {
  it('holds for six hours when no window ever closes', async () => {
    const world = await createRollingWorld()
    world.script.spoil = () => []
    // Nothing of them is given.
    world.script.load = { ...HEALTHY, visitorsPerMinute: 1 }
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.pass(6 * HOUR)
      await expectHeld(rolling, 'data')
      expect(await rolling.replay()).toMatchObject({ same: true, windows: 0 })
    })
  })

  it.each(['base', 'canary'] as const)('holds while the %s is silent', async (side) => {
    const world = await createRollingWorld()
    world.script.spoil = (window) => [withoutSide(window, side)]
    await live(world, async (rolling) => {
      await rolling.start()
      await rolling.pass(HOUR)
      await expectHeld(rolling, 'data')
    })
  })

  it('holds and says why while counts cannot be read, and misses none of them', async () => {
    const world = await createRollingWorld()
    const { script } = world
    await live(world, async (rolling) => {
      await rolling.start()
      script.beforeRead = () => {
        throw new Error('the table is damaged')
      }
      await rolling.pass(HOUR)
      expect(await rolling.status()).toMatchObject({
        weight: 1,
        lastWindow: -1,
        problem: 'the counts could not be read: the table is damaged',
      })
      script.beforeRead = () => undefined
      await rolling.pass(MINUTE)
      const status = await rolling.status()
      expect(status.problem).toBeUndefined()
      // An hour of them, a hundred at a look.
      expect(status.lastWindow).toBeGreaterThan(350)
      expect(status.oddities.oldWindows).toBe(0)
    })
  })
})

/** Sums in another order differ in their last digits. */
function toRounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, field) =>
      typeof field === 'number' ? Number(field.toPrecision(9)) : field,
    ),
  )
}

describe('windows', () => {
  it('that are given again, late and out of order are counted once', async () => {
    const [plain, spoilt] = [await createRollingWorld(), await createRollingWorld()]
    const held: Window[] = []
    spoilt.script.repeats = true
    spoilt.script.spoil = (window) => {
      held.push(window)
      return held.length % 3 === 0 ? [...held.splice(0).reverse()] : []
    }
    const totals: unknown[] = []
    for (const world of [plain, spoilt]) {
      await live(world, async (rolling) => {
        await rolling.start()
        await rolling.pass(4 * MINUTE)
        const { verdict, lastWindow, oddities } = await rolling.status()
        totals.push({ verdict, lastWindow })
        expect(oddities.oldWindows > 0).toBe(world === spoilt)
        expect(await rolling.replay()).toMatchObject({ same: true })
      })
    }
    expect(toRounded(totals[1])).toEqual(toRounded(totals[0]))
  })
})

describe('a control that starts anew', () => {
  it('before every alarm comes to the same as one that never did, bit for bit', async () => {
    const outcomes = []
    for (const isEvicted of [false, true]) {
      const world = await createRollingWorld()
      await live(world, (rolling) => rolling.start())
      for (let i = 0; i < 12; i++) {
        if (isEvicted) for (let j = 0; j < 10; j++) await live(world, (one) => one.pass(10_000))
        else await live(world, (rolling) => rolling.pass(100_000))
      }
      outcomes.push(
        await live(world, async (rolling) => {
          expect(await rolling.replay()).toMatchObject({ same: true })
          const { lookedAt: _, ...status } = await rolling.status()
          const { transitions } = await rolling.explain()
          return { ...status, startedAt: 0, reasons: transitions.map(({ reason }) => reason) }
        }),
      )
    }
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(outcomes[0]?.weight).toBe(25)
  })
})

describe('an alarm', () => {
  it('that is lost is set again by the watchdog, and the rollout ends as it should', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const { state, control, world: around } = rolling.life
      await rolling.start()
      await rolling.pass(MINUTE)
      await state.storage.deleteAlarm()
      around.now += 30_000
      await control.watch()
      expect(await state.storage.getAlarm()).not.toBeNull()
      rolling.script.load = FAILING
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
    })
  })

  it('that comes twice, early or for nothing looks at nothing twice', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const { control } = rolling.life
      await rolling.start()
      await rolling.pass(MINUTE)
      const { lookedAt, elapsedMs } = await rolling.status()
      for (let i = 0; i < 5; i++) await control.alarm()
      expect(await rolling.status()).toMatchObject({ lookedAt, elapsedMs })
    })
  })
})

describe('a clock', () => {
  it.each([
    ['ahead by a day', DAY],
    ['back by a day', -DAY],
  ])('that jumps %s skips no gate, and keeps none shut', async (_, jump) => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      const { world: around, state, control } = rolling.life
      await rolling.start()
      await rolling.pass(MINUTE)
      around.now += jump
      // What the platform does with an alarm that was set by the other clock.
      if (jump < 0) await control.watch()
      expect((await state.storage.getAlarm()) ?? 0).toBeLessThan(around.now + MINUTE)
      await rolling.pass(MINUTE)
      expect(await rolling.status()).toMatchObject({ weight: 1, phase: 'step' })
      await rolling.pass(4 * MINUTE)
      expect((await rolling.status()).weight).toBe(5)
      rolling.script.load = FAILING
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })
})

describe('KV that is down', () => {
  it('holds up no rollback: isolates hear of it from the control', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      rolling.life.world.beforeKv = () => {
        throw new Error('KV is down')
      }
      rolling.script.load = FAILING
      await rolling.start()
      expect(await rolling.finish(HOUR)).toMatchObject({ phase: 'rolledBack' })
      expect((await rolling.life.report(undefined)).text).toContain('"spent"')
      rolling.life.world.beforeKv = () => undefined
      rolling.script.load = HEALTHY
      await rolling.life.runAlarms()
      expect(await rolling.life.world.read()).toBe((await rolling.life.document())?.text)
    })
  })
})

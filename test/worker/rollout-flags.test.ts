// Variants of a flag that roll themselves out or take themselves back: over the real control with made-up counts, and
// once from the request to the decision and back.

import { describe, expect, it } from 'vitest'
import type { FlagStart } from '../../src/control/rollouts/contract.ts'
import type { FlagDefinition } from '../../src/document/flags.ts'
import { SECOND } from './rollout-edge.ts'
import { createSite, live as liveFleet } from './rollout-fleet.ts'
import {
  bob,
  createRollingWorld,
  FAILING,
  HOUR,
  live,
  MINUTE,
  type Rolling,
  releasedDocument,
} from './rollout-world.ts'

const CART: FlagDefinition = {
  state: 'ENABLED',
  variants: { on: true, off: false },
  defaultVariant: 'off',
}
const RULE = { '==': [{ var: 'country' }, 'NZ'] }
const withSplit = (on: number, off: number, rules: readonly unknown[] = []): FlagDefinition => {
  const split = { fractional: [['on', on] as const, ['off', off] as const] }
  return { ...CART, targeting: rules.length === 0 ? split : { if: [...rules, split] } }
}

const withFlag = (cart: FlagDefinition) =>
  createRollingWorld({ ...releasedDocument(), flags: { cart } })
const cartOf = async (rolling: Rolling) => (await rolling.content()).flags?.cart
const put = (rolling: Rolling, cart: FlagDefinition) =>
  bob(rolling, { kind: 'set-flags', flags: { cart } })

async function run(cart: FlagDefinition, during: (rolling: Rolling) => Promise<void>) {
  await live(await withFlag(cart), during)
}

/** At 5 %, with a minute of data. */
async function toSecondStep(rolling: Rolling, wish: Partial<FlagStart> = {}) {
  await rolling.startFlag(wish)
  await rolling.pass(6 * MINUTE)
  expect((await rolling.status()).weight).toBe(5)
}

describe('a variant that is rolled out', () => {
  it('goes 1, 5, 25, 95, 100 % by itself, and becomes the default', () =>
    run(CART, async (rolling) => {
      const before = await rolling.content()
      const started = await rolling.startFlag({ reason: 'the new cart' })
      expect(started).toMatchObject({
        revision: 2,
        changed: true,
        moved: [],
        rollout: {
          flag: 'cart',
          version: 'on',
          baseVersion: 'off',
          environment: 'flag cart',
          weight: 1,
        },
      })
      expect(await cartOf(rolling)).toEqual(withSplit(100, 9900))
      expect(rolling.script.told.slice(0, 2)).toMatchObject([
        { environment: 'flag cart', base: 'flag cart', version: 'on', baseVersion: 'off' },
        { revision: 2, shares: [0.99, 0.01] },
      ])
      const status = await rolling.finish(4 * HOUR)
      expect(status).toMatchObject({ phase: 'promoted', weight: 100, problem: undefined })
      const { lines, transitions } = await rolling.explain()
      expect(lines[0]).toBe('Rollout 1: "on" of the flag "cart", compared with "off".')
      expect(transitions.map(({ weight }) => weight)).toEqual([1, 5, 25, 95, 100])
      expect(transitions[0]).toMatchObject({ said: 'the new cart' })
      expect(await rolling.replay()).toMatchObject({ same: true, differences: [] })
      expect(await cartOf(rolling)).toEqual({ ...CART, defaultVariant: 'on' })
      expect((await rolling.content()).traffic).toEqual(before.traffic)
      expect(await rolling.life.actions()).toEqual([
        ...['rollout-complete', 'rollout-step', 'rollout-step', 'rollout-step', 'rollout-start'],
        'replace',
      ])
      const events = await rolling.life.events()
      expect(events.events.filter(({ kind }) => kind === 'rollout.ended')).toMatchObject([
        { flag: 'cart', version: 'on', outcome: 'promoted' },
      ])
      expect(await rolling.life.verify()).toMatchObject({ problems: [] })
    }))

  it('takes itself back on evidence, and the flag is as it was before', () =>
    run(withSplit(10, 90, [RULE, 'on']), async (rolling) => {
      rolling.script.load = FAILING
      await rolling.startFlag({ plan: 'careful' })
      expect(await cartOf(rolling)).toEqual(withSplit(100, 9900, [RULE, 'on']))
      const status = await rolling.finish(4 * HOUR)
      expect(status).toMatchObject({ phase: 'rolledBack', weight: 0 })
      expect(status.reason).toMatch(/of "on" met a failure|visitors of "on"/)
      expect(await cartOf(rolling)).toEqual(withSplit(10, 90, [RULE, 'on']))
      // Its id is that of a version too, which nobody has withdrawn.
      expect((await rolling.content()).environments.canary?.version).toBe('0.0.3')
    }))

  it('is paused, advanced, promoted and aborted as a version is', () =>
    run(CART, async (rolling) => {
      await rolling.startFlag()
      expect(await rolling.command('pause')).toMatchObject({ paused: 'by alice' })
      expect(await rolling.command('advance')).toMatchObject({ weight: 5, paused: 'by alice' })
      expect(await cartOf(rolling)).toEqual(withSplit(500, 9500))
      expect(await rolling.command('resume')).toMatchObject({ weight: 5 })
      expect(await rolling.command('abort')).toMatchObject({ phase: 'rolledBack' })
      expect(await cartOf(rolling)).toEqual(CART)
      await rolling.startFlag()
      expect(await rolling.command('promote', 2)).toMatchObject({ phase: 'promoted' })
      expect(await cartOf(rolling)).toEqual({ ...CART, defaultVariant: 'on' })
    }))
})

describe('a plan that gives the variant to everybody', () => {
  it('holds nobody back in its bake, and can still take the variant back', () =>
    run(CART, async (rolling) => {
      const plan = { steps: [], bake: { minutes: 10, heldBack: 0 } }
      expect(await rolling.startFlag({ plan })).toMatchObject({ rollout: { weight: 100 } })
      expect(await cartOf(rolling)).toEqual(withSplit(10_000, 0))
      await rolling.command('abort')
      expect(await cartOf(rolling)).toEqual(CART)
    }))

  it('does so at once where nothing is judged', () =>
    run(CART, async (rolling) => {
      const started = await rolling.startFlag({ plan: 'instant' })
      expect(started).toMatchObject({ changed: true, rollout: { phase: 'promoted' } })
      expect(await cartOf(rolling)).toEqual({ ...CART, defaultVariant: 'on' })
    }))
})

describe('a flag that somebody changes meanwhile', () => {
  it('keeps the split that it was given, and the rollout waits', () =>
    run(CART, async (rolling) => {
      await toSecondStep(rolling)
      await put(rolling, withSplit(50, 50))
      expect(await rolling.status()).toMatchObject({
        weight: 50,
        paused: 'bob (set-flags) gave the canary 50 %, and the plan says 5 %',
      })
      expect(await cartOf(rolling)).toEqual(withSplit(50, 50))
      expect(await rolling.command('resume')).toMatchObject({ weight: 5, paused: undefined })
      expect(await cartOf(rolling)).toEqual(withSplit(500, 9500))
      // Rules around the split are none of its business.
      await put(rolling, withSplit(500, 9500, [RULE, 'on']))
      expect(await rolling.status()).toMatchObject({ weight: 5, paused: undefined })
      await rolling.command('abort')
      expect((await cartOf(rolling))?.targeting).toEqual({ if: [RULE, 'on', 'off'] })
    }))

  it.each([
    [
      'is switched off',
      { ...withSplit(500, 9500), state: 'DISABLED' as const },
      'rolledBack',
      { ...CART, state: 'DISABLED' },
    ],
    [
      'gets rules alone',
      { ...CART, targeting: { if: [RULE, 'off'] } },
      'rolledBack',
      { ...CART, targeting: { if: [RULE, 'off'] } },
    ],
    ['loses its split', CART, 'rolledBack', CART],
    [
      'gets the variant for all',
      { ...CART, defaultVariant: 'on' },
      'promoted',
      { ...CART, defaultVariant: 'on' },
    ],
  ])('ends the rollout where it %s', (_, changed, phase, after) =>
    run(CART, async (rolling) => {
      await toSecondStep(rolling)
      await put(rolling, changed)
      expect(await rolling.status()).toMatchObject({ phase })
      expect(await cartOf(rolling)).toEqual(after)
    }),
  )

  it('begins anew with another value of the variant, or of the base', () =>
    run({ ...CART, variants: { on: 'b', off: 'a' } }, async (rolling) => {
      await toSecondStep(rolling)
      const flag = (await cartOf(rolling)) ?? CART
      await put(rolling, { ...flag, variants: { on: 'b', off: 'z' } })
      expect(await rolling.status()).toMatchObject({ weight: 5, generation: 2 })
      await put(rolling, { ...flag, variants: { on: 'c', off: 'z' } })
      expect(await rolling.status()).toMatchObject({ weight: 1, generation: 3, visitors: [0, 0] })
      expect((await cartOf(rolling))?.targeting).toEqual(withSplit(100, 9900).targeting)
    }))

  it('cannot become an experiment', () =>
    run(CART, async (rolling) => {
      await rolling.startFlag()
      const flag = (await cartOf(rolling)) ?? CART
      const experiment = { metrics: ['errors'], base: 'off' }
      await expect(put(rolling, { ...flag, experiment })).rejects.toThrow(
        'flags.cart.experiment","message":"a rollout moves the visitors of this flag',
      )
    }))
})

describe('what is refused by name', () => {
  const EXPERIMENT = { ...withSplit(50, 50), experiment: { metrics: ['errors'], base: 'off' } }
  const steps = [{ weight: 5, gate: 'time' }]
  it.each<[string, FlagDefinition, Partial<FlagStart>, string, string]>([
    ['an experiment', EXPERIMENT, {}, 'flag', 'is an experiment'],
    ['one that is off', { ...CART, state: 'DISABLED' }, {}, 'flag', 'is switched off'],
    ['no flag', CART, { flag: 'crat' }, 'flag', 'there is no flag "crat"; the document has "cart"'],
    ['no variant', CART, { variant: 'no' }, 'variant', 'there is no variant "no"'],
    ['the base itself', CART, { base: 'on' }, 'base', 'cannot be compared with itself'],
    [
      'another base',
      CART,
      { variant: 'off', base: 'on' },
      'flag',
      'its default is "off", not "on"',
    ],
    ['blue-green', CART, { plan: 'blue-green' }, 'plan', 'a step of 0 % is for versions'],
    [
      'a baseline',
      CART,
      { plan: { baseline: 'main' } },
      'plan.baseline',
      'a baseline is for versions',
    ],
    ['a withdrawal', CART, { plan: { withdraw: true } }, 'plan.withdraw', 'a variant cannot'],
    [
      'what browsers report',
      CART,
      { plan: { steps, metrics: [{ name: 'lcp' }] } },
      'plan.metrics[0].name',
      '"lcp" is told of versions alone',
    ],
    [
      'a goal that is not there',
      CART,
      { plan: { steps, metrics: [{ name: 'goal.order' }] } },
      'plan.metrics[0].name',
      'declares no goal "order"',
    ],
  ])('%s', (_, cart, wish, path, message) =>
    run(cart, async (rolling) => {
      const answer = await rolling.tryStartFlag(wish)
      expect(answer).toMatchObject({
        ok: false,
        error: { kind: 'invalid', problems: [{ path, message: expect.stringContaining(message) }] },
      })
      expect(await cartOf(rolling)).toEqual(cart)
    }),
  )

  it('a second rollout of the flag', () =>
    run(CART, async (rolling) => {
      await rolling.startFlag()
      expect(await rolling.tryStartFlag()).toMatchObject({
        error: {
          kind: 'rollout_refused',
          problems: [
            {
              path: 'flag',
              message:
                '"flag cart" is part of rollout 1 (from "off" to "on"), which runs: wait for it, or abort it',
            },
          ],
        },
      })
      // Others run beside it.
      expect(await rolling.start()).toMatchObject({ changed: true })
    }))
})

describe('from the request to the decision', () => {
  it('counts each visitor for whom the flag is evaluated, gives nobody both, and takes the variant back that fails', async () => {
    await liveFleet(await createSite({ cart: { ...CART, backend: true } }), 7, async (fleet) => {
      const { edge, rolling } = fleet
      await fleet.run(30 * SECOND)
      await rolling.startFlag({
        plan: { steps: [{ weight: 50, gate: 'time', minMinutes: 10 }], warmUpMinutes: 0 },
      })
      const asked: { readonly visitor: string; readonly isOn: boolean; readonly at: number }[] = []
      edge.backend = (_, visitor, flags) => {
        const isOn = flags === '{"cart":true}'
        asked.push({ visitor, isOn, at: fleet.clock.now })
        return { status: isOn && Number(visitor.slice(-2)) < 20 ? 500 : 200, ms: 0 }
      }
      const { now } = fleet.clock
      for (let i = 0; i < 1200; i++) fleet.visit(1000 + i, now + i * 100)
      const { phase, reason, endedAt = 0 } = await fleet.finish(3 * MINUTE)
      expect(phase).toBe('rolledBack')
      expect(reason).toMatch(/of "on" got 500 from GET \/api\//)
      expect((await rolling.content()).flags?.cart).toEqual({ ...CART, backend: true })
      const during = asked.filter(({ at }) => at < endedAt)
      const exposed = (to: boolean) =>
        new Set(during.filter(({ isOn }) => isOn === to).map(({ visitor }) => visitor))
      const [off, on] = [exposed(false), exposed(true)]
      expect([...on].filter((visitor) => off.has(visitor))).toEqual([])
      const counted = (await fleet.windows()).reduce(
        (sum, { visitors }) => [sum[0] + visitors[0], sum[1] + visitors[1]] as [number, number],
        [0, 0] as [number, number],
      )
      expect(counted[1]).toBeGreaterThan(20)
      expect(counted[0]).toBeGreaterThan(20)
      expect(counted[1]).toBeLessThanOrEqual(on.size)
      expect(counted[0]).toBeLessThanOrEqual(off.size)
    })
  })
})

import { describe, expect, it } from 'vitest'
import type { RolloutState } from '../../../src/core/rollout/state.ts'
import { toSet } from '../judge/sets.ts'
import { BAD, CALM, drive, MINUTE_MS, makePlan, timed } from './drive.ts'

const HOUR_MS = 60 * MINUTE_MS
const DIM = [1000, 10, 1000, 20] as const
const evidence = ({ metrics }: RolloutState) => metrics[0]?.sets[0]

describe('windows', () => {
  it('count once, however often and in whatever order they come', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    const windows = [rollout.window(DIM), rollout.window(CALM), rollout.window(DIM)]
    const now = rollout.now()
    rollout.send({ kind: 'tick', now, windows })
    const once = rollout.state()
    rollout.send({ kind: 'tick', now, windows })
    rollout.send({ kind: 'tick', now, windows: [...windows, ...windows].reverse() })
    expect(evidence(rollout.state())).toEqual(evidence(once))
    expect(rollout.state().data.visitors).toEqual([600, 600])
    expect(rollout.state().oddities.oldWindows).toBe(9)
  })

  it('that are late are dropped and counted, and later ones still count', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    const [first, second, third] = [rollout.window(DIM), rollout.window(DIM), rollout.window(DIM)]
    for (const window of [second, first, third]) {
      rollout.send({ kind: 'tick', now: rollout.now(), windows: [window] })
    }
    expect(rollout.state().metrics[0]?.sets[0]?.visitors).toEqual([20, 40])
    expect(rollout.state().visitors).toEqual([2000, 2000])
    expect(rollout.state().oddities.oldWindows).toBe(1)
  })

  it('with an id that is none are dropped, and do not upset the order of the others', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    const [first, second, broken] = [0, 1, 2].map(() => rollout.window(DIM))
    if (!first || !second || !broken) throw new Error('three windows')
    const windows = [second, { ...broken, id: Number.NaN }, first]
    rollout.send({ kind: 'tick', now: rollout.now(), windows })
    expect(rollout.state()).toMatchObject({ lastWindow: 1, oddities: { oldWindows: 1 } })
  })

  it('all count when an alarm was lost and they come at once, up to the one that decides', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    const windows = [rollout.window(CALM), rollout.window(BAD), rollout.window(CALM)]
    rollout.send({ kind: 'tick', now: rollout.now() + HOUR_MS, windows })
    expect(rollout.state()).toMatchObject({
      phase: { name: 'rolledBack' },
      lastWindow: 1,
      oddities: { gaps: 1 },
    })
  })

  it('of metrics that nobody asked for are ignored, whatever they are called', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    const sets = ['constructor', 'toString', 'other'].map((metric) => toSet(10, 600, { metric }))
    const window = { ...rollout.window(CALM), sets }
    rollout.send({ kind: 'tick', now: rollout.now(), windows: [window] })
    expect(rollout.state().phase).toMatchObject({ name: 'step' })
  })
})

describe('a clock', () => {
  it('that jumps ahead opens no gate by itself', () => {
    const rollout = drive(makePlan({ steps: [timed(5, 60), timed(25, 60)] }))
    rollout.say('start')
    rollout.run(1, CALM)
    rollout.jump(24 * HOUR_MS)
    rollout.run(1, CALM)
    expect(rollout.state()).toMatchObject({ weight: 5, oddities: { gaps: 1 } })
    rollout.run(57.5, CALM)
    expect(rollout.state().weight).toBe(25)
  })

  it('that jumps ahead and back, or back, keeps no gate shut', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    rollout.jump(365 * 24 * HOUR_MS)
    rollout.run(1 / 6, CALM)
    rollout.jump(-2 * 365 * 24 * HOUR_MS)
    rollout.run(6, CALM)
    expect(rollout.state()).toMatchObject({
      phase: { name: 'promoted' },
      oddities: { clockWentBack: 1 },
    })
  })

  it('that is no number stops nothing', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    rollout.send({ kind: 'tick', now: Number.NaN, windows: [rollout.window(CALM)] })
    rollout.run(6, CALM)
    expect(rollout.state().phase.name).toBe('promoted')
  })
})

describe('silence', () => {
  it('of one side for five minutes keeps the gate shut, whatever came before', () => {
    const rollout = drive(makePlan({ steps: [timed(5, 10)] }))
    rollout.say('start')
    rollout.run(4, CALM)
    rollout.run(30, [500, 0, 0, 0])
    expect(rollout.state().phase).toMatchObject({ name: 'step' })
    rollout.run(1 / 6, CALM)
    expect(rollout.state().phase).toMatchObject({ name: 'bake' })
  })

  it('of windows, alarms coming all the same, never promotes', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    for (let i = 0; i < 1000; i++) {
      rollout.jump(10_000)
      rollout.send({ kind: 'tick', now: rollout.now(), windows: [] })
    }
    expect(rollout.state().phase).toMatchObject({ name: 'step', index: 0 })
  })

  it('in the bake holds it, and the release is not completed', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    rollout.run(4, CALM)
    rollout.run(60, null)
    expect(rollout.state().phase).toMatchObject({ name: 'bake' })
    rollout.run(1, CALM)
    expect(rollout.state().phase.name).toBe('promoted')
  })
})

import { describe, expect, it } from 'vitest'
import { decideAttention } from '../../../src/core/rollout/gate.ts'
import type { Step } from '../../../src/core/rollout/plan.ts'
import { BAD, CALM, drive, MINUTE_MS, makePlan, timed } from './drive.ts'

const manual = (weight: number, changes: Partial<Step> = {}) =>
  timed(weight, 0, { gate: 'manual', ...changes })

function begin(...steps: readonly Step[]) {
  const rollout = drive(makePlan({ steps }))
  rollout.say('start')
  return { ...rollout, attention: () => decideAttention(rollout.state()) }
}

describe('a rollout that moves by itself', () => {
  it('is looked at with each window, whether or not anybody comes', () => {
    const rollout = begin(timed(5, 60))
    expect(rollout.attention()).toBe('each-window')
    rollout.run(10, null)
    expect(rollout.attention()).toBe('each-window')
  })
})

describe('a rollout that waits for a word', () => {
  it('is hardly looked at where nobody sees the canary', () => {
    const rollout = begin(manual(0))
    expect(rollout.attention()).toBe('rarely')
    rollout.say('advance')
    expect(rollout.attention()).toBe('each-window')
  })

  it('is looked at each minute while its gate has a time to come', () => {
    const rollout = begin(manual(0, { minMs: 2 * MINUTE_MS, maxMs: 4 * MINUTE_MS }))
    expect(rollout.attention()).toBe('each-minute')
    rollout.run(3, null)
    expect(rollout.attention()).toBe('each-minute')
    rollout.run(1, null)
    expect(rollout.state().phase).toMatchObject({ held: true })
    expect(rollout.attention()).toBe('rarely')
  })

  it.each([
    ['at a manual gate', manual(25), []],
    ['in a pause', timed(25, 60), ['pause'] as const],
  ])('is looked at with each window as long as visitors come: %s', (_, step, commands) => {
    const rollout = begin(step)
    for (const command of commands) rollout.say(command)
    rollout.run(2, CALM)
    expect(rollout.attention()).toBe('each-window')
    rollout.run(2, null)
    expect(rollout.attention()).toBe('each-minute')
    rollout.run(0.5, CALM)
    expect(rollout.attention()).toBe('each-window')
    rollout.run(0.5, BAD)
    expect(rollout.state().phase).toMatchObject({ name: 'rolledBack', cause: 'evidence' })
  })
})

describe('time that nobody watched', () => {
  it('counts where nothing was to be watched, and no more than a minute elsewhere', () => {
    const rollout = begin(manual(0), timed(5, 60))
    rollout.jump(30 * MINUTE_MS)
    rollout.run(0.5, null)
    expect(rollout.state()).toMatchObject({
      phase: { elapsedMs: 30.5 * MINUTE_MS },
      oddities: { gaps: 0 },
    })
    rollout.say('advance')
    rollout.jump(30 * MINUTE_MS)
    rollout.run(0.5, null)
    const { phase, oddities } = rollout.state()
    expect(phase).toMatchObject({ elapsedMs: 80_000 })
    expect(oddities.gaps).toBe(1)
  })
})

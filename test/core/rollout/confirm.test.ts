// Confirmations: a step, the promotion and a rollback wait for a webhook, each for a bounded time, and what
// silence means stands in the plan.

import { describe, expect, it } from 'vitest'
import type { PlannedConfirmation } from '../../../src/core/rollout/confirm.ts'
import { toUnconfirmed } from '../../../src/core/rollout/confirm.ts'
import { BAD, CALM, type Driven, drive, MINUTE_MS, makePlan, replay, timed } from './drive.ts'

const ask = (
  before: PlannedConfirmation['before'],
  silence: PlannedConfirmation['silence'] = 'hold',
  minutes = 5,
): PlannedConfirmation => ({ before, webhook: 'approvals', waitMs: minutes * MINUTE_MS, silence })

function begin(...confirm: PlannedConfirmation[]): Driven {
  const rollout = drive(makePlan({ confirm }))
  rollout.say('start')
  return rollout
}

const confirm = (rollout: Driven, before: 'step' | 'promotion' | 'rollback') =>
  rollout.send({ kind: 'confirmed', before, by: 'webhook approvals', now: rollout.now() })

describe('a step that has to be confirmed', () => {
  it('waits at its open gate, and goes on once it is confirmed', () => {
    const rollout = begin(ask('step'))
    rollout.run(3, CALM)
    expect(rollout.state().weight).toBe(5)
    expect(toUnconfirmed(rollout.state())).toContain('"approvals" has not confirmed')
    expect(rollout.audit.at(-1)?.reason).toBe(
      'asks the webhook "approvals" before the next step, for at most 5 min',
    )
    confirm(rollout, 'step')
    rollout.run(1 / 6, CALM)
    expect(rollout.state().weight).toBe(25)
    // Each step is confirmed by itself.
    rollout.run(3, CALM)
    expect(rollout.state().weight).toBe(25)
  })

  it.each([
    ['goOn', 'step', 25],
    ['rollBack', 'rolledBack', 0],
    ['hold', 'step', 5],
  ] as const)('does what the plan says for silence: %s', (silence, name, weight) => {
    const rollout = begin(ask('step', silence, 3))
    rollout.run(5.5, CALM)
    expect(rollout.state()).toMatchObject({ weight, phase: { name } })
  })

  it('that holds after silence goes on when it is confirmed later', () => {
    const rollout = begin(ask('step', 'hold', 3))
    rollout.run(10, CALM)
    expect(rollout.state().phase).toMatchObject({ held: true })
    expect(rollout.audit.filter(({ reason }) => reason.startsWith('holds'))).toHaveLength(1)
    confirm(rollout, 'step')
    rollout.run(1 / 6, CALM)
    expect(rollout.state()).toMatchObject({ weight: 25, phase: { held: false } })
  })

  it('is taken by a person without an answer, and evidence takes it back meanwhile', () => {
    const advanced = begin(ask('step'))
    advanced.run(3, CALM)
    advanced.say('advance')
    expect(advanced.state().weight).toBe(25)
    const failing = begin(ask('step'))
    failing.run(3, CALM)
    failing.run(1 / 6, BAD)
    expect(failing.state().phase.name).toBe('rolledBack')
  })

  it('is asked about anew after another version was pushed, and not by an answer to another question', () => {
    const rollout = begin(ask('step'), ask('promotion'))
    rollout.run(3, CALM)
    confirm(rollout, 'promotion')
    rollout.run(1, CALM)
    expect(rollout.state().weight).toBe(5)
    confirm(rollout, 'step')
    rollout.send({
      ...{ kind: 'versionPushed', side: 'canary', version: '9', by: 'bob', now: rollout.now() },
    })
    rollout.run(3, CALM)
    expect(rollout.state().weight).toBe(5)
  })
})

describe('the promotion', () => {
  it('waits for its own confirmation', () => {
    const rollout = begin(ask('promotion'))
    rollout.run(7, CALM)
    expect(rollout.state().phase.name).toBe('bake')
    confirm(rollout, 'promotion')
    rollout.run(1 / 6, CALM)
    expect(rollout.state().phase.name).toBe('promoted')
  })
})

describe('a rollback', () => {
  it('by the judge waits no longer than its bound, whoever is silent', () => {
    const rollout = begin(ask('rollback', 'goOn', 0.5))
    rollout.run(1 / 6, BAD)
    expect(rollout.state().phase.name).toBe('step')
    rollout.run(2 / 6, CALM)
    expect(rollout.state().phase.name).toBe('step')
    rollout.run(1 / 6, CALM)
    expect(rollout.state().phase).toMatchObject({ name: 'rolledBack', cause: 'evidence' })
  })

  it('by the judge happens at the next look once it is confirmed', () => {
    const rollout = begin(ask('rollback', 'goOn', 1))
    rollout.run(1 / 6, BAD)
    confirm(rollout, 'rollback')
    rollout.run(1 / 6, CALM)
    expect(rollout.state().phase.name).toBe('rolledBack')
  })

  it('by the judge is not delayed by a pause or a clock that goes back', () => {
    const rollout = begin(ask('rollback', 'goOn', 1))
    rollout.say('pause')
    rollout.run(1 / 6, BAD)
    expect(rollout.state().phase.name).toBe('step')
    rollout.jump(-3_600_000)
    rollout.run(1 / 6, CALM)
    expect(rollout.state().phase.name).toBe('rolledBack')
  })

  it('by a person is not asked about', () => {
    const rollout = begin(ask('rollback', 'goOn', 1), ask('step'))
    rollout.run(3, CALM)
    rollout.say('abort')
    expect(rollout.state().phase).toMatchObject({ name: 'rolledBack', cause: 'person' })
  })
})

it('comes out the same in a replay', () => {
  const plan = makePlan({
    confirm: [ask('step'), ask('rollback', 'goOn', 1)],
    steps: [timed(5, 1)],
  })
  const rollout = drive(plan)
  rollout.say('start')
  rollout.run(2, CALM)
  confirm(rollout, 'step')
  rollout.run(1, CALM)
  rollout.run(1 / 6, BAD)
  rollout.run(2, CALM)
  expect(rollout.state().phase.name).toBe('rolledBack')
  const again = replay(plan, rollout.events)
  expect(JSON.parse(JSON.stringify(again.state))).toEqual(
    JSON.parse(JSON.stringify(rollout.state())),
  )
})

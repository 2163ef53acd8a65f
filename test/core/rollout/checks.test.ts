// Checks: what a value in somebody's document means, and that an error or an absent value is never a pass.

import { describe, expect, it } from 'vitest'
import { type Check, readCheck } from '../../../src/core/rollout/checks.ts'
import { CALM, type Driven, drive, makePlan, replay } from './drive.ts'

const CHECK: Check = { name: 'sentry', webhook: 'sentry', path: 'n', below: 10, failures: 3 }
const { below: _, ...NO_RULE } = CHECK

describe('a value', () => {
  it.each([
    [{ ...CHECK, path: 'data.0.count' }, { data: [{ count: 3 }] }, 'pass'],
    [{ ...CHECK, path: 'data.0.count' }, { data: [{ count: 10 }] }, 'fail'],
    // As Prometheus writes numbers.
    [{ ...CHECK, path: 'v.1' }, { v: [1_795_804_816, '0.013'] }, 'pass'],
    [{ ...CHECK, path: 'v.1' }, { v: [1_795_804_816, 'NaN'] }, 'unknown'],
    [CHECK, { n: null }, 'unknown'],
    [CHECK, { n: '' }, 'unknown'],
    [CHECK, { n: true }, 'unknown'],
    [CHECK, {}, 'unknown'],
    [CHECK, null, 'unknown'],
    [CHECK, 'n', 'unknown'],
    [{ ...CHECK, path: 'constructor.length' }, {}, 'unknown'],
    [{ ...CHECK, path: 'n.length' }, { n: [] }, 'pass'],
    [{ ...NO_RULE, is: true }, { n: true }, 'pass'],
    [{ ...NO_RULE, is: true }, { n: false }, 'fail'],
    [{ ...NO_RULE, is: true }, { n: 'true' }, 'unknown'],
  ] as const)('of %j in %j is: %s', (check, document, outcome) => {
    expect(readCheck(check, document, 5).outcome).toBe(outcome)
  })

  it.each([
    [{ canary: 50, base: 950 }, 5, 'pass'],
    [{ canary: 76, base: 950 }, 5, 'fail'],
    [{ canary: 9, base: 0 }, 5, 'pass'],
    [{ canary: 10, base: 0 }, 5, 'fail'],
    [{ canary: 50 }, 5, 'unknown'],
    [{ canary: -1, base: 950 }, 5, 'unknown'],
    [{ canary: 3, base: -1 }, 5, 'unknown'],
    [{ canary: 50, base: 950 }, 0, 'unknown'],
  ] as const)('counted per version, as %j at %i %%, is: %s', (document, weight, outcome) => {
    const check = { ...NO_RULE, path: 'canary', basePath: 'base', atMost: 1.5 }
    expect(readCheck(check, document, weight).outcome).toBe(outcome)
  })
})

function begin(check: Partial<Check> = {}): Driven {
  const rollout = drive(makePlan({ checks: [{ ...CHECK, ...check }] }))
  rollout.say('start')
  return rollout
}

const measure = (rollout: Driven, outcome: 'pass' | 'fail' | 'unknown', name = 'sentry') =>
  rollout.send({ kind: 'measured', name, outcome, text: `it is a ${outcome}`, now: rollout.now() })

describe('a rollout with a check', () => {
  it('goes on only after a pass that is fresh', () => {
    const rollout = begin()
    rollout.run(5, CALM)
    expect(rollout.state().weight).toBe(5)
    measure(rollout, 'unknown')
    rollout.run(1, CALM)
    expect(rollout.state().weight).toBe(5)
    measure(rollout, 'pass')
    rollout.run(1 / 6, CALM)
    expect(rollout.state().weight).toBe(25)
    // By the time that this step may end, the pass is too old.
    rollout.run(5, CALM)
    expect(rollout.state().weight).toBe(25)
  })

  it('is taken back after so many failures in a row, which an unknown value does not end', () => {
    const rollout = begin()
    for (const outcome of ['fail', 'pass', 'fail', 'fail', 'unknown'] as const) {
      measure(rollout, outcome)
      rollout.run(1 / 6, CALM)
    }
    expect(rollout.state().phase.name).toBe('step')
    measure(rollout, 'fail')
    rollout.run(1 / 6, CALM)
    expect(rollout.state().phase).toMatchObject({
      name: 'rolledBack',
      reason: 'the check "sentry" has failed 3 times in a row: it is a fail',
    })
  })

  it('is held and not taken back if its plan says so', () => {
    const rollout = begin({ failures: null })
    for (let i = 0; i < 10; i++) measure(rollout, 'fail')
    rollout.run(5, CALM)
    expect(rollout.state().phase.name).toBe('step')
    expect(rollout.state().weight).toBe(5)
  })

  it('forgets what was said of another version, ignores other names, and is replayed the same', () => {
    const rollout = begin()
    measure(rollout, 'fail')
    measure(rollout, 'fail')
    measure(rollout, 'fail', '__proto__')
    rollout.send({
      ...{ kind: 'versionPushed', side: 'canary', version: '9', by: 'bob', now: rollout.now() },
    })
    measure(rollout, 'fail')
    rollout.run(1, CALM)
    expect(rollout.state().phase.name).toBe('step')
    const again = replay(makePlan({ checks: [CHECK] }), rollout.events)
    expect(JSON.parse(JSON.stringify(again.state))).toEqual(
      JSON.parse(JSON.stringify(rollout.state())),
    )
  })
})

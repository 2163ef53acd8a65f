// A rollout whose plan has a baseline: which weights it has in each step, what it is compared with, and
// how it ends.

import { describe, expect, it } from 'vitest'
import type { Window } from '../../../src/core/rollout/events.ts'
import { step } from '../../../src/core/rollout/step.ts'
import { toSet } from '../judge/sets.ts'
import { BAD, CALM, type Driven, drive, makePlan, replay, timed } from './drive.ts'

const PLAN = makePlan({ baseline: 'baseline' })

function begin(plan = PLAN): Driven {
  const rollout = drive(plan)
  rollout.say('start')
  return rollout
}

/** Alarms of ten seconds: nothing of the canary, and visitors of the base and the baseline who failed. */
function failing(rollout: Driven, windows: number, [base, baseline]: readonly [number, number]) {
  for (let i = 0; i < windows && !rollout.state().baselineIsOver; i++) {
    rollout.jump(10_000)
    const window: Window = {
      ...rollout.window(CALM),
      baseline: [toSet(base, baseline, { share: 0.05 })],
    }
    rollout.send({ kind: 'tick', now: rollout.now(), windows: [window] })
  }
}

describe('the baseline', () => {
  it('has the weight of the canary below 50 %, and none from there on, with one analysis for each', () => {
    const steps = [timed(0, 0, { gate: 'manual' }), timed(5, 2), timed(49.99, 2), timed(50, 2)]
    const rollout = begin(makePlan({ baseline: 'baseline', steps }))
    rollout.say('advance')
    rollout.run(8, CALM)
    expect(rollout.actions).toEqual([
      { kind: 'startCounting', generation: 1 },
      { kind: 'setWeight', weight: 0, baseline: 0 },
      { kind: 'setWeight', weight: 5, baseline: 5 },
      { kind: 'setWeight', weight: 49.99, baseline: 49.99 },
      { kind: 'startCounting', generation: 2 },
      { kind: 'setWeight', weight: 50, baseline: 0 },
      { kind: 'setWeight', weight: 95, baseline: 0 },
      { kind: 'endBaseline' },
      { kind: 'complete' },
    ])
    const [leaves] = rollout.audit.filter(({ reason }) => reason.includes('takes the place'))
    expect(leaves?.to).toBe('step 4 of 4 (50 %)')
    expect(rollout.state()).toEqual(replay(rollout.state().plan, rollout.events).state)
  })

  it('and the base share alpha: each of the two comparisons needs twice the evidence', () => {
    const rollout = begin()
    rollout.run(1, CALM)
    rollout.say('pause')
    expect(rollout.audit.at(-1)?.verdict.threshold).toBeCloseTo(Math.log(200))
  })

  it.each([
    ['is promoted', 'promote', 'complete'],
    ['is aborted', 'abort', 'rollBack'],
  ] as const)('ends in the same revision when the release %s', (_, command, kind) => {
    const rollout = begin()
    rollout.say(command)
    expect(rollout.actions.slice(-2)).toMatchObject([{ kind: 'endBaseline' }, { kind }])
  })

  it('ends in the same revision when evidence takes the release back', () => {
    const rollout = begin()
    rollout.run(1, BAD)
    expect(rollout.state().phase).toMatchObject({ name: 'rolledBack', cause: 'evidence' })
    expect(rollout.actions.slice(-2)).toMatchObject([{ kind: 'endBaseline' }, { kind: 'rollBack' }])
  })
})

describe('a baseline that fails by itself', () => {
  it('ends, and the base takes its place in the same step, without what was seen beside it', () => {
    const rollout = begin()
    rollout.run(1, CALM)
    failing(rollout, 3 * 6, [0, 10])
    expect(rollout.state()).toMatchObject({
      phase: { name: 'step', index: 0 },
      weight: 5,
      generation: 2,
      baselineIsOver: true,
    })
    expect(rollout.actions.slice(-2)).toEqual([
      { kind: 'startCounting', generation: 2 },
      { kind: 'setWeight', weight: 5, baseline: 0 },
    ])
    expect(rollout.audit.at(-1)?.reason).toContain(
      'the baseline "baseline" fails more than twice as often as the base',
    )
    rollout.run(2, CALM)
    expect(rollout.actions.at(-1)).toEqual({ kind: 'setWeight', weight: 25, baseline: 0 })
  })

  it('lets no gate open while it may be so', () => {
    const rollout = begin(makePlan({ baseline: 'baseline', steps: [timed(5, 1)] }))
    failing(rollout, 4, [0, 10])
    rollout.jump(30_000)
    for (let i = 0; i < 60; i++) {
      rollout.jump(10_000)
      rollout.send({ kind: 'tick', now: rollout.now(), windows: [rollout.window(CALM)] })
    }
    const { phase, baselineIsOver } = rollout.state()
    expect({ phase: phase.name, baselineIsOver }).toEqual({
      phase: 'step',
      baselineIsOver: undefined,
    })
  })

  it('takes no release back where its step may take no longer', () => {
    const steps = [timed(5, 1, { maxMs: 120_000, atMax: 'rollBack' })]
    const rollout = begin(makePlan({ baseline: 'baseline', steps }))
    failing(rollout, 3, [0, 10])
    rollout.run(5, CALM)
    expect(rollout.state().phase).toMatchObject({ name: 'step', held: true })
  })

  it.each([
    ['as the base does, in any number', [95 * 3, 5 * 3]],
    ['as often again, as something newly started may', [90, 9]],
    ['less', [300, 0]],
  ] as const)('is not one that fails %s', (_, counts) => {
    const rollout = begin(makePlan({ baseline: 'baseline', steps: [timed(5, 60)] }))
    failing(rollout, 60, counts)
    expect(rollout.state()).toMatchObject({ generation: 1, phase: { index: 0 } })
  })
})

describe('people who change the document', () => {
  it('pause it when they give the baseline other visitors, and a resume gives both their weight', () => {
    const rollout = begin()
    const by = { by: 'bob', action: 'shift', now: rollout.now() }
    rollout.send({ kind: 'trafficChanged', weight: 5, baseline: 2, ...by })
    expect(rollout.state().phase).toMatchObject({
      paused: {
        text: 'bob (shift) gave the canary 5 % and the baseline 2 %, and the plan says 5 % and 5 %',
      },
    })
    rollout.say('resume')
    expect(rollout.actions.at(-1)).toEqual({ kind: 'setWeight', weight: 5, baseline: 5 })
  })

  it('and leave both their shares do not pause it', () => {
    const rollout = begin()
    const by = { by: 'bob', action: 'shift', now: rollout.now() }
    rollout.send({ kind: 'trafficChanged', weight: 5, baseline: 5, ...by })
    expect(rollout.state().phase).toMatchObject({ paused: null })
  })

  it('begin the analysis anew when they point the baseline at another version', () => {
    const rollout = begin()
    const pushed = { kind: 'versionPushed', side: 'baseline', version: '2', by: 'bob' } as const
    rollout.send({ ...pushed, now: rollout.now() })
    expect(rollout.state()).toMatchObject({ generation: 2, phase: { index: 0 } })
    expect(rollout.audit.at(-1)?.reason).toContain('the baseline got version 2')
  })

  it.each([
    ['remove it', { kind: 'baselineGone', by: 'bob' }],
    [
      'give the base another version',
      { kind: 'versionPushed', side: 'control', version: '2', by: 'bob' },
    ],
  ] as const)('end it when they %s, and the step begins anew with the base', (_, event) => {
    const rollout = begin()
    rollout.run(1, CALM)
    rollout.send({ ...event, now: rollout.now() })
    expect(rollout.state()).toMatchObject({
      baselineIsOver: true,
      generation: 2,
      weight: 5,
      phase: { index: 0, elapsedMs: 0 },
    })
    expect(rollout.actions.at(-1)).toEqual({ kind: 'setWeight', weight: 5, baseline: 0 })
  })

  it('change nothing when they do so after the base took its place', () => {
    const rollout = begin()
    rollout.run(4, CALM)
    expect(rollout.state().phase.name).toBe('bake')
    const before = rollout.state()
    const pushed = { kind: 'versionPushed', side: 'baseline', version: '2', by: 'bob' } as const
    const moved = step(before, { ...pushed, now: rollout.now() })
    expect(moved).toMatchObject({ actions: [], audit: [], refused: null })
    const gone = step(before, { kind: 'baselineGone', by: 'bob', now: rollout.now() })
    expect(gone).toMatchObject({ actions: [], audit: [], refused: null })
    expect(gone.state.generation).toBe(before.generation)
  })

  it('push another canary after that: it begins at the first step, with the baseline again', () => {
    const rollout = begin()
    rollout.run(4, CALM)
    const pushed = { kind: 'versionPushed', side: 'canary', version: '3', by: 'bob' } as const
    rollout.send({ ...pushed, now: rollout.now() })
    expect(rollout.actions.slice(-2)).toEqual([
      { kind: 'startCounting', generation: 3 },
      { kind: 'setWeight', weight: 5, baseline: 5 },
    ])
  })
})

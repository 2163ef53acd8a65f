import { describe, expect, it } from 'vitest'
import { BAD, CALM, drive, makePlan } from './drive.ts'

const started = () => {
  const rollout = drive(makePlan())
  rollout.say('start')
  return rollout
}

describe('people', () => {
  it('pause a rollout, which then waits, and resume it with the time it had', () => {
    const rollout = started()
    rollout.run(1, CALM)
    rollout.say('pause')
    rollout.run(30, CALM)
    expect(rollout.state()).toMatchObject({
      weight: 5,
      phase: { paused: { by: 'ada', cause: 'command', text: 'by ada' }, elapsedMs: 60_000 },
    })
    rollout.say('resume')
    rollout.run(1, CALM)
    expect(rollout.state().weight).toBe(25)
  })

  it('advance one step, whatever its gate asks for, and a pause stays', () => {
    const rollout = started()
    rollout.say('pause')
    rollout.say('advance')
    expect(rollout.state()).toMatchObject({
      weight: 25,
      phase: { name: 'step', paused: { by: 'ada' } },
    })
    rollout.say('advance')
    expect(rollout.state()).toMatchObject({ weight: 95, phase: { name: 'bake' } })
    rollout.say('advance')
    const reason = 'advanced by ada, whatever the gate asks for'
    expect(rollout.state().phase).toEqual({ name: 'promoted', reason })
    expect(rollout.audit.at(-1)).toMatchObject({ event: 'advance', by: 'ada', reason })
  })

  it('promote and abort from anywhere', () => {
    const promoted = started()
    expect(promoted.say('promote').actions).toEqual([{ kind: 'complete' }])
    const aborted = started()
    aborted.run(5, CALM)
    expect(aborted.say('abort').actions).toEqual([{ kind: 'rollBack', withdraw: false }])
    expect(aborted.state().phase).toMatchObject({ cause: 'person', reason: 'aborted by ada' })
  })

  it('are told why a command does nothing', () => {
    const rollout = drive(makePlan())
    expect(rollout.say('pause').refused).toBe('not started')
    rollout.say('start')
    expect(rollout.say('start').refused).toBe('already started')
    expect(rollout.say('resume').refused).toBe('not paused')
    rollout.say('pause')
    expect(rollout.say('pause').refused).toBe('already paused: by ada')
    rollout.say('abort')
    const state = rollout.state()
    for (const kind of ['start', 'pause', 'resume', 'advance', 'promote', 'abort'] as const) {
      expect(rollout.say(kind)).toEqual({
        state,
        actions: [],
        audit: [],
        refused: 'the rollout is over: rolled back',
      })
    }
  })
})

describe('another version', () => {
  it('of the canary begins the analysis anew at the first step, with its own counting', () => {
    const rollout = started()
    rollout.run(1 / 6, [1000, 10, 1000, 25])
    rollout.run(4, CALM)
    expect(rollout.state().phase.name).toBe('bake')
    const { actions, audit } = rollout.send({
      kind: 'versionPushed',
      side: 'canary',
      version: '0.0.7',
      by: 'ada',
      now: rollout.now(),
    })
    expect(actions).toEqual([
      { kind: 'startCounting', generation: 2 },
      { kind: 'setWeight', weight: 5 },
    ])
    expect(rollout.state()).toMatchObject({ phase: { name: 'step', index: 0, elapsedMs: 0 } })
    expect(rollout.state()).toMatchObject({ metrics: [{ sets: [] }], visitors: [0, 0] })
    expect(audit[0]?.verdict.findings[0]?.met).toEqual([10, 25])
  })

  it('of the control begins it anew where it is', () => {
    const rollout = started()
    rollout.run(2, CALM)
    const { actions } = rollout.send({
      kind: 'versionPushed',
      side: 'control',
      version: '0.0.3-fix',
      by: 'ada',
      now: rollout.now(),
    })
    expect(actions.map(({ kind }) => kind)).toEqual(['startCounting', 'setWeight'])
    expect(rollout.state()).toMatchObject({ weight: 25, generation: 2, phase: { elapsedMs: 0 } })
  })

  it('is not judged by windows of the one before', () => {
    const rollout = started()
    const late = rollout.window(BAD)
    const pushed = { kind: 'versionPushed', side: 'canary', version: '2', by: 'ada' } as const
    rollout.send({ ...pushed, now: rollout.now() })
    rollout.send({ kind: 'tick', now: rollout.now(), windows: [late] })
    expect(rollout.state()).toMatchObject({
      phase: { name: 'step' },
      oddities: { foreignWindows: 1 },
    })
  })
})

describe('traffic that is changed by hand', () => {
  const change = (weight: number) => ({ kind: 'trafficChanged', weight, by: 'bob' }) as const

  it('pauses the rollout and says what it found', () => {
    const rollout = started()
    rollout.send({ ...change(12.5), now: rollout.now() })
    rollout.run(30, CALM)
    expect(rollout.state()).toMatchObject({
      weight: 12.5,
      phase: {
        index: 0,
        paused: {
          by: 'bob',
          cause: 'traffic',
          text: 'bob gave the canary 12.5 %, and the plan says 5 %',
        },
      },
    })
  })

  it('is set back to the plan by resume, and goes on with the next step by advance', () => {
    const resumed = started()
    resumed.send({ ...change(0), now: resumed.now() })
    expect(resumed.say('resume').actions).toEqual([{ kind: 'setWeight', weight: 5 }])
    const advanced = started()
    advanced.send({ ...change(12.5), now: advanced.now() })
    expect(advanced.say('advance').actions).toEqual([{ kind: 'setWeight', weight: 25 }])
  })

  it('is noted and nothing more when the canary keeps its share', () => {
    const rollout = started()
    const { audit } = rollout.send({ ...change(5), now: rollout.now() })
    expect(audit).toHaveLength(1)
    expect(rollout.state().phase).toMatchObject({ paused: null })
  })
})

import { describe, expect, it } from 'vitest'
import { ERRORS, PRESETS } from '../../../src/core/rollout/plan.ts'
import { BAD, CALM, drive, GOOD, MINUTE_MS, makePlan, timed } from './drive.ts'

describe('a release against which nothing speaks', () => {
  it('goes from step to step, bakes, and is completed', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    rollout.run(6, CALM)
    expect(rollout.actions).toEqual([
      { kind: 'startCounting', generation: 1 },
      { kind: 'setWeight', weight: 5 },
      { kind: 'setWeight', weight: 25 },
      { kind: 'setWeight', weight: 95 },
      { kind: 'complete' },
    ])
    expect(rollout.audit.map(({ from, to }) => `${from} → ${to}`)).toEqual([
      'not started → step 1 of 2 (5 %)',
      'step 1 of 2 (5 %) → step 2 of 2 (25 %)',
      'step 2 of 2 (25 %) → bake (95 %)',
      'bake (95 %) → promoted',
    ])
  })

  it('spends its minimum time in each step, and not less', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    rollout.run(1.5, CALM)
    expect(rollout.state().weight).toBe(5)
    rollout.run(0.5, CALM)
    expect(rollout.state().weight).toBe(25)
  })

  it('has in each audit row all that decided', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    rollout.run(2, CALM)
    const row = rollout.audit.at(-1)
    expect(row).toMatchObject({
      event: 'tick',
      elapsedMs: 2 * MINUTE_MS,
      weight: 25,
      generation: 1,
      lastWindow: 11,
      data: { visitors: [2400, 2400], metrics: [{ control: 6000, canary: 6000, error: null }] },
      verdict: { outcome: 'continue', threshold: Math.log(100) },
      sampleRatio: { alarmed: false, threshold: Math.log(1000) },
    })
    expect(row?.reason).toContain('2 min have passed with 2400 visitors')
  })
})

describe('evidence against the canary', () => {
  it.each([
    ['in a step', 1],
    ['in the bake, after everybody has had it', 5],
  ])('takes it back %s at once, with the reason in words', (_, minutes) => {
    const rollout = drive(makePlan({ withdraws: true }))
    rollout.say('start')
    rollout.run(minutes, CALM)
    rollout.run(1 / 6, BAD)
    expect(rollout.state().phase).toMatchObject({ name: 'rolledBack', cause: 'evidence' })
    expect(rollout.actions.at(-1)).toEqual({ kind: 'rollBack', withdraw: true })
    expect(rollout.audit.at(-1)?.reason).toContain('60 in ')
    expect(rollout.audit.at(-1)?.verdict.outcome).toBe('rollback')
  })

  it('takes it back in a pause, too', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    rollout.say('pause')
    rollout.run(1 / 6, BAD)
    expect(rollout.state().phase.name).toBe('rolledBack')
  })

  it('is kept from step to step', () => {
    const rollout = drive(makePlan())
    rollout.say('start')
    rollout.run(1 / 6, [1000, 10, 1000, 25])
    const before = rollout.state().metrics
    rollout.say('advance')
    expect(rollout.state().metrics).toBe(before)
  })
})

describe('a gate of evidence', () => {
  const steps = [timed(25, 1, { gate: 'evidence', maxMs: 5 * MINUTE_MS })]

  it('stays shut without evidence, however long nothing goes wrong', () => {
    const rollout = drive(makePlan({ steps }))
    rollout.say('start')
    rollout.run(60, CALM)
    expect(rollout.state().phase).toMatchObject({ name: 'step', held: true })
    const holds = rollout.audit.filter(({ reason }) => reason.startsWith('holds'))
    expect(holds).toHaveLength(1)
    expect(holds[0]?.reason).toContain('not enough evidence')
  })

  it('opens when enough visitors have shown that the canary fails for few', () => {
    const rollout = drive(makePlan({ steps, metrics: [ERRORS] }))
    rollout.say('start')
    rollout.run(1, CALM)
    expect(rollout.state().phase).toMatchObject({ name: 'step', held: false })
    rollout.run(1, CALM)
    expect(rollout.state().phase.name).toBe('bake')
    expect(rollout.audit.at(-1)?.reason).toContain('or below 0.2 % of visits: evidence')
  })

  it('opens on evidence, also after it has held', () => {
    const rollout = drive(makePlan({ steps }))
    rollout.say('start')
    rollout.run(10, CALM)
    rollout.run(1.5, GOOD)
    expect(rollout.state().phase.name).toBe('bake')
    expect(rollout.audit.at(-1)?.reason).toContain('it is shown that at most 1.5 times as many')
    expect(rollout.audit.at(-1)?.verdict.outcome).toBe('promote')
  })

  it('takes the release back at its maximum time where the plan says so', () => {
    const rollout = drive(
      makePlan({
        steps: [timed(25, 1, { gate: 'evidence', maxMs: 5 * MINUTE_MS, atMax: 'rollBack' })],
      }),
    )
    rollout.say('start')
    rollout.run(5, CALM)
    expect(rollout.state().phase).toMatchObject({ name: 'rolledBack', cause: 'tooLong' })
  })
})

describe('a gate of time', () => {
  it('stays shut while visitors do not arrive in their shares, and takes nothing back for it', () => {
    const maxMs = 5 * MINUTE_MS
    const rollout = drive(makePlan({ steps: [timed(25, 2, { maxMs, atMax: 'rollBack' })] }))
    rollout.say('start')
    const window = rollout.window(CALM)
    const assigned = [{ id: 1, shares: [50, 50], visitors: [3000, 2000] }]
    rollout.send({ kind: 'tick', now: rollout.now(), windows: [{ ...window, assigned }] })
    expect(rollout.audit.at(-1)?.reason).toContain('sample ratio')
    rollout.run(60, CALM)
    expect(rollout.state().phase).toMatchObject({ name: 'step', index: 0, held: true })
  })

  it('does what the plan says about missing data at its maximum time', () => {
    const steps = [timed(25, 2, { maxMs: 5 * MINUTE_MS, atMax: 'rollBack' })]
    const holding = drive(makePlan({ steps, withoutData: 'hold' }))
    const returning = drive(makePlan({ steps, withoutData: 'rollBack' }))
    for (const rollout of [holding, returning]) {
      rollout.say('start')
      rollout.run(30, null)
    }
    expect(holding.state().phase).toMatchObject({ name: 'step', held: true })
    expect(returning.state().phase).toMatchObject({ name: 'rolledBack', cause: 'tooLong' })
  })
})

describe('presets', () => {
  it('instant gives everybody the release at once, and says that nobody judged it', () => {
    const rollout = drive(PRESETS.instant)
    const { actions, audit } = rollout.say('start')
    expect(actions.map(({ kind }) => kind)).toEqual(['startCounting', 'complete'])
    expect(audit[0]?.reason).toContain('without evidence')
  })

  it('blue-green waits for a word, then gives it to all but those held back', () => {
    const rollout = drive(PRESETS['blue-green'])
    rollout.say('start')
    rollout.run(60, CALM)
    expect(rollout.state()).toMatchObject({ weight: 0, phase: { name: 'step', paused: null } })
    rollout.say('advance')
    expect(rollout.state()).toMatchObject({ weight: 95, phase: { name: 'bake' } })
    rollout.run(60, CALM)
    expect(rollout.state().phase.name).toBe('promoted')
  })

  it('careful withdraws what it takes back, the others do not', () => {
    const withdrawing = Object.entries(PRESETS).filter(([, { withdraws }]) => withdraws)
    expect(withdrawing.map(([name]) => name)).toEqual(['careful'])
  })

  it('a bake that holds nobody back waits for the canary alone, and only a person ends it', () => {
    const rollout = drive(makePlan({ steps: [], bake: { minMs: MINUTE_MS, heldBack: 0 } }))
    rollout.say('start')
    expect(rollout.state().weight).toBe(100)
    rollout.run(0.5, [0, 0, 500, 400])
    expect(rollout.state().phase.name).toBe('bake')
    rollout.run(0.5, [0, 0, 500, 0])
    expect(rollout.state().phase.name).toBe('promoted')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FAILURES_TO_BE_DOWN,
  findWorst,
  GOOD_TO_BE_HEALTHY,
  type Health,
  newHealth,
  nextHealth,
  type OriginHealth,
  type ProbeResult,
  restoreHealth,
  SLOW_PROBE_MS,
  toServiceState,
} from '../../../src/core/health.ts'

const NOW = 1_700_000_000_000
const GOOD: ProbeResult = { kind: 'answered', status: 200, ms: 12 }
const SLOW: ProbeResult = { kind: 'answered', status: 200, ms: SLOW_PROBE_MS + 500 }
const WRONG: ProbeResult = { kind: 'answered', status: 500, ms: 12 }
const SILENT: ProbeResult = { kind: 'silent', why: 'cannot be reached' }

/** One probe a second. */
function become(
  probes: readonly ProbeResult[],
  start: OriginHealth = newHealth(NOW),
): OriginHealth {
  return probes.reduce(
    (health, probed, i) => nextHealth(health, probed, 200, NOW + (i + 1) * 1000),
    start,
  )
}

describe('an origin', () => {
  it.each([
    ['Unknown', []],
    ['Online', [GOOD]],
    ['Online', [GOOD, GOOD]],
    ['Healthy', [GOOD, GOOD, GOOD]],
    ['Degraded', [SLOW]],
    ['Degraded', [WRONG]],
    ['Degraded', [WRONG, SILENT]],
    ['Down', [WRONG, SILENT, WRONG]],
    ['Degraded', [GOOD, GOOD, GOOD, SILENT]],
    ['Online', [GOOD, GOOD, GOOD, SILENT, GOOD]],
    ['Online', [SILENT, SILENT, SILENT, GOOD]],
    ['Degraded', [SILENT, SILENT, SILENT, SLOW]],
    ['Degraded', [SILENT, SILENT, GOOD, SILENT, SILENT]],
    ['Healthy', [SILENT, SILENT, SILENT, GOOD, GOOD, GOOD]],
  ] as const)('is %s after %j', (state, probes) => {
    expect(become(probes).state).toBe(state)
  })

  it('is so since the probe that made it so', () => {
    expect(become([GOOD, GOOD, GOOD, GOOD, GOOD]).since).toBe(NOW + 3000)
    expect(become([SILENT, SILENT, SILENT, SILENT]).since).toBe(NOW + 3000)
  })

  it('says why, in the words of the latest probe', () => {
    expect(become([GOOD]).why).toBe('answers 200')
    expect(become([WRONG]).why).toBe('answers 500 instead of 200')
    expect(become([SLOW]).why).toBe('answers after 1500 ms, more than 1000')
    expect(become([SILENT, SILENT, SILENT]).why).toMatch(/^cannot be reached, 3 times in a row/)
  })

  it('is what was expected when that is another status', () => {
    const probed: ProbeResult = { kind: 'answered', status: 204, ms: 1 }
    expect(nextHealth(newHealth(NOW), probed, 204, NOW).state).toBe('Online')
  })

  it.each(['Healthy', 'Down'] as const)('that was %s before a restart still is', (state) => {
    const restored = restoreHealth({ state, since: NOW, why: 'kept' })
    expect(become([state === 'Down' ? SILENT : GOOD], restored)).toMatchObject({
      state,
      since: NOW,
    })
  })

  it('is Down only after failures in a row, and Healthy only after good answers in a row', () => {
    const probe = fc.constantFrom(GOOD, SLOW, WRONG, SILENT)
    fc.assert(
      fc.property(fc.array(probe, { minLength: 1, maxLength: 20 }), (probes) => {
        const { state } = become(probes)
        const bad = probes.slice(-FAILURES_TO_BE_DOWN)
        const good = probes.slice(-GOOD_TO_BE_HEALTHY)
        const isBad = (probed: ProbeResult) => probed === WRONG || probed === SILENT
        expect(state === 'Down').toBe(bad.length === FAILURES_TO_BE_DOWN && bad.every(isBad))
        expect(state === 'Healthy').toBe(
          good.length === GOOD_TO_BE_HEALTHY && good.every((probed) => probed === GOOD),
        )
      }),
    )
  })
})

const part = (name: string, state: Health['state'], since = NOW) => ({
  name,
  health: { state, since, why: `is ${state}` },
})

describe('a service', () => {
  it.each([
    ['Unknown', []],
    ['Unknown', ['Unknown', 'Unknown']],
    ['Healthy', ['Healthy', 'Healthy']],
    ['Healthy', ['Healthy', 'Unknown']],
    ['Online', ['Healthy', 'Online']],
    ['Degraded', ['Healthy', 'Degraded']],
    ['Degraded', ['Healthy', 'Down']],
    ['Degraded', ['Degraded', 'Down']],
    ['Down', ['Down', 'Down']],
    ['Down', ['Down']],
  ] as const)('is %s with origins that are %j', (state, states) => {
    expect(toServiceState(states.map((one, i) => part(`o${i}`, one))).state).toBe(state)
  })

  it('names the origins that are in trouble', () => {
    const { why } = toServiceState([part('a', 'Down'), part('b', 'Healthy')])
    expect(why).toBe('1 of 2 origins: a is Down')
  })
})

describe('an environment', () => {
  it('is as its worst service, the one that is so for longest', () => {
    const parts = [part('/a/', 'Healthy'), part('/b/', 'Down', NOW + 1), part('/c/', 'Down')]
    expect(findWorst(parts)?.name).toBe('/c/')
    expect(findWorst([part('/a/', 'Unknown'), part('/b/', 'Healthy')])?.name).toBe('/b/')
    expect(findWorst([])).toBe(undefined)
  })
})

// The four figures of `holo dora`, from made-up histories. test/cli/json.test.ts asks a real Holo.

import { describe, expect, it } from 'vitest'
import { type DeliveryStep, measureDelivery, type Snapshot } from '../../src/cli/dora.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PUBLISHED = new Map([
  ['v2', HOUR_MS],
  ['v3', 2 * HOUR_MS],
])

const snapshot = (environments: Readonly<Record<string, string>>): Snapshot => ({
  environments: new Map(Object.entries(environments)),
  published: PUBLISHED,
})
const step = (
  hour: number,
  action: string,
  after: Readonly<Record<string, string>>,
): DeliveryStep => ({
  ...{ at: hour * HOUR_MS, action, after: snapshot(after) },
})
const measure = (
  steps: readonly DeliveryStep[],
  first: Snapshot | undefined = snapshot({ main: 'v1' }),
) => measureDelivery(first, steps, 10 * DAY_MS)

describe('the figures of an environment', () => {
  it('count each new version, with the time since it was published', () => {
    const steps = [
      step(3, 'set-environment', { main: 'v2' }),
      step(4, 'shift', { main: 'v2' }),
      step(8, 'set-environment', { main: 'v3' }),
    ]
    expect(measure(steps)).toEqual([
      {
        ...{ environment: 'main', deployments: 2, perDay: 0.2, leadTimeMs: 4 * HOUR_MS },
        ...{ failed: 0, failureRate: 0, restoreMs: null },
      },
    ])
  })

  it.each(['rollback', 'set-environment', 'swap'])(
    'count what %s takes back as failed',
    (action) => {
      const steps = [
        step(3, 'set-environment', { main: 'v2' }),
        step(5, action, { main: 'v1' }),
        step(9, 'set-environment', { main: 'v3' }),
      ]
      expect(measure(steps)[0]).toMatchObject({
        ...{ deployments: 2, failed: 1, failureRate: 0.5, restoreMs: 2 * HOUR_MS },
      })
    },
  )

  it('follow a rollout: what is taken back in the canary, and what is promoted in the base', () => {
    const at = (main: string, canary: string) => ({ main, canary })
    const steps: DeliveryStep[] = [
      { ...step(3, 'rollout-start', at('v1', 'v2')), begun: 'canary' },
      { ...step(4, 'rollout-rollback', at('v1', 'v2')), takenBack: 'canary' },
      { ...step(6, 'rollout-start', at('v1', 'v2')), begun: 'canary' },
      step(9, 'rollout-complete', at('v2', 'v2')),
    ]
    const [canary, main] = measure(steps, snapshot(at('v1', 'v1')))
    expect(canary).toMatchObject({ deployments: 2, failed: 1, restoreMs: HOUR_MS })
    // Its lead time is that of the first try.
    expect(canary?.leadTimeMs).toBe(2 * HOUR_MS)
    expect(main).toMatchObject({ deployments: 1, failed: 0, leadTimeMs: 8 * HOUR_MS })
  })

  it('count one failure where a rollback goes back over several deployments', () => {
    const steps = [
      step(3, 'set-environment', { main: 'v2' }),
      step(4, 'set-environment', { main: 'v3' }),
      step(5, 'rollback', { main: 'v1' }),
      step(6, 'rollback', { main: 'v0' }),
    ]
    expect(measure(steps)[0]).toMatchObject({ deployments: 2, failed: 1, restoreMs: HOUR_MS })
  })

  it('do not count the first document, nor what happens to deployments before the period', () => {
    expect(measureDelivery(undefined, [step(1, 'replace', { main: 'v1' })], DAY_MS)).toEqual([
      {
        ...{ environment: 'main', deployments: 0, perDay: 0, leadTimeMs: null },
        ...{ failed: 0, failureRate: null, restoreMs: null },
      },
    ])
    expect(measure([step(3, 'rollback', { main: 'v0' })])[0]).toMatchObject({
      ...{ deployments: 0, failed: 0, failureRate: null },
    })
  })

  it('begin anew for an environment that was removed and made again', () => {
    const steps = [
      step(3, 'set-environment', { main: 'v1', qa: 'v2' }),
      step(4, 'remove-environment', { main: 'v1' }),
      step(5, 'set-environment', { main: 'v1', qa: 'v3' }),
    ]
    expect(measure(steps)[1]).toMatchObject({ environment: 'qa', deployments: 2, failed: 0 })
  })
})

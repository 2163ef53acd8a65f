// The releases that are rolled out, and how the backend behaves towards each of them.

import { METRICS } from '../../../src/core/counting/metrics.ts'

/** The share of visitors for whom the backend fails with every release. */
export const USUAL_FAILURES = 0.01
/** The time of a reply with every release, in milliseconds. */
export const USUAL_MS = 20

export const OLD = '1.0.0'

/**
 * `blank`: its page throws and asks nothing. The others are replies of its API: a route that is gone, one
 * that nobody may use, an error in a 200, a body that breaks off, a redirect to another host.
 */
export type Fault = 'blank' | 'gone' | 'forbidden' | 'error-body' | 'broken-off' | 'elsewhere'

export type Release = {
  readonly version: string
  /** What is wrong with it, as a heading. */
  readonly name: string
  /** The share of visitors with failures, in addition to the usual ones. */
  readonly failures: number
  /** Milliseconds in addition to the usual time. */
  readonly slowerMs: number
  /** What happens to every visitor of it, beside failures and slowness; left out for nothing. */
  readonly fault?: Fault
  /** Whether a rollback withdraws it, so that open tabs leave it too. */
  readonly withdraws: boolean
}

export const RELEASES: readonly Release[] = [
  { version: '1.1.0', name: 'healthy', failures: 0, slowerMs: 0, withdraws: true },
  { version: '1.2.0', name: 'fails for 3 %', failures: 0.03, slowerMs: 0, withdraws: true },
  { version: '1.2.1', name: 'fails for 3 %, kept', failures: 0.03, slowerMs: 0, withdraws: false },
  { version: '1.3.0', name: '300 ms slower', failures: 0, slowerMs: 300, withdraws: true },
  { version: '1.3.1', name: '300 ms slower, kept', failures: 0, slowerMs: 300, withdraws: false },
  { version: '1.4.0', name: 'fails for all', failures: 1, slowerMs: 0, withdraws: true },
  ...toFaulty('1.5.0', 'blank page', 'blank'),
  ...toFaulty('1.6.0', '200 with an error body', 'error-body'),
  ...toFaulty('1.7.0', 'route gone (404)', 'gone'),
  ...toFaulty('1.8.0', 'route forbidden (403)', 'forbidden'),
  ...toFaulty('1.9.0', 'body broken off', 'broken-off'),
  ...toFaulty('1.10.0', 'redirect to another host', 'elsewhere'),
]

function toFaulty(version: string, name: string, fault: Fault): readonly Release[] {
  return [{ version, name, failures: 0, slowerMs: 0, fault, withdraws: true }]
}

/** The one that fails for everybody. */
export const FAILING = RELEASES.find(({ failures }) => failures === 1) as Release

/**
 * A rollout of the preset `standard` that stays in its step of 5 %. It withdraws nothing, so that the same
 * version can be rolled out again.
 */
export const STEADY_PLAN = {
  preset: 'standard',
  steps: [{ weight: 5, gate: 'time', minMinutes: 600 }],
  withdraw: false,
}

/** Where the team of the site says an error stands in a good reply. */
export const MEASURE = { errorBodies: { '/api/cart': 'errors' } }

/** 1, 5 and 25 percent, then almost all, each for a short time. */
export const toPlan = ({ withdraws }: Release) => ({
  steps: [
    { weight: 1, gate: 'time', minMinutes: 0.5 },
    { weight: 5, gate: 'time', minMinutes: 0.5 },
    { weight: 25, gate: 'evidence', minMinutes: 0.5 },
  ],
  bake: { minutes: 0.5, heldBack: 5 },
  metrics: METRICS.map(({ name }) => (name === 'errors' ? { name, margin: 3 } : { name })),
  warmUpMinutes: 0,
  withdraw: withdraws,
})

// The health of an origin from one probe to the next, as a pure state machine, and the health of a
// service and of an environment, which follows from it. control/health decides what is probed and
// how often; docs/health.md explains the states.

/**
 * - `Unknown`: not probed yet, or nothing to probe
 * - `Online`: answers as expected, but not yet often enough in a row
 * - `Healthy`: has answered as expected several times in a row
 * - `Degraded`: answers slowly, or has failed once or twice
 * - `Down`: has failed several times in a row
 */
export const HEALTH_STATES = ['Unknown', 'Online', 'Healthy', 'Degraded', 'Down'] as const
export type HealthState = (typeof HEALTH_STATES)[number]

/**
 * Good answers in a row that make an origin `Healthy`, and failures in a row that make it `Down`.
 */
export const GOOD_TO_BE_HEALTHY = 3
export const FAILURES_TO_BE_DOWN = 3

/** A probe is a cheap request: an origin that needs longer than this for it is overloaded. */
export const SLOW_PROBE_MS = 1000

export type Health = {
  readonly state: HealthState
  /** Since when the state holds: milliseconds since the epoch. */
  readonly since: number
  /** The reason in words, with the result of the latest probe. */
  readonly why: string
}

/** What is remembered of one origin. At most one of the two counts is above 0. */
export type OriginHealth = Health & {
  /** Good answers in a row, and failures in a row, until now. */
  readonly good: number
  readonly failures: number
}

/** The result of one probe. */
export type ProbeResult =
  | { readonly kind: 'answered'; readonly status: number; readonly ms: number }
  /** No answer: refused, too late, or no such host. `why` is for people. */
  | { readonly kind: 'silent'; readonly why: string }

/** An origin that has not been probed yet. */
export function newHealth(now: number): OriginHealth {
  return { state: 'Unknown', since: now, why: 'not asked yet', good: 0, failures: 0 }
}

/** The memory of an origin after a restart: a state that it had reached, it keeps. */
export function restoreHealth({ state, since, why }: Health): OriginHealth {
  return {
    state,
    since,
    why,
    good: state === 'Healthy' ? GOOD_TO_BE_HEALTHY : 0,
    failures: state === 'Down' ? FAILURES_TO_BE_DOWN : 0,
  }
}

/**
 * The health after a probe.
 *
 * @param expected the status that a healthy origin answers with.
 */
export function nextHealth(
  before: OriginHealth,
  probed: ProbeResult,
  expected: number,
  now: number,
): OriginHealth {
  const failure = findFailure(probed, expected)
  if (failure !== undefined) return fail(before, failure, now)
  const ms = probed.kind === 'answered' ? Math.round(probed.ms) : 0
  if (ms > SLOW_PROBE_MS) {
    const why = `answers after ${ms} ms, more than ${SLOW_PROBE_MS}`
    return move(before, 'Degraded', why, { good: 0, failures: 0 }, now)
  }
  const good = before.good + 1
  const state = good >= GOOD_TO_BE_HEALTHY ? 'Healthy' : 'Online'
  return move(before, state, `answers ${expected}`, { good, failures: 0 }, now)
}

function fail(before: OriginHealth, why: string, now: number): OriginHealth {
  const failures = before.failures + 1
  const isDown = failures >= FAILURES_TO_BE_DOWN
  const said = isDown ? `${why}, ${FAILURES_TO_BE_DOWN} times in a row or more` : why
  return move(before, isDown ? 'Down' : 'Degraded', said, { good: 0, failures }, now)
}

/** What was wrong with the answer; `undefined` if nothing was. */
function findFailure(probed: ProbeResult, expected: number): string | undefined {
  if (probed.kind === 'silent') return probed.why
  if (probed.status === expected) return undefined
  return `answers ${probed.status} instead of ${expected}`
}

function move(
  before: OriginHealth,
  state: HealthState,
  why: string,
  counts: Pick<OriginHealth, 'good' | 'failures'>,
  now: number,
): OriginHealth {
  return { state, since: state === before.state ? before.since : now, why, ...counts }
}

/** The health of one part of a whole, with the part's name. */
export type HealthPart = { readonly name: string; readonly health: Health }

/**
 * The state of a service, from those of its origins that were probed. All `Down`: `Down`. All at
 * least `Online`: the weakest of their states. Otherwise `Degraded`, because some still answer.
 * `Unknown` while none was probed.
 */
export function toServiceState(origins: readonly HealthPart[]): {
  readonly state: HealthState
  readonly why: string
} {
  const known = origins.filter(({ health }) => health.state !== 'Unknown')
  const [first] = known
  if (!first) return { state: 'Unknown', why: origins[0]?.health.why ?? 'nothing to ask' }
  const states = new Set(known.map(({ health }) => health.state))
  const troubled = known.filter(({ health }) => isTroubled(health.state))
  if (troubled.length === 0) {
    const state = states.has('Online') ? 'Online' : 'Healthy'
    return { state, why: first.health.why }
  }
  const isDown = states.size === 1 && states.has('Down')
  const said = troubled.map(({ name, health }) => `${name} ${health.why}`).join('; ')
  const count = known.length === 1 ? '' : `${troubled.length} of ${known.length} origins: `
  return { state: isDown ? 'Down' : 'Degraded', why: count + said }
}

/** From the worst to the best. */
const WORST_FIRST: readonly HealthState[] = ['Down', 'Degraded', 'Online', 'Healthy', 'Unknown']

/**
 * The service that determines the health of an environment: the worst, because pages need all of
 * them. `undefined` without services.
 */
export function findWorst(services: readonly HealthPart[]): HealthPart | undefined {
  const rank = ({ health }: HealthPart) => WORST_FIRST.indexOf(health.state)
  return services.toSorted(
    (one, other) => rank(one) - rank(other) || one.health.since - other.health.since,
  )[0]
}

function isTroubled(state: HealthState): boolean {
  return state === 'Down' || state === 'Degraded'
}

// How a service is, and an environment, from how their parts are. How an origin is, is health.ts'.

import type { Health, HealthState } from './health.ts'

/** One part, and what it is called. */
export type Part = { readonly name: string; readonly health: Health }

/**
 * Of the origins of a service that were asked: all `Down` is `Down`; all at least `Online` is the
 * weakest of them; anything else is `Degraded`, because somebody still answers. `Unknown` while
 * nobody was asked.
 */
export function toServiceState(origins: readonly Part[]): {
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

/** An environment is as its worst service, because pages need all of them; `undefined` without any. */
export function findWorst(services: readonly Part[]): Part | undefined {
  const rank = ({ health }: Part) => WORST_FIRST.indexOf(health.state)
  return services.toSorted(
    (one, other) => rank(one) - rank(other) || one.health.since - other.health.since,
  )[0]
}

function isTroubled(state: HealthState): boolean {
  return state === 'Down' || state === 'Degraded'
}

// The commands that move visitors. `shift` changes the shares of the traffic. `swap` exchanges the
// versions of two environments; their hosts, traffic and restrictions stay. Pure.

import { getOwn } from '../../core/own.ts'
import { ok } from '../../core/result.ts'
import { allocate, completeWeights, countMoved } from '../../core/traffic.ts'
import type { Command } from '../../wire/commands.ts'
import { type Content, findFirstServed } from './content.ts'
import { type DraftResult, refuseChange, refuseUnknown, toDraft } from './draft.ts'

export function shift(
  { weights, base: named }: Extract<Command, { kind: 'shift' }>,
  current: Content,
): DraftResult {
  const { environments, traffic, spent } = current
  const base = named ?? toBase(current, weights)
  if (base === undefined) return refuseChange('base', 'no public environment has traffic')
  if (Object.keys(weights).length === 0)
    return refuseChange('weights', 'name at least one environment')
  for (const [path, name, percent] of [
    ['base', base, 1] as const,
    ...Object.entries(weights).map(
      ([name, percent]) => [`weights.${name}`, name, percent] as const,
    ),
  ]) {
    const environment = getOwn(environments, name)
    if (!environment) return refuseUnknown(path, 'environment', name, environments)
    if (environment.restricted && percent > 0) {
      return refuseChange(path, `"${name}" is restricted: make it public before it gets traffic`)
    }
  }
  const complete = completeWeights(traffic, weights, base)
  if (!complete.ok) return refuseChange('weights', complete.error)
  const next = allocate(traffic, complete.value, base, spent)
  // If every bucket keeps its environment, nothing changes.
  if (countMoved(traffic, next) === 0) return ok(toDraft(current))
  return ok({ ...toDraft(current), traffic: next })
}

/**
 * The environment that gets or gives the difference, if the command names no base: the first public one
 * with traffic. If the command sets that one's weight, an environment written before it that has no
 * traffic left becomes the base again, unless it is a preview (has host names).
 */
function toBase(current: Content, weights: Readonly<Record<string, number>>): string | undefined {
  const served = findFirstServed(current)
  if (served === undefined || !Object.hasOwn(weights, served)) return served
  const given = Object.entries(current.environments).find(
    ([name, { restricted, hosts = [] }]) =>
      name === served || (!restricted && hosts.length === 0 && !Object.hasOwn(weights, name)),
  )
  return given?.[0]
}

export function swap(
  { environments: [one, other] }: Extract<Command, { kind: 'swap' }>,
  current: Content,
): DraftResult {
  const { environments, versions } = current
  if (one === other) return refuseChange('environments', `"${one}" cannot be exchanged with itself`)
  const [first, second] = [getOwn(environments, one), getOwn(environments, other)]
  if (!first) return refuseUnknown('environments[0]', 'environment', one, environments)
  if (!second) return refuseUnknown('environments[1]', 'environment', other, environments)
  for (const { version } of [first, second]) {
    if (!getOwn(versions, version)?.withdrawn) continue
    return refuseChange('environments', `version "${version}" is withdrawn: restore it first`)
  }
  const exchanged = {
    ...environments,
    [one]: { ...first, version: second.version },
    [other]: { ...second, version: first.version },
  }
  return ok({ ...toDraft(current), environments: exchanged })
}

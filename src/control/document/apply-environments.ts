// The commands that create, point and remove environments, and those that move traffic between them. Pure.
// The validator (document/validate.ts) checks the result, for example that no two environments have the same
// host.

import { getOwn } from '../../core/own.ts'
import { ok } from '../../core/result.ts'
import { allocate, completeWeights, countBuckets, countMoved } from '../../core/traffic.ts'
import type { Command } from '../../wire/commands.ts'
import { type Content, findFirstServed } from './content.ts'
import { type DraftResult, quoteNames, refuseChange, refuseUnknown, toDraft } from './draft.ts'
import { closeUnknown } from './opening.ts'

export function pointEnvironment(
  { name, version, restricted, hosts, admit }: Extract<Command, { kind: 'set-environment' }>,
  current: Content,
): DraftResult {
  const known = getOwn(current.environments, name)
  const target = version ?? known?.version
  if (target === undefined) {
    return refuseChange('version', `environment "${name}" is new: say which version it points at`)
  }
  const entry = getOwn(current.versions, target)
  if (!entry) return refuseUnknown('version', 'version', target, current.versions)
  if (entry.withdrawn) {
    return refuseChange(
      'version',
      `version "${target}" is withdrawn: restore it first, or name another`,
    )
  }
  if (restricted && countBuckets(getOwn(current.traffic, name)) > 0) {
    return refuseChange(
      'restricted',
      `"${name}" has traffic: shift it to another environment first`,
    )
  }
  // A field that the command leaves out, or sets to the value it has, stays exactly as it is written.
  const environment = {
    ...known,
    version: target,
    ...(restricted !== undefined && restricted !== (known?.restricted === true)
      ? { restricted: restricted || undefined }
      : {}),
    ...(hosts && JSON.stringify(hosts) !== JSON.stringify(known?.hosts ?? [])
      ? { hosts: hosts.length > 0 ? hosts : undefined }
      : {}),
    // Everybody sees a public environment, so that nobody has to be admitted to it.
    ...(admit !== undefined || restricted === false ? { admit: admit ?? undefined } : {}),
  }
  const environments = { ...current.environments, [name]: environment }
  const isClosing = restricted === true && known !== undefined && !known.restricted
  const versions = isClosing ? closeUnknown(current.versions, known.version) : current.versions
  return ok({ ...toDraft(current), environments, versions })
}

export function removeEnvironment(
  { name }: Extract<Command, { kind: 'remove-environment' }>,
  current: Content,
): DraftResult {
  const removed = getOwn(current.environments, name)
  if (!removed) {
    return refuseUnknown('name', 'environment', name, current.environments)
  }
  const uses = findUses(name, current)
  if (uses.length > 0) {
    return refuseChange('name', `"${name}" is in use: ${uses.join('; ')}`)
  }
  const { [name]: _, ...environments } = current.environments
  const { [name]: __, ...traffic } = current.traffic
  const versions = removed.restricted
    ? current.versions
    : closeUnknown(current.versions, removed.version)
  return ok({ ...toDraft(current), environments, traffic, versions })
}

function findUses(
  name: string,
  { traffic, rules = [], versions, environments }: Content,
): string[] {
  const shadowed = Object.entries(environments).filter(([, { shadow }]) => shadow?.to === name)
  const percent = countBuckets(getOwn(traffic, name)) / 100
  const ruled = rules.filter(({ environment }) => environment === name)
  const fallbacks = Object.entries(versions).flatMap(([id, { services = [] }]) =>
    services
      .filter(({ fallback }) => fallback === name)
      .map(({ prefix }) => `service "${prefix}" of version "${id}" falls back to it`),
  )
  return [
    ...(percent > 0 ? [`it has ${percent} % of the traffic`] : []),
    ...(ruled.length > 0 ? [`rules ${quoteNames(ruled.map((rule) => rule.name))} lead to it`] : []),
    ...fallbacks,
    ...(shadowed.length > 0
      ? [`requests of ${quoteNames(shadowed.map(([from]) => from))} are copied to it`]
      : []),
  ]
}

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

/** A setting that is taken away is left out of the document. */
export function setTabPins(
  { environment: name, on }: Extract<Command, { kind: 'set-tab-pins' }>,
  current: Content,
): DraftResult {
  if (name === undefined) return ok({ ...toDraft(current), tabPins: on ?? undefined })
  const known = getOwn(current.environments, name)
  if (!known) return refuseUnknown('environment', 'environment', name, current.environments)
  const { tabPins: _, ...others } = known
  const changed = on === null ? others : { ...others, tabPins: on }
  return ok({
    ...toDraft(current),
    environments: { ...current.environments, [name]: changed },
  })
}

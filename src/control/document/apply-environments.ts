// The commands that create, point and remove environments. Pure. The validator (document/validate.ts)
// checks the result, for example that no two environments have the same host.

import { getOwn } from '../../core/own.ts'
import { ok } from '../../core/result.ts'
import { countBuckets } from '../../core/traffic.ts'
import type { Command } from '../../wire/commands.ts'
import type { Content } from './content.ts'
import { type DraftResult, quoteNames, refuseChange, refuseUnknown, toDraft } from './draft.ts'
import { closeUnknown } from './opening.ts'

export function pointEnvironment(
  { name, version, restricted, hosts }: Extract<Command, { kind: 'set-environment' }>,
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

function findUses(name: string, { traffic, rules = [], versions }: Content): string[] {
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
  ]
}

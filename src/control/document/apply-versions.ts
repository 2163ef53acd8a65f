// The commands about versions: add one that was finalised, move its services, withdraw and restore it,
// and remove those that are no longer retained. Pure. The files of a version never change.

import { getOwn } from '../../core/own.ts'
import { ok } from '../../core/result.ts'
import type { FrameworkPin } from '../../document/framework-pin.ts'
import type { PublishedService } from '../../document/service.ts'
import type { Command } from '../../wire/commands.ts'
import type { Content } from './content.ts'
import { type DraftResult, quoteNames, refuseChange, refuseUnknown, toDraft } from './draft.ts'

/** Replaces the services that the command names; the others stay as they are. */
export function setServices(
  { version, services: asked }: Extract<Command, { kind: 'set-services' }>,
  current: Content,
): DraftResult {
  const entry = getOwn(current.versions, version)
  if (!entry) return refuseUnknown('version', 'version', version, current.versions)
  const next = new Map<string, unknown>(
    (entry.services ?? []).map((service) => [service.prefix, service]),
  )
  const seen = new Set<string>()
  for (const [i, service] of asked.entries()) {
    const path = `services[${i}]`
    if (typeof service !== 'object' || service === null || Array.isArray(service)) {
      return refuseChange(path, 'a service is a JSON object')
    }
    const { prefix, stripPrefix } = service as { prefix?: unknown; stripPrefix?: unknown }
    const known = entry.services?.find((one) => one.prefix === prefix)
    if (!known) {
      const prefixes = quoteNames([...next.keys()]) || 'none'
      return refuseChange(
        `${path}.prefix`,
        `version "${version}" has no such service; it has ${prefixes}, and these are part of the version`,
      )
    }
    if (seen.has(known.prefix)) return refuseChange(`${path}.prefix`, 'this service is named twice')
    seen.add(known.prefix)
    if (stripPrefix !== undefined && stripPrefix !== (known.stripPrefix === true)) {
      return refuseChange(
        `${path}.stripPrefix`,
        'which path the backend gets is part of the version: publish another one',
      )
    }
    next.set(known.prefix, { ...service, stripPrefix: known.stripPrefix })
  }
  const services = [...next.values()]
  if (services.length === 0) return ok(toDraft(current))
  const versions = { ...current.versions, [version]: { ...entry, services } }
  return ok({ ...toDraft(current), versions })
}

export function withdraw(
  { version, restore }: Extract<Command, { kind: 'withdraw' }>,
  current: Content,
): DraftResult {
  const entry = getOwn(current.versions, version)
  if (!entry) return refuseUnknown('version', 'version', version, current.versions)
  const users = Object.entries(current.environments)
    .filter((pair) => pair[1].version === version)
    .map(([name]) => name)
  if (!restore && users.length > 0) {
    const verb = users.length > 1 ? 'point' : 'points'
    return refuseChange(
      'version',
      `${quoteNames(users)} ${verb} at version "${version}": point at another first`,
    )
  }
  if ((entry.withdrawn === true) === !restore) return ok(toDraft(current))
  const { withdrawn: _, ...kept } = entry
  const versions = {
    ...current.versions,
    [version]: restore ? kept : { ...kept, withdrawn: true },
  }
  return ok({ ...toDraft(current), versions })
}

/** Commands that the control gives itself. No route accepts them. */
export type OwnCommand =
  | {
      readonly kind: 'add-version'
      readonly version: string
      readonly manifest: string
      readonly services: readonly PublishedService[]
      /** ISO 8601, UTC. */
      readonly published: string
      readonly frameworkPin?: FrameworkPin | undefined
      readonly floor?: string | undefined
    }
  | { readonly kind: 'remove-versions'; readonly versions: readonly string[] }
  | PreviewCommand

/** Changes which links of previews count: see control/previews. */
export type PreviewCommand = {
  readonly kind: 'preview-keys' | 'preview-revoke' | 'preview-rotate'
  readonly keys: readonly { readonly id: string; readonly key: string }[]
  readonly revoked: readonly string[]
  /** For the audit log. */
  readonly detail: Readonly<Record<string, unknown>>
}

export function setPreviewKeys({ keys, revoked }: PreviewCommand, current: Content): DraftResult {
  const { keys: _, revoked: __, ...settings } = current.previews ?? {}
  const previews = { ...settings, keys, ...(revoked.length > 0 ? { revoked } : {}) }
  return ok({ ...toDraft(current), previews })
}

/** Adds a version that no environment points at yet. One that is there already stays as it is. */
export function addVersion(
  {
    version,
    manifest,
    services,
    published,
    frameworkPin,
    floor,
  }: Extract<OwnCommand, { kind: 'add-version' }>,
  current: Content,
): DraftResult {
  const existing = getOwn(current.versions, version)
  if (existing) {
    // The services may have moved since it was published: it is still the same version.
    if (existing.manifest === manifest) return ok(toDraft(current))
    return refuseChange('version', `version "${version}" has other files in the document`)
  }
  if (floor !== undefined && floor !== version && !getOwn(current.versions, floor)) {
    return refuseUnknown('floor', 'version', floor, current.versions)
  }
  const entry = {
    manifest,
    ...(services.length > 0 ? { services } : {}),
    published,
    ...(frameworkPin && { frameworkPin }),
    ...(floor === undefined ? {} : { floor }),
  }
  return ok({ ...toDraft(current), versions: { ...current.versions, [version]: entry } })
}

export function removeVersions(
  { versions: ids }: Extract<OwnCommand, { kind: 'remove-versions' }>,
  current: Content,
): DraftResult {
  const inUse = Object.entries(current.environments).filter(([, { version }]) =>
    ids.includes(version),
  )
  if (inUse.length > 0) {
    return refuseChange(
      'versions',
      `${quoteNames(inUse.map(([name]) => name))} point at what should go`,
    )
  }
  const versions = Object.fromEntries(
    Object.entries(current.versions).filter(([id]) => !ids.includes(id)),
  )
  return ok({ ...toDraft(current), versions })
}

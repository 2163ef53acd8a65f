// The commands that only the control gives itself: a version that was finalised comes into the
// document, and those that are no longer retained leave it. Pure.

import { getOwn } from '../../core/own.ts'
import { ok } from '../../core/result.ts'
import type { PublishedService } from '../../document/service.ts'
import type { Content } from './content.ts'
import { type DraftResult, quoteNames, refuseChange, toDraft } from './draft.ts'

/** Not among COMMANDS: no route may send them. */
export type OwnCommand =
  | {
      readonly kind: 'add-version'
      readonly version: string
      readonly manifest: string
      readonly services: readonly PublishedService[]
      /** ISO 8601, UTC. */
      readonly published: string
    }
  | { readonly kind: 'remove-versions'; readonly versions: readonly string[] }

/** Nothing points at it yet. One that is there already stays as it is. */
export function addVersion(
  { version, manifest, services, published }: Extract<OwnCommand, { kind: 'add-version' }>,
  current: Content,
): DraftResult {
  const existing = getOwn(current.versions, version)
  if (existing) {
    // Its services may have moved since: that is no other version.
    if (existing.manifest === manifest) return ok(toDraft(current))
    return refuseChange('version', `version "${version}" has other files in the document`)
  }
  const entry = { manifest, ...(services.length > 0 ? { services } : {}), published }
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

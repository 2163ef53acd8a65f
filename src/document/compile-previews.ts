// Compiles what the document says about previews and about who is admitted to restricted environments.

import { type Admits, compileAdmission } from '../core/identity.ts'
import { type PreviewKeys, toPreviewLabel } from '../core/previews.ts'
import type { PreviewHosts, Version } from '../core/types.ts'
import type { AdmissionDocument, PreviewsDocument } from './previews.ts'

/** A restricted environment, and who is admitted to it by identity. */
export type CompiledAdmission = { readonly environment: string; readonly admits: Admits }

export function compileAdmissions(
  environments: Readonly<
    Record<
      string,
      { readonly restricted?: boolean | undefined; readonly admit?: AdmissionDocument | undefined }
    >
  >,
): readonly CompiledAdmission[] {
  return Object.entries(environments).flatMap(([environment, { restricted, admit }]) =>
    restricted && admit ? [{ environment, admits: compileAdmission(admit) }] : [],
  )
}

export function compilePreviewKeys({
  keys = [],
  revoked = [],
}: PreviewsDocument = {}): PreviewKeys {
  return { keys: new Map(keys.map(({ id, key }) => [id, key])), revoked: new Set(revoked) }
}

/** The host names of versions. Where two versions have the same label, neither has a host name. */
export function compilePreviewHosts(
  { hosts = [] }: PreviewsDocument = {},
  versions: ReadonlyMap<string, Version>,
): PreviewHosts | undefined {
  if (hosts.length === 0) return undefined
  const byLabel = Map.groupBy(versions.values(), ({ id }) => toPreviewLabel(id))
  const labelled = [...byLabel].flatMap(([label, sharing]) => {
    const [version] = sharing
    return label !== undefined && version && sharing.length === 1 ? [[label, version] as const] : []
  })
  return {
    domains: new Set(hosts.map((host) => host.slice(2))),
    versions: new Map(labelled),
  }
}

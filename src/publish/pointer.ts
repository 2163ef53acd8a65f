// The last step of a publication, on the assignments document: a version becomes known, and an
// environment points at it. Pure; who validates the result and stores it is the caller's affair.

import { isSameServices, type PublishedService } from '../document/service.ts'

type Environment = { readonly version: string; readonly restricted?: boolean | undefined }

type VersionEntry = {
  readonly manifest: string
  readonly services?: readonly PublishedService[] | undefined
  readonly open?: boolean | Readonly<Record<string, string>> | undefined
  readonly withdrawn?: boolean | undefined
  readonly published?: string | undefined
}

/** The part of the assignments document that publishing changes; the rest is carried along. */
export type PointedDocument = {
  readonly revision: number
  readonly environments: Readonly<Record<string, Environment>>
  readonly versions: Readonly<Record<string, VersionEntry>>
}

export type NewVersion = {
  readonly id: string
  /** SHA-256 of the manifest's bytes, 64 lower-case hex digits. */
  readonly manifest: string
  readonly services: readonly PublishedService[]
  /** ISO 8601, UTC. */
  readonly published: string
}

/**
 * The document with one more version, which nothing points at yet, under the next revision; the same
 * document when it has the version already.
 *
 * @throws Error when the id belongs to other content.
 */
export function addVersion<D extends PointedDocument>(doc: D, version: NewVersion): D {
  const { id, manifest, services, published } = version
  const existing = getOwn(doc.versions, id)
  if (existing) {
    const isSame = existing.manifest === manifest
    if (isSame && isSameServices(existing.services ?? [], services)) return doc
    throw new Error(`version ${id} is in the document with other content; choose a new id`)
  }
  const entry: VersionEntry = { manifest, services, published }
  return { ...doc, revision: doc.revision + 1, versions: { ...doc.versions, [id]: entry } }
}

/**
 * The document with an environment pointing at a version, under the next revision; the same document
 * when it does already. What a public environment points at is open from then on.
 *
 * @throws Error when either is not in the document, or the version is withdrawn.
 */
export function pointEnvironment<D extends PointedDocument>(
  doc: D,
  environment: string,
  versionId: string,
): D {
  const pointer = getOwn(doc.environments, environment)
  if (!pointer) throw new Error(toUnknown('environment', environment, doc.environments))
  const version = getOwn(doc.versions, versionId)
  if (!version) throw new Error(toUnknown('version', versionId, doc.versions))
  if (version.withdrawn) throw new Error(`version ${versionId} is withdrawn: it serves nobody`)
  const opens = !pointer.restricted && !version.open
  if (pointer.version === versionId && !opens) return doc
  return {
    ...doc,
    revision: doc.revision + 1,
    environments: { ...doc.environments, [environment]: { ...pointer, version: versionId } },
    versions: opens ? { ...doc.versions, [versionId]: { ...version, open: true } } : doc.versions,
  }
}

function getOwn<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function toUnknown(what: string, name: string, table: object): string {
  return `there is no ${what} "${name}" in the document; it has ${Object.keys(table).join(', ') || 'none'}`
}

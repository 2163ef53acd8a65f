// What a version is, once and for all: its immutable record, and when two of them are the same. Where
// records are kept is the affair of those who write them.

/** How its origins are asked whether they are well. */
export type PublishedProbe = {
  readonly path: string
  readonly status?: number | undefined
  readonly intervalMs?: number | undefined
}

/** A path prefix and the origins that answer it, with all that the assignments document may say. */
export type PublishedService = {
  readonly prefix: string
  readonly origins: readonly string[]
  readonly timeoutMs?: number | undefined
  readonly stripPrefix?: boolean | undefined
  readonly maxBodyBytes?: number | undefined
  readonly fallback?: string | undefined
  readonly probe?: PublishedProbe | undefined
}

/** The immutable record of a version: `versions/<id>` in the store, as JSON. */
export type VersionRecord = {
  readonly id: string
  /** SHA-256 of the manifest's bytes, 64 lower-case hex digits. */
  readonly manifest: string
  readonly services: readonly PublishedService[]
  /** How many paths the version has. */
  readonly files: number
  /** Their sizes in sum, not encoded. */
  readonly bytes: number
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly commit?: string
  readonly author?: string
}

type Substance = Pick<VersionRecord, 'manifest' | 'services'>

/** Whether both have the same manifest and the same services. */
export function isSameSubstance(one: Substance, other: Substance): boolean {
  return one.manifest === other.manifest && isSameServices(one.services, other.services)
}

/** Whether both are the same services, in any order: the longest prefix wins wherever it stands. */
export function isSameServices(
  some: readonly PublishedService[],
  others: readonly PublishedService[],
): boolean {
  return toServicesText(some) === toServicesText(others)
}

/** For people, and the same for the same services. */
export function toServicesText(services: readonly PublishedService[]): string {
  const lines = services.map(
    ({ prefix, origins, timeoutMs, stripPrefix, maxBodyBytes, fallback, probe }) =>
      JSON.stringify({
        ...{ prefix, origins, timeoutMs, stripPrefix, maxBodyBytes, fallback },
        probe: probe && { path: probe.path, status: probe.status, intervalMs: probe.intervalMs },
      }),
  )
  return lines.length === 0 ? 'none' : lines.sort().join(', ')
}

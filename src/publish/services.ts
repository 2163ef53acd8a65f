// The backends of a version as a publication carries them, and when two lists of them are the same.

/** A path prefix and the origins that answer it, with all that the assignments document may say. */
export type PublishedService = {
  readonly prefix: string
  readonly origins: readonly string[]
  readonly timeoutMs?: number | undefined
  readonly stripPrefix?: boolean | undefined
  readonly maxBodyBytes?: number | undefined
  readonly fallback?: string | undefined
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
    ({ prefix, origins, timeoutMs, stripPrefix, maxBodyBytes, fallback }) =>
      JSON.stringify({ prefix, origins, timeoutMs, stripPrefix, maxBodyBytes, fallback }),
  )
  return lines.length === 0 ? 'none' : lines.sort().join(', ')
}

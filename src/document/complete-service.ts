// The defaults of a service of a version, and what is the same service with them.

import { toCanonicalJson } from '../core/canonical-json.ts'
import type { Probe, PublishedService } from './service.ts'

/** The values of fields that a service leaves out. A field without an entry here has no default. */
export const SERVICE_DEFAULTS = {
  timeoutMs: 30_000,
  stripPrefix: false,
} as const satisfies Partial<PublishedService>

/** A minute and a half until `Down` is quick enough for a hint. */
export const PROBE_DEFAULTS = {
  status: 200,
  intervalMs: 30_000,
} as const satisfies Partial<Probe>

type Complete<Said, Defaults> = Omit<Said, keyof Defaults> & {
  readonly [Field in keyof Said & keyof Defaults]-?: NonNullable<Said[Field]>
}

export type CompleteService = Complete<Omit<PublishedService, 'probe'>, typeof SERVICE_DEFAULTS> & {
  readonly probe?: Complete<Probe, typeof PROBE_DEFAULTS> | undefined
}

/** The service with its defaults filled in. */
export function completeService({ probe, ...said }: PublishedService): CompleteService {
  return {
    ...fillIn(SERVICE_DEFAULTS, said),
    ...(probe && { probe: fillIn(PROBE_DEFAULTS, probe) }),
  }
}

/** `undefined` counts as left out. */
function fillIn<Defaults extends object, Said extends object>(
  defaults: Defaults,
  said: Said,
): Complete<Said, Defaults> {
  const filled = Object.entries(said).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(filled) } as Complete<Said, Defaults>
}

/** Whether both are the same services, in any order: the longest prefix wins wherever it stands. */
export function isSameServices(
  some: readonly PublishedService[],
  others: readonly PublishedService[],
): boolean {
  return toComparableText(some) === toComparableText(others)
}

/** For people: as the services are written, without their defaults. */
export function toServicesText(services: readonly PublishedService[]): string {
  return services.length === 0 ? 'none' : services.map(toCanonicalJson).sort().join(', ')
}

/**
 * The same text for the same services. It is made of all that a service says, so that no field can be
 * forgotten here: fields in any order, and a default whether or not it is written.
 */
function toComparableText(services: readonly PublishedService[]): string {
  return services
    .map((service) => toCanonicalJson(completeService(service)))
    .sort()
    .join()
}

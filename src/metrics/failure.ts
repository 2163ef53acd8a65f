// What a failure of a version is. Faults of R2, KV and Holo itself are none, and neither is what the
// client did wrong.

import type { Answered, ServiceAnswer } from './observed.ts'

/** What a backend's own status of 500 and more is called among the codes. */
export const STATUS_5XX = 'status_5xx'
/** A file that the manifest names and that is not there. */
export const NAMED_404 = 'named_404'

/** Why the version failed, as a code; `undefined` where it did not. */
export function toFailure({ status, service, isNamed }: Answered): string | undefined {
  if (service) return toServiceFailure(service)
  // Files that cannot be read are a 503, which is a fault of R2.
  return isNamed && status === 404 ? NAMED_404 : undefined
}

/** The service failed also where another version's answered in its place. */
function toServiceFailure({ status, failure }: ServiceAnswer): string | undefined {
  if (status !== undefined && status >= 500) return STATUS_5XX
  return status === undefined ? failure : undefined
}

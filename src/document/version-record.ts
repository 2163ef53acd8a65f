// The immutable record of a version, and when two versions are the same. Other files read and write
// records.

import * as z from 'zod'
import { isSameServices, type PublishedService, service } from './service.ts'

/** `versions/<id>` in the store, as JSON. */
export const versionRecord = z.strictObject({
  id: z.string(),
  manifest: z.string().describe("SHA-256 of the manifest's bytes, 64 lower-case hex digits"),
  services: z.array(service),
  files: z.int().describe('How many paths the version has'),
  bytes: z.int().describe('Their sizes in sum, not encoded'),
  createdAt: z.string().describe('ISO 8601, UTC'),
  commit: z.string().optional(),
  author: z.string().optional(),
})

export type VersionRecord = Readonly<
  Omit<z.infer<typeof versionRecord>, 'services'> & { services: readonly PublishedService[] }
>

type Substance = Pick<VersionRecord, 'manifest' | 'services'>

/** Whether both have the same manifest and the same services. */
export function isSameSubstance(one: Substance, other: Substance): boolean {
  return one.manifest === other.manifest && isSameServices(one.services, other.services)
}

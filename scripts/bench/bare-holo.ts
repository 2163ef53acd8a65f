// Holo for bare workerd, with a site published into its memory.

import { readFile } from 'node:fs/promises'
import { bundleWorker } from '../local/bundle.ts'
import { createMemoryBucket, publishSite, type Services } from './published.ts'
import { type SiteFiles, withSite } from './site.ts'
import { ROUTER, readDeployed, WORKERS } from './sources.ts'
import type { BareWorker } from './workerd.ts'

/** Holo as it is deployed, but that its services may be on this machine. */
export async function buildHolo(files: SiteFiles, services: Services = []): Promise<BareWorker> {
  const bucket = createMemoryBucket()
  const assignments = await withSite(files, (folder) => publishSite(folder, bucket, services))
  const { variables, ...compatibility } = readDeployed()
  return {
    modules: {
      'from-memory.js': await readFile(new URL('from-memory.js', WORKERS), 'utf8'),
      'confirming-control.js': await readFile(new URL('confirming-control.js', WORKERS), 'utf8'),
      'router.js': await bundleWorker(ROUTER),
    },
    bindings: {
      ...variables,
      ALLOW_INSECURE_ORIGINS: 'true',
      ASSIGNMENTS: assignments,
      OBJECTS: bucket.toObjects(),
    },
    ...compatibility,
  }
}

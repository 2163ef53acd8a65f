// The Worker and the dashboard of this checkout, built from source, for a `holo` command that runs from source.

import type { WorkerParts } from '../../src/local/edge.ts'
import { ensureDashboard } from '../dashboard/build.ts'
import { bundleParts } from './edge.ts'

export async function loadCheckoutParts(): Promise<WorkerParts> {
  await ensureDashboard()
  return bundleParts()
}

// Wakes the origins of a version before visitors come to it: a backend that sleeps, or whose caches
// are empty, would make a healthy release look slow.

import { withTimeout } from '../../core/with-timeout.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import type { ProbingDeps } from './probing.ts'
import { findTargets } from './targets.ts'

/**
 * Each origin gets so many requests, of which the first may have to start an instance; the rollout waits
 * no longer than `WARMING_MS`.
 */
const WARMING_REQUESTS = 3
const WARMING_MS = 5000
const MAX_WARMED_ORIGINS = 20

export type WarmingDeps = Pick<ProbingDeps, 'document' | 'ask' | 'allowInsecure'>

/**
 * Sends a few health checks to each origin of the version, one after the other, all origins at once.
 * Services without a probe are not asked: nobody has said which request does no harm. Never throws,
 * and takes at most `WARMING_MS`.
 */
export async function warmVersion(
  { document, ask, allowInsecure }: WarmingDeps,
  version: string,
): Promise<void> {
  const versions: AssignmentsDocument['versions'] = document()?.content.versions ?? {}
  const environments = { warmed: { version } }
  const { asked } = findTargets({ environments, versions }, allowInsecure)
  const work = asked.slice(0, MAX_WARMED_ORIGINS).map(async (target) => {
    for (let i = 0; i < WARMING_REQUESTS; i++) await ask(target)
  })
  await withTimeout(Promise.allSettled(work), WARMING_MS).catch(() => undefined)
}

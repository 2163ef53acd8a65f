// What a visitor met in the browser, by what Holo's script reports of a page. One row of
// core/counting/metrics.ts for each.

import type { BeaconReport } from '../core/browser/parse-beacon.ts'
import type { Met } from './met.ts'

const VITALS = ['lcp', 'inp', 'cls', 'ttfb'] as const

export function listSeen({ errors, isBlank, vitals }: BeaconReport): readonly Met[] {
  const has = (...kinds: string[]) => errors.some(({ kind }) => kinds.includes(kind))
  const met: Met[] = [{ metric: 'reports' }]
  if (has('error', 'rejection')) met.push({ metric: 'browserErrors' })
  if (has('chunk')) met.push({ metric: 'chunkErrors' })
  if (isBlank) met.push({ metric: 'blankPages' })
  for (const metric of VITALS) {
    const measured = vitals[metric]
    if (measured !== undefined) met.push({ metric, measured })
  }
  return met
}

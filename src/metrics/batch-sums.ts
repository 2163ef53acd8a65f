// How much a batch holds: what is lost with it.

import type { Batch } from '../core/counting/batch.ts'

export function countHeldErrors({ errorGroups = [], lostErrors = 0 }: Batch): number {
  return errorGroups.reduce((sum, { count }) => sum + count, lostErrors)
}

export function countHeldRequests({ windows }: Batch): number {
  const groups = windows.flatMap((window) => window.groups)
  return groups.reduce((sum, { totals }) => sum + totals.requests, 0)
}

export function countHeldFlags({ flagCounts = [], lostFlags = 0 }: Batch): number {
  return flagCounts.reduce((sum, { count }) => sum + count, lostFlags)
}

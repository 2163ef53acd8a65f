// A period of real counters in a file: what `holo metrics export` writes and `holo simulate` reads.

import * as z from 'zod'

export const RECORD_FORMAT = 'holo-metrics'

export const recordedPoint = z.object({
  at: z.int().describe('Milliseconds since the epoch'),
  series: z.array(
    z.object({
      environment: z.string(),
      version: z.string(),
      requests: z.int(),
      judged: z.int(),
      assigned: z.int().describe('Documents that were decided by their bucket'),
      failed: z.int().describe('Requests that failed by the fault of the version'),
      latency: z.array(z.int()).describe('First bytes of services by edge, the last above all'),
    }),
  ),
})

export const recordShape = z.object({
  format: z.literal(RECORD_FORMAT),
  formatVersion: z.literal(1),
  from: z.string().describe('The address of the Holo'),
  resolution: z.enum(['window', 'minute']),
  points: z.array(recordedPoint).describe('Oldest first; times without requests are left out'),
})

export type Recorded = z.infer<typeof recordShape>
export type RecordedPoint = z.infer<typeof recordedPoint>

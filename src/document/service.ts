// A service of a version: the only place that names its fields with their bounds and what they mean;
// complete-service.ts has their defaults. The document, holo.json, the admin API and the record of a version all use this schema.

import * as z from 'zod'
import { environmentName } from './names.ts'

/** More than the platform takes anywhere; a larger number is a slip of the pen. */
const MAX_BODY_LIMIT_BYTES = 2 ** 40

/** Each look of the control is an alarm, and the platform bills each: see docs/health.md. */
const SHORTEST_PROBE_INTERVAL_MS = 10_000
const LONGEST_PROBE_INTERVAL_MS = 3_600_000

/** Why a text cannot be the prefix of a service; `undefined` where it can. */
function findPrefixMistake(prefix: string): string | undefined {
  if (!/^\/(?:.*\/)?$/s.test(prefix)) return 'a prefix starts and ends with "/"'
  if (prefix.includes('//')) return 'a prefix starts and ends with "/" and has no two in a row'
  if (!/^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/.test(prefix)) {
    return `a prefix starts and ends with "/" and has only letters, digits and "-._~!$&'()*+,=:@" between its slashes`
  }
  // No normalised path has dot segments, and backends do not agree on what follows a ";".
  if (/;|\/\.\.?\//.test(prefix)) return 'a prefix has no "." or ".." and no ";" in it'
  if (prefix.startsWith('/.holo/')) {
    return "what is below /.holo/ is Holo's own (its API), and no request for it reaches a service"
  }
  return undefined
}

/** How the control asks the origins of a service whether they are well. */
export const probe = z.strictObject({
  path: z
    .string()
    .max(500)
    .regex(
      /^\/[!-~]*$/,
      'a path starts with "/" and has no spaces; letters beyond ASCII are encoded',
    )
    .regex(/^[^#]*$/, 'a backend never sees what stands behind a "#"')
    .describe('What is asked for at each origin'),
  status: z
    .int()
    .min(200, 'a status is 200 to 599')
    .max(599)
    .optional()
    .describe('What is expected (200)'),
  intervalMs: z
    .int()
    .min(
      SHORTEST_PROBE_INTERVAL_MS,
      `at least ${SHORTEST_PROBE_INTERVAL_MS}: the control asks no more often`,
    )
    .max(LONGEST_PROBE_INTERVAL_MS)
    .optional()
    .describe('How often (30,000)'),
})

/** A path prefix, the origins that answer it, and how they are asked. */
export const service = z.strictObject({
  prefix: z
    .string()
    .max(200)
    .refine((prefix) => findPrefixMistake(prefix) === undefined, {
      error: ({ input }) => findPrefixMistake(String(input)) ?? '',
    }),
  origins: z
    .array(z.string().max(300))
    .min(1, 'name at least one origin')
    .max(20)
    .describe('Asked in turn: `https://…`, or `service:NAME` for another Worker'),
  timeoutMs: z
    .int()
    .min(50)
    .max(100_000)
    .optional()
    .describe('Longest wait for the first byte of an answer (30,000)'),
  stripPrefix: z
    .boolean()
    .optional()
    .describe('true: the backend gets /x where the client asks for /api/x'),
  maxBodyBytes: z
    .int()
    .min(1, 'a limit is at least one byte')
    .max(MAX_BODY_LIMIT_BYTES)
    .optional()
    .describe('Longest body of a request; no limit when left out'),
  fallback: environmentName.optional().describe('The environment that answers when this is down'),
  probe: probe.optional().describe('How the control asks the origins whether they are well'),
})

/** All services of a version. */
export const services = z.array(service).max(50)

export type Probe = Readonly<z.infer<typeof probe>>

/** A service as a document or a record has it. */
export type PublishedService = Readonly<
  Omit<z.infer<typeof service>, 'origins' | 'probe'> & {
    origins: readonly string[]
    probe?: Probe | undefined
  }
>

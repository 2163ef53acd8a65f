// The shape of the document, as zod reads it. validate.ts checks that its parts agree with one
// another (a version exists, weights sum to 100).

import * as z from 'zod'
import { ENVIRONMENT_NAME, VERSION_ID } from '../core/names.ts'
import { BUCKETS } from '../core/traffic.ts'

/**
 * Revisions up to this stay exact in doubles with room to spare, and below any clock in
 * milliseconds.
 */
export const MAX_REVISION = 2 ** 40

/**
 * The highest revision that a person may write. The control keeps those above for itself and marks
 * them with `reserve`, so that there is always a number left that isolates accept as newer.
 */
export const MAX_WRITTEN_REVISION = 2 ** 39

/** More than any platform accepts; a larger number is a mistake. */
const MAX_BODY_LIMIT_BYTES = 2 ** 40

/** Every probe runs in an alarm of the control, and the platform bills each: see docs/health.md. */
const SHORTEST_PROBE_INTERVAL_MS = 10_000
const LONGEST_PROBE_INTERVAL_MS = 3_600_000

const environmentName = z
  .string()
  .regex(ENVIRONMENT_NAME, 'a name is lower-case letters, digits and "-", beginning with a letter')
const versionId = z
  .string()
  .regex(VERSION_ID, 'a version id is up to 64 letters, digits and "._+-", such as "1.4.0"')
const headerName = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'a header name is lower-case letters, digits and "-"')
const cookieName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'a cookie name is letters, digits and "._-"')

function isHost(host: string): boolean {
  return /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(host)
}

function findHostMistake(host: string): string {
  const rule = 'a host is a lower-case name without port'
  const bare = host
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/:\d*$/, '')
    .toLowerCase()
  return bare !== host && isHost(bare) ? `${rule}: write "${bare}"` : rule
}

/** Why a text cannot be the prefix of a service. */
function findPrefixMistake(prefix: string): string | undefined {
  if (!/^\/(?:.*\/)?$/s.test(prefix)) return 'a prefix starts and ends with "/"'
  if (prefix.includes('//')) return 'a prefix starts and ends with "/" and has no two in a row'
  if (!/^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/.test(prefix)) {
    return `a prefix starts and ends with "/" and has only letters, digits and "-._~!$&'()*+,=:@" between its slashes`
  }
  // No normalised path has dot segments, and backends differ in how they read a ";".
  if (/;|\/\.\.?\//.test(prefix)) return 'a prefix has no "." or ".." and no ";" in it'
  if (prefix.startsWith('/.holo/')) {
    return "what is below /.holo/ is Holo's own (its API), and no request for it reaches a service"
  }
  return undefined
}

const environment = z.strictObject({
  version: versionId,
  restricted: z.boolean().optional(),
  hosts: z
    .array(z.string().refine(isHost, { error: ({ input }) => findHostMistake(String(input)) }))
    .max(50)
    .optional(),
})

const probe = z.strictObject({
  path: z
    .string()
    .max(500)
    .regex(
      /^\/[!-~]*$/,
      'a path starts with "/" and has no spaces; letters beyond ASCII are encoded',
    )
    .regex(/^[^#]*$/, 'a backend never sees what stands behind a "#"'),
  status: z.int().min(200, 'a status is 200 to 599').max(599).optional(),
  intervalMs: z
    .int()
    .min(
      SHORTEST_PROBE_INTERVAL_MS,
      `at least ${SHORTEST_PROBE_INTERVAL_MS}: the control asks no more often`,
    )
    .max(LONGEST_PROBE_INTERVAL_MS)
    .optional(),
})

const service = z.strictObject({
  prefix: z
    .string()
    .max(200)
    .refine((prefix) => findPrefixMistake(prefix) === undefined, {
      error: ({ input }) => findPrefixMistake(String(input)) ?? '',
    }),
  origins: z.array(z.string().max(300)).min(1, 'name at least one origin').max(20),
  timeoutMs: z.int().min(50).max(100_000).optional(),
  stripPrefix: z.boolean().optional(),
  maxBodyBytes: z.int().min(1, 'a limit is at least one byte').max(MAX_BODY_LIMIT_BYTES).optional(),
  fallback: environmentName.optional(),
  probe: probe.optional(),
})

const version = z.strictObject({
  manifest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a manifest is named by its SHA-256 in lower-case hex'),
  services: z.array(service).max(50).optional(),
  open: z
    .union(
      [z.boolean(), z.record(environmentName, z.enum(['bucket', 'rule', 'host']))],
      'write true, or how visitors of each environment came to it: { "main": "bucket" }, "rule" or "host"',
    )
    .optional(),
  withdrawn: z.boolean().optional(),
  published: z.iso.datetime('a time is written as in 2026-11-23T12:00:00Z').optional(),
})

const bucket = z.int().min(0).max(BUCKETS)
const ranges = z.array(z.tuple([bucket, bucket])).max(BUCKETS)

const rule = z.strictObject({
  name: z.string().min(1, 'give the rule a name').max(100),
  environment: environmentName,
  when: z.unknown().refine((when) => when !== undefined, 'this field is missing: the condition'),
})

const address = z.literal(true).optional()
const visitor = z.union(
  [
    z.strictObject({ header: headerName, address }),
    z.strictObject({ cookie: cookieName, address }),
    z.strictObject({
      jwt: z.union([
        z.strictObject({ header: headerName, claim: z.string().min(1).max(100) }),
        z.strictObject({ cookie: cookieName, claim: z.string().min(1).max(100) }),
      ]),
      address,
    }),
    z.strictObject({ address: z.literal(true) }),
  ],
  'write one of { "header": name }, { "cookie": name }, { "jwt": { "header" or "cookie": name, "claim": name } }, with or without "address": true, or { "address": true } alone',
)

/** A path in its normalised form: no query, no fragment, nothing that normalising would change. */
const polledPath = z
  .string()
  .max(200)
  .regex(
    /^(?!.*\/\.{1,2}(?:\/|$))\/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/,
    'a polled path starts with "/", and has no query, no escapes and no dot segments',
  )

const expose = z.strictObject({
  response: z.array(z.enum(['version', 'environment', 'bucket', 'timing'])).optional(),
  backend: z.array(z.enum(['version', 'environment', 'visitor'])).optional(),
})

/** The fields of the document by name; each can be read by itself. */
export const PARTS = {
  schema: z.literal(1, 'this Holo reads documents with "schema": 1'),
  revision: z
    .int('a revision is a whole number')
    .min(1, 'revisions start at 1')
    .max(MAX_REVISION, `a revision is at most 2^40 (${MAX_REVISION})`),
  salt: z.string().min(1, 'a salt has at least one character').max(64),
  environments: z.record(environmentName, environment),
  traffic: z.union(
    [z.record(environmentName, z.number()), z.record(environmentName, ranges)],
    'write percentages ({ "main": 95, "canary": 5 }) or bucket ranges ({ "main": [[0, 9500]], … }), not both',
  ),
  spent: ranges.optional(),
  rules: z.array(rule).max(500).optional(),
  versions: z.record(versionId, version),
  visitor: visitor.optional(),
  polled: z.array(polledPath).max(20).optional(),
  expose: expose.optional(),
  reserve: z
    .literal(true, '"reserve" is true, or left out')
    .optional()
    .describe('Written by the control beside a revision above 2^39; leave it out'),
  audit: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'the head of the audit log is a SHA-256 in lower-case hex')
    .optional(),
}

export const assignmentsSchema = z.strictObject(PARTS)

/** The document as people and the control write it: KV key `assignments`. */
export type AssignmentsDocument = z.infer<typeof assignmentsSchema>
export type VisitorSource = z.infer<typeof visitor>

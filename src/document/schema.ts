// The shape of the document, as zod reads it. validate.ts checks that its parts agree with one
// another (a version exists, weights sum to 100); service.ts has the shape of a service.

import * as z from 'zod'
import { BUCKETS } from '../core/traffic.ts'
import { browserReports } from './browser-reports.ts'
import { flagSettings, flags } from './flags.ts'
import { frameworkPin } from './framework-pin.ts'
import { measure } from './measure.ts'
import { environmentName, isHost, versionId } from './names.ts'
import { admission, previews } from './previews.ts'
import { services } from './service.ts'
import { shadow } from './shadow.ts'

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

const headerName = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'a header name is lower-case letters, digits and "-"')
const cookieName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'a cookie name is letters, digits and "._-"')

function findHostMistake(host: string): string {
  const rule = 'a host is a lower-case name without port'
  const bare = host
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/:\d*$/, '')
    .toLowerCase()
  return bare !== host && isHost(bare) ? `${rule}: write "${bare}"` : rule
}

const environment = z.strictObject({
  version: versionId,
  restricted: z.boolean().optional(),
  admit: admission.optional(),
  tabPins: z.boolean().optional(),
  browserReports: browserReports.optional(),
  shadow: shadow.optional(),
  hosts: z
    .array(z.string().refine(isHost, { error: ({ input }) => findHostMistake(String(input)) }))
    .max(50)
    .optional(),
})

const version = z.strictObject({
  manifest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a manifest is named by its SHA-256 in lower-case hex'),
  services: services.optional(),
  open: z
    .union(
      [z.boolean(), z.record(environmentName, z.enum(['bucket', 'rule', 'host']))],
      'write true, or how visitors of each environment came to it: { "main": "bucket" }, "rule" or "host"',
    )
    .optional(),
  withdrawn: z.boolean().optional(),
  published: z.iso.datetime('a time is written as in 2026-11-23T12:00:00Z').optional(),
  frameworkPin: frameworkPin.optional(),
  floor: versionId.optional(),
})

const bucket = z.int().min(0).max(BUCKETS)
const ranges = z.array(z.tuple([bucket, bucket])).max(BUCKETS)

const rule = z.strictObject({
  name: z.string().min(1, 'give the rule a name').max(100),
  environment: environmentName,
  when: z.unknown().refine((when) => when !== undefined, 'this field is missing: the condition'),
})

const address = z.literal(true).optional()
const overCookie = z.literal(true).optional()
const visitor = z.union(
  [
    z.strictObject({ header: headerName, address, overCookie }),
    z.strictObject({ cookie: cookieName, address, overCookie }),
    z.strictObject({
      jwt: z.union([
        z.strictObject({ header: headerName, claim: z.string().min(1).max(100) }),
        z.strictObject({ cookie: cookieName, claim: z.string().min(1).max(100) }),
      ]),
      address,
      overCookie,
    }),
    z.strictObject({ address: z.literal(true) }),
  ],
  'write one of { "header": name }, { "cookie": name }, { "jwt": { "header" or "cookie": name, "claim": name } }, with or without "address": true and "overCookie": true, or { "address": true } alone',
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

/** Rises when the document changes so that an earlier release would read it wrongly. */
const DOCUMENT_SCHEMA = 1

/** The fields of the document by name; each can be read by itself. */
export const PARTS = {
  schema: z.literal(DOCUMENT_SCHEMA, {
    error: ({ input }) =>
      typeof input === 'number' && input > DOCUMENT_SCHEMA
        ? 'a newer Holo has written this document: upgrade this one, which reads "schema": 1'
        : 'this Holo reads documents with "schema": 1',
  }),
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
  tabPins: z.boolean().optional(),
  browserReports: browserReports.optional(),
  embeddedCookies: z
    .boolean()
    .optional()
    .describe('Whether pages keep cookies in frames of other sites; true if left out'),
  expose: expose.optional(),
  measure: measure.optional(),
  previews: previews.optional(),
  flags: flags.optional(),
  flagSettings: flagSettings.optional(),
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

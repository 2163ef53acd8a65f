// The shapes of what the API takes and gives that several routes share, as zod schemas: requests are
// held to them, and the OpenAPI document shows them.

import * as z from 'zod'
import { SCOPES } from '../../control/access/scopes.ts'
import { LIMIT_PATTERNS, MAX_LIMIT_PATTERNS } from '../../control/access/token-limits.ts'
import { MAX_REASON_CHARACTERS } from '../../control/limits.ts'
import { ENVIRONMENT_NAME, VERSION_ID } from '../../core/names.ts'
import { MAX_REVISION } from '../../document/schema.ts'
import { DEFAULT_PAGE_ROWS, MAX_PAGE_ROWS } from './limits.ts'

export const environmentName = z.string().regex(ENVIRONMENT_NAME)
export const versionId = z.string().regex(VERSION_ID)
export const scope = z.enum(SCOPES)
export const revision = z.int().min(1).max(MAX_REVISION)
export const milliseconds = z.int().describe('Milliseconds since the epoch')
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex')
  .describe('SHA-256 of the bytes, 64 lower-case hex digits')
export const stored = z.enum(['created', 'existing'])
const digest = z.string().describe('SHA-256 of the text, 64 lower-case hex digits')

/** A number as a query or a path has it. */
export const numberText = z
  .string()
  .regex(/^[1-9]\d{0,12}$/, 'a whole number from 1')
  .transform(Number)

export const pageQuery = z.strictObject({
  before: numberText.optional().describe('Only what is older than this'),
  limit: numberText
    .refine((limit) => limit <= MAX_PAGE_ROWS, `at most ${MAX_PAGE_ROWS}`)
    .default(DEFAULT_PAGE_ROWS)
    .describe(`How many at most: 1 to ${MAX_PAGE_ROWS}`),
})

/** The page after this one begins here; absent on the last. */
export const next = z.int().optional().describe('What `before` has to be for the next page')

export const reason = z
  .string()
  .max(MAX_REASON_CHARACTERS)
  .optional()
  .describe('Goes into the audit log')

/** The query of every route that changes the document. */
export const changeQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .describe('`true` says what would happen and changes nothing'),
  reason,
})

export const revisionSummary = z.strictObject({
  revision: z.int(),
  digest,
  at: milliseconds,
  actor: z.string(),
  action: z.string(),
  reason: z.string().optional(),
})

/** What a change did, or would do. */
export const committed = z.strictObject({
  revision: z.int(),
  digest,
  changed: z.boolean().describe('false: the document says so already, or it was a dry run'),
  moved: z
    .array(z.strictObject({ from: z.string(), to: z.string(), buckets: z.int() }))
    .describe('Buckets, of 10,000, that have another environment than before'),
  closed: z
    .array(
      z.strictObject({
        version: z.string(),
        seenIn: z.array(
          z.strictObject({
            environment: z
              .string()
              .optional()
              .describe('Left out: visitors had it before anybody wrote down in which environment'),
            by: z.enum(['bucket', 'rule', 'host', 'grant']),
          }),
        ),
      }),
    )
    .optional()
    .describe(
      'Versions that fewer environments open than before, and who can still see each; left out where there is none',
    ),
  text: z.string().optional().describe('What the document would be: in dry runs only'),
})

export const service = z.strictObject({
  prefix: z.string(),
  origins: z.array(z.string()),
  timeoutMs: z.int().optional(),
  stripPrefix: z.boolean().optional(),
  maxBodyBytes: z.int().optional(),
  fallback: z.string().optional(),
  probe: z
    .strictObject({
      path: z.string(),
      status: z.int().optional(),
      intervalMs: z.int().optional(),
    })
    .optional(),
})

export const rule = z.strictObject({
  name: z.string(),
  environment: z.string(),
  when: z.unknown().describe('JsonLogic'),
})

export const environment = z.strictObject({
  name: z.string(),
  version: z.string(),
  restricted: z.boolean(),
  hosts: z.array(z.string()),
  percent: z.number().describe('Its share of the traffic, 0 to 100'),
})

export const version = z.strictObject({
  id: z.string(),
  manifest: z.string(),
  services: z.array(service),
  open: z.boolean().describe('Visitors had it by bucket or by a rule: tabs may be pinned to it'),
  openIn: z
    .record(z.string(), z.enum(['bucket', 'rule', 'host']))
    .describe('Public environments in which it could be seen, and how visitors came to it'),
  withdrawn: z.boolean(),
  published: z.string().optional(),
  environments: z.array(z.string()).describe('Which environments point at it'),
  lastPointedAt: milliseconds
    .optional()
    .describe('Never, when left out; now, for what is pointed at'),
  retained: z
    .strictObject({
      why: z.enum(['pointed-at', 'latest', 'lately-pointed-at', 'new', 'nothing']),
      until: milliseconds.optional().describe('When the reason ends by itself'),
    })
    .describe('Why the collection leaves it alone'),
  record: z
    .strictObject({
      id: z.string(),
      manifest: z.string(),
      services: z.array(service),
      files: z.int(),
      bytes: z.int(),
      createdAt: z.string(),
      commit: z.string().optional(),
      author: z.string().optional(),
    })
    .optional()
    .describe('As it was published; in the list only of those that came by an upload'),
})

export const auditRow = z.strictObject({
  seq: z.int(),
  at: milliseconds,
  actor: z.string(),
  token: z.string().optional().describe('Id of the token that was used'),
  action: z.string(),
  detail: z.unknown(),
  reason: z.string().optional(),
  revision: z.int().optional(),
  before: z.string().optional(),
  after: z
    .string()
    .optional()
    .describe('SHA-256 of the document without `audit`, in canonical form (RFC 8785)'),
  requestId: z.string(),
  previous: z.string(),
  hash: z.string(),
  form: z.int().describe('2; 1 for rows from before digests were of the canonical form'),
  textDigest: z.string().optional().describe('SHA-256 of the text of the document without `audit`'),
})

const patterns = (name: keyof typeof LIMIT_PATTERNS, what: string) =>
  z
    .array(z.string().regex(LIMIT_PATTERNS[name], 'a name, with "*" for any signs'))
    .min(1)
    .max(MAX_LIMIT_PATTERNS)
    .optional()
    .describe(what)

/** What a token may change, by patterns. */
export const limits = {
  environments: patterns('environments', 'The environments it may change; all, when left out'),
  versions: patterns(
    'versions',
    'The versions it may publish, change and point at; all, when left out',
  ),
  hosts: patterns(
    'hosts',
    'The host names it may give to environments; when left out all, or none where `environments` is said',
  ),
}

/** As they are told: limits that cannot be read any more are empty lists, which allow nothing. */
const toldLimits = {
  environments: z.array(z.string()).optional(),
  versions: z.array(z.string()).optional(),
  hosts: z.array(z.string()).optional(),
}

export const token = z.strictObject({
  id: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  ...toldLimits,
  createdAt: milliseconds,
  createdBy: z.string(),
  expiresAt: milliseconds.optional(),
  lastUsedAt: milliseconds.optional().describe('To the minute'),
  revokedAt: milliseconds.optional(),
})

export const problem = z.looseObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('Stable; docs/api.md lists all of them'),
  requestId: z.string(),
  problems: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .optional()
    .describe('With invalid_request and invalid_change: everything that is wrong'),
  expected: z.int().optional().describe('With stale: the revision of If-Match'),
  current: z.int().optional().describe('With stale: the revision of now'),
  changes: z.array(revisionSummary).optional().describe('With stale: what changed, newest first'),
})

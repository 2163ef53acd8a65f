// The shadow of an environment: copies of its visitors' requests go to the services of another one. The shape of
// `shadow` in the document. docs/shadow.md describes it.

import * as z from 'zod'
import { JUDGED_METHODS } from '../core/counting/routes.ts'
import { MAX_COPIED_BODY_BYTES, MAX_SHADOW_TIMEOUT_MS } from '../core/shadow/plan.ts'
import { BUCKETS, toBucketCount } from '../core/traffic.ts'
import { environmentName } from './names.ts'

/** Paths, places, headers and names of credentials; each is looked at for every copy. */
const MAX_LISTED = 20
/** Copies of one isolate in a second, and at a time: more is a load test, not a comparison. */
export const MAX_COPIES_PER_SECOND = 1000
export const MAX_CONCURRENT_COPIES = 50
/** Copies of one request: more says nothing about real requests. */
const MAX_REPEATED = 10

const percent = z
  .number()
  .min(0)
  .max(100)
  .refine(
    (value) => Math.abs(toBucketCount(value) / (BUCKETS / 100) - value) < 1e-9,
    'a percentage is 0 to 100 with at most two decimals',
  )

const path = z
  .string()
  .max(120)
  .regex(
    /^(?!.*\/\.{1,2}(?:\/|$))\/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/,
    'a path starts with "/" and has no query and no escapes; "*" stands for a segment or a part of one and "**" for anything',
  )

const place = z
  .string()
  .max(100)
  .regex(
    /^(?:\$|[^.\s/]+(?:\.[^.\s/]+)*)$/,
    'a place in a JSON body is names or numbers with dots between them, "*" for any one and "**" for any number of them, such as "items.*.price"; "$" is the body itself',
  )

const header = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'a header name is lower-case letters, digits and "-"')

const credential = z
  .string()
  .regex(
    /^[a-z0-9_-]{1,64}$/,
    'the name of a header or of a parameter is lower-case letters, digits and "_-"',
  )

const compare = z.strictObject({
  headers: z.array(header).max(MAX_LISTED).optional().describe('Headers that are compared'),
  ignore: z.array(place).max(MAX_LISTED).optional().describe('Places in JSON that may differ'),
  unordered: z
    .array(place)
    .max(MAX_LISTED)
    .optional()
    .describe('Lists in JSON whose order does not matter'),
  numbers: z.number().min(0).max(1).optional().describe('The share by which numbers may differ'),
  timesMs: z.int().min(0).max(86_400_000).optional().describe('By how much times may differ'),
  slowerMs: z
    .int()
    .min(1)
    .max(MAX_SHADOW_TIMEOUT_MS)
    .optional()
    .describe('An answer that comes so much later is a difference'),
})

export const shadow = z.strictObject({
  to: environmentName.describe('The environment whose services get the copies'),
  percent: percent.describe('The share of visitors, or of requests, that is copied'),
  by: z.enum(['visitor', 'request']).optional().describe('What the share is of ("visitor")'),
  paths: z.array(path).min(1).max(MAX_LISTED).optional().describe('All paths if left out'),
  methods: z
    .array(z.enum(JUDGED_METHODS))
    .min(1)
    .optional()
    .describe('GET and HEAD if left out. Others may have effects twice'),
  maxBodyBytes: z
    .int()
    .min(0)
    .max(MAX_COPIED_BODY_BYTES)
    .optional()
    .describe('The longest body of a request that is copied'),
  credentials: z
    .array(credential)
    .max(MAX_LISTED)
    .optional()
    .describe('Headers and parameters that are sent although they are credentials'),
  perSecond: z
    .int()
    .min(1)
    .max(MAX_COPIES_PER_SECOND)
    .optional()
    .describe('Copies of each isolate in a second'),
  concurrent: z
    .int()
    .min(1)
    .max(MAX_CONCURRENT_COPIES)
    .optional()
    .describe('Copies of each isolate at a time'),
  timeoutMs: z
    .int()
    .min(50)
    .max(MAX_SHADOW_TIMEOUT_MS)
    .optional()
    .describe('After so long a copy is given up'),
  baseline: percent
    .optional()
    .describe('The share of the copies for which the base is asked twice, to know its noise'),
  compare: compare.optional(),
  repeat: z
    .int()
    .min(1)
    .max(MAX_REPEATED)
    .optional()
    .describe('How many times each request is copied. Only the first copy is compared'),
  since: z.int().min(0).optional().describe('Milliseconds since the epoch: no copies before'),
  until: z.int().min(0).optional().describe('Milliseconds since the epoch: no copies from then on'),
  off: z.literal(true).optional().describe('Stops all copies'),
})

export type ShadowDocument = z.infer<typeof shadow>

// The description of a request, and the explanation which version it would get.

import * as z from 'zod'
import { revisionNumber } from './history.ts'
import { milliseconds, type Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** The usual limits of servers for the length of a URL, and for headers. */
export const MAX_URL_CHARACTERS = 8192
export const MAX_EXPLAINED_HEADERS = 100
export const MAX_HEADER_CHARACTERS = 8192

const headerName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/)

/** There is no field for grants, so an explanation never chooses a restricted environment by a grant. */
export const explainBody = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(MAX_URL_CHARACTERS),
  method: z
    .string()
    .regex(/^(?!TRACE$|TRACK$|CONNECT$)[A-Z]{1,20}$/, 'a method in capitals')
    .default('GET'),
  headers: z
    .record(headerName, z.string().max(MAX_HEADER_CHARACTERS))
    .refine(
      (headers) => Object.keys(headers).length <= MAX_EXPLAINED_HEADERS,
      `at most ${MAX_EXPLAINED_HEADERS} headers: leave out those that no rule looks at`,
    )
    .optional()
    .describe(
      'Exactly the headers that the client sends. If they are left out, or are only a cookie, the client is a browser that opens the page, or loads a file whose extension no page has',
    ),
  visitor: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('Instead of the visitor that the headers name'),
  ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  country: z.string().max(100).optional(),
  region: z.string().max(100).optional(),
  city: z.string().max(100).optional(),
  asn: z.int().min(0).optional(),
  colo: z.string().max(100).optional(),
  revision: revisionNumber
    .optional()
    .describe('An earlier revision; the current one when left out'),
})

export type ExplainBody = Shaped<typeof explainBody>

export const explainReply = z.strictObject({
  request: z.strictObject({
    method: z.string(),
    host: z.string(),
    path: z.string(),
    kind: z.enum(['document', 'navigation', 'subresource', 'unknown']),
    visitor: z.string(),
    minted: z.boolean().describe('true: the request has no visitor id, and got this new one'),
    anonymous: z.boolean().describe('true: the request has no identity and gets no bucket'),
    crawler: z.boolean(),
  }),
  decision: z.strictObject({
    revision: z.int(),
    version: z.string(),
    environment: z.string(),
    bucket: z.int(),
    reason: z.enum(['pin', 'preview', 'host', 'crawler', 'rule', 'anonymous', 'bucket']),
    rule: z.string().optional(),
    skipped: z.array(z.string()).describe('Rules that failed to evaluate'),
  }),
  steps: z.array(z.strictObject({ step: z.string(), outcome: z.string(), why: z.string() })),
  answer: z.string().describe('What would answer, in words'),
})

export type Explanation = Shaped<typeof explainReply>

export const explainAsRead = /* @__PURE__ */ forReaders(() => toTolerant(explainReply))

export type ExplanationAsRead = Shaped<typeof explainAsRead>

export const explainOutput = /* @__PURE__ */ forReaders(() =>
  explainAsRead.extend({
    at: milliseconds.optional().describe('With --at: the time that was asked about'),
    since: milliseconds.optional().describe('With --at: when the revision was made'),
    link: z
      .strictObject({ id: z.string(), url: z.string(), expiresAt: milliseconds })
      .nullable()
      .optional()
      .describe(
        'With --link: a signed link to the version; null if it is no longer retained, or withdrawn',
      ),
  }),
)

// The smoke requests of a plan: their shape as people write them, what they are when complete, and what
// contradicts itself in them.

import * as z from 'zod'
import {
  MAX_SMOKE_TIMEOUT_MS,
  readsBody,
  SMOKE_METHODS,
  type SmokeRequest,
} from '../core/rollout/smoke.ts'
import type { Finding } from './finding.ts'

const timeoutSeconds = z
  .number()
  .min(0.1)
  .max(MAX_SMOKE_TIMEOUT_MS / 1000, `a request waits at most ${MAX_SMOKE_TIMEOUT_MS / 1000} s`)
  .describe('How long a reply is waited for: 5 s if left out')

const status = z.int().min(100).max(599)

const headerFields = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'the name of a header'),
    z
      .string()
      .max(1000)
      .regex(/^[\t\x20-\x7e]*$/, 'a value of a header holds plain characters'),
  )
  .refine((fields) => Object.keys(fields).length <= 20, { message: 'at most 20 headers' })

/** Everybody who may read the rollout reads its plan; the others belong to whoever sends the request. */
const UNSENT =
  /^(?:authorization|proxy-.*|cookie|host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|cf-.*|x-forwarded-.*|holo-.*)$/i

export const smokeRequest = z.strictObject({
  path: z
    .string()
    .max(2000)
    .regex(/^\/(?!\/)[\x21-\x22\x24-\x5b\x5d-\x7e]*$/, 'a path of the site, as in "/api/health"'),
  method: z.enum(SMOKE_METHODS).optional().describe('"GET" if left out'),
  headers: headerFields.optional().superRefine((fields = {}, context) => {
    for (const name of Object.keys(fields).filter((one) => UNSENT.test(one))) {
      const message = 'this header is not sent: a plan holds no secrets and names no visitors'
      context.addIssue({ code: 'custom', path: [name], message })
    }
  }),
  timeoutSeconds: timeoutSeconds.optional(),
  expect: z
    .strictObject({
      status: z
        .union([status, z.tuple([status, status])])
        .optional()
        .describe('One status, or the lowest and the highest: [200, 399] if left out'),
      headers: headerFields.optional().describe('What headers of the reply have to be'),
      contains: z.string().min(1).max(1000).optional().describe('A text of the body'),
      json: z
        .record(
          z.string().min(1).max(300),
          z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]),
        )
        .refine((values) => Object.keys(values).length <= 20, { message: 'at most 20 values' })
        .optional()
        .describe('Values of the body by their paths, as in "data.0.count"'),
    })
    .optional(),
})

type SmokeDocument = z.infer<typeof smokeRequest>

const SMOKE_TIMEOUT_SECONDS = 5
const GOOD_STATUS: readonly [number, number] = [200, 399]

export function toSmoke({
  path,
  method = 'GET',
  headers = {},
  timeoutSeconds = SMOKE_TIMEOUT_SECONDS,
  expect: { status, headers: expectedHeaders = {}, contains, json } = {},
}: SmokeDocument): SmokeRequest {
  return {
    method,
    path,
    headers,
    timeoutMs: Math.round(timeoutSeconds * 1000),
    status: typeof status === 'number' ? [status, status] : (status ?? GOOD_STATUS),
    expectedHeaders,
    ...(contains === undefined ? {} : { contains }),
    ...(json === undefined ? {} : { json: toTexts(json) }),
  }
}

function toTexts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([at, value]) => [at, JSON.stringify(value)]),
  )
}

export function findInSmoke(smoke: readonly SmokeRequest[] = []): Finding[] {
  return smoke.flatMap((request, i): Finding[] => {
    const { method, status } = request
    const say = (field: string, message: string) => ({
      path: ['smoke', i, 'expect', field],
      message,
    })
    return [
      ...(status[0] > status[1] ? [say('status', 'the lowest comes first')] : []),
      ...(method !== 'GET' && readsBody(request)
        ? [
            say(
              request.contains === undefined ? 'json' : 'contains',
              `a reply to ${method} has no body to look at`,
            ),
          ]
        : []),
    ]
  })
}

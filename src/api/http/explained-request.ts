// A request that somebody describes, as the Request that the edge would have got: so that `explain`
// reads its facts with the edge's own code, and cannot tell another story.

import * as z from 'zod'
import { err, ok, type Result } from '../../core/result.ts'
import { toKind } from '../../http/kind.ts'
import { MAX_EXPLAINED_HEADERS, MAX_HEADER_CHARACTERS, MAX_URL_CHARACTERS } from './limits.ts'
import type { Failure } from './problems.ts'
import { revision } from './schemas.ts'

const headerName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/)

/** Grants are not among these: nobody explains their way into a restricted environment. */
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
      'Exactly what the client sends. Where they are left out, or are a cookie alone, it is a browser: one that opens the page, or loads a file whose ending no page has',
    ),
  visitor: z.string().min(1).max(256).optional().describe('In the place of who the headers say'),
  ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  country: z.string().max(100).optional(),
  region: z.string().max(100).optional(),
  city: z.string().max(100).optional(),
  asn: z.int().min(0).optional(),
  colo: z.string().max(100).optional(),
  revision: revision.optional().describe('An earlier revision; the one of now when left out'),
})

export type ExplainBody = z.infer<typeof explainBody>

/**
 * Whether the request is `OPTIONS *`, as the platform has it: the `*` right behind the host
 * (`core/address.ts: isAboutServer`).
 */
export function isAboutWholeServer({ method, url }: ExplainBody): boolean {
  return method === 'OPTIONS' && /^https?:\/\/[^/?#]+\*$/i.test(url)
}

/** What a browser says of itself for this address, in as few headers as it takes. */
function toBrowserHeaders(url: string): Readonly<Record<string, string>> {
  const kind = toKind('GET', new Headers(), new URL(url).pathname)
  return { accept: kind === 'subresource' ? '*/*' : 'text/html' }
}

export function toRequest(asked: ExplainBody): Result<Request, Failure> {
  const { url, method, ip, country, region, city, asn, colo } = asked
  const said = asked.headers ?? {}
  const isBare = Object.keys(said).every((name) => name.toLowerCase() === 'cookie')
  const headers = isBare ? { ...toBrowserHeaders(url), ...said } : said
  const cf = { country, region, city, asn, colo }
  try {
    const request = new Request(url, { method, headers, cf: cf as RequestInitCfProperties })
    if (ip !== undefined) request.headers.set('cf-connecting-ip', ip)
    return ok(request)
  } catch (cause) {
    const message = `no request can have this: ${cause instanceof Error ? cause.message : cause}`
    return err({ kind: 'invalid_request', problems: [{ path: 'headers', message }] })
  }
}

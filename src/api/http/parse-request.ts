// Parses the parts of a request by the schemas of its route: precondition, parameters, query and body, in
// this order, so that a body is only read when everything else is valid.

import type { z } from 'zod'
import { err, ok, type Result } from '../../core/result.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import { listFindings } from '../../document/findings.ts'
import type { Octets } from '../content/content-store.ts'
import { MAX_BODY_BYTES, MAX_JSON_DEPTH } from './limits.ts'
import type { Failure } from './problems.ts'
import type { Route } from './route.ts'

/**
 * A body up to this length (commands, names, weights) is read before the control has authenticated the
 * caller, so that the change and the authentication are one call. This limits what an unauthenticated
 * client can make an isolate read.
 */
export const MAX_UNPROVED_BODY_BYTES = 16 * 1024

/** A body of half a megabyte takes one or two seconds on a slow connection. */
const BODY_TIMEOUT_MS = 10_000

/** What of a route says how its requests look. */
export type RequestShape = Pick<Route, 'changes' | 'params' | 'query' | 'body' | 'maxOctets'>

export type Parsed<T> = {
  readonly params: T
  readonly query: T
  readonly body: T
  readonly expectedRevision: number
}

/**
 * Whether the body of a request may be read before the caller is authenticated: there is none, or its
 * announced length is small. Uploads and bodies of unknown length are never read before that.
 */
export function isSmallBody({ body, maxOctets }: RequestShape, { headers }: Request): boolean {
  if (maxOctets !== undefined) return false
  const length = headers.get('content-length')
  return !body || (length !== null && Number(length) <= MAX_UNPROVED_BODY_BYTES)
}

/** @param raw the parameters in the path, decoded. */
export async function parseRequest(
  route: RequestShape,
  request: Request,
  raw: unknown,
): Promise<Result<Parsed<unknown>, Failure>> {
  const revision =
    route.changes === 'document' ? readIfMatch(request.headers.get('if-match')) : ok(0)
  if (!revision.ok) return revision
  const params = parse(route.params, raw, 'path')
  if (!params.ok) return params
  const search = new URL(request.url).searchParams
  const query = parse(route.query, toQuery(search), 'query')
  if (!query.ok) return query
  const sent = await readSent(route, request)
  if (!sent.ok) return sent
  const body = route.body ? parse(route.body, sent.value, 'body') : sent
  if (!body.ok) return body
  return ok({
    params: params.value,
    query: query.value,
    body: body.value,
    expectedRevision: revision.value,
  })
}

async function readSent(
  { body, maxOctets }: RequestShape,
  request: Request,
): Promise<Result<unknown, Failure>> {
  if (maxOctets !== undefined) return readOctets(request, maxOctets)
  return body ? readBody(request) : ok(undefined)
}

const OCTETS_TYPE = /^application\/octet-stream[ \t]*(;|$)/i
const LENGTH = /^(0|[1-9]\d{0,14})$/

function readOctets({ headers, body }: Request, maxBytes: number): Result<Octets, Failure> {
  if (!OCTETS_TYPE.test(headers.get('content-type') ?? '')) {
    return err({ kind: 'unsupported_media_type' })
  }
  const length = headers.get('content-length')
  if (length === null || !LENGTH.test(length)) return err({ kind: 'length_required' })
  const size = Number(length)
  if (size > maxBytes) return err({ kind: 'body_too_large', limit: maxBytes })
  return ok({ stream: body ?? new Blob([]).stream(), size })
}

/** A name that occurs twice becomes a list, which no schema accepts: its value would be ambiguous. */
function toQuery(search: URLSearchParams): Record<string, unknown> {
  const names = [...new Set(search.keys())]
  return Object.fromEntries(
    names.map((name) => {
      const values = search.getAll(name)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}

function parse(
  schema: z.ZodType | undefined,
  value: unknown,
  place: string,
): Result<unknown, Failure> {
  if (!schema) return ok(undefined)
  const parsed = schema.safeParse(value, { jitless: true })
  if (parsed.success) return ok(parsed.data)
  const problems = listFindings(value, parsed.error.issues).map(({ path, message }) => ({
    path: [place, ...path.map(String)].join('.'),
    message,
  }))
  return err({ kind: 'invalid_request', problems })
}

const JSON_TYPE = /^application\/json[ \t]*(;|$)/i

const TOO_LARGE: Failure = { kind: 'body_too_large', limit: MAX_BODY_BYTES }

async function readBody({ headers, body }: Request): Promise<Result<unknown, Failure>> {
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) {
    return err({ kind: 'unsupported_media_type' })
  }
  if (Number(headers.get('content-length')) > MAX_BODY_BYTES) return err(TOO_LARGE)
  let text: string | undefined
  try {
    text = await withTimeout(readText(body), BODY_TIMEOUT_MS)
  } catch {
    // The connection broke, the body took too long, or it is not UTF-8.
    return invalid('the body is incomplete or not UTF-8')
  }
  if (text === undefined) return err(TOO_LARGE)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    return invalid(`the body is not JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
  if (isDeeperThan(value, MAX_JSON_DEPTH)) {
    return invalid(`the body is nested more than ${MAX_JSON_DEPTH} levels deep`)
  }
  return ok(value)
}

/** `undefined` when the body is longer than `MAX_BODY_BYTES`. */
async function readText(body: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let text = ''
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

function invalid(message: string): Result<never, Failure> {
  return err({ kind: 'invalid_request', problems: [{ path: 'body', message }] })
}

/** Revisions as entity tags: `"42"` is the ETag of revision 42, and a change must name it in `If-Match`. */
const REVISION_TAG = /^"(0|[1-9]\d{0,15})"$/

export function toTag(revision: number): string {
  return `"${revision}"`
}

/**
 * The revision that an `If-Match` names; `"0"` means that there is no document yet. `*` and lists are
 * refused, because they would allow a change of a document that the client has not seen. A weak tag never
 * matches (RFC 9110 section 13.1.1).
 */
function readIfMatch(header: string | null): Result<number, Failure> {
  if (header === null) return err({ kind: 'precondition_required' })
  const revision = REVISION_TAG.exec(header.trim())?.[1]
  if (revision !== undefined) return ok(Number(revision))
  const message = 'must name one revision, as in If-Match: "42"'
  return err({ kind: 'invalid_request', problems: [{ path: 'If-Match', message }] })
}

/** Whether `If-None-Match` says that the client has this revision (RFC 9110 section 13.1.2). */
export function isKnown(ifNoneMatch: string | null, revision: number): boolean {
  if (ifNoneMatch === null) return false
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(toTag(revision))
}

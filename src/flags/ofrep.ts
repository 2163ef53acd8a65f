// OFREP, the remote evaluation protocol of OpenFeature (version 0.3.0): evaluates one flag or all of them for a
// request, and opens event streams. Browsers get public flags alone; a key of the document shows all.

import { toClient } from '../core/ip-address.ts'
import { murmur3Text } from '../core/murmur3.ts'
import type { Decision } from '../core/types.ts'
import type { CompiledFlags } from '../document/compile-flags.ts'
import type { Facts } from '../http/facts.ts'
import { toFlagContext } from './context.ts'
import { type CountFlag, evaluateFlag, type FlagContext } from './evaluate.ts'
import { EventStreams } from './event-stream.ts'
import { parseContext, readKey } from './ofrep-request.ts'
import { RateLimit } from './rate-limit.ts'

const PREFIX = '/ofrep/v1/'
const EVENTS_PATH = '/ofrep/v1/events'
const BULK_PATH = '/ofrep/v1/evaluate/flags'
const SINGLE_PREFIX = `${BULK_PATH}/`

/** After so many seconds in the background a browser closes its stream, and evaluates again when it is back. */
const INACTIVITY_S = 120
const PREFLIGHT_S = 3600

export type OfrepRequest = {
  readonly request: Request
  readonly url: URL
  readonly facts: Facts
  readonly decision: Decision
  readonly flags: CompiledFlags
  /** The tag of the flags in use now, for streams. */
  readonly readTag: () => Promise<string>
  /** Called before a visitor's own request is answered: with the keys of the flags that it evaluates. */
  readonly onEvaluated: (keys: readonly string[], context: FlagContext) => void
  readonly count: CountFlag
}

export function isOfrepPath(path: string): boolean {
  return path.startsWith(PREFIX)
}

/** Whether the client has heard of flags that this isolate has not: the document has to be asked for. */
export function isBehind(url: URL, flags: CompiledFlags | undefined): boolean {
  const told = url.searchParams.get('flagConfigEtag')
  return told !== null && told !== flags?.tag
}

type Caller = { readonly isBackend: boolean; readonly name: string }

/** What an isolate keeps for OFREP: counts of clients, and open streams. */
export class Ofrep {
  readonly #limit = new RateLimit()
  readonly #streams = new EventStreams()

  async serve(asked: OfrepRequest): Promise<Response> {
    const { request, url, flags, facts } = asked
    const cors = toCors(request.headers.get('origin'), flags)
    const path = facts.path
    const isStream = path === EVENTS_PATH
    const isSingle = path.startsWith(SINGLE_PREFIX) && path.length > SINGLE_PREFIX.length
    if (!isStream && !isSingle && path !== BULK_PATH) {
      return reply(404, { errorDetails: 'OFREP has no such address' }, cors)
    }
    const method = isStream ? 'GET' : 'POST'
    if (request.method === 'OPTIONS') return toPreflight(cors, method)
    if (request.method !== method) {
      const errorDetails = `this address takes ${method}`
      return reply(405, { errorDetails }, { ...cors, allow: `${method}, OPTIONS` })
    }
    if (isStream) return this.#stream(asked, cors)
    const caller = await readCaller(request.headers, flags)
    if (caller === undefined) {
      const headers = { ...cors, 'www-authenticate': 'Bearer' }
      return reply(401, { errorDetails: 'a key of the flags is missing or unknown' }, headers)
    }
    const perMinute = caller.isBackend ? flags.perMinuteWithKey : flags.perMinute
    const wait = this.#limit.count(caller.name, perMinute, Date.now())
    if (wait > 0) {
      const headers = { ...cors, 'retry-after': String(wait) }
      return reply(429, { errorDetails: 'too many evaluations' }, headers)
    }
    const key = isSingle ? readKey(url.pathname, SINGLE_PREFIX) : undefined
    const named = key === undefined ? {} : { key }
    const parsed = await parseContext(request)
    if (!parsed.ok) {
      const { status, ...failure } = parsed.error
      return reply(status, { ...named, ...failure }, cors)
    }
    const told = parsed.value
    const context = toFlagContext(told, { ...asked, isBackend: caller.isBackend })
    if (!caller.isBackend) {
      const keys = key === undefined ? [...flags.definitions.keys()] : [key]
      asked.onEvaluated(
        keys.filter((name) => flags.definitions.get(name)?.public === true),
        context,
      )
    }
    return key === undefined
      ? evaluateAll(asked, caller, told, context, cors)
      : evaluateOne(asked, caller, key, context, cors)
  }

  #stream({ request, url, readTag }: OfrepRequest, cors: CorsHeaders): Response {
    const known = request.headers.get('last-event-id') ?? url.searchParams.get('since') ?? undefined
    const options = { known, readTag, signal: request.signal, now: Date.now }
    const stream = this.#streams.start(options, cors)
    if (stream) return stream
    const headers = { ...cors, 'retry-after': '30' }
    return reply(429, { errorDetails: 'too many event streams' }, headers)
  }
}

function evaluateOne(
  { flags, decision, count }: OfrepRequest,
  caller: Caller,
  key: string,
  context: FlagContext,
  cors: CorsHeaders,
): Response {
  // A flag that is not public is, for a browser, one that there is not.
  const isHidden = !caller.isBackend && flags.definitions.get(key)?.public !== true
  const shown = isHidden ? { ...flags, definitions: new Map<string, never>() } : flags
  const result = evaluateFlag(shown, key, context, toPlace(decision))
  if (shown.definitions.has(key)) count(result)
  const status = 'errorCode' in result ? (result.errorCode === 'FLAG_NOT_FOUND' ? 404 : 400) : 200
  return reply(status, result, cors)
}

function evaluateAll(
  { request, url, flags, decision, count }: OfrepRequest,
  caller: Caller,
  told: FlagContext,
  context: FlagContext,
  cors: CorsHeaders,
): Response {
  const place = toPlace(decision)
  const keys = [...flags.definitions].flatMap(([key, flag]) =>
    caller.isBackend || flag.public ? [key] : [],
  )
  const results = keys.map((key) => evaluateFlag(flags, key, context, place))
  for (const result of results) count(result)
  const body = JSON.stringify({
    flags: results,
    metadata: flags.metadata,
    eventStreams: [
      {
        type: 'sse',
        endpoint: { requestUri: `${EVENTS_PATH}?since=${flags.tag}` },
        inactivityDelaySec: INACTIVITY_S,
      },
    ],
  })
  const etag = toEtag([flags.tag, JSON.stringify(told), String(context.targetingKey), body])
  const headers = { ...cors, 'cache-control': 'private, no-cache', etag }
  const isKnown = hasEtag(request.headers.get('if-none-match'), etag)
  if (isKnown && !isBehind(url, flags)) return new Response(null, { status: 304, headers })
  return new Response(body, { headers: { ...headers, 'content-type': JSON_TYPE } })
}

function toPlace({ environment, version }: Decision) {
  return { environment, version: version.id }
}

/** Two hashes of 32 bits of everything that the reply depends on. */
function toEtag(parts: readonly string[]): string {
  const text = parts.join('\n')
  return `"${[0, 1].map((seed) => murmur3Text(text, seed).toString(16).padStart(8, '0')).join('')}"`
}

/** Compared weakly (RFC 9110 section 13.1.2); `*` names no representation of a POST. */
function hasEtag(header: string | null, etag: string): boolean {
  return (header ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

/** Who asks; `undefined` if the key is wrong, or missing where one is required. */
async function readCaller(headers: Headers, flags: CompiledFlags): Promise<Caller | undefined> {
  const key =
    headers.get('x-api-key') ?? /^Bearer +(.+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (key === undefined || key === null) {
    if (flags.keyRequired) return undefined
    return { isBackend: false, name: `address ${toClient(headers.get('cf-connecting-ip') ?? '')}` }
  }
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const name = flags.keys.get(hex)
  return name === undefined ? undefined : { isBackend: true, name: `key ${name}` }
}

type CorsHeaders = Readonly<Record<string, string>>

/**
 * Pages of other origins send no cookies here: without `Access-Control-Allow-Credentials` they are evaluated
 * by what they say of themselves.
 */
function toCors(origin: string | null, { origins }: CompiledFlags): CorsHeaders {
  const vary = { vary: 'Origin' }
  if (origin === null || !(origins.has(origin) || origins.has('*'))) return vary
  return {
    ...vary,
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'ETag, Retry-After',
  }
}

function toPreflight(cors: CorsHeaders, method: string): Response {
  const isAllowed = 'access-control-allow-origin' in cors
  const headers = {
    ...cors,
    allow: `${method}, OPTIONS`,
    ...(isAllowed && {
      'access-control-allow-methods': method,
      'access-control-allow-headers':
        'Content-Type, If-None-Match, Authorization, X-API-Key, Last-Event-ID',
      'access-control-max-age': String(PREFLIGHT_S),
    }),
  }
  return new Response(null, { status: 204, headers })
}

const JSON_TYPE = 'application/json; charset=utf-8'

function reply(status: number, body: object, headers: Readonly<Record<string, string>>): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, 'content-type': JSON_TYPE, 'cache-control': 'no-store' },
  })
}

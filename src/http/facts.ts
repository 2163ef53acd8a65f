// A Request as plain facts: all that the decision may know, read once. Nothing here decides.

import { parsePin } from '../core/pins.ts'
import type { Attributes, RequestFacts, RequestKind } from '../core/types.ts'
import { readAddress } from './address.ts'
import { PIN_COOKIE, parseCookies } from './cookies.ts'
import { isCrawler } from './crawlers.ts'
import { isPrefetch } from './kind.ts'
import { splitQuery } from './query.ts'
import { type IdentitySource, readVisitor } from './visitor.ts'

export type Facts = RequestFacts & {
  /** The normalised path is in `path`; this is the query without a pin, empty or with its `?`. */
  readonly search: string
  /** Holo made the visitor's id for this request. */
  readonly minted: boolean
  /** A page or frame that is fetched ahead; never a subresource. */
  readonly prefetch: boolean
  /** The pin cookie as it came, so that it is not set again to the same. */
  readonly pinCookie: string | undefined
}

export type FactsOptions = {
  readonly visitor: IdentitySource | undefined
  /** Whether rules will look at anything beside the path. */
  readonly withAttributes: boolean
}

/** No preview or identity grants anything by itself. */
const NO_GRANTS: ReadonlySet<string> = new Set()
const NO_ATTRIBUTES: Attributes = { header: {}, cookie: {}, query: {} }

/**
 * The facts of a request, `undefined` when its address cannot be read.
 *
 * @param address for whoever has read it already.
 */
export function readFacts(
  request: Request,
  kind: RequestKind,
  { visitor: source, withAttributes }: FactsOptions,
  address = readAddress(request),
): Facts | undefined {
  if (!address) return undefined
  const { url, path } = address
  const { method, headers } = request
  const cookies = parseCookies(headers.get('cookie'))
  const { search, pin: queryPin } = splitQuery(address.search)
  const visitor = readVisitor(headers, cookies, source)
  return {
    method,
    host: url.hostname.replace(/\.$/, ''),
    path,
    search,
    kind,
    prefetch: kind !== 'subresource' && isPrefetch(headers),
    visitor: visitor.id,
    minted: visitor.minted,
    crawler: isCrawler(headers.get('user-agent')),
    pin: readPin(headers.get('holo-pin'), queryPin, cookies[PIN_COOKIE]),
    pinCookie: cookies[PIN_COOKIE],
    attributes: withAttributes ? readAttributes(request, cookies, search) : NO_ATTRIBUTES,
    grants: NO_GRANTS,
  }
}

/** The first that can be read at all: header, query, cookie. */
function readPin(
  header: string | null,
  query: string | undefined,
  cookie: string | undefined,
): RequestFacts['pin'] {
  for (const [source, text] of [
    ['header', header],
    ['query', query],
    ['cookie', cookie],
  ] as const) {
    const claim = text ? parsePin(text) : undefined
    if (claim) return { claim, source }
  }
  return undefined
}

function readAttributes(
  request: Request,
  cookie: Readonly<Record<string, string>>,
  search: string,
): Attributes {
  // What Cloudflare found out about the connection; absent outside its network.
  const cf = (request.cf ?? {}) as Partial<IncomingRequestCfProperties>
  const ip = request.headers.get('cf-connecting-ip')
  return {
    // What a client says in Holo's name is heard by nobody but the reader of pins.
    header: toRecord([...request.headers].filter(([name]) => !name.startsWith('holo-'))),
    cookie,
    query: toRecord(new URLSearchParams(search)),
    ...(ip ? { ip } : {}),
    ...(cf.country ? { country: cf.country } : {}),
    ...(cf.region ? { region: cf.region } : {}),
    ...(cf.city ? { city: cf.city } : {}),
    ...(cf.asn ? { asn: cf.asn } : {}),
    ...(cf.colo ? { colo: cf.colo } : {}),
  }
}

/** The first value of each name, without a prototype that a name could reach. */
function toRecord(pairs: Iterable<[string, string]>): Record<string, string> {
  const record: Record<string, string> = Object.create(null)
  for (const [name, value] of pairs) record[name] ??= value
  return record
}

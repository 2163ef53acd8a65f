// Reads a Request once and turns it into plain facts: everything that the decision may depend on.
// Nothing is decided here.

import { type Address, readAddress } from '../core/address.ts'
import { parsePin } from '../core/pins.ts'
import type {
  Attributes,
  GrantedPreview,
  PinSource,
  RequestFacts,
  RequestKind,
} from '../core/types.ts'
import { NO_EMBEDDED_COOKIES, type OwnCookies, parseCookies, readOwnCookies } from './cookies.ts'
import { readAgent } from './crawlers.ts'
import { isForeignFrame, isPrefetch, opensPage, readWatch, type Watch } from './kind.ts'
import { readPinOf, splitQuery } from './query.ts'
import { type IdentitySource, readVisitor } from './visitor.ts'

export type Facts = RequestFacts & {
  /** The query without a pin, empty or with its `?`. The normalised path is in `path`. */
  readonly search: string
  /** Whether Holo made the visitor's id for this request. */
  readonly minted: boolean
  /** The value that the reply puts into the visitor's cookie. */
  readonly visitorToKeep: string | undefined
  /**
   * Whether the client identifies itself as a program and has no identity that the team has given
   * it.
   */
  readonly automated: boolean
  /** A page or frame that is fetched in advance; never a subresource. */
  readonly prefetch: boolean
  /** A page in a frame of another site's page. */
  readonly embedded: boolean
  /** It keeps no cookies, because the document says so. */
  readonly withoutCookies: boolean
  /** How the client learns by this request that there is another version. */
  readonly watch: Watch | undefined
  /** Whether the visitor's browser uses https. */
  readonly secure: boolean
  /**
   * A page, or what may become one, whose address has a pin that does not count: a link put it there.
   * Nothing may be loaded by a page of that address.
   */
  readonly hasStrayPin: boolean
  /** The name under which the framework of the page has sent an id, and whether a version has it. */
  readonly frameworkPin?: {
    readonly kind: 'header' | 'query'
    readonly name: string
    readonly isKnown: boolean
  }
  /** Holo's cookies of the request, so that the reply sets none again to the same value. */
  readonly cookies: OwnCookies
}

export type FactsOptions = {
  readonly visitor: IdentitySource | undefined
  /** The salt of the document, for ids that are made of addresses. */
  readonly salt: string
  /** Paths that apps poll according to the document, besides those that Holo knows. */
  readonly polled: ReadonlySet<string>
  /** Whether pages keep cookies in frames of other sites. */
  readonly embeddedCookies: boolean
  /** Whether there are rules that need more than the path. */
  readonly withAttributes: boolean
  /** What the request may see by a grant, once this was verified. */
  readonly granted?: Granted | undefined
}

/** What a request may see that others may not. */
export type Granted = {
  /** Names of restricted environments. */
  readonly grants: ReadonlySet<string>
  readonly preview: GrantedPreview | undefined
}

export const NOTHING_GRANTED: Granted = { grants: new Set(), preview: undefined }
const NO_ATTRIBUTES: Attributes = { header: {}, cookie: {}, query: {} }

/**
 * The facts of a request, `undefined` if its address cannot be read.
 *
 * @param address for a caller that has read it already.
 */
export function readFacts(
  request: Request,
  kind: RequestKind,
  options: FactsOptions,
  address = readAddress(request),
): Facts | undefined {
  if (!address) return undefined
  const { visitor: source, salt, polled, withAttributes, granted = NOTHING_GRANTED } = options
  const { site, path } = address
  const { method, headers } = request
  const { isSecure: secure } = site
  const isPage = opensPage(kind)
  const isForeign = kind === 'navigation' && isForeignFrame(headers)
  const cookies = parseCookies(headers.get('cookie'))
  const sent = readOwnCookies(cookies, secure, isForeign)
  const embedded = isPage && (isForeign || sent.place === 'embedded')
  const isOff = sent.place === 'embedded' && !options.embeddedCookies
  // Those that were set before the document said so do not count any more.
  const own = isOff ? NO_EMBEDDED_COOKIES : sent
  const { search, pin: queryPin } = splitQuery(address.search)
  const agent = readAgent(headers.get('user-agent'))
  const prefetch = isPage && isPrefetch(headers)
  const visitor = readVisitor(headers, cookies, own, source, {
    method,
    kind,
    isPrefetch: prefetch,
    isEmbedded: embedded,
    isSecure: secure,
    isWithoutCookies: isOff,
    isStateless: agent.stateless,
    salt,
  })
  const countsInQuery = queryPin !== undefined && mayChooseByQuery(kind, headers)
  const watch = isPage ? undefined : readWatch(headers, address, own.workers, polled)
  return {
    method,
    host: site.hostname,
    path,
    search,
    kind,
    prefetch,
    embedded,
    withoutCookies: isOff,
    watch,
    current: embedded || watch !== undefined,
    visitor: visitor.id,
    bucketId: visitor.bucketId,
    anonymous: visitor.by === 'nobody',
    minted: visitor.by === 'minted',
    visitorToKeep: visitor.toKeep,
    crawler: agent.crawler,
    automated: agent.automated && visitor.by !== 'configured',
    pin: readPin(
      headers.get('holo-pin'),
      countsInQuery ? queryPin : undefined,
      isPage ? undefined : readWorkersPin(headers, site),
      // Any sibling domain can set the old name, and this page will set the new one.
      own.isOld && isPage ? undefined : own.pin,
    ),
    secure,
    hasStrayPin:
      method === 'GET' && queryPin !== undefined && (kind === 'document' || !countsInQuery),
    cookies: own,
    attributes: withAttributes ? readAttributes(request, cookies, search) : NO_ATTRIBUTES,
    grants: granted.grants,
    preview: granted.preview,
  }
}

/**
 * Whether a pin in the address counts. Anybody can make a link, so that for a page or a frame it
 * counts only if fetch metadata prove that it comes from a page of this same origin. A navigation
 * that a service worker passes on always looks like that and proves nothing.
 */
function mayChooseByQuery(kind: RequestKind, headers: Headers): boolean {
  const isOwn = headers.get('sec-fetch-site') === 'same-origin'
  if (opensPage(kind)) return isOwn && headers.get('sec-fetch-dest') !== 'empty'
  // `<link rel="prefetch">` does not say what it fetches: it may be the next page.
  return isOwn || !isPrefetch(headers)
}

/**
 * The pin in the address of the worker that makes the request, which is its referrer (Fetch standard,
 * "determine request's referrer"). A page's address has none, or one that counted for the page: see
 * `hasStrayPin`.
 */
function readWorkersPin(headers: Headers, { origin }: Address['site']): string | undefined {
  const referrer = headers.get('referer')
  if (!referrer?.includes('holo-pin=')) return undefined
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin') return undefined
  const address = URL.parse(referrer)
  return address?.origin === origin ? readPinOf(address.search) : undefined
}

/** The first pin that can be read: header, query, the worker's address, cookie. */
function readPin(
  header: string | null,
  query: string | undefined,
  referrer: string | undefined,
  cookie: string | undefined,
): RequestFacts['pin'] {
  return (
    toSourced('header', header) ??
    toSourced('query', query) ??
    toSourced('referrer', referrer) ??
    toSourced('cookie', cookie)
  )
}

function toSourced(source: PinSource, text: string | null | undefined): RequestFacts['pin'] {
  const claim = text ? parsePin(text) : undefined
  return claim && { claim, source }
}

function readAttributes(
  request: Request,
  cookie: Readonly<Record<string, string>>,
  search: string,
): Attributes {
  // What Cloudflare knows about the connection; absent outside its network.
  const cf = (request.cf ?? {}) as Partial<IncomingRequestCfProperties>
  const ip = request.headers.get('cf-connecting-ip')
  return {
    // Headers in Holo's own namespace are for Holo alone; rules do not see them.
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

/** The first value of each name, in an object without a prototype. */
function toRecord(pairs: Iterable<[string, string]>): Record<string, string> {
  const record: Record<string, string> = Object.create(null)
  for (const [name, value] of pairs) record[name] ??= value
  return record
}

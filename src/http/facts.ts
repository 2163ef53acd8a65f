// A Request as plain facts: all that the decision may know, read once. Nothing here decides.

import { readAddress } from '../core/address.ts'
import { parsePin } from '../core/pins.ts'
import type { Attributes, RequestFacts, RequestKind } from '../core/types.ts'
import { type OwnCookies, parseCookies, readOwnCookies } from './cookies.ts'
import { readAgent } from './crawlers.ts'
import { isForeignFrame, isPrefetch, opensPage, readWatch, type Watch } from './kind.ts'
import { splitQuery } from './query.ts'
import { type IdentitySource, readVisitor } from './visitor.ts'

export type Facts = RequestFacts & {
  /** The normalised path is in `path`; this is the query without a pin, empty or with its `?`. */
  readonly search: string
  /** Holo made the visitor's id for this request. */
  readonly minted: boolean
  /** What the reply puts into the visitor's cookie. */
  readonly visitorToKeep: string | undefined
  /** A program by its own word, and not one that the team itself has given an identity. */
  readonly automated: boolean
  /** A page or frame that is fetched ahead; never a subresource. */
  readonly prefetch: boolean
  /** A page in a frame of another site's page. */
  readonly embedded: boolean
  /** By this a client learns that there is another version. */
  readonly watch: Watch | undefined
  /** The visitor's browser speaks https. */
  readonly secure: boolean
  /** Holo's cookies as they came, so that none is set again to the same. */
  readonly cookies: OwnCookies
}

export type FactsOptions = {
  readonly visitor: IdentitySource | undefined
  /** Of the document; for ids that are made of addresses. */
  readonly salt: string
  /** Paths that the document adds to those that apps are known to poll. */
  readonly polled: ReadonlySet<string>
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
  { visitor: source, salt, polled, withAttributes }: FactsOptions,
  address = readAddress(request),
): Facts | undefined {
  if (!address) return undefined
  const { url, path } = address
  const { method, headers } = request
  const secure = url.protocol === 'https:'
  const isPage = opensPage(kind)
  const isForeign = kind === 'navigation' && isForeignFrame(headers)
  const cookies = parseCookies(headers.get('cookie'))
  const own = readOwnCookies(cookies, secure, isForeign)
  const embedded = isPage && (isForeign || own.place === 'embedded')
  const { search, pin: queryPin } = splitQuery(address.search)
  const agent = readAgent(headers.get('user-agent'))
  const prefetch = isPage && isPrefetch(headers)
  const visitor = readVisitor(headers, cookies, own, source, {
    method,
    kind,
    isPrefetch: prefetch,
    isEmbedded: embedded,
    isSecure: secure,
    isStateless: agent.stateless,
    salt,
  })
  const watch = isPage ? undefined : readWatch({ headers, url }, path, own.workers, polled)
  return {
    method,
    host: url.hostname.replace(/\.$/, ''),
    path,
    search,
    kind,
    prefetch,
    embedded,
    watch,
    current: embedded || watch !== undefined,
    visitor: visitor.id,
    anonymous: visitor.by === 'nobody',
    minted: visitor.by === 'minted',
    visitorToKeep: visitor.toKeep,
    crawler: agent.crawler,
    automated: agent.automated && visitor.by !== 'configured',
    pin: readPin(
      headers.get('holo-pin'),
      queryPin !== undefined && mayChooseByQuery(kind, headers) ? queryPin : undefined,
      // Any sibling domain can set the old name, and a page that is opened now sets the new one.
      own.isOld && isPage ? undefined : own.pin,
    ),
    secure,
    cookies: own,
    attributes: withAttributes ? readAttributes(request, cookies, search) : NO_ATTRIBUTES,
    grants: NO_GRANTS,
  }
}

/**
 * Whether a pin in the address counts. Anybody can make a link, so that for a page or a frame it
 * counts only from a page of this very origin, which fetch metadata prove. A navigation that a
 * service worker passes on always looks like that and proves nothing.
 */
function mayChooseByQuery(kind: RequestKind, headers: Headers): boolean {
  const isOwn = headers.get('sec-fetch-site') === 'same-origin'
  if (opensPage(kind)) return isOwn && headers.get('sec-fetch-dest') !== 'empty'
  // `<link rel="prefetch">` does not say what it fetches: it may be the page of the next click.
  return isOwn || !isPrefetch(headers)
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

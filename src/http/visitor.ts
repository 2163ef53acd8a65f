// Identifies the visitor: by an id of the team's own login, else by Holo's cookie, else by the
// client's address if the team wants that, else by a new id for a first page. All other requests
// share one id, because each of them must not get a random version of its own.

import { toClient } from '../core/ip-address.ts'
import { murmur3Text } from '../core/murmur3.ts'
import type { RequestKind } from '../core/types.ts'
import type { OwnCookies } from './cookies.ts'

/**
 * Where a team's own visitor id stands. A claim is read but not verified: see docs/assignments.md.
 */
export type IdentitySource = (
  | Place
  | { readonly jwt: Place & { readonly claim: string } }
  | Record<never, never>
) & {
  /** Whether clients without any identity are told apart by their addresses. */
  readonly address?: true | undefined
  /**
   * Whether the id of the team decides the bucket also for a browser that had one before. Without it
   * a login changes no version.
   */
  readonly overCookie?: true | undefined
}
type Place = { readonly header: string } | { readonly cookie: string }

export type Visitor = {
  readonly id: string
  /** The id that decides the bucket, if it is another one. */
  readonly bucketId?: string | undefined
  readonly by: 'configured' | 'cookie' | 'address' | 'minted' | 'nobody'
  /**
   * The value that the reply puts into the visitor's cookie, if it opens a page that can keep one.
   */
  readonly toKeep: string | undefined
}

/** What is known of the request besides its headers. */
export type VisitorOptions = {
  readonly method: string
  readonly kind: RequestKind
  readonly isPrefetch: boolean
  readonly isEmbedded: boolean
  readonly isSecure: boolean
  /** The document says that it keeps no cookies. */
  readonly isWithoutCookies: boolean
  /** The client is a program that keeps no cookies. */
  readonly isStateless: boolean
  readonly salt: string
}

const MAX_ID_CHARACTERS = 256
/** Backends get the id in a header, which cannot hold these characters; a claim can. */
const CONTROL_CHARACTER = /\p{Cc}/u
/** 128 random bits in base64url. */
const OWN_ID = /^[A-Za-z0-9_-]{22}$/
/** The id that all requests without an identity share. */
const NOBODY = 'nobody'

export function readVisitor(
  headers: Headers,
  cookies: Readonly<Record<string, string>>,
  own: OwnCookies,
  source: IdentitySource | undefined,
  situation: VisitorOptions,
): Visitor {
  const configured = source && readIdentity(headers, cookies, source)
  const { visitor } = own
  const isKnown = visitor !== undefined && OWN_ID.test(visitor)
  if (configured) {
    const bucketId = isKnown && !source.overCookie ? visitor : undefined
    return { id: configured, bucketId, by: 'configured', toKeep: undefined }
  }
  if (isKnown) {
    return { id: visitor, by: 'cookie', toKeep: own.isOld ? visitor : undefined }
  }
  const toKeep = mayKeepCookies(headers, situation) ? mint() : undefined
  if (toKeep !== undefined && isFirstPage(headers, own, situation)) {
    return { id: toKeep, by: 'minted', toKeep }
  }
  const address = source?.address && readAddressId(headers, situation.salt)
  return address ? { id: address, by: 'address', toKeep } : { id: NOBODY, by: 'nobody', toKeep }
}

/**
 * Whether the client would keep a cookie, and would not overwrite one that it could not send with
 * this request.
 */
function mayKeepCookies(headers: Headers, situation: VisitorOptions): boolean {
  const { method, kind, isEmbedded, isSecure, isWithoutCookies, isStateless } = situation
  if (isStateless || isWithoutCookies || (kind !== 'document' && kind !== 'navigation'))
    return false
  if (isEmbedded) return isSecure
  if (method === 'GET') return true
  // A form that another site posts sends no Lax cookies, even if there are some. HEAD opens no
  // page.
  return method !== 'HEAD' && headers.get('sec-fetch-site') !== 'cross-site'
}

/**
 * Whether a new visitor gets a bucket at once. A page that is opened from a page of this site
 * without any cookie comes from a browser that keeps none. A page that is fetched in advance or
 * shown in a frame first has to prove that its cookie is kept: several may be fetched at once, and
 * each would get another version and the cookies of the last.
 */
function isFirstPage(
  headers: Headers,
  own: OwnCookies,
  { kind, isEmbedded }: VisitorOptions,
): boolean {
  if (kind !== 'document' || isEmbedded) return false
  return own.pin !== undefined || headers.get('sec-fetch-site') !== 'same-origin'
}

function readIdentity(
  headers: Headers,
  cookies: Readonly<Record<string, string>>,
  source: IdentitySource,
): string | undefined {
  const text = readConfigured(headers, cookies, source)
  if (!text || text.length > MAX_ID_CHARACTERS || CONTROL_CHARACTER.test(text)) return undefined
  return text
}

function readConfigured(
  headers: Headers,
  cookies: Readonly<Record<string, string>>,
  source: IdentitySource,
): string | null | undefined {
  const read = (place: Place) =>
    'header' in place ? headers.get(place.header) : cookies[place.cookie]
  if ('jwt' in source) return readClaim(read(source.jwt), source.jwt.claim)
  return 'header' in source || 'cookie' in source ? read(source) : undefined
}

/**
 * The client's address as an id: the same for a whole /64 of IPv6, and hashed, so that the logs of
 * backends get no addresses from Holo.
 */
function readAddressId(headers: Headers, salt: string): string | undefined {
  const address = headers.get('cf-connecting-ip')
  return address ? `address-${murmur3Text(`${salt}.${toClient(address)}`).toString(16)}` : undefined
}

/** One claim of a JWT's payload (RFC 7519 section 4), if it is a string or a number. */
function readClaim(token: string | null | undefined, claim: string): string | undefined {
  const payload = token?.replace(/^Bearer +/i, '').split('.')[1]
  if (!payload) return undefined
  try {
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof claims !== 'object' || claims === null || !Object.hasOwn(claims, claim))
      return undefined
    const value = (claims as Record<string, unknown>)[claim]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  } catch {
    // An unreadable token gives no id; the visitor then has Holo's own.
    return undefined
  }
}

function mint(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

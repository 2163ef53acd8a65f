// Who is being served: an id that the team's own login gives, else Holo's own cookie, else the
// client's address where the team wants that, else a new id for whoever opens a first page. All other
// requests are nobody's, and are told so: they must not throw dice each for themselves.

import { toClient } from '../core/ip-address.ts'
import { murmur3Text } from '../core/murmur3.ts'
import type { RequestKind } from '../core/types.ts'
import type { OwnCookies } from './cookies.ts'

/** Where a team's own visitor id stands. A claim is read, not verified: see docs/assignments.md. */
export type IdentitySource = (
  | Place
  | { readonly jwt: Place & { readonly claim: string } }
  | Record<never, never>
) & {
  /** Clients without any identity are told apart by their addresses. */
  readonly address?: true | undefined
}
type Place = { readonly header: string } | { readonly cookie: string }

export type Visitor = {
  readonly id: string
  readonly by: 'configured' | 'cookie' | 'address' | 'minted' | 'nobody'
  /** What the reply puts into the visitor's cookie, if it opens a page that can keep one. */
  readonly toKeep: string | undefined
}

/** What is known of the request beside its headers. */
export type VisitorOptions = {
  readonly method: string
  readonly kind: RequestKind
  readonly isPrefetch: boolean
  readonly isEmbedded: boolean
  readonly isSecure: boolean
  /** A program that keeps no cookies. */
  readonly isStateless: boolean
  readonly salt: string
}

const MAX_ID_CHARACTERS = 256
/** A claim may hold them, and no header can: backends are told the id in one. */
const CONTROL = /\p{Cc}/u
/** 128 random bits in base64url. */
const OWN_ID = /^[A-Za-z0-9_-]{22}$/
/** The one id of all requests that are nobody's. */
const NOBODY = 'nobody'

export function readVisitor(
  headers: Headers,
  cookies: Readonly<Record<string, string>>,
  own: OwnCookies,
  source: IdentitySource | undefined,
  situation: VisitorOptions,
): Visitor {
  const configured = source && readIdentity(headers, cookies, source)
  if (configured) return { id: configured, by: 'configured', toKeep: undefined }
  const { visitor } = own
  if (visitor !== undefined && OWN_ID.test(visitor)) {
    return { id: visitor, by: 'cookie', toKeep: own.isOld ? visitor : undefined }
  }
  const toKeep = mayKeepCookies(headers, situation) ? mint() : undefined
  if (toKeep !== undefined && isFirstPage(headers, own, situation)) {
    return { id: toKeep, by: 'minted', toKeep }
  }
  const address = source?.address && readAddressId(headers, situation.salt)
  return address ? { id: address, by: 'address', toKeep } : { id: NOBODY, by: 'nobody', toKeep }
}

/** Whether a cookie would be kept, and would not overwrite one that the request was not allowed to bring. */
function mayKeepCookies(headers: Headers, situation: VisitorOptions): boolean {
  const { method, kind, isEmbedded, isSecure, isStateless } = situation
  if (isStateless || (kind !== 'document' && kind !== 'navigation')) return false
  if (isEmbedded) return isSecure
  if (method === 'GET') return true
  // A form that another site posts brings no Lax cookies, whoever has them. HEAD opens no page.
  return method !== 'HEAD' && headers.get('sec-fetch-site') !== 'cross-site'
}

/**
 * Whether a new visitor gets a bucket at once. A page that is opened from a page of this site and
 * brings no cookie at all is one of a browser that keeps none. A page that is fetched ahead or shown
 * in a frame has to prove that it keeps its cookie: several may be fetched at once, and each would
 * get another version and the cookies of the last.
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
  if (!text || text.length > MAX_ID_CHARACTERS || CONTROL.test(text)) return undefined
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
 * The client's address as an id: the same for a whole /64 of IPv6, and hashed, so that no log of a
 * backend gets addresses by this way.
 */
function readAddressId(headers: Headers, salt: string): string | undefined {
  const address = headers.get('cf-connecting-ip')
  return address ? `address-${murmur3Text(`${salt}.${toClient(address)}`).toString(16)}` : undefined
}

/** One claim of a JWT's payload (RFC 7519 section 4), if it is a text or a number. */
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
    // What cannot be read is nobody's id; the visitor has Holo's own then.
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

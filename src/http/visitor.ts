// Who is being served: an id that the team's own login gives, else Holo's own cookie, else a new id
// that is used in the same request.

import { VISITOR_COOKIE } from './cookies.ts'

/** Where a team's own visitor id stands. A claim is read, not verified: see docs/assignments.md. */
export type IdentitySource = Place | { readonly jwt: Place & { readonly claim: string } }
type Place = { readonly header: string } | { readonly cookie: string }

export type Visitor = {
  readonly id: string
  /** Holo made the id for this request; it is worth a cookie. */
  readonly minted: boolean
}

const MAX_ID_CHARACTERS = 256
/** A claim may hold them, and no header can: backends are told the id in one. */
const CONTROL = /\p{Cc}/u
/** 128 random bits in base64url. */
const OWN_ID = /^[A-Za-z0-9_-]{22}$/

export function readVisitor(
  headers: Headers,
  cookies: Readonly<Record<string, string>>,
  source: IdentitySource | undefined,
): Visitor {
  const configured = source && readIdentity(headers, cookies, source)
  if (configured) return { id: configured, minted: false }
  const own = cookies[VISITOR_COOKIE]
  return own && OWN_ID.test(own) ? { id: own, minted: false } : { id: mint(), minted: true }
}

function readIdentity(
  headers: Headers,
  cookies: Readonly<Record<string, string>>,
  source: IdentitySource,
): string | undefined {
  const read = (place: Place) =>
    'header' in place ? headers.get(place.header) : cookies[place.cookie]
  const text = 'jwt' in source ? readClaim(read(source.jwt), source.jwt.claim) : read(source)
  if (!text || text.length > MAX_ID_CHARACTERS || CONTROL.test(text)) return undefined
  return text
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

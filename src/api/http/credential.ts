// Reads the credential of a request from its headers. Only its form is checked here: the control checks
// whether it is valid.

import {
  MAX_JWT_CHARACTERS,
  MAX_TOKEN_CHARACTERS,
  MIN_FIRST_TOKEN_CHARACTERS,
} from '../../control/access/limits.ts'
import { hashToken, toFingerprint } from '../../control/access/token-text.ts'
import type { Credential } from '../../control/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'

/**
 * One scheme and one token (RFC 6750 section 2.1). Two `Authorization` headers arrive joined by a comma,
 * and do not match.
 */
const BEARER = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i
/** The compact serialisation of a signed JWT (RFC 7515 section 7.1). */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** No credential, or one of an impossible form: answered with 401 without a call of the control. */
export type NoCredential = 'absent' | 'malformed'

/**
 * The credential of a request: `Authorization`, or else the JWT that Cloudflare Access adds. Cookies and
 * queries are never read. If `Authorization` is malformed, the JWT is not tried.
 */
export function readCredential(headers: Headers): Result<Credential, NoCredential> {
  const authorization = headers.get('authorization')
  if (authorization !== null) {
    const token = BEARER.exec(authorization)?.[1] ?? ''
    const isLikely = token.length >= MIN_FIRST_TOKEN_CHARACTERS
    if (!isLikely || token.length > MAX_TOKEN_CHARACTERS) return err('malformed')
    return ok({ kind: 'token', token })
  }
  const jwt = headers.get('cf-access-jwt-assertion')
  if (jwt === null) return err('absent')
  return jwt.length <= MAX_JWT_CHARACTERS && JWT.test(jwt)
    ? ok({ kind: 'access', jwt })
    : err('malformed')
}

/**
 * Whether a page of another site may have made a browser send this request (cross-site request forgery).
 * A token is only sent by a client that knows it. The JWT of Access is added to every request of the
 * browser, so a request other than GET or HEAD must come from this site, or from no page at all (Fetch
 * metadata, `Sec-Fetch-Site`).
 */
export function isFromElsewhere({ method, headers }: Request, { kind }: Credential): boolean {
  if (kind === 'token' || method === 'GET' || method === 'HEAD') return false
  const site = headers.get('sec-fetch-site')
  if (site === null) return headers.has('origin')
  return site !== 'same-origin' && site !== 'none'
}

/** The first 64 bits of the SHA-256 of a credential, which identify it without storing it. */
export async function toPrint(credential: Credential): Promise<string> {
  const text = credential.kind === 'token' ? credential.token : credential.jwt
  return toFingerprint(await hashToken(text))
}

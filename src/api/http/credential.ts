// Reads the credential of a request. Only its form is checked here: the control checks whether it is
// valid. cross-site.ts says which requests a credential does not count for.

import {
  MAX_JWT_CHARACTERS,
  MAX_TOKEN_CHARACTERS,
  MIN_FIRST_TOKEN_CHARACTERS,
} from '../../control/access/limits.ts'
import { hashToken, isSignInSecret, toFingerprint } from '../../control/access/token-text.ts'
import type { Credential } from '../../control/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { SignInBody } from '../../wire/sessions.ts'
import { readSession } from './session-cookie.ts'

/** The characters and length that a token may have (RFC 6750 section 2.1). */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/
/**
 * One scheme and one token (RFC 6750 section 2.1). Two `Authorization` headers arrive joined by a comma,
 * and do not match.
 */
const BEARER = /^Bearer (\S+)$/i
/** The compact serialisation of a signed JWT (RFC 7515 section 7.1). */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** No credential, or one of an impossible form: answered with 401 without a call of the control. */
export type NoCredential = 'absent' | 'malformed'

/**
 * The credential of a request: `Authorization`, or else the cookie of a session, or else the JWT that
 * Cloudflare Access adds. Queries and other cookies are never read. If one is malformed, the next is not
 * tried.
 *
 * @param isOfSite whether pages of the site have this origin, and browsers sign in elsewhere. Then only
 *   `Authorization` counts: a page can make a browser send the others without knowing them.
 */
export function readCredential(
  request: Request,
  isOfSite = false,
): Result<Credential, NoCredential> {
  const { headers } = request
  const authorization = headers.get('authorization')
  if (authorization !== null) return toToken(BEARER.exec(authorization)?.[1] ?? '')
  if (isOfSite) return err('absent')
  const session = readSession(request)
  if (session !== undefined)
    return session === '' ? err('malformed') : ok({ kind: 'session', session })
  const jwt = headers.get('cf-access-jwt-assertion')
  if (jwt === null) return err('absent')
  return jwt.length <= MAX_JWT_CHARACTERS && JWT.test(jwt)
    ? ok({ kind: 'access', jwt })
    : err('malformed')
}

/** The credential with which somebody signs in. */
export function toSignInCredential(body: SignInBody): Result<Credential, NoCredential> {
  if ('token' in body) return toToken(body.token)
  const { code } = body
  return isSignInSecret('code', code) ? ok({ kind: 'code', code }) : err('malformed')
}

function toToken(token: string): Result<Credential, NoCredential> {
  const isLikely = token.length >= MIN_FIRST_TOKEN_CHARACTERS && TOKEN.test(token)
  return isLikely && token.length <= MAX_TOKEN_CHARACTERS
    ? ok({ kind: 'token', token })
    : err('malformed')
}

/** The first 64 bits of the SHA-256 of a credential, which identify it without storing it. */
export async function toPrint(credential: Credential): Promise<string> {
  return toFingerprint(await hashToken(toText(credential)))
}

function toText(credential: Credential): string {
  switch (credential.kind) {
    case 'token':
      return credential.token
    case 'session':
      return credential.session
    case 'code':
      return credential.code
    case 'access':
      return credential.jwt
  }
}

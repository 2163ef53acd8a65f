// The credential of a request, read from its headers. Only the form is checked here: the control proves
// whether it counts.

import {
  MAX_JWT_CHARACTERS,
  MAX_TOKEN_CHARACTERS,
  MIN_FIRST_TOKEN_CHARACTERS,
} from '../../control/access/limits.ts'
import { hashToken, toFingerprint } from '../../control/access/token-text.ts'
import type { Credential } from '../../control/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'

/**
 * One scheme and one token of RFC 6750 section 2.1. A second header, which arrives after a comma,
 * is none.
 */
const BEARER = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i
/** The compact serialisation of a signed JWT (RFC 7515 section 7.1). */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** Nothing shown, or something that no credential looks like: a 401 without asking the control. */
export type NoCredential = 'absent' | 'malformed'

/**
 * The credential of a request: `Authorization`, else the JWT that Cloudflare Access puts on it.
 * Cookies and queries are never looked at. A malformed `Authorization` does not fall back.
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
 * Whether another site's page may have made a browser send this. A token is sent only by whoever has
 * it; the JWT of Access goes along with whatever the browser sends, so that what is no GET has to
 * come from this site itself, or from no page at all (Fetch metadata, `Sec-Fetch-Site`).
 */
export function isFromElsewhere({ method, headers }: Request, { kind }: Credential): boolean {
  if (kind === 'token' || method === 'GET' || method === 'HEAD') return false
  const site = headers.get('sec-fetch-site')
  if (site === null) return headers.has('origin')
  return site !== 'same-origin' && site !== 'none'
}

/** The first 64 bits of the SHA-256 of a credential: tells credentials apart without holding them. */
export async function toPrint(credential: Credential): Promise<string> {
  const text = credential.kind === 'token' ? credential.token : credential.jwt
  return toFingerprint(await hashToken(text))
}

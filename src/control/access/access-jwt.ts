// Who a JWT of Cloudflare Access is, if it is one: signed by the team's key, meant for this
// application, and in its time. What its owner may do is a setting.

import { errors, jwtVerify } from 'jose'
import type { AccessKeys } from './access-keys.ts'
import type { AccessSettings } from './authority-settings.ts'
import { CLOCK_TOLERANCE_S, MAX_ACTOR_CHARACTERS, MAX_JWT_CHARACTERS } from './limits.ts'

/** Why a JWT does not count, for the log only; `keys unavailable` is nobody's failed attempt. */
export type JwtFault = { readonly fault: string; readonly isAttempt: boolean }

/**
 * The actor a JWT speaks for: the e-mail address of a person, the name of a service token. Only
 * RS256 is taken, and only with a key of the team: what the JWT itself says of algorithms and keys
 * (`alg`, `jwk`, `jku`, `x5u`) chooses nothing (RFC 8725 section 3.1).
 */
export async function verifyAccessJwt(
  jwt: string,
  { issuer, audience }: AccessSettings,
  keys: AccessKeys,
  now: number,
): Promise<{ readonly actor: string } | JwtFault> {
  if (jwt.length > MAX_JWT_CHARACTERS) return { fault: 'a JWT that is too long', isAttempt: true }
  try {
    const { payload } = await jwtVerify(jwt, keys.get, {
      algorithms: ['RS256'],
      issuer,
      audience,
      requiredClaims: ['exp', 'iat'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(now),
    })
    const actor = [payload.email, payload.common_name].find(isActor)
    return actor === undefined ? { fault: 'a JWT that names nobody', isAttempt: true } : { actor }
  } catch (cause) {
    // What is not jose's finding about the JWT comes from the keys.
    if (!(cause instanceof errors.JOSEError)) {
      return { fault: `a JWT that cannot be checked (${cause})`, isAttempt: false }
    }
    return { fault: `a JWT that does not hold (${cause.code})`, isAttempt: true }
  }
}

function isActor(claim: unknown): claim is string {
  return typeof claim === 'string' && claim !== '' && claim.length <= MAX_ACTOR_CHARACTERS
}

// Reads from the Worker's variables and secrets who is admitted: the first token, and Cloudflare
// Access. An invalid setting admits nobody and is logged.

import { SCOPES, type Scope } from '../../wire/scopes.ts'
import { MAX_TOKEN_CHARACTERS, MIN_FIRST_TOKEN_CHARACTERS } from './limits.ts'

export type AccessSettings = {
  /** `https://<team>.cloudflareaccess.com`: the issuer of JWTs, which also serves its public keys. */
  readonly issuer: string
  /** The tag of the application that a JWT must be issued for. */
  readonly audience: string
  readonly scopes: readonly Scope[]
}

export type AuthoritySettings = {
  /** The token from HOLO_ADMIN_TOKEN, which creates the other tokens; `undefined` for none. */
  readonly firstToken: string | undefined
  /** `undefined` if Cloudflare Access is not used. */
  readonly access: AccessSettings | undefined
}

/** The variables that are read here; env.ts describes them. */
export type AuthorityEnv = {
  readonly HOLO_ADMIN_TOKEN?: string
  readonly ACCESS_TEAM_DOMAIN?: string
  readonly ACCESS_AUDIENCE?: string
  readonly ACCESS_SCOPES?: string
}

/** The characters that a token may have in a header (RFC 6750 section 2.1). */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/
const HOST_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/

export function readAuthoritySettings(env: AuthorityEnv): AuthoritySettings {
  return { firstToken: readFirstToken(env.HOLO_ADMIN_TOKEN), access: readAccess(env) }
}

function readFirstToken(token: string | undefined): string | undefined {
  if (!token) return undefined
  const isLongEnough = token.length >= MIN_FIRST_TOKEN_CHARACTERS
  if (isLongEnough && token.length <= MAX_TOKEN_CHARACTERS && TOKEN.test(token)) return token
  console.error(
    `HOLO_ADMIN_TOKEN is not accepted: make it ${MIN_FIRST_TOKEN_CHARACTERS} to ${MAX_TOKEN_CHARACTERS} letters, digits and "-._~+/", such as openssl rand -hex 32 prints`,
  )
  return undefined
}

function readAccess({
  ACCESS_TEAM_DOMAIN: team = '',
  ACCESS_AUDIENCE: audience = '',
  ACCESS_SCOPES: scopes,
}: AuthorityEnv): AccessSettings | undefined {
  if (team === '' && audience === '') return undefined
  if (!HOST_NAME.test(team) || audience === '') {
    console.error(
      'Cloudflare Access is not used: set ACCESS_TEAM_DOMAIN to a host such as "team.cloudflareaccess.com", and ACCESS_AUDIENCE to the application\'s tag',
    )
    return undefined
  }
  return { issuer: `https://${team}`, audience, scopes: readScopes(scopes || 'read') }
}

function readScopes(text: string): readonly Scope[] {
  const named = text.split(/[\s,]+/).filter((name) => name !== '')
  const known = SCOPES.filter((scope) => named.includes(scope))
  if (known.length > 0 && known.length === new Set(named).size) return known
  console.error(`ACCESS_SCOPES is not used: name some of ${SCOPES.join(', ')}; using read`)
  return ['read']
}

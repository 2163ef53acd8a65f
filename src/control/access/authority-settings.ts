// Who may be let in, as the Worker's variables and secrets say it, as one total value. A setting that
// cannot be meant lets nobody in, and the log says so.

import { SCOPES, type Scope } from '../../wire/scopes.ts'
import { MAX_TOKEN_CHARACTERS, MIN_FIRST_TOKEN_CHARACTERS } from './limits.ts'

export type AccessSettings = {
  /** `https://<team>.cloudflareaccess.com`: who signs, and where its keys are. */
  readonly issuer: string
  /** The application's tag that a JWT must be meant for. */
  readonly audience: string
  readonly scopes: readonly Scope[]
}

export type AuthoritySettings = {
  /** The token that makes the others; `undefined` for none. */
  readonly firstToken: string | undefined
  /** `undefined` where Cloudflare Access is not used. */
  readonly access: AccessSettings | undefined
}

/** The bindings that are read here; env.ts says what they are. */
export type AuthorityEnv = {
  readonly HOLO_ADMIN_TOKEN?: string
  readonly ACCESS_TEAM_DOMAIN?: string
  readonly ACCESS_AUDIENCE?: string
  readonly ACCESS_SCOPES?: string
}

/** What a token may consist of, so that it can stand in a header (RFC 6750 section 2.1). */
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
  console.error(`ACCESS_SCOPES is not used: name some of ${SCOPES.join(', ')}; taking read`)
  return ['read']
}

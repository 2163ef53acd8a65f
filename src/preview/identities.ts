// Whose request it is, proved by the JWT of Cloudflare Access, and which restricted environments admit this
// person. The JWT is the header that Access adds, or the cookie that it keeps in the browser.

import type { AccessKeys } from '../control/access/access-keys.ts'
import type { AccessSettings } from '../control/access/authority-settings.ts'
import type { VerifiedIdentity } from '../core/identity.ts'
import type { CompiledAssignments } from '../document/compile.ts'
import { parseCookies } from '../http/cookies.ts'
import { Recent } from './recent.ts'

const JWT_HEADER = 'cf-access-jwt-assertion'
const JWT_COOKIE = 'CF_Authorization'

/** A JWT is verified again after this time, so that a key that Access has withdrawn stops to count. */
const VERIFIED_FOR_MS = 300_000

type Verified = { readonly identity: VerifiedIdentity; readonly until: number }

/** What verifies JWTs is loaded with the first one. */
const loadAccess = () => import('../control/access/access-keys.ts')

export class Identities {
  readonly #access: AccessSettings | undefined
  readonly #createKeys: () => Promise<AccessKeys>
  #keys: AccessKeys | undefined
  readonly #verified = new Recent<Verified>()

  constructor(access: AccessSettings | undefined, fetcher: typeof fetch, now: () => number) {
    this.#access = access
    this.#createKeys = async () => {
      const { AccessKeys } = await loadAccess()
      return new AccessKeys(access?.issuer ?? '', fetcher, now, false)
    }
  }

  /** Whether a request may be one of somebody who is admitted somewhere: without I/O. */
  mayBeAdmitted(
    headers: Headers,
    { admissions }: Pick<CompiledAssignments, 'admissions'>,
  ): boolean {
    if (!this.#access || admissions.length === 0) return false
    return headers.has(JWT_HEADER) || (headers.get('cookie')?.includes(JWT_COOKIE) ?? false)
  }

  /** The restricted environments that admit the person whose JWT this request carries. */
  async listAdmitting(
    headers: Headers,
    { admissions }: Pick<CompiledAssignments, 'admissions'>,
    now: number,
  ): Promise<readonly string[]> {
    const identity = await this.#identify(headers, now)
    if (!identity) return []
    return admissions.filter(({ admits }) => admits(identity)).map(({ environment }) => environment)
  }

  async #identify(headers: Headers, now: number): Promise<VerifiedIdentity | undefined> {
    const jwt = headers.get(JWT_HEADER) ?? parseCookies(headers.get('cookie'))[JWT_COOKIE]
    if (!this.#access || !jwt) return undefined
    const known = this.#verified.get(jwt)
    if (known && known.until > now) return known.identity
    const { verifyAccessClaims } = await loadAccess()
    this.#keys ??= await this.#createKeys()
    const found = await verifyAccessClaims(jwt, this.#access, this.#keys, now)
    if ('fault' in found) return undefined
    const { readIdentity } = await import('../core/identity.ts')
    const identity = readIdentity(found.claims)
    const until = Math.min(found.expiresAt, now + VERIFIED_FOR_MS)
    this.#verified.put(jwt, { identity, until })
    return identity
  }
}

// Verified identities: what the JWT of an identity provider says of a person, and who of them may see a
// restricted environment. Pure: src/preview verifies the JWT.

import { compileCondition } from './conditions.ts'
import { compileGlob } from './glob.ts'

/** A person, or a program, whose JWT was verified. */
export type VerifiedIdentity = {
  readonly email: string | undefined
  readonly groups: readonly string[]
  /** All claims of the JWT, for conditions. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** Who may see a restricted environment; one of the three is enough. */
export type Admission = {
  /** E-mail addresses, in which `*` stands for any characters. */
  readonly emails?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  /** A condition that sees nothing but `identity.NAME`. */
  readonly when?: unknown
}

export type Admits = (identity: VerifiedIdentity) => boolean

/** The function that decides who is admitted. A condition that throws admits nobody. */
export function compileAdmission({ emails = [], groups = [], when }: Admission): Admits {
  const patterns = emails.map((email) => compileGlob(email.toLowerCase()))
  const named = new Set(groups)
  const test = when === undefined ? undefined : compileCondition(when, 'admit')
  return ({ email, groups: own, claims }) => {
    const address = email?.toLowerCase()
    if (address !== undefined && patterns.some((matches) => matches(address))) return true
    if (own.some((group) => named.has(group))) return true
    if (!test) return false
    try {
      return test({ identity: { ...claims, groups: own } })
    } catch {
      // As with rules: what cannot be evaluated decides nothing.
      return false
    }
  }
}

/** The longest address has 320 characters (RFC 5321 section 4.5.3.1). */
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}$/

/** What the claims of a verified JWT say. Providers put groups at the top or, as Access does, in `custom`. */
export function readIdentity(claims: Readonly<Record<string, unknown>>): VerifiedIdentity {
  const { email, groups, custom } = claims
  const own = typeof custom === 'object' && custom !== null ? custom : {}
  return {
    email: typeof email === 'string' && EMAIL.test(email) ? email : undefined,
    groups: [...listNames(groups), ...listNames((own as Record<string, unknown>).groups)],
    claims,
  }
}

/** Names of groups: texts, or objects with a name, an address or an id. */
function listNames(groups: unknown): string[] {
  if (typeof groups === 'string') return [groups]
  if (!Array.isArray(groups)) return []
  return groups.flatMap((group: unknown) => {
    if (typeof group === 'string') return [group]
    if (typeof group !== 'object' || group === null) return []
    const { name, email, id } = group as Record<string, unknown>
    return [name, email, id].filter((one) => typeof one === 'string')
  })
}

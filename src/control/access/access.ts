// What the control needs of whoever proves credentials, and what it gives in return. The implementation
// (authority.ts) knows tokens, JWTs and failed attempts.

import type { Env } from '../../env.ts'
import type { Authorise, ControlCalls, Principal } from '../contract.ts'

/** What the audit log says of a token; `id`, `name` and `scopes` are told to subscribers as well. */
export type TokenDetail = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly name: string
  readonly scopes?: readonly string[]
}

/** Commits what `write` does and an audit row of it in one transaction, or neither. */
export type RecordAudit = (
  action: 'token-create' | 'token-revoke',
  detail: TokenDetail,
  principal: Principal,
  requestId: string,
  write: () => void,
) => Promise<void>

export type AccessDeps = {
  readonly sql: SqlStorage
  readonly env: Env
  readonly now: () => number
  readonly recordAudit: RecordAudit
}

export type Access = Pick<
  ControlCalls,
  'authenticate' | 'tokens' | 'createToken' | 'revokeToken'
> & { readonly authorise: Authorise }

// Writes the audit row and the event of a new or revoked token in the transaction that stores the token.

import type { Ledger } from '../document/ledger.ts'
import type { Outbox } from '../outbox.ts'
import type { RecordAudit } from './authority.ts'

export function createRecordAudit(ledger: Ledger, outbox: Outbox, now: () => number): RecordAudit {
  return (action, detail, { actor, token }, requestId, write) => {
    const entry = { at: now(), actor, token, action, detail, reason: undefined, requestId }
    return ledger.record([entry], () => {
      write()
      const { id, name, scopes = [] } = detail
      const told = { token: id, name, by: actor }
      outbox.add(
        action === 'token-create'
          ? { kind: 'token.created', ...told, scopes: [...scopes] }
          : { kind: 'token.revoked', ...told },
      )
    })
  }
}

// The calls for tokens and sessions. A viewer whose token or session ends with a call is disconnected.

import type { AccessCalls } from '../contract.ts'
import type { ControlParts } from '../parts.ts'

export function createAccessCalls({ access, live }: ControlParts): AccessCalls {
  return {
    authenticate: (caller) => access.authenticate(caller),

    tokens: (caller) => access.tokens(caller),

    createToken: (caller, token) => access.createToken(caller, token),

    async revokeToken(caller, id) {
      const revoked = await access.revokeToken(caller, id)
      await live.check()
      return revoked
    },

    signIn: (caller) => access.signIn(caller),

    makeCode: (caller) => access.makeCode(caller),

    async signOut(caller, everywhere) {
      const ended = await access.signOut(caller, everywhere)
      await live.check()
      return ended
    },
  }
}

// `holo whoami`: whose token this is, what it may do, and at which Holo.

import type { z } from 'zod'
import { whoamiAsRead, whoamiOutput } from '../../wire/tokens.ts'
import { command } from '../command.ts'

export const WHOAMI = command({
  name: 'whoami',
  about: 'Says who you are to this Holo, and what you may do there.',
  scope: 'read',
  examples: [
    { command: 'holo whoami', about: 'before a change: is this the right Holo?' },
    {
      command: 'holo whoami --target production --json',
      about: 'does the token of a pipeline count?',
    },
  ],
  shape: whoamiOutput,
  run: async (context) => {
    const api = await context.api()
    const { name, url } = await context.target()
    const who = await api.ask(whoamiAsRead, 'GET', '/whoami')
    const json = { target: name, url: url.origin, ...who }
    const lines = [
      `${who.actor}  (${toProof(who)})`,
      `scopes: ${who.scopes.join(', ')}`,
      `at ${name}${name === url.host ? '' : `, ${url.origin}`}`,
    ]
    return { json, lines }
  },
})

/** How somebody proves who they are, in words. A way that is not known is shown as the API names it. */
function toProof({ kind, token }: Pick<z.infer<typeof whoamiAsRead>, 'kind' | 'token'>): string {
  if (kind === 'token') return `token ${token}`
  return kind === 'access' ? 'Cloudflare Access' : kind
}

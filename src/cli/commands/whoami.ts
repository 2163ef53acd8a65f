// `holo whoami`: whose token this is, what it may do, and at which Holo.

import { whoamiAsRead, whoamiOutput } from '../../wire/tokens.ts'
import { command } from '../command.ts'

/** How somebody proves who they are, in words; a way that is not known is shown as the API names it. */
const PROOFS: ReadonlyMap<string, (token: string | undefined) => string> = new Map([
  ['token', (token) => `token ${token}`],
  ['access', () => 'Cloudflare Access'],
])

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
    const proof = PROOFS.get(who.kind)?.(who.token) ?? who.kind
    const lines = [
      `${who.actor}  (${proof})`,
      `scopes: ${who.scopes.join(', ')}`,
      `at ${name}${name === url.host ? '' : `, ${url.origin}`}`,
    ]
    return { json, lines }
  },
})

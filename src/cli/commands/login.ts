// `holo login` trusts a host with the tokens of this user. `holo whoami` shows whose token is used, what it may
// do, and at which Holo.

import type { z } from 'zod'
import { loginOutput } from '../../wire/output.ts'
import { whoamiAsRead, whoamiOutput } from '../../wire/tokens.ts'
import { command, type SharedOptions } from '../command.ts'
import { loadConfig } from '../config.ts'
import { misuse } from '../failure.ts'
import { parseAddress } from '../target.ts'
import { forget, loadTrusted, trust } from '../trust.ts'

type LoginOptions = SharedOptions & { readonly forget?: boolean; readonly list?: boolean }

export const LOGIN = command({
  name: 'login',
  about: 'Trusts a host with your tokens. A host that only a holo.json names gets none.',
  scope: 'none',
  arguments: [
    {
      name: '[address]',
      about: 'the address of the site; the only target of holo.json if left out',
    },
  ],
  options: [
    { flags: '--forget', about: 'no longer trusts the host' },
    { flags: '--list', about: 'lists the trusted hosts' },
  ],
  examples: [
    { command: 'holo login https://shop.example.com', about: 'once on each machine' },
    { command: 'holo login https://shop.example.com --forget', about: 'the opposite' },
  ],
  shape: loginOutput,
  run: async (context, [address]: [string | undefined], options: LoginOptions) => {
    const { env } = context
    if (options.list) {
      const trusted = [...(await loadTrusted(env))]
      return { json: { trusted }, lines: trusted.length > 0 ? trusted : ['No host is trusted yet'] }
    }
    const url = parseAddress(address ?? (await findOnly(context.cwd)), 'login').origin
    if (options.forget) {
      const was = await forget(url, env)
      const line = was ? `${url} is no longer trusted` : `${url} was not trusted`
      return { json: { url, trusted: [...(await loadTrusted(env))] }, lines: [line] }
    }
    await trust(url, env)
    const lines = [
      `${url} is trusted on this machine`,
      'The token is read from HOLO_TOKEN, or from where holo.json says',
    ]
    return { json: { url, trusted: [...(await loadTrusted(env))] }, lines }
  },
})

async function findOnly(cwd: string): Promise<string> {
  const targets = Object.values((await loadConfig(cwd, undefined))?.config.targets ?? {})
  const [only] = targets
  if (only && targets.length === 1) return only.url
  throw misuse('name the host', 'such as: holo login https://shop.example.com')
}

export const WHOAMI = command({
  name: 'whoami',
  about: 'Shows as whom this Holo knows you, and what you may do there.',
  scope: 'read',
  examples: [
    { command: 'holo whoami', about: 'before a change: is this the right Holo?' },
    {
      command: 'holo whoami --target production --json',
      about: 'is the token of a pipeline valid?',
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

/** The kind of credential in words. An unknown kind is shown as the API names it. */
function toProof({ kind, token }: Pick<z.infer<typeof whoamiAsRead>, 'kind' | 'token'>): string {
  if (kind === 'token') return `token ${token}`
  return kind === 'access' ? 'Cloudflare Access' : kind
}

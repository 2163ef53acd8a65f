// `holo login`: names a host that may get this user's tokens. The tokens themselves stay where they are.

import { loginOutput } from '../../wire/output.ts'
import { command, type SharedOptions } from '../command.ts'
import { loadConfig } from '../config.ts'
import { misuse } from '../failure.ts'
import { parseAddress } from '../target.ts'
import { forget, loadTrusted, trust } from '../trust.ts'

type LoginOptions = SharedOptions & { readonly forget?: boolean; readonly list?: boolean }

export const LOGIN = command({
  name: 'login',
  about: "Trusts a host with your tokens: a holo.json alone, which may be a stranger's, gets none.",
  scope: 'none',
  arguments: [
    { name: '[address]', about: 'of the site; the only target of holo.json if left out' },
  ],
  options: [
    { flags: '--forget', about: 'trusts it no longer' },
    { flags: '--list', about: 'shows which hosts are trusted' },
  ],
  examples: [
    { command: 'holo login https://shop.example.com', about: 'once on each machine' },
    { command: 'holo login https://shop.example.com --forget', about: 'not any more' },
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
      const line = was ? `${url} gets no token any more` : `${url} was not trusted`
      return { json: { url, trusted: [...(await loadTrusted(env))] }, lines: [line] }
    }
    await trust(url, env)
    const lines = [
      `${url} is trusted on this machine`,
      'The token is the one in HOLO_TOKEN, or where holo.json says',
    ]
    return { json: { url, trusted: [...(await loadTrusted(env))] }, lines }
  },
})

async function findOnly(cwd: string): Promise<string> {
  const targets = Object.values((await loadConfig(cwd, undefined))?.config.targets ?? {})
  const [only] = targets
  if (only && targets.length === 1) return only.url
  throw misuse('which host? Name it', 'such as: holo login https://shop.example.com')
}

// `holo open`: opens the site in the browser of this machine.

import { openOutput } from '../../wire/output.ts'
import { launchBrowser } from '../browser.ts'
import { command, type SharedOptions } from '../command.ts'
import { knowEnvironment, loadCurrent } from '../document.ts'
import { refused } from '../failure.ts'
import { toEnvironmentName } from '../options.ts'
import { isSomebodyThere } from '../terminal.ts'

type OpenOptions = SharedOptions & { readonly print?: boolean }

export const OPEN = command({
  name: 'open',
  about: 'Opens the site in a browser, or an environment that has a host name.',
  scope: 'read',
  arguments: [
    { name: '[environment]', about: 'an environment with a host name; the site if left out' },
  ],
  options: [{ flags: '--print', about: 'prints the address and opens nothing' }],
  examples: [
    { command: 'holo open', about: 'as any visitor' },
    { command: 'holo open qa --print', about: 'the address of qa' },
  ],
  shape: openOutput,
  run: async (
    context,
    [environment]: [string | undefined],
    { print, json: asJson }: OpenOptions,
  ) => {
    const target = await context.target()
    let { href: url } = new URL('/', target.url)
    if (environment !== undefined) {
      toEnvironmentName(environment)
      const known = await loadCurrent(await context.api())
      knowEnvironment(environment, known)
      const host = known.document.environments[environment]?.hosts?.[0]
      if (host === undefined) {
        throw refused('no_host', `the environment "${environment}" has no host name`, {
          hint: `give it one: holo env set ${environment} --host ${environment}.example.com`,
        })
      }
      const address = new URL(url)
      address.hostname = host
      url = address.href
    }
    const opens = !print && !asJson && isSomebodyThere(context.streams)
    const failed = opens ? await launchBrowser(url) : undefined
    const lines = failed === undefined ? [url] : [url, `No browser was opened: ${failed}`]
    return { json: { url, opened: opens && failed === undefined }, lines }
  },
})

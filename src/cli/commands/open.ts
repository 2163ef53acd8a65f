// `holo open` opens the site in the browser of this machine. `holo dashboard` makes a link that signs a
// browser in to the dashboard, once.

import { spawn } from 'node:child_process'
import { openOutput } from '../../wire/output.ts'
import { codeAsRead, DASHBOARD_PATH, dashboardOutput, toSignInLink } from '../../wire/sessions.ts'
import { command, type SharedOptions } from '../command.ts'
import { knowEnvironment, loadCurrent } from '../document.ts'
import { refused } from '../failure.ts'
import { toEnvironmentName } from '../options.ts'
import { isSomebodyThere } from '../terminal.ts'
import { toTime } from '../words.ts'

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

type DashboardOptions = SharedOptions & { readonly open?: boolean }

export const DASHBOARD = command({
  name: 'dashboard',
  about: 'Prints the address of the dashboard, and a link that signs a browser in with your token.',
  scope: 'read',
  options: [{ flags: '--open', about: 'opens the link in the browser of this machine' }],
  examples: [
    { command: 'holo dashboard', about: 'the link works once, for five minutes' },
    { command: 'holo dashboard --open', about: 'signs in and looks' },
  ],
  shape: dashboardOutput,
  run: async (context, _, { open }: DashboardOptions) => {
    const api = await context.api()
    const { url: site } = await context.target()
    const { code, expiresAt, host } = await api.ask(codeAsRead, 'POST', '/session/code')
    const at = new URL(site.origin)
    if (host !== undefined) at.hostname = host
    const url = at.origin + DASHBOARD_PATH
    const link = toSignInLink(at.origin, code)
    const failed = open ? await launchBrowser(link) : undefined
    const opened = open === true && failed === undefined
    const lines = [
      `Dashboard: ${url}`,
      `Sign in with this link, once, until ${toTime(expiresAt)}: ${link}`,
      'Whoever opens it first may do what your token may, for at most 12 hours',
      ...(failed === undefined ? [] : [`No browser was opened: ${failed}. Open the link yourself`]),
    ]
    return { json: { url, link, code, expiresAt, opened }, lines }
  },
})

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** An opener that has not ended by then is a browser that runs. */
const OPENER_MS = 1000

/** Opens an address in the browser of this machine. Why none was started, as the end of "No browser was opened: …"; `undefined` if one was. */
async function launchBrowser(url: string): Promise<string | undefined> {
  const [program = '', ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true })
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const timer = setTimeout(() => resolve(undefined), OPENER_MS)
  child.on('error', () => resolve(`this machine has no program "${program}"`))
  child.on('exit', (code) => resolve(code === 0 ? undefined : `"${program}" failed`))
  const why = await promise
  clearTimeout(timer)
  child.unref()
  return why
}

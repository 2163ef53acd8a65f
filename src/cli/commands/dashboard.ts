// `holo dashboard`: a link that signs a browser in to the dashboard, once.

import { codeAsRead, DASHBOARD_PATH, dashboardOutput, toSignInLink } from '../../wire/sessions.ts'
import { launchBrowser } from '../browser.ts'
import { command, type SharedOptions } from '../command.ts'
import { toTime } from '../words.ts'

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

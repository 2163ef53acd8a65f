// A Chromium without a debugger, which refuses to prerender where one is attached. Its first page, of a server
// of the test, does what the test tells it; pages report to that server what they have seen.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { inject, vi } from 'vitest'
import { QUIET } from './browser.ts'

/** What the first page does next; the addresses are of other pages. */
export type Command =
  | { readonly prerender: string }
  | { readonly open: string }
  | { readonly close: true }
  | { readonly follow: string }

/** What a page says of itself. */
export type Told = Readonly<Record<string, unknown>>

export type LoneBrowser = {
  /** Where pages report, with POST. */
  readonly report: string
  readonly command: (command: Command) => void
  /** Waits for the first report for which `isMeant` is true. */
  readonly hear: (isMeant: (told: Told) => boolean) => Promise<Told>
  readonly stop: () => Promise<void>
}

const FIRST_PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="module">
const does = {
  prerender: (url) => {
    const rules = document.createElement('script')
    rules.type = 'speculationrules'
    rules.textContent = JSON.stringify({ prerender: [{ source: 'list', urls: [url], eagerness: 'immediate' }] })
    document.head.append(rules)
  },
  open: (url) => { window.opened = open(url) },
  close: () => window.opened.close(),
  follow: (url) => {
    // A page behind another is not shown by following a link.
    if (document.visibilityState === 'visible') location.href = url
    else document.addEventListener('visibilitychange', () => { location.href = url }, { once: true })
  },
}
for (;;) {
  const reply = await fetch('/next', { method: 'POST' })
  for (const [what, how] of Object.entries(await reply.json())) does[what](how)
}
</script>`

const WAIT = { timeout: 30_000, interval: 50 }

/** A new profile each time. The caller stops it. */
export async function startLoneBrowser(): Promise<LoneBrowser> {
  const browser = inject('browser')
  if ('problem' in browser) throw new Error(browser.problem)
  const commands: Command[] = []
  const told: Told[] = []
  let isAwaited = () => {}

  const server = createServer(async (request, response) => {
    if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(FIRST_PAGE)
      return
    }
    const body = await text(request)
    if (request.url === '/report') told.push(JSON.parse(body))
    while (request.url === '/next' && commands.length === 0) {
      await new Promise<void>((done) => {
        isAwaited = done
      })
    }
    response.end(request.url === '/next' ? JSON.stringify(commands.shift()) : '')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

  const profile = await mkdtemp(join(tmpdir(), 'holo-profile-'))
  const own = ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']
  const args = [...own, ...QUIET, '--disable-popup-blocking', `--user-data-dir=${profile}`, url]
  const child = spawn(browser.path, args, { stdio: 'ignore' })
  const ended = once(child, 'close')

  return {
    report: `${url}report`,
    command: (command) => {
      commands.push(command)
      isAwaited()
    },
    hear: (isMeant) =>
      vi.waitFor(() => {
        const found = told.find(isMeant)
        if (!found) throw new Error(`heard only ${JSON.stringify(told)}`)
        return found
      }, WAIT),
    stop: async () => {
      child.kill('SIGKILL')
      await ended
      server.close()
      server.closeAllConnections()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

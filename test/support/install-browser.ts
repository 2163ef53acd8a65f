// Set-up of the browser tests: finds a Chromium that starts, installs one where it may, and hands
// its path to the tests. A machine without one fails those tests alone, with the way to mend it.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'

/** Where Chromium is, or why there is none. */
type Browser = { path: string } | { problem: string }

declare module 'vitest' {
  interface ProvidedContext {
    browser: Browser
  }
}

const INSTALL_TIMEOUT_MS = 300_000
/** Playwright tries five times, and where there is no internet each try lasts this long. */
const CONNECTION_TIMEOUT_MS = 5_000
const START_TIMEOUT_MS = 20_000

const ADVICE =
  'The browser tests need Chromium. Install it (Debian: apt-get install chromium, elsewhere: ' +
  'npx playwright-core install --with-deps chromium) or set CHROMIUM_PATH to the program.'

function findChromium(): string | undefined {
  const candidates = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    chromium.executablePath(),
  ]
  return candidates.find(canStart)
}

/** A downloaded Chromium is there and still does not start where the system lacks its libraries. */
function canStart(path: string): boolean {
  if (!existsSync(path)) return false
  return spawnSync(path, ['--version'], { timeout: START_TIMEOUT_MS }).status === 0
}

function run(command: string, args: string[], env: Record<string, string> = {}): boolean {
  console.log(`No Chromium yet: ${command} ${args.join(' ')}`)
  const { status, error } = spawnSync(command, args, {
    stdio: 'ignore',
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, ...env },
  })
  if (status !== 0) console.log(`That did not work (${error?.message ?? `status ${status}`}).`)
  return status === 0
}

function downloadFromPlaywright(): boolean {
  return run('npx', ['playwright-core', 'install', '--no-shell', 'chromium'], {
    PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: String(CONNECTION_TIMEOUT_MS),
  })
}

function installFromDebian(): boolean {
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !existsSync('/usr/bin/apt-get')) return false
  const options = ['install', '-y', '--no-install-recommends', 'chromium']
  return (
    run('apt-get', ['update']) && run('apt-get', options, { DEBIAN_FRONTEND: 'noninteractive' })
  )
}

function provideBrowser(): Browser {
  const chosen = process.env.CHROMIUM_PATH
  if (chosen) {
    return canStart(chosen)
      ? { path: chosen }
      : { problem: `CHROMIUM_PATH: cannot start ${chosen}` }
  }
  const found =
    findChromium() ??
    (downloadFromPlaywright() ? findChromium() : undefined) ??
    (installFromDebian() ? findChromium() : undefined)
  return found ? { path: found } : { problem: ADVICE }
}

export default function installBrowser(project: TestProject): void {
  project.provide('browser', provideBrowser())
}

// Starts the Chromium that install-browser.ts found. What the tests do with it is theirs.

import { type Browser, chromium } from 'playwright-core'
import { inject } from 'vitest'

/** Keeps Chromium from calling home: every request a test sees is one that the page made. */
export const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
]

/**
 * A running headless Chromium; each `newContext()` of it is a profile with its own cookies. The
 * caller closes it. Rejects where the machine has no Chromium, saying how to install one.
 */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const browser = inject('browser')
  if ('problem' in browser) throw new Error(browser.problem)
  return chromium.launch({
    executablePath: browser.path,
    // In a container there is neither a sandbox nor much shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...QUIET, ...args],
  })
}

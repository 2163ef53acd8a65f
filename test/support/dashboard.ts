// The dashboard in Chromium: signed in, watched for everything that must never happen, and looked at by axe.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const DESKTOP = { width: 1280, height: 900 }
export const PHONE = { width: 390, height: 844 }

export type DashboardOptions = {
  readonly viewport?: typeof DESKTOP
  readonly colorScheme?: 'light' | 'dark'
  /** The fragment, as in `#/traffic`. */
  readonly at?: string
  /** Left out: nobody signs in. */
  readonly token?: string
  /** Called before the page is opened. */
  readonly prepare?: (page: Page) => Promise<void>
  /** Of the browser. */
  readonly context?: BrowserContextOptions
  /** Who closes the page: this test, or whoever opened it for several. */
  readonly stays?: boolean
}

export type OpenDashboard = {
  readonly page: Page
  /** Failures of scripts, refusals of the policy, and calls of other hosts. */
  readonly faults: readonly string[]
}

/** Calls of the API that a page waits for. */
const waiting = new WeakMap<Page, Set<unknown>>()

export async function openDashboard(
  browser: Browser,
  origin: string,
  {
    viewport = DESKTOP,
    colorScheme = 'light',
    at = '',
    token,
    prepare,
    context: options = {},
    stays = false,
  }: DashboardOptions = {},
): Promise<OpenDashboard> {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    reducedMotion: 'reduce',
    ...options,
  })
  if (!stays) onTestFinished(() => context.close())
  const page = await context.newPage()
  const faults: string[] = []
  const calls = new Set<unknown>()
  waiting.set(page, calls)
  page.on('pageerror', ({ message, stack }) => faults.push(stack ?? message))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol !== 'data:' && url.host !== new URL(origin).host) faults.push(request.url())
    if (request.resourceType() === 'fetch') calls.add(request)
  })
  page.on('requestfinished', (request) => calls.delete(request))
  page.on('requestfailed', (request) => calls.delete(request))
  await prepare?.(page)
  await page.goto(`${origin}/.holo/${at}`)
  if (token !== undefined) {
    await page.getByLabel('Token').fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  }
  return { page, faults }
}

const SETTLE_TIMEOUT_MS = 60_000
const LOOK_EVERY_MS = 20
/** So often in a row nothing is waited for: what came in is drawn, and has not led to another call. */
const QUIET_LOOKS = 3

/** What still waits for data, a chart that is not drawn yet, and a replay that goes on. */
const UNFINISHED =
  'main .loading, main .chart-host:not(:has(canvas)), main .charts + [role="status"]'

/** Waits until the page has what it asked for, and shows it. */
export async function settle(page: Page): Promise<void> {
  await page.locator('main .page, main .empty, main .failure').first().waitFor()
  const until = Date.now() + SETTLE_TIMEOUT_MS
  for (let quiet = 0; quiet < QUIET_LOOKS; ) {
    if (Date.now() > until) throw new Error(`the page still waits for something: ${page.url()}`)
    const isWaiting = (waiting.get(page)?.size ?? 0) > 0
    quiet = isWaiting || (await page.locator(UNFINISHED).count()) > 0 ? 0 : quiet + 1
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** Goes to a page of the dashboard without loading it anew, and waits until it shows what it has to. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash
  }, `#/${path}`)
  await settle(page)
}

/** Rules of axe that look at colours. The others come to the same in light and in dark. */
export const COLOUR_RULES = ['color-contrast', 'link-in-text-block']

/**
 * What axe finds, as `rule: element`. WCAG 2.2 AA and good practice.
 *
 * @param only the rules that are looked at; all if left out.
 */
export async function findBarriers(
  page: Page,
  only?: readonly string[],
): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
  return page.evaluate(async (runOnly) => {
    const { axe } = window as unknown as {
      axe: {
        run: (options: object) => Promise<{
          violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
        }>
      }
    }
    // Only what was found: what passes is not described.
    const { violations } = await axe.run({
      resultTypes: ['violations'],
      ...(runOnly ? { runOnly } : {}),
    })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
    )
  }, only)
}

/** Nothing is wider than the screen: what is wide scrolls in a box of its own. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    const wide = [...document.querySelectorAll('main *')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth,
    )
    return wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))
  })
  expect(found, page.url()).toEqual([])
}

// The dashboard in Chromium: signed in, watched for everything that must never happen, and looked at by axe.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
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
}

export type OpenDashboard = {
  readonly page: Page
  /** Failures of scripts, refusals of the policy, and calls of other hosts. */
  readonly faults: readonly string[]
}

export async function openDashboard(
  browser: Browser,
  origin: string,
  { viewport = DESKTOP, colorScheme = 'light', at = '', token, prepare }: DashboardOptions = {},
): Promise<OpenDashboard> {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', ({ message }) => faults.push(message))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol !== 'data:' && url.host !== new URL(origin).host) faults.push(request.url())
  })
  await prepare?.(page)
  await page.goto(`${origin}/.holo/${at}`)
  if (token !== undefined) {
    await page.getByLabel('Token').fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  }
  return { page, faults }
}

/** What axe finds, as `rule: element`. WCAG 2.2 AA and good practice. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run: () => Promise<{
          violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
        }>
      }
    }
    const { violations } = await axe.run()
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
    )
  })
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

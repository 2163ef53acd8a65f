// Tabs of one browser on several versions, in Chromium: each keeps its own files and backend, in every way
// in which a page can ask. And what holds without the script.

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { allOf, startTabSite, type TabSite } from '../support/tab-site.ts'
import { watchPage } from '../support/watch-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

type TabWindow = {
  readonly clicks: () => Promise<Record<string, unknown>>
  readonly away: (foreign: string) => Promise<Record<string, unknown>>
  readonly holo?: { readonly version: string; readonly update: unknown }
}

const click = (page: Page) => page.evaluate(() => (window as unknown as TabWindow).clicks())

async function openContext(): Promise<BrowserContext> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  return context
}

async function openTab(context: BrowserContext, site: TabSite) {
  const page = await context.newPage()
  const problems = watchPage(page)
  await page.goto(site.url.href)
  return { page, problems }
}

describe('tabs of one browser, with the script', () => {
  let site: TabSite
  beforeAll(async () => {
    site = await startTabSite({ tabPins: true })
  })
  afterAll(() => site?.stop())

  it('each keep the version of their page through a release and its rollback', async () => {
    const context = await openContext()
    const first = await openTab(context, site)
    expect(await click(first.page)).toEqual(allOf('1'))
    await site.moveTo('2')
    const second = await openTab(context, site)
    expect(await click(first.page)).toEqual(allOf('1'))
    expect(await click(second.page)).toEqual(allOf('2'))
    await site.moveTo('1')
    const third = await openTab(context, site)
    for (let round = 0; round < 2; round++) {
      expect(await click(first.page)).toEqual(allOf('1'))
      expect(await click(second.page)).toEqual(allOf('2'))
      expect(await click(third.page)).toEqual(allOf('1'))
    }
    await vi.waitFor(() => {
      expect(site.beacons).toEqual(['1', '1', '2', '1', '2', '1', '1', '2', '1'])
    })
    expect(site.queries.filter((query) => query.includes('pin'))).toEqual([])
    const problems = [first, second, third].flatMap((tab) => tab.problems)
    // The page itself closes its streams of events.
    const isClosed = (problem: string) => /api\/events.*ERR_ABORTED/.test(problem)
    expect(problems.filter((problem) => !isClosed(problem))).toEqual([])
  })

  it('send nothing to other origins, not even where a redirect leads there', async () => {
    const { page, problems } = await openTab(await openContext(), site)
    const answers = await page.evaluate(
      (foreign) => (window as unknown as TabWindow).away(foreign),
      site.foreign.url,
    )
    expect(new Set(Object.values(answers))).toEqual(new Set(['foreign']))
    // A header of ours would have made the browser ask first.
    expect(site.foreign.requests.map(({ method }) => method)).toEqual(Array(5).fill('GET'))
    expect(site.foreign.requests.flatMap(({ pins }) => pins)).toEqual([])
    expect(problems).toEqual([])
  })
})

describe('tabs of one browser, without the script', () => {
  it('share the pin of the tab that was opened last, and keep their own hashed files', async () => {
    const site = await startTabSite({})
    onTestFinished(() => site.stop())
    const context = await openContext()
    const first = await openTab(context, site)
    expect(await click(first.page)).toEqual(allOf('1'))
    await site.moveTo('2')
    await openTab(context, site)
    expect(await click(first.page)).toEqual({
      ...allOf('2'),
      script: '1',
      chunk: '1',
      // It runs as long as a tab has it.
      shared: { is: '1', fetch: '2' },
    })
  })
})

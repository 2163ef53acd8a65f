// Tabs of one browser on several versions, in Chromium: each keeps its own files and backend, in every way
// in which a page can ask. And what holds without the script.

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { allOf, startTabSite, type TabSite } from '../support/tab-site.ts'
import { tellWalk, WALK_MS, type Walk, type Walked, walkThreeTabs } from '../support/walk.ts'
import { watchPage } from '../support/watch-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

const WAIT = { timeout: 30_000, interval: 100 }

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

/** Walks through three tabs of one profile. The page itself closes its streams of events: that is no problem. */
async function walk(
  name: string,
  site: TabSite,
  promised?: Walk['promised'],
): Promise<{ walked: Walked; problems: readonly string[] }> {
  const context = await openContext()
  const tabs: Awaited<ReturnType<typeof openTab>>[] = []
  const walked = await walkThreeTabs({
    older: '1',
    newer: '2',
    open: async () => {
      const tab = await openTab(context, site)
      tabs.push(tab)
      return () => click(tab.page)
    },
    release: () => site.moveTo('2'),
    rollBack: () => site.moveTo('1'),
    ...(promised && { promised }),
  })
  const problems = tabs
    .flatMap((tab) => tab.problems)
    .filter((problem) => !/api\/events.*ERR_ABORTED/.test(problem))
  console.log(tellWalk(name, walked, problems))
  return { walked, problems }
}

/** Has the browser fetch the next page ahead, and tells which version that was. */
async function prerender(page: Page): Promise<string | undefined> {
  const fetched = page.context().waitForEvent('response', {
    predicate: (reply) => new URL(reply.url()).pathname === '/b',
  })
  await page.evaluate(() => {
    const rules = document.createElement('script')
    rules.type = 'speculationrules'
    rules.textContent = JSON.stringify({
      prerender: [{ source: 'list', urls: ['/b'], eagerness: 'immediate' }],
    })
    document.head.append(rules)
  })
  return (await fetched).headers()['holo-version']
}

/** The name of a browser that people use. */
async function toPlainAgent(): Promise<string> {
  const page = await (await openContext()).newPage()
  return (await page.evaluate(() => navigator.userAgent)).replace('Headless', '')
}

const ONE_EACH = {
  1: { tabs: 2, services: [{ prefix: '/api/' }] },
  2: { tabs: 1, services: [{ prefix: '/api/' }] },
}

/** What the API says of the use of each version. */
async function readDrains({ url, token }: TabSite): Promise<Record<string, unknown>> {
  const reply = await fetch(new URL('/.holo/api/versions', url), {
    headers: { authorization: `Bearer ${token}` },
  })
  const { versions } = (await reply.json()) as { versions: { id: string; drain: unknown }[] }
  return Object.fromEntries(versions.map(({ id, drain }) => [id, drain]))
}

/** Opens a page by a link. */
async function follow(page: Page, href = '/b'): Promise<void> {
  await page.evaluate((href) => {
    const link = document.createElement('a')
    link.href = href
    document.body.append(link)
    link.click()
  }, href)
  await page.waitForURL(new URL(href, page.url()).href)
  await page.waitForLoadState()
}

describe('tabs of one browser, with the script', () => {
  let site: TabSite
  beforeAll(async () => {
    site = await startTabSite({ tabPins: true })
  })
  afterAll(() => site?.stop())

  it('each keep the version of their page through a release and its rollback', {
    timeout: WALK_MS + 120_000,
  }, async () => {
    const { walked, problems } = await walk('with the script', site)
    expect(walked.wrong).toEqual([])
    expect(problems).toEqual([])
    const [first = 0, second = 0, third = 0] = walked.clicks
    expect(Math.min(first, second, third)).toBeGreaterThan(0)
    await vi.waitFor(() => {
      const ofVersion = (id: string) => site.beacons.filter((is) => is === id).length
      expect([ofVersion('1'), ofVersion('2')]).toEqual([first + third, second])
    }, WAIT)
    expect(site.queries.filter((query) => query.includes('pin'))).toEqual([])
  })

  it('are counted each for the version of its page', async () => {
    // Programs are not counted, and this browser names itself as one.
    const context = await browser.newContext({ userAgent: await toPlainAgent() })
    onTestFinished(() => context.close())
    const [first, second] = [await openTab(context, site), await openTab(context, site)]
    await click(first.page)
    await click(second.page)
    await site.moveTo('2')
    const third = await openTab(context, site)
    await click(third.page)
    await vi.waitFor(async () => expect(await readDrains(site)).toMatchObject(ONE_EACH), WAIT)
    await click(first.page)
    await site.moveTo('1')
    expect(await readDrains(site)).toMatchObject(ONE_EACH)
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

  it('have a prerendered page whole, whatever has happened before it is shown', async () => {
    await site.moveTo('1')
    const context = await openContext()
    const { page } = await openTab(context, site)
    await prerender(page)
    await site.moveTo('2')
    await openTab(context, site)
    await follow(page)
    const is = await page.title()
    expect(await click(page)).toEqual(allOf(is))
    await site.moveTo('1')
  })

  it('have the script under a policy with a nonce, and clean addresses after a post', async () => {
    const { page, problems } = await openTab(await openContext(), site)
    await page.evaluate(() => {
      const form = document.querySelector('form') as HTMLFormElement
      form.target = ''
      form.querySelector('button')?.click()
    })
    await page.waitForURL('**/api/form')
    expect(await page.title()).toBe('1')
    await page.goto(`${site.url.href}api/page`)
    expect(await page.evaluate(() => (window as unknown as TabWindow).holo?.version)).toBe('1')
    expect(await page.evaluate(() => document.scripts.length)).toBe(0)
    expect(problems).toEqual([])
  })

  it('do not reload for ever where a chunk stays missing', async () => {
    const { page } = await openTab(await openContext(), site)
    const fail = () =>
      page.evaluate(async () => {
        let heard = 0
        let told: unknown
        addEventListener('vite:preloadError', () => {
          heard++
        })
        const update = new Promise((done) => addEventListener('holo:update', done, { once: true }))
        const event = Object.assign(new Event('vite:preloadError', { cancelable: true }), {
          payload: new Error('no chunk'),
        })
        dispatchEvent(event)
        const { holo } = window as unknown as TabWindow
        const late = new Promise((done) => setTimeout(done, 20_000))
        if (heard > 0) told = ((await Promise.race([update, late])) as CustomEvent)?.detail
        return [heard, told, Boolean(holo)]
      })
    const said = { version: '1', environment: 'main', pinned: true, filesChanged: true }
    expect(await fail()).toEqual([1, said, true])
    await page.reload()
    expect(await fail()).toEqual([0, undefined, true])
  })

  it('are told once that their version is gone, also where a service worker keeps its page', async () => {
    const context = await openContext()
    const { page, problems } = await openTab(context, site)
    await page.evaluate(async () => {
      await navigator.serviceWorker.register('/sw.js')
      await navigator.serviceWorker.ready
    })
    // As a page that reloads itself at once.
    await page.addInitScript(() => {
      addEventListener('holo:update', ({ detail }: Event & { detail?: unknown }) => {
        sessionStorage.told = (sessionStorage.told ?? '') + JSON.stringify(detail)
        location.reload()
      })
    })
    await page.reload()
    expect(await click(page)).toEqual({ ...allOf('1') })
    const now = await site.document()
    await site.put({
      environments: { ...now.environments, main: { version: '2' } },
      versions: { ...now.versions, '1': { ...now.versions['1'], withdrawn: true } as never },
    })
    // Offline nothing is known, and nothing is told.
    await context.setOffline(true)
    await page.evaluate(() => dispatchEvent(new Event('online')))
    expect(await page.evaluate(() => fetch('/api/me').then(String, () => 'offline'))).toBe(
      'offline',
    )
    expect(await page.evaluate(() => sessionStorage.told)).toBe(undefined)
    await context.setOffline(false)
    const asks = () => page.evaluate(() => fetch('/api/me').then((reply) => reply.json()))
    const said = { version: '2', environment: 'main', pinned: false, filesChanged: true }
    // The browser says that it is online again, and then the page is told.
    await vi.waitFor(async () => {
      expect(await page.evaluate(() => sessionStorage.told)).toBe(JSON.stringify(said))
    }, WAIT)
    await page.waitForLoadState()
    // The page is that of version 1 again; it asks, hears that it is gone, and is not told a second time.
    expect(await page.title()).toBe('1')
    expect(await asks()).toEqual({ is: '2' })
    await page.evaluate(() =>
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
    )
    await vi.waitFor(async () => {
      const { update } = await page.evaluate(() => ({
        update: (window as unknown as TabWindow).holo?.update,
      }))
      expect(update).toEqual(said)
    }, WAIT)
    expect(await page.evaluate(() => sessionStorage.told)).toBe(JSON.stringify(said))
    // The shell is not dead: its own files are still there, and what else it asks is answered. This worker
    // has its page for posted forms, too.
    const own = { script: '1', chunk: '1', click: '1', submit: '1' }
    expect(await click(page)).toEqual({ ...allOf('2'), ...own })
    expect(
      problems.filter((problem) => !/ERR_ABORTED|ERR_INTERNET_DISCONNECTED/.test(problem)),
    ).toEqual([])
  })
})

describe('tabs of one browser, without the script', () => {
  let site: TabSite
  beforeAll(async () => {
    site = await startTabSite({})
  })
  afterAll(() => site?.stop())

  it('share the pin of the tab that was opened last, and keep their own hashed files', {
    timeout: WALK_MS + 120_000,
  }, async () => {
    const { walked, problems } = await walk('without the script', site, (what, own, last) => {
      if (what === 'script' || what === 'chunk') return own
      // It was started after the release, and runs as long as a tab has it.
      return what === 'shared' ? '2' : last
    })
    expect(walked.wrong).toEqual([])
    expect(problems).toEqual([])
    expect(Math.min(...walked.clicks)).toBeGreaterThan(0)
  })

  it('keep pin and visitor when they come by a link of another site', async () => {
    const context = await openContext()
    const { page } = await openTab(context, site)
    const before = await context.cookies(site.url.href)
    expect(before.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['holo-pin', 'holo-visitor']),
    )
    const bucket = (await page.reload())?.headers()['holo-bucket']
    await page.goto(site.foreign.url.replace('127.0.0.1', 'localhost'))
    const entering = page.waitForResponse(site.url.href)
    await follow(page, site.url.href)
    const entered = await entering
    expect((await entered.request().allHeaders())['sec-fetch-site']).toBe('cross-site')
    expect(entered.headers()['holo-bucket']).toBe(bucket)
    expect(entered.headers()).not.toHaveProperty('set-cookie')
    expect(await context.cookies(site.url.href)).toEqual(before)
  })

  it('have a first visit whole whose page was fetched ahead, by the cookies that came with it', async () => {
    await site.moveTo('1')
    const context = await openContext()
    const { page } = await openTab(context, site)
    await context.clearCookies()
    expect(await prerender(page)).toBe('1')
    await vi.waitFor(async () => {
      const names = (await context.cookies()).map(({ name, value }) => `${name}=${value}`)
      expect(names).toContain('holo-pin=1@main')
    }, WAIT)
    await follow(page)
    expect(await page.title()).toBe('1')
    expect(await click(page)).toEqual(allOf('1'))
  })
})

// What binds a real browser to a version: service workers, pages fetched ahead, Back, and frames in
// another site's page. In each case page, script and data have to be of one version.

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { type CaseEdge, readCase, startCaseEdge } from '../support/case-edge.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'

const WAIT = { timeout: 30_000, interval: 100 }
const HALF = { main: 50, canary: 50 }

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

/** Points main at a version, and waits until pages are decided by it. */
async function moveTo(holo: CaseEdge, version: '1' | '2'): Promise<void> {
  await holo.put({ environments: { main: { version }, canary: { version: '2' } } })
  await vi.waitFor(async () => {
    const { headers } = await ask(holo.url, '/', { headers: DOCUMENT })
    expect(headers['holo-version']).toBe(version)
  }, WAIT)
}

async function openContext(): Promise<BrowserContext> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  return context
}

describe('a page behind a service worker', () => {
  /** Asks the API before anything else of the page runs, as a page does that needs data to begin. */
  const ASK_API = () => {
    const asked = fetch('/api/x').then((reply) => reply.json())
    Object.assign(window, { asked: asked.then(({ api }) => api) })
  }
  const stateOf = (page: Page) =>
    page.evaluate(async () => [
      document.title,
      await (window as unknown as { asked: Promise<string> }).asked,
    ])

  async function openWithWorker(holo: CaseEdge): Promise<Page> {
    const page = await (await openContext()).newPage()
    await page.addInitScript(ASK_API)
    await page.goto(holo.url.href)
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready
      if (navigator.serviceWorker.controller) return
      await new Promise((done) =>
        navigator.serviceWorker.addEventListener('controllerchange', done),
      )
    })
    return page
  }

  /** One update check, and the wait until the worker that it found is in charge. */
  const updateWorker = (page: Page, cache: string) =>
    vi.waitFor(async () => {
      const caches = await page.evaluate(async () => {
        await (await navigator.serviceWorker.ready).update()
        return window.caches.keys()
      })
      expect(caches).toEqual([cache])
    }, WAIT)

  it('gets the new version from its cache after one update check and one reload, and the old one back', async () => {
    const cases = ['v1', 'v2'].map((id) => readCase(`sw-precached-shell/${id}`))
    const holo = await startCaseEdge(cases)
    onTestFinished(() => holo.stop())
    const page = await openWithWorker(holo)
    expect(await stateOf(page)).toEqual(['shell 1', '1'])
    for (const [before, after] of [
      ['1', '2'],
      ['2', '1'],
    ] as const) {
      await moveTo(holo, after)
      await page.reload()
      // The worker still has the page of before, and that page has its own API.
      expect(await stateOf(page)).toEqual([`shell ${before}`, before])
      await updateWorker(page, `shell-${after}`)
      await page.reload()
      expect(await stateOf(page)).toEqual([`shell ${after}`, after])
    }
  })

  it('gets the new version at once where its worker asks the network first, and the old one back', async () => {
    const cases = ['v1', 'v2'].map((id) => readCase(`sw-network-first/${id}`))
    const holo = await startCaseEdge(cases)
    onTestFinished(() => holo.stop())
    const page = await openWithWorker(holo)
    expect(await stateOf(page)).toEqual(['nf 1', '1'])
    for (const version of ['2', '1'] as const) {
      await moveTo(holo, version)
      await page.reload()
      expect(await stateOf(page)).toEqual([`nf ${version}`, version])
      await page.goto(`${holo.url.href}other`)
      expect(await stateOf(page)).toEqual([`nf ${version}`, version])
    }
  })
})

/** What a page of the case "embedded" is made of. */
const partsOf = (page: Pick<Page, 'evaluate'>) =>
  page.evaluate(async () => {
    const config = await (await fetch('/config.json')).json()
    const { widgetVersion } = window as unknown as { widgetVersion: string }
    return [document.title.replace('widget ', ''), widgetVersion, config.version]
  })

const readEmbedded = () => ['v1', 'v2'].map((id) => readCase(`embedded/${id}`))

describe('a page that is fetched ahead', () => {
  let holo: CaseEdge
  beforeAll(async () => {
    holo = await startCaseEdge(readEmbedded(), HALF)
  })
  afterAll(() => holo.stop())

  /** Has the browser fetch pages ahead, and waits until Holo has answered for all of them. */
  async function fetchAhead(page: Page, how: 'prefetch' | 'prerender', paths: readonly string[]) {
    const answered = paths.map((path) =>
      page.context().waitForEvent('response', {
        predicate: (reply) => new URL(reply.url()).pathname === path,
        timeout: WAIT.timeout,
      }),
    )
    await page.evaluate(
      ([kind, urls]) => {
        const script = document.createElement('script')
        script.type = 'speculationrules'
        script.textContent = JSON.stringify({
          [kind]: [{ source: 'list', urls, eagerness: 'immediate' }],
        })
        document.head.append(script)
      },
      [how, paths] as const,
    )
    await Promise.all(answered)
  }

  const follow = async (page: Page, path: string) => {
    await page.evaluate((href) => {
      const link = document.createElement('a')
      link.href = href
      document.body.append(link)
      link.click()
    }, path)
    await page.waitForURL((url) => url.pathname === path)
    await page.waitForLoadState()
  }

  it.each(['prefetch', 'prerender'] as const)(
    'is whole where a %s is the first that a visitor asks for',
    async (how) => {
      for (let i = 0; i < 6; i++) {
        const context = await openContext()
        const page = await context.newPage()
        await page.goto(holo.url.href)
        await context.clearCookies()
        await fetchAhead(page, how, ['/a', '/b', '/c'])
        await follow(page, '/b')
        const [html, ...others] = await partsOf(page)
        expect(others).toEqual([html, html])
        const names = (await context.cookies()).map(({ name }) => name).sort()
        expect(names).toEqual(['holo-pin', 'holo-visitor'])
      }
    },
  )

  it('is whole where the pin of a returning visitor went with the session, and traffic moves before the click', async () => {
    await holo.put({ traffic: { main: 100, canary: 0 } })
    await moveTo(holo, '1')
    const context = await openContext()
    const page = await context.newPage()
    await page.goto(holo.url.href)
    await context.clearCookies({ name: 'holo-pin' })
    await fetchAhead(page, 'prefetch', ['/d'])
    await moveTo(holo, '2')
    await follow(page, '/d')
    const [html, ...others] = await partsOf(page)
    expect(others).toEqual([html, html])
  })
})

describe('Back', () => {
  it('shows a page of the version that the next page moved the tab to, not one out of the cache', async () => {
    const holo = await startCaseEdge(readEmbedded())
    onTestFinished(() => holo.stop())
    const page = await (await openContext()).newPage()
    await page.goto(`${holo.url.href}first`)
    expect(await partsOf(page)).toEqual(['1', '1', '1'])
    await moveTo(holo, '2')
    await page.goto(`${holo.url.href}second`)
    expect(await partsOf(page)).toEqual(['2', '2', '2'])
    await page.goBack()
    expect(await partsOf(page)).toEqual(['2', '2', '2'])
  })
})

describe("a frame in another site's page", () => {
  it('is whole over https at every load, and gets a version of its own once it has kept its cookie', async () => {
    const holo = await startCaseEdge(readEmbedded(), HALF, { secure: true })
    onTestFinished(() => holo.stop())
    const sites = await launchBrowser([
      '--host-resolver-rules=MAP *.test 127.0.0.1',
      '--ignore-certificate-errors',
      // The page of the other site is made up by the test, and so comes from no local network.
      '--disable-features=LocalNetworkAccessChecks',
    ])
    onTestFinished(() => sites.close())
    const widget = `https://widget.test:${holo.url.port}/`
    const seen = new Set<unknown>()
    // As many as it takes until both versions were seen; thirty get one alone less than once in 10^8 runs.
    for (let i = 0; seen.size < 2 || i < 4; i++) {
      expect(i).toBeLessThan(30)
      const context = await sites.newContext({ ignoreHTTPSErrors: true })
      const page = await context.newPage()
      await page.route('https://other.test/', (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: `<!doctype html><title>other</title><iframe src="${widget}"></iframe>`,
        }),
      )
      for (const load of [0, 1]) {
        await page.goto('https://other.test/')
        const frame = await vi.waitUntil(
          () => page.frames().find((one) => one.url().startsWith(widget)),
          WAIT,
        )
        await frame.waitForLoadState()
        const [html, ...others] = await partsOf(frame)
        expect(others).toEqual([html, html])
        if (load === 0) expect(html).toBe('1')
        else seen.add(html)
      }
      const cookies = await context.cookies()
      expect(cookies.map(({ name }) => name).sort()).toEqual([
        '__Host-holo-embedded-pin',
        '__Host-holo-embedded-visitor',
      ])
      for (const { sameSite, secure } of cookies) {
        expect([sameSite, secure]).toEqual(['None', true])
      }
      await context.close()
    }
    expect([...seen].sort()).toEqual(['1', '2'])
  })
})

// The example shop in real browsers: two profiles, two versions, one URL, and a tab that stays open
// while all traffic moves to the other version.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import { type RunningShop, startShop } from '../../scripts/local/shop.ts'
import { launchBrowser } from '../support/browser.ts'
import { changeDocument } from '../support/change-document.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { watchPage } from '../support/watch-page.ts'

const HOST = '127.0.0.1'
/** A visitor of main is found in a few tries: 95 % of the fresh are. */
const WAIT = { timeout: 30_000, interval: 50 }

const TOKEN = 'holo-e2e-0123456789abcdef0123456789abcdef'

let data: string
let edge: Edge
let shop: RunningShop
let browser: Browser

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'holo-shop-'))
  edge = await startEdge({
    host: HOST,
    port: 0,
    dataDir: data,
    variables: { KV_REFRESH_MS: '100', ALLOW_INSECURE_ORIGINS: 'true', HOLO_ADMIN_TOKEN: TOKEN },
  })
  shop = await startShop(edge, data, HOST, TOKEN)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await shop?.stop()
  await edge?.dispose()
  await rm(data, { recursive: true, force: true })
})

/** Changes the traffic, and waits until the edge decides by it. */
async function shift(traffic: Record<string, number>): Promise<void> {
  await changeDocument(edge.url, TOKEN, { traffic })
  const share = (traffic.canary ?? 0) / 100
  await vi.waitFor(async () => {
    const visits = Array.from({ length: 50 }, () => ask(edge.url, '/', { headers: DOCUMENT }))
    const canary = (await Promise.all(visits)).filter(
      ({ headers }) => headers['holo-environment'] === 'canary',
    )
    if (share === 1) expect(canary).toHaveLength(50)
    else expect(canary.length).toBeLessThan(25)
  }, WAIT)
}

type Tab = { readonly page: Page; readonly problems: readonly string[] }

/** A tab of a new profile whose visitor is in the environment. */
async function openProfile(environment: 'main' | 'canary'): Promise<Tab> {
  return vi.waitFor(async () => {
    const profile = await browser.newContext()
    if (environment === 'canary') {
      await profile.addCookies([{ name: 'staff', value: '1', url: edge.url.href }])
    }
    const page = await profile.newPage()
    const problems = watchPage(page)
    const opened = await page.goto(edge.url.href)
    if (opened?.headers()['holo-environment'] !== environment) {
      await profile.close()
      throw new Error(`no visitor of ${environment} yet`)
    }
    onTestFinished(() => profile.close())
    return { page, problems }
  }, WAIT)
}

/** What the page says it is, once its API has answered. */
async function releasesOf(page: Page): Promise<{ page: string | null; api: string | null }> {
  const api = page.getByTestId('api-release')
  await vi.waitFor(async () => expect(await api.textContent()).not.toBe('…'), WAIT)
  return { page: await page.getByTestId('release').textContent(), api: await api.textContent() }
}

/** Names of the scripts, without their hashes, that the page asks for from now on. */
function watchChunks(page: Page): readonly string[] {
  const names: string[] = []
  page.on('request', (request) => {
    const name = /\/assets\/(.+)-[^-]+\.js$/.exec(new URL(request.url()).pathname)?.[1]
    if (name) names.push(name)
  })
  return names
}

/** Buys the first thing of the catalogue that is shown; gives the number of the order. */
async function buy(page: Page): Promise<string | null> {
  await page.getByTestId('product').first().getByTestId('add-to-basket').click()
  await page.getByTestId('nav-basket').click()
  await page.getByTestId('go-checkout').click()
  return checkOut(page)
}

async function checkOut(page: Page): Promise<string | null> {
  await page.getByTestId('name').fill('Anna')
  await page.getByTestId('email').fill('anna@example.com')
  await page.getByTestId('place-order').click()
  return page.getByTestId('order-number').textContent()
}

describe('the shop in two profiles at the same time', () => {
  it('sells on both versions, each page with the API it was made for', async () => {
    const tabs = { '0.0.3': await openProfile('main'), '0.0.5': await openProfile('canary') }
    for (const [release, { page, problems }] of Object.entries(tabs)) {
      expect(await releasesOf(page)).toEqual({ page: release, api: release })
      expect(await buy(page)).toMatch(/\d/)
      expect(problems).toEqual([])
    }
    const [older, newer] = await Promise.all(
      Object.values(tabs).map(({ page }) =>
        page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor),
      ),
    )
    expect(older).not.toBe(newer)
  })

  it('stays the same for a visitor who comes again', async () => {
    for (const [environment, release] of [
      ['main', '0.0.3'],
      ['canary', '0.0.5'],
    ] as const) {
      const { page, problems } = await openProfile(environment)
      await releasesOf(page)
      for (const address of ['about', 'basket', '']) {
        await page.goto(new URL(address, edge.url).href)
        expect(await releasesOf(page)).toEqual({ page: release, api: release })
      }
      expect(problems).toEqual([])
    }
  })
})

describe('a tab that is open while everybody moves to the canary', () => {
  beforeEach(() => shift({ main: 95, canary: 5 }))

  it('goes on with its own lazy chunks and its own API to the end of a purchase, and moves on reload', async () => {
    const { page, problems } = await openProfile('main')
    const fresh = await openProfile('main')
    expect(await releasesOf(page)).toEqual({ page: '0.0.3', api: '0.0.3' })
    await releasesOf(fresh.page)

    await shift({ main: 0, canary: 100 })
    await fresh.page.goto(edge.url.href)
    expect(await releasesOf(fresh.page)).toEqual({ page: '0.0.5', api: '0.0.5' })

    const chunks = watchChunks(page)
    await page.getByTestId('open-product').first().click()
    await page.getByTestId('product-page').getByTestId('add-to-basket').click()
    await page.getByTestId('nav-about').click()
    await page.getByTestId('about-page').waitFor()
    await page.getByTestId('nav-basket').click()
    await page.getByTestId('go-checkout').click()
    expect(await checkOut(page)).toMatch(/\d/)
    expect(await releasesOf(page)).toEqual({ page: '0.0.3', api: '0.0.3' })
    expect(chunks).toEqual(['product-page', 'about-page', 'checkout-page'])
    expect(problems).toEqual([])

    await page.reload()
    expect(await releasesOf(page)).toEqual({ page: '0.0.5', api: '0.0.5' })
    expect([...problems, ...fresh.problems]).toEqual([])
  })

  it('gets its lazy chunks also when another tab of the profile has moved', async () => {
    const { page, problems } = await openProfile('main')
    await releasesOf(page)
    await shift({ main: 0, canary: 100 })
    const other = await page.context().newPage()
    await other.goto(edge.url.href)
    expect(await releasesOf(other)).toEqual({ page: '0.0.5', api: '0.0.5' })

    // The cookie's pin is now the other tab's. Only what is hashed is promised to a tab without the
    // browser script; the chunk of this page calls no API.
    const chunks = watchChunks(page)
    await page.getByTestId('nav-about').click()
    await page.getByTestId('about-page').waitFor()
    expect(await page.getByTestId('release').textContent()).toBe('0.0.3')
    expect(chunks).toEqual(['about-page'])
    expect(problems).toEqual([])
  })
})

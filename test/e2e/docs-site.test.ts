// The docs site, built as `npm run docs` builds it, published by Holo and read in Chromium.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDocsSite } from '../../scripts/docs-site/build.ts'
import { ALL_PAGES, toAddress } from '../../scripts/docs-site/contents.ts'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
import { PARTS } from '../../src/document/schema.ts'
import { API_PATH } from '../../src/wire/api-path.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { launchBrowser } from '../support/browser.ts'
import { holo } from '../support/cli.ts'
import {
  COLOUR_RULES,
  DESKTOP,
  expectNoOverflow,
  findBarriers,
  PHONE,
} from '../support/dashboard.ts'
import { watchPage } from '../support/watch-page.ts'

let folder: string
let edge: AdminEdge
let browser: Browser
let page: Page

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holo-docs-'))
  await buildDocsSite(folder)
  edge = await startAdminEdge({ isEmpty: true })
  const env = { HOLO_URL: edge.url.origin, HOLO_TOKEN: FIRST_TOKEN }
  const ran = await holo(['publish', folder, '--version', 'docs-1', '--first', 'main', '--yes'], {
    env,
  })
  if (ran.code !== 0) throw new Error(ran.stderr)
  browser = await launchBrowser()
  page = await (await browser.newContext()).newPage()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await edge?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ADDRESSES = ALL_PAGES.map(({ file }) => toAddress(file))
const NOT_FOUND = '/404.html'
const toFile = (address: string) => join(folder, address, address.endsWith('/') ? 'index.html' : '')
const readPage = (address: string) => readFileSync(toFile(address), 'utf8')

/** Each link of a page, and what is wrong with it. */
function findBroken(address: string): string[] {
  const base = new URL(address, 'http://site')
  const links = [...readPage(address).matchAll(/ (?:href|src)="([^"]*)"/g)].map(
    ([, link = '']) => link,
  )
  return links.filter((link) => {
    const url = new URL(link.replaceAll('&amp;', '&'), base)
    if (url.host !== 'site') return false
    const file = toFile(url.pathname)
    if (!existsSync(file)) return true
    const anchor = decodeURIComponent(url.hash.slice(1))
    return anchor !== '' && !readFileSync(file, 'utf8').includes(` id="${anchor}"`)
  })
}

describe('the docs site', () => {
  it('has every page of the documentation, once', () => {
    const files = readdirSync('docs', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`)
    const listed = ALL_PAGES.map(({ file }) => file)
    expect(listed.filter((file) => file.startsWith('docs/')).sort()).toEqual(files.sort())
    expect(new Set(ADDRESSES).size).toBe(ADDRESSES.length)
  })

  it.each([...ADDRESSES, NOT_FOUND])('has no broken link at %s', (address) => {
    expect(findBroken(address)).toEqual([])
  })

  it('has each operation of the API, and each field of the document', async () => {
    const operations = readPage('/reference/api/')
    const { paths } = JSON.parse((await edge.call('GET', `${API_PATH}/openapi.json`)).body)
    const names = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map(
        (method) => `<code>${method.toUpperCase()} ${path.slice(API_PATH.length)}</code></h2>`,
      ),
    )
    expect(names.length).toBeGreaterThan(60)
    expect(names.filter((name) => !operations.includes(name))).toEqual([])
    const fields = readPage('/reference/assignments/')
    const missing = Object.keys(PARTS).filter((name) => !fields.includes(`<code>${name}</code>`))
    expect(missing).toEqual([])
  })

  it('lets nobody stumble: axe finds nothing, on any page, in light and in dark', async () => {
    const problems = watchPage(page)
    const found: string[] = []
    const look = async (address: string, rules?: readonly string[]) => {
      for (const barrier of await findBarriers(page, rules)) found.push(`${address} ${barrier}`)
    }
    for (const address of ADDRESSES) {
      await page.goto(new URL(address, edge.url).href)
      await look(address)
    }
    // The colours are the same on each page.
    await page.emulateMedia({ colorScheme: 'dark' })
    for (const address of ['/', '/cli/', '/comparison/']) {
      await page.goto(new URL(address, edge.url).href)
      await look(`${address} in the dark`, COLOUR_RULES)
    }
    await page.emulateMedia({ colorScheme: 'light' })
    expect(found).toEqual([])
    expect(problems).toEqual([])
  }, 120_000)

  it('has a page for what is not there, which works at any depth', async () => {
    const reply = await page.goto(new URL('/recipes/no-such/page', edge.url).href)
    expect(reply?.status()).toBe(404)
    expect(await page.locator('main h1').textContent()).toBe('Page not found')
    expect(await findBarriers(page)).toEqual([])
    await page.getByRole('searchbox').fill('holo rollback')
    await page.locator('#results a').first().click()
    await page.waitForURL(/\/cli\/#/)
    // A newcomer without JavaScript gets no search that does nothing.
    const context = await browser.newContext({ javaScriptEnabled: false })
    const plain = await context.newPage()
    await plain.goto(edge.url.href)
    expect(await plain.getByRole('searchbox').isVisible()).toBe(false)
    expect(await plain.getByRole('link', { name: 'The command' }).count()).toBeGreaterThan(0)
    await context.close()
  })

  it('fits on a phone', async () => {
    await page.setViewportSize(PHONE)
    for (const address of [
      '/',
      '/cli/',
      '/reference/api/',
      '/reference/assignments/',
      '/comparison/',
    ]) {
      await page.goto(new URL(address, edge.url).href)
      await expectNoOverflow(page)
    }
    await page.setViewportSize(DESKTOP)
  })

  it('finds each command by its search', async () => {
    await page.goto(edge.url.href)
    const missing: string[] = []
    for (const { name } of COMMAND_ROWS) {
      await page.getByRole('searchbox').fill(`holo ${name}`)
      const link = page.locator(`#results a[href*="/cli/#holo-${name.replaceAll(' ', '-')}"]`)
      const isFound = await link
        .first()
        .waitFor({ timeout: 20_000 })
        .then(
          () => true,
          () => false,
        )
      if (!isFound) missing.push(name)
    }
    expect(missing).toEqual([])
  }, 120_000)

  it('says when nothing is found, and leads to what is', async () => {
    await page.goto(edge.url.href)
    for (const odd of [
      '***',
      '<img src=x onerror=alert(1)>',
      '"\\( 🙂 __proto__',
      'x'.repeat(5000),
    ]) {
      await page.getByRole('searchbox').fill(odd)
      await page.locator('#results:not([hidden])').waitFor()
      expect(await page.locator('#results').textContent()).not.toContain('could not be loaded')
    }
    await page.getByRole('searchbox').fill('xyzzyplugh')
    await page.getByText('Nothing was found.').waitFor()
    await page.getByRole('searchbox').fill('holo rollback')
    await page.locator('#results a').first().waitFor()
    // Enter means what is typed, and not what is still listed.
    await page.getByRole('searchbox').fill('holo doctor')
    await page.getByRole('searchbox').press('Enter')
    await page.waitForURL(/#holo-doctor/)
    expect(await page.locator('main h1').count()).toBe(1)
  })
})

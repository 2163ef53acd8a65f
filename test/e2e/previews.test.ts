// A preview in Chromium: a link on the usual address, the bar in a page with a strict policy that a service
// sends compressed, the switch to another version, hiding the bar, and the way out.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { ask } from '../support/http-client.ts'
import { type LinkKey, makeLinkKey } from '../support/preview-links.ts'
import { startTwoVersions, type TwoVersions } from '../support/two-versions.ts'

const POLICY =
  "default-src 'none'; script-src 'nonce-abc123'; style-src 'none'; base-uri 'none'; form-action 'none'"
const PAGE = '<!doctype html><title>ssr</title><h1>rendered</h1>'

let site: TwoVersions
let backend: Server
let browser: Browser
let key: LinkKey

beforeAll(async () => {
  key = await makeLinkKey('aaaaaaaa')
  backend = createServer((request, response) => {
    const isKnown = request.headers['if-none-match'] === '"page"'
    response.writeHead(isKnown ? 304 : 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'gzip',
      'content-security-policy': POLICY,
      etag: '"page"',
    })
    response.end(isKnown ? undefined : gzipSync(PAGE))
  })
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
  const { port } = backend.address() as AddressInfo
  site = await startTwoVersions({}, { previews: { keys: [{ id: key.id, key: key.key }] } })
  const { v1, ...others } = site.document.versions
  const ssr = {
    ...v1,
    services: [{ prefix: '/', origins: [`http://127.0.0.1:${port}`] }],
  }
  await site.put({ versions: { v1, ...others, ssr } as never })
  const token = await key.sign({ versions: ['ssr'] })
  await vi.waitFor(
    async () => {
      const { headers } = await ask(site.url, '/page', { headers: { 'holo-preview': token } })
      expect(headers['holo-version']).toBe('ssr')
    },
    { timeout: 60_000, interval: 100 },
  )
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await site?.stop()
  backend?.close()
  backend?.closeAllConnections()
})

const barOf = (page: Page) => page.getByRole('region', { name: 'Preview' })
const headingOf = (page: Page) => page.getByRole('heading').textContent()

it('opens by a link, says what it shows, switches, hides, and ends', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => {
    // The site of the test has no icon.
    const isIcon = message.location().url.endsWith('/favicon.ico')
    if (message.type() === 'error' && !isIcon) errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.message))
  const token = await key.sign({ versions: ['ssr', 'v2'] })

  await page.goto(`${site.url.origin}/page?a=1&holo-preview=${token}`)
  expect(page.url()).toBe(`${site.url.origin}/page?a=1`)
  expect(await headingOf(page)).toBe('rendered')
  await barOf(page).waitFor()
  expect(await barOf(page).textContent()).toContain('Preview of ssr')
  expect(await page.evaluate(() => document.querySelector('script'))).toBeNull()
  await page.reload()
  await barOf(page).waitFor()

  await page.getByLabel('Show', { exact: true }).first().selectOption('v2')
  await page.getByRole('button', { name: 'Show', exact: true }).press('Enter')
  await page.waitForFunction(() => document.querySelector('h1')?.textContent === 'version 2')
  expect(page.url()).toBe(`${site.url.origin}/page?a=1`)
  await barOf(page).waitFor()
  expect(await barOf(page).textContent()).toContain('Preview of v2')

  await page.getByRole('button', { name: 'Leave the preview' }).press('Escape')
  expect(await barOf(page).count()).toBe(0)
  await page.reload()
  expect(await headingOf(page)).toBe('version 2')
  expect(await barOf(page).count()).toBe(0)

  const tab = await context.newPage()
  await tab.goto(`${site.url.origin}/`)
  await barOf(tab).waitFor()
  await tab.getByRole('button', { name: 'Leave the preview' }).click()
  await barOf(tab).waitFor({ state: 'detached' })
  const cookies = await context.cookies()
  expect(cookies.map(({ name }) => name)).not.toContain('holo-preview')
  const stranger = await (await browser.newContext()).newPage()
  await stranger.goto(`${site.url.origin}/`)
  expect(await headingOf(stranger)).toMatch(/^version [12]$/)
  expect(await barOf(stranger).count()).toBe(0)
  expect(errors).toEqual([])
})

/** The web SDK of OpenFeature and the official provider, as a bundler puts them into a page. */
const SDK = `
  import { OpenFeature } from '@openfeature/web-sdk'
  import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
  Object.assign(window, { OpenFeature, OFREPWebProvider })
`

it('gives a page its flags by the official provider of OpenFeature, and a toggle within 5 seconds', async () => {
  const banner = (defaultVariant: string) => ({
    state: 'ENABLED' as const,
    variants: { on: true, off: false },
    defaultVariant,
    public: true,
  })
  const theme = { ...banner('old'), variants: { old: 'old', new: 'new' } }
  const hidden = { ...banner('on'), public: false }
  const closed = { ...banner('on'), state: 'DISABLED' as const }
  await site.put({ flags: { banner: banner('off'), theme, hidden, closed } })
  await vi.waitFor(
    async () => {
      const { status } = await ask(site.url, '/ofrep/v1/evaluate/flags', {
        method: 'POST',
        body: '{"context":{}}',
      })
      expect(status).toBe(200)
    },
    { timeout: 30_000, interval: 100 },
  )
  const { outputFiles } = await build({
    stdin: { contents: SDK, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
  })
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(new URL('/', site.url).href)
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' })
    const told = await page.evaluate(async () => {
      const { OpenFeature, OFREPWebProvider } = window as unknown as Sdk
      await OpenFeature.setContext({ targetingKey: 'anna' })
      await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: location.origin }))
      const client = OpenFeature.getClient()
      return [
        client.getBooleanDetails('banner', true),
        client.getStringDetails('theme', 'x'),
        client.getBooleanDetails('closed', false),
        client.getBooleanDetails('hidden', false),
        client.getStringDetails('banner', 'x'),
      ]
    })
    expect(told).toMatchObject([
      { value: false, variant: 'off', reason: 'STATIC' },
      { value: 'old', variant: 'old' },
      { value: false, reason: 'DISABLED' },
      { value: false, reason: 'ERROR', errorCode: 'FLAG_NOT_FOUND' },
      { value: 'x', reason: 'ERROR', errorCode: 'TYPE_MISMATCH' },
    ])
    await site.put({ flags: { banner: banner('on'), theme, hidden, closed } })
    const seen = () =>
      (window as unknown as Sdk).OpenFeature.getClient().getBooleanValue('banner', false)
    await page.waitForFunction(seen)
  } finally {
    await context.close()
  }
})

type Sdk = {
  OpenFeature: typeof import('@openfeature/web-sdk')['OpenFeature']
  // Its type is not exact about optional properties.
  OFREPWebProvider: new (options: {
    baseUrl: string
  }) => import('@openfeature/web-sdk').Provider
}

// What the dashboard shows when there is nothing, too much, something hostile or no answer. The API is real where
// nothing is said; otherwise its replies are made up.

import type { Browser, Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { launchBrowser } from '../support/browser.ts'
import {
  DESKTOP,
  expectNoOverflow,
  findBarriers,
  openDashboard,
  PHONE,
} from '../support/dashboard.ts'

const PAGES = ['now', 'traffic', 'rollouts', 'rollouts/new', 'versions', 'try', 'rules', 'audit']

let edge: AdminEdge
let empty: AdminEdge
let browser: Browser

beforeAll(async () => {
  edge = await startAdminEdge()
  empty = await startAdminEdge({ isEmpty: true })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await edge?.stop()
  await empty?.stop()
})

/** Lets the real replies of a path through `change`. */
async function alter(page: Page, path: string, change: (body: never) => unknown): Promise<void> {
  await page.route(
    (url) => url.pathname === `/.holo/api${path}`,
    async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: change((await response.json()) as never) })
    },
  )
}

async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash
  }, `#/${path}`)
  await page.locator('main .page, main .empty, main .failure').first().waitFor()
  await page.waitForLoadState('networkidle')
  await vi.waitFor(async () => expect(await page.locator('main .loading').count()).toBe(0), {
    timeout: 20_000,
    interval: 100,
  })
}

/** Opens every page and looks at it. */
async function lookAtAll(page: Page, look: (path: string) => Promise<void>): Promise<void> {
  for (const path of PAGES) {
    await goTo(page, path)
    await look(path)
  }
}

type Environments = { environments: Record<string, unknown>[] }
type Versions = { versions: Record<string, unknown>[] }

const LONG = 'n'.repeat(200)
const VERY_LONG = 'x'.repeat(10_000)

/** Text that is dangerous or confusing in a page that does not treat it as text. */
const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  "';alert(1)//",
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '$\u007Balert(1)}',
  '&lt;b&gt;not bold&lt;/b&gt;',
  '<!--',
  ']]>',
  '</title><script>alert(1)</script>',
  '</style><style>*{display:none}',
  '<base href=//evil.test>',
  '<form action=//evil.test><input name=token>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<a href=//evil.test>click</a>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '\u202Egnp.exe',
  'left\u202Aright\u202C',
  '\u2066isolated\u2069',
  'שלום עולם',
  'مرحبا',
  'zero\u200Bwidth\uFEFF',
  'e\u0301\u0301\u0301\u0301\u0301\u0301',
  'tab\tand\nline',
  '\u0000null',
  '__proto__',
  LONG,
  VERY_LONG,
] as const

describe('hostile text', () => {
  it('is text on every page, in every field that people or programs fill', async () => {
    const faults: string[] = []
    const { page, faults: others } = await openDashboard(browser, edge.url.origin, {
      token: FIRST_TOKEN,
      prepare: async (opened) => {
        opened.on('dialog', (dialog) => {
          faults.push(dialog.message())
          dialog.dismiss()
        })
        await alter(opened, '/environments', (body: Environments) => ({
          ...body,
          environments: [
            ...body.environments,
            ...HOSTILE.map((text, i) => ({
              name: `${i} ${text}`,
              version: text,
              restricted: false,
              hosts: [text],
              percent: 0,
            })),
          ],
        }))
        await alter(opened, '/versions', (body: Versions) => ({
          ...body,
          versions: [
            ...body.versions,
            ...HOSTILE.map((text, i) => ({
              ...body.versions[0],
              id: `${i} ${text}`,
              environments: [text],
              record: {
                ...(body.versions[0]?.record as object),
                files: 1,
                bytes: 1,
                commit: text,
                author: text,
              },
            })),
          ],
        }))
        await alter(opened, '/revisions', (body: { revisions: object[] }) => ({
          revisions: HOSTILE.map((text, i) => ({
            ...body.revisions[0],
            revision: i + 1,
            actor: text,
            action: text,
            reason: text,
          })),
        }))
        await alter(opened, '/audit', (body: { rows: object[] }) => ({
          rows: HOSTILE.map((text, i) => ({
            ...body.rows[0],
            seq: i,
            actor: text,
            action: text,
            reason: text,
            detail: { [text]: text },
          })),
        }))
        await alter(opened, '/assignments', (body: object) => ({
          ...body,
          rules: HOSTILE.map((text) => ({
            name: text,
            environment: text,
            when: { '==': [{ var: text }, text] },
          })),
        }))
        await alter(opened, '/rollouts', () => ({
          rollouts: HOSTILE.map((text, i) => ({
            id: i + 1,
            environment: text,
            base: text,
            version: text,
            baseVersion: text,
            startedAt: 1,
            startedBy: text,
            endedAt: 2,
            phase: 'rolledBack',
            phaseText: text,
            reason: text,
            weight: 0,
          })),
        }))
      },
    })
    await lookAtAll(page, async (path) => {
      await expectNoOverflow(page)
      expect(
        await page.locator('main script, main iframe, main img, main base').count(),
        path,
      ).toBe(0)
      expect(await page.locator('main a[href^="javascript"], main a[href^="data"]').count()).toBe(0)
    })
    await goTo(page, 'rules')
    expect(await page.getByText('<img src=x onerror=alert(1)>').count()).toBeGreaterThan(0)
    await goTo(page, `versions/${encodeURIComponent(`0 ${HOSTILE[0]}`)}`)
    expect(await page.locator('main h1').textContent()).toContain(HOSTILE[0])
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').fill('onerror')
    expect(await page.getByRole('option').count()).toBeGreaterThan(0)
    expect([...faults, ...others]).toEqual([])
  })
})

describe('very much', () => {
  it.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ] as const)(
    '300 versions and 60 environments with long names fit on a %s, and stay quick',
    async (_, viewport) => {
      const { page } = await openDashboard(browser, edge.url.origin, {
        viewport,
        token: FIRST_TOKEN,
        prepare: async (opened) => {
          await alter(opened, '/environments', (body: Environments) => ({
            ...body,
            environments: Array.from({ length: 60 }, (__, i) => ({
              name: i === 3 ? LONG : `environment-${i}`,
              version: i === 4 ? LONG : `v${i}`,
              restricted: i > 50,
              hosts: i % 7 === 0 ? [`host-${i}.example.com`] : [],
              percent: i < 20 ? 5 : 0,
            })),
          }))
          await alter(opened, '/versions', (body: Versions) => ({
            ...body,
            versions: Array.from({ length: 300 }, (__, i) => ({
              ...body.versions[0],
              id: i === 7 ? LONG : `2026-11-${i}`,
              published: new Date(Date.UTC(2026, 0, 1) + i * 3_600_000).toISOString(),
            })),
          }))
        },
      })
      await lookAtAll(page, () => expectNoOverflow(page))
      await goTo(page, 'now')
      await vi.waitFor(async () => expect(await page.locator('.card').count()).toBe(20))
      expect(await findBarriers(page)).toEqual([])
      await goTo(page, 'versions')
      expect(await page.locator('.version-rows > li').count()).toBe(300)
      await page.getByRole('searchbox').fill('2026-11-299')
      expect(await page.locator('.version-rows > li').count()).toBe(1)
    },
  )
})

describe('nothing', () => {
  it('says on every page that nothing has been published, and how to begin', async () => {
    const { page } = await openDashboard(browser, empty.url.origin, { token: FIRST_TOKEN })
    await page.getByRole('heading', { name: 'Nothing has been published yet' }).waitFor()
    await page.getByText('npx holo publish').waitFor()
    await lookAtAll(page, async (path) => {
      expect(await findBarriers(page), path).toEqual([])
      await expectNoOverflow(page)
    })
  })
})

describe('no answer', () => {
  it('keeps what was read, says how old it is, and goes on when Holo answers again', async () => {
    const channels: WebSocketRoute[] = []
    const { page } = await openDashboard(browser, edge.url.origin, {
      token: FIRST_TOKEN,
      prepare: (opened) =>
        opened.routeWebSocket(/live$/, (channel) => {
          channel.connectToServer()
          channels.push(channel)
        }),
    })
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
    await page.routeWebSocket(/live$/, (channel) => channel.close())
    for (const channel of channels) await channel.close()
    await page.route(
      (url) => url.pathname.startsWith('/.holo/api/'),
      (route) => route.abort(),
    )
    await page.getByText(/^Data are \d+.s old/).waitFor({ timeout: 60_000 })
    expect(await page.getByRole('heading', { name: 'Environments' }).count()).toBe(1)
    await page.getByText('Holo does not answer.').first().waitFor()
    expect(await findBarriers(page)).toEqual([])
    await page.unrouteAll()
    await page.getByText(/^Live/).waitFor({ timeout: 60_000 })
  })

  it('shows the words of the API when the control is down from the start', async () => {
    const { page } = await openDashboard(browser, edge.url.origin, {
      token: FIRST_TOKEN,
      prepare: async (opened) => {
        await opened.route(
          (url) => url.pathname.startsWith('/.holo/api/') && !url.pathname.endsWith('/whoami'),
          (route) =>
            route.request().method() === 'GET'
              ? route.fulfill({
                  status: 503,
                  contentType: 'application/problem+json',
                  body: JSON.stringify({
                    code: 'control_unavailable',
                    title: 'The control does not answer: nothing was changed.',
                    status: 503,
                    requestId: 'r-1',
                  }),
                })
              : route.continue(),
        )
      },
    })
    await page.getByRole('alert').getByText('The control does not answer').waitFor()
    await page.getByText('r-1').waitFor()
    expect(await findBarriers(page)).toEqual([])
  })
})

describe('the page', () => {
  it('is served under a strict policy, alone from its address, and never as a file of the site', async () => {
    const page = await edge.call('GET', '/.holo/')
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(page.headers).toMatchObject({
      'cache-control': 'no-cache',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(page.body).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\son\w+=|style="/)
    const [script = ''] = /\/\.holo\/assets\/[^"]+\.js/.exec(page.body) ?? []
    const file = await edge.call('GET', script)
    expect(file.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(file.headers['cache-control']).toContain('immutable')
    expect((await edge.call('GET', '/.holo')).headers.location).toBe('/.holo/')
    expect((await edge.call('POST', '/.holo/')).status).toBe(405)
    for (const path of [
      '/.holo/assets/',
      '/.holo/assets/none.js',
      '/.holo/assets/..%2findex.html',
      '/.holo/index.html',
      script.replace('/.holo/', '/'),
    ]) {
      const answer = await edge.call('GET', path)
      expect([404, 401], path).toContain(answer.status)
      expect(answer.body).not.toContain('id="app"')
    }
  })
})

// A release that breaks only in the browser, in Chromium: what pages report takes it back, and what a stranger
// forges does not.

import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { ask } from '../support/http-client.ts'
import { type RollingEdge, startRollingEdge } from '../support/rolling-edge.ts'
import { watchPage } from '../support/watch-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

const WAIT = { timeout: 30_000, interval: 500 }
/** A browser that says that it is driven by a program is not counted. */
const AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
/** Visitors come until the judge has heard enough, so many at a time. Each has an address of its own. */
const AT_A_TIME = 16
const MOST_VISITORS = 64
const HEAD = '<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>x</title>'
const toShop = (script: string) =>
  `${HEAD}</head><body><button>buy</button><script>${script}</script></body></html>`
/** Every twentieth click throws. */
const THROWING = toShop(
  `let n = 0; document.querySelector('button').onclick = () => { if (++n % 20 === 0) throw new TypeError('cart ' + n + ' is gone') }`,
)
/** The app shows nothing, and nothing of it fails. */
const EMPTY = `${HEAD}</head><body><div id="app"></div></body></html>`

async function start(canary: string): Promise<RollingEdge> {
  const edge = await startRollingEdge({
    browserReports: { script: true, reportingApi: true },
    pages: { base: toShop(''), canary },
    plan: {
      metrics: [
        { name: 'errors', weight: 1 },
        { name: 'browserErrors', weight: 12 },
        { name: 'blankPages', weight: 12 },
      ],
      warmUpMinutes: 0,
    },
  })
  onTestFinished(() => edge.stop())
  return edge
}

async function visit(edge: RollingEdge, number: number): Promise<void> {
  const context: BrowserContext = await browser.newContext({
    userAgent: AGENT,
    extraHTTPHeaders: { 'cf-connecting-ip': `12.${number}.0.1` },
  })
  try {
    const page = await context.newPage()
    const problems = watchPage(page)
    const sent = page.waitForRequest('**/.holo/beacon*', WAIT)
    await page.goto(edge.url.href)
    await page.evaluate(() => {
      for (let i = 0; i < 40; i++) document.querySelector('button')?.click()
    })
    await sent
    // A context that is closed cuts off what is on its way.
    await page.waitForTimeout(500)
    expect(problems.filter((problem) => !/cart|beacon/.test(problem))).toEqual([])
    // What is left is sent when the page goes.
    await page.goto('about:blank')
  } finally {
    await context.close()
  }
}

async function visitUntilItIsBack(edge: RollingEdge): Promise<string | undefined> {
  for (let first = 1; first <= MOST_VISITORS; first += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, i) => visit(edge, first + i)))
    if ((await edge.status()).phase === 'rolledBack') break
  }
  await vi.waitFor(async () => expect((await edge.status()).phase).toBe('rolledBack'), WAIT)
  return (await edge.status()).reason
}

/** Reports that look like those of the canary's pages, from a few addresses and as many visitors as wanted. */
async function flood(edge: RollingEdge): Promise<void> {
  const body = JSON.stringify({
    pin: 'v2@canary',
    proof: '20784.AAAAAAAAAAAAAAAAAAAAAA',
    errors: [{ kind: 'error', message: 'forged', count: 1000 }],
    blank: true,
  })
  for (let i = 0; i < 300; i++) {
    const { status } = await ask(edge.url, '/.holo/beacon', {
      method: 'POST',
      headers: {
        'content-type': 'text/plain',
        cookie: `holo-visitor=forged${String(i).padStart(16, '0')}`,
        'cf-connecting-ip': `13.${i % 100}.0.1`,
      },
      body,
    })
    expect(status).toBe(204)
  }
}

describe('a release that answers every request well', () => {
  it('and throws on 5 % of clicks takes itself back; a flood of forged reports does not do that', async () => {
    const edge = await start(THROWING)
    await flood(edge)
    await edge.settle()
    expect((await edge.status()).phase).not.toBe('rolledBack')
    const reason = await visitUntilItIsBack(edge)
    expect(reason).toContain('met an error of a script that nothing caught')
    expect((await edge.errors()).join('\n')).toContain('cart # is gone')
  })

  it('and renders nothing takes itself back', async () => {
    const edge = await start(EMPTY)
    const reason = await visitUntilItIsBack(edge)
    expect(reason).toContain('saw a page without anything on it')
  })
})

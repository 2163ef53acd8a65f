// A first visit that the browser prerenders, and shows later: a Chromium without a debugger, because one with
// it only fetches the page ahead.

import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { startLoneBrowser } from '../support/lone-browser.ts'
import { allOf, startTabSite, type TabSite } from '../support/tab-site.ts'

const WAIT = { timeout: 30_000, interval: 100 }

let site: TabSite
beforeAll(async () => {
  site = await startTabSite({})
})
afterAll(() => site?.stop())

/**
 * The first visit, prerendered on version 1 and shown when everybody gets version 2.
 *
 * @param otherTab whether a tab of version 2 has moved the cookie's pin before.
 */
async function showPrerendered({ otherTab }: { readonly otherTab: boolean }) {
  const browser = await startLoneBrowser()
  onTestFinished(() => browser.stop())
  const url = `${site.url.href}first?report=${encodeURIComponent(browser.report)}`
  browser.command({ prerender: url })
  const ahead = await browser.hear(({ title }) => title !== undefined)
  await site.moveTo('2')
  if (otherTab) {
    browser.command({ open: `${url}&other` })
    await browser.hear(({ title }) => title === '2')
    browser.command({ close: true })
  }
  browser.command({ follow: url })
  const shown = await browser.hear(({ answers, error }) => Boolean(answers ?? error))
  return { ahead, shown }
}

const AHEAD = { title: '1', prerendering: true, early: '1' }

describe('a first visit that is prerendered', () => {
  it.each([
    ['with the script, also if another tab has another version', true, true, allOf('1')],
    ['without the script', false, false, allOf('1')],
    [
      'without the script, except for what follows the cookie that another tab has moved',
      false,
      true,
      { ...allOf('2'), script: '1', chunk: '1' },
    ],
  ])('is one version %s', async (_, tabPins, otherTab, answers) => {
    await site.put({ tabPins, environments: { main: { version: '1' }, canary: { version: '2' } } })
    await vi.waitFor(async () => {
      const { body } = await ask(site.url, '/', { headers: DOCUMENT })
      expect(body.includes('data-pin')).toBe(tabPins)
    }, WAIT)
    const { ahead, shown } = await showPrerendered({ otherTab })
    expect(ahead).toEqual(AHEAD)
    expect(shown).toEqual({ activationStart: expect.any(Number), title: '1', answers })
    expect(shown.activationStart).toBeGreaterThan(0)
  })
})

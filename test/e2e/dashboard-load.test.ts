// The dashboard under load: how quickly it reacts with very much on the page, and whether it grows in an hour of
// updates. Both are asserted by their causes, because times on a busy machine say little.

import { writeFileSync } from 'node:fs'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { DESKTOP, goTo, openDashboard, settle } from '../support/dashboard.ts'
import { MADE_UP_ORIGIN, serveFiles } from '../support/dashboard-files.ts'
import { driveHour, type HourFrame } from '../support/driven-hour.ts'
import { answerFrom, LOOKED_AT, makeUpSite } from '../support/made-up-site.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(() => browser?.close())

/** With `HOLO_MEASURE=FILE` the times of interactions are written there: those of docs/dashboard.md. */
const MEASURED = process.env.HOLO_MEASURE

describe('an interaction', () => {
  it('touches little of a page with 300 versions, 300 flags, 60 environments and an hour of counts', async () => {
    const site = makeUpSite({ environments: 60, versions: 300, entries: 3000, flags: 300 })
    const { page } = await openDashboard(browser, MADE_UP_ORIGIN, {
      at: '#/now',
      viewport: DESKTOP,
      prepare: async (opened) => {
        await opened.clock.setFixedTime(LOOKED_AT)
        await serveFiles(opened)
        await answerFrom(opened, site)
        await opened.addInitScript(observeInteractions)
      },
    })
    await settle(page)
    const touched: Record<string, number> = {}
    const times: Record<string, number> = {}
    const interact = async (name: string, act: () => Promise<unknown>) => {
      await page.evaluate(() => {
        Object.assign(window, { longest: 0, changes: 0 })
      })
      await act()
      await settle(page)
      const seen = await page.evaluate(() => {
        const { longest, changes } = window as unknown as { longest: number; changes: number }
        return { longest, changes }
      })
      touched[name] = seen.changes
      times[name] = seen.longest
    }
    const link = (name: string) =>
      page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
    await interact('open the table of a chart', () =>
      page.locator('.traffic-sheet summary').click(),
    )
    await interact('open Versions', () => link('Versions'))
    await interact('filter versions', () => page.getByRole('searchbox').pressSequentially('1.2'))
    await interact('open a version', () => page.locator('.version-rows a').first().click())
    await interact('open Traffic', () => link('Traffic'))
    const slider = page.getByRole('slider', { name: 'Share of environment-9 in percent' })
    await interact('move a slider', () => slider.press('ArrowRight'))
    await interact('open the commands', () => page.keyboard.press('Control+k'))
    await interact('search in the commands', () => page.keyboard.type('1.29'))
    await interact('close the commands', () => page.keyboard.press('Escape'))
    await interact('open Audit', () => link('Audit'))
    await interact('filter the audit', () => page.getByRole('searchbox').pressSequentially('grace'))
    await interact('open Flags', () => link('Flags'))
    await interact('filter flags', () => page.getByRole('searchbox').pressSequentially('29'))
    await interact('open a flag', () => page.locator('.flag-rows a').first().click())
    await interact('open Now', () => link('Now'))
    if (MEASURED !== undefined) writeFileSync(MEASURED, JSON.stringify(times, undefined, 2))
    // A page that is drawn anew is the most that an interaction leads to; nearly all others change a few elements.
    for (const [name, changes] of Object.entries(touched)) {
      expect(changes, name).toBeLessThan(name.startsWith('open') ? 3500 : 1200)
    }
    expect(touched['move a slider']).toBeLessThan(100)
  })
})

/** Notes the longest interaction, and how many elements were added or changed. */
function observeInteractions(): void {
  const seen = { longest: 0, changes: 0 }
  Object.assign(window, seen)
  const noted = window as unknown as typeof seen
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) noted.longest = Math.max(noted.longest, duration)
  }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit)
  addEventListener('DOMContentLoaded', () => {
    new MutationObserver((records) => {
      for (const { addedNodes } of records) {
        noted.changes++
        for (const node of addedNodes) {
          if (node instanceof Element) noted.changes += node.querySelectorAll('*').length
        }
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true })
  })
}

type Size = { readonly heapBytes: number; readonly nodes: number; readonly listeners: number }

async function measure(session: CDPSession): Promise<Size> {
  // Twice: what the first one frees may hold other things.
  for (let i = 0; i < 2; i++) await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters')
  return { heapBytes: usedSize, nodes, listeners: jsEventListeners }
}

const WAIT = { timeout: 30_000, interval: 50 }
const MINUTES = 60
const WARM_UP_MINUTES = 6
const PAGES = ['traffic', 'rollouts', 'versions', 'audit', 'rules', 'now'] as const

describe('an hour at ten updates a second', () => {
  it('leaves the page as large as it was: memory, elements and listeners', async () => {
    const site = makeUpSite({ environments: 4, versions: 20, entries: 200 })
    const { page, faults } = await openDashboard(browser, MADE_UP_ORIGIN, {
      at: '#/now',
      prepare: async (opened) => {
        await serveFiles(opened)
        await driveHour(opened, site)
      },
    })
    // No time passes by itself, not even that in which the page begins.
    await page.evaluate(() => (window as unknown as HourFrame).passMinute())
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
    const session = await page.context().newCDPSession(page)
    let passed = 1
    const passMinute = async () => {
      passed++
      await page.evaluate(() => (window as unknown as HourFrame).passMinute())
    }
    /** Somebody goes through all pages, one a minute. */
    const drive = async (from: number, to: number) => {
      for (let minute = from; minute < to; minute++) {
        await page.evaluate(
          (path) => {
            location.hash = `#/${path}`
          },
          PAGES[minute % PAGES.length],
        )
        await passMinute()
      }
      // What is near the screen is known after a frame, and drawn after another one.
      for (let i = 0; i < 3; i++) {
        await page.evaluate(() => (window as unknown as HourFrame).waitForFrame())
        await passMinute()
      }
      await vi.waitFor(async () => {
        await page.evaluate(() => (window as unknown as HourFrame).waitForFrame())
        expect(await page.locator('.card .figures').count()).toBe(4)
      }, WAIT)
    }
    await drive(0, WARM_UP_MINUTES)
    const before = await measure(session)
    await drive(WARM_UP_MINUTES, WARM_UP_MINUTES + MINUTES)
    const after = await measure(session)
    const told = await page.evaluate(() => (window as unknown as HourFrame).told)
    expect(passed).toBeGreaterThan(MINUTES)
    expect(told).toBe(passed * 600)
    await showsLast(page)
    // The browser may keep one page that is not shown any more. Ten rounds through all pages that each left something
    // behind would leave ten.
    const sizes = JSON.stringify({ before, after })
    expect(after.nodes, sizes).toBeLessThan(before.nodes * 2)
    expect(after.listeners, sizes).toBeLessThan(before.listeners * 2)
    expect(after.heapBytes, sizes).toBeLessThan(before.heapBytes * 1.25)
    expect(faults).toEqual([])
  })
})

/** The page is still alive: it shows the newest of all changes. */
async function showsLast(page: Page): Promise<void> {
  await goTo(page, 'now')
  const revision = await page.evaluate(() => (window as unknown as HourFrame).revision)
  await page.evaluate(() => (window as unknown as HourFrame).passMinute())
  expect(revision).toBeGreaterThan(1000)
  await page.getByText(/revision \d{4,}/).waitFor()
}

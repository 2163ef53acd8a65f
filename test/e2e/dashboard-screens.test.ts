// Every state that the dashboard is designed for, compared with a picture of it: nothing, very much, no answer, no
// permission. The replies of the API are made up, so that each run sees the same.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import {
  DESKTOP,
  expectNoOverflow,
  findBarriers,
  goTo,
  type OpenDashboard,
  openDashboard,
  PHONE,
  settle,
} from '../support/dashboard.ts'
import { MADE_UP_ORIGIN, serveFiles } from '../support/dashboard-files.ts'
import { makeUpFlagged } from '../support/made-up-flags.ts'
import { makeUpRollout } from '../support/made-up-rollout.ts'
import { makeUpShadowed } from '../support/made-up-shadow.ts'
import {
  type Answers,
  answerFrom,
  CONTROL_DOWN,
  LOOKED_AT,
  makeUpCounts,
  makeUpSite,
  NEVER,
  NO_DOCUMENT,
  type Reply,
} from '../support/made-up-site.ts'
import { makeUpWebhooks } from '../support/made-up-webhooks.ts'
import { expectScreenshot, useBoxFont } from '../support/screenshots.ts'

const LONG = 'n'.repeat(200)
/** The narrowest screen that everything is designed for. */
const NARROW = { width: 360, height: 780 }

let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(() => browser?.close())

/** A page that gets these replies, at the same moment in each run. */
function open(
  answers: Answers,
  {
    phone = false,
    viewport = DESKTOP,
    dark = false,
    at = '#/now',
    now = LOOKED_AT,
    context = { locale: 'en-GB', timezoneId: 'UTC' },
  } = {},
): Promise<OpenDashboard> {
  return openDashboard(browser, MADE_UP_ORIGIN, {
    viewport: phone ? PHONE : viewport,
    colorScheme: dark ? 'dark' : 'light',
    at,
    context,
    prepare: async (page) => {
      await useBoxFont(page.context())
      await page.clock.setFixedTime(now)
      await serveFiles(page)
      await answerFrom(page, answers)
    },
  })
}

const TINY = makeUpSite()
const FLAGGED = makeUpFlagged(TINY)
const SHADOWED = makeUpShadowed(TINY)
const HOOKS = makeUpWebhooks(TINY)
/** A rollout with releases behind it, outside of the windows. */
const HELD: Answers = {
  ...TINY,
  'GET /rollouts': {
    rollouts: [
      {
        ...(makeUpRollout('running')['GET /rollouts'] as Reply<'GET /rollouts'>).rollouts[0],
        waiting: ['1.2.0', '1.3.0'],
      } as Reply<'GET /rollouts'>['rollouts'][number],
    ],
  },
  'GET /freeze': {},
  'GET /windows': {
    zone: 'America/New_York',
    windows: [{ days: ['mon', 'tue', 'thu', 'fri'], from: '10:00', to: '16:00' }],
    open: false,
  },
}
const HUGE = makeUpSite({ environments: 60, shared: 40, versions: 300, entries: 3000 })
const LONG_NAMES = makeUpSite({ environments: 3, longName: LONG })
const NOTHING: Answers = {
  ...TINY,
  'GET /environments': NO_DOCUMENT,
  'GET /assignments': NO_DOCUMENT,
  'GET /versions': NO_DOCUMENT,
  'GET /revisions': { revisions: [] },
  'GET /metrics': { points: [], visitors: {}, compared: [], losses: {} },
  'GET /health/services': { environments: [], services: [], down: [] },
}
const WITHOUT_CONTROL: Answers = Object.fromEntries(
  Object.keys(TINY).map((name) => [
    name,
    name === 'GET /whoami' ? TINY['GET /whoami'] : CONTROL_DOWN,
  ]),
)
const SLOW: Answers = Object.fromEntries(
  Object.keys(TINY).map((name) => [name, name === 'GET /whoami' ? TINY['GET /whoami'] : NEVER]),
)

describe('a designed state', () => {
  it.each<[string, Answers, Parameters<typeof open>[1]]>([
    ['now', TINY, {}],
    ['now-phone-dark', TINY, { phone: true, dark: true }],
    ['nothing-published', NOTHING, {}],
    ['nothing-published-versions', NOTHING, { at: '#/versions', phone: true }],
    ['control-down', WITHOUT_CONTROL, { dark: true }],
    ['not-allowed', makeUpSite({ scopes: ['read'] }), { at: '#/traffic', dark: true }],
    [
      'rollout-running',
      { ...TINY, ...makeUpRollout('running') },
      { at: '#/rollouts/7', dark: true },
    ],
    ['rollout-taken-back', { ...TINY, ...makeUpRollout('rolledBack') }, {}],
    ['versions-300', HUGE, { at: '#/versions' }],
    ['environments-60', HUGE, { dark: true }],
    ['traffic-60-phone', HUGE, { at: '#/traffic', phone: true }],
    ['long-names-phone', LONG_NAMES, { phone: true }],
    ['long-names-versions', LONG_NAMES, { at: '#/versions' }],
    ['audit', HUGE, { at: '#/audit' }],
    ['flags', FLAGGED, { at: '#/flags' }],
    ['flag-phone-dark', FLAGGED, { at: '#/flags/new-checkout', phone: true, dark: true }],
    ['shadow', SHADOWED, { at: '#/shadow' }],
    ['shadow-narrow-dark', SHADOWED, { at: '#/shadow', viewport: NARROW, dark: true }],
    ['no-shadow-narrow', TINY, { at: '#/shadow', viewport: NARROW }],
    ['own-plan', TINY, { at: '#/rollouts/new' }],
    ['webhooks', HOOKS, { at: '#/webhooks' }],
    ['webhook-phone-dark', HOOKS, { at: '#/webhooks/team', phone: true, dark: true }],
    ['rollouts-held-phone-dark', HELD, { at: '#/rollouts', phone: true, dark: true }],
  ])('looks as it was accepted: %s', async (name, answers, options) => {
    const { page, faults } = await open(answers, options)
    await settle(page)
    if (name === 'webhook-phone-dark') {
      await page.locator('summary.delivery').first().click()
      await page.getByText('1.1.0 was rolled back').waitFor()
    }
    if (name === 'own-plan') {
      await page.getByLabel('a plan of your own').check()
      await page.getByText('Valid.').waitFor()
      await page.getByText(/^\d+ simulated rollouts/).waitFor()
    }
    await expectNoOverflow(page)
    await expectScreenshot(page, name)
    expect(await findBarriers(page)).toEqual([])
    expect(faults).toEqual([])
  })

  it('looks as it was accepted while nothing has come yet: loading', async () => {
    const { page } = await open(SLOW)
    await page.locator('main .loading').waitFor()
    await expectScreenshot(page, 'loading')
    expect(await findBarriers(page)).toEqual([])
  })

  it('looks as it was accepted before anybody has signed in: sign-in', async () => {
    const unknown = { problem: { status: 401, code: 'unauthenticated', title: 'Who are you?' } }
    const { page } = await open({ 'GET /whoami': unknown }, { phone: true })
    await page.getByLabel('Token').waitFor()
    await expectScreenshot(page, 'sign-in')
    expect(await findBarriers(page)).toEqual([])
  })

  it('keeps what was read when nothing comes any more, and says how old it is: old-data', async () => {
    const answers: { -readonly [N in keyof Answers]: Answers[N] } = { ...TINY }
    const { page } = await open(answers)
    await settle(page)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.route('**/*', (route) => route.abort())
    await page.clock.setFixedTime(LOOKED_AT + 120_000)
    await page.evaluate(() => dispatchEvent(new Event('online')))
    await page.getByText('Holo does not answer.').first().waitFor()
    await page.getByText(/^Data are 2.min old/).waitFor()
    await expectScreenshot(page, 'old-data')
  })
})

describe('charts', () => {
  it('name the zone when clocks are put back, in the order of time, and show a gap as no requests', async () => {
    // At 01:00 UTC it is 02:00 again in Berlin.
    const until = Date.UTC(2026, 9, 25, 1, 20)
    const gap = { from: Date.UTC(2026, 9, 25, 1, 5), to: Date.UTC(2026, 9, 25, 1, 10) }
    const main = [{ name: 'main', version: '1.0.0', percent: 100 }]
    const points = makeUpCounts(main, until).filter(({ at }) => at < gap.from || at >= gap.to)
    const { page } = await open(
      { ...TINY, 'GET /metrics': { points, visitors: {}, compared: [], losses: {} } },
      { context: { locale: 'en-GB', timezoneId: 'Europe/Berlin' }, at: '#/now', now: until },
    )
    await settle(page)
    await page.locator('.traffic-sheet summary').click()
    const rows = await page.locator('.traffic-sheet tbody tr').allInnerTexts()
    const cells = rows.map((row) => row.split('\t'))
    expect(new Set(cells.map(([time]) => time)).size).toBe(rows.length)
    const valueAt = (time: string) => cells.find(([label]) => label === time)?.[1]
    const labels = cells.map(([time]) => time)
    // The newest first.
    expect(labels[labels.indexOf('02:00:00 CET') + 1]).toBe('02:59:30 CEST')
    expect(valueAt('02:04:30 CET')).not.toBe('0/s')
    for (const time of ['02:05:00 CET', '02:07:30 CET', '02:09:30 CET']) {
      expect(valueAt(time), time).toBe('0/s')
    }
    expect(valueAt('02:10:00 CET')).not.toBe('0/s')
  })
})

describe('very much', () => {
  it('fits, and of 300 versions, 3000 entries and 60 environments only what is near is in the page', async () => {
    const { page, faults } = await open(HUGE)
    const count = (selector: string) => page.locator(selector).count()
    await settle(page)
    expect(await count('.card')).toBe(40)
    expect(await count('.card .figures')).toBeLessThan(12)
    for (const viewport of [PHONE, DESKTOP]) {
      await page.setViewportSize(viewport)
      for (const path of [
        'traffic',
        'rollouts/new',
        'versions',
        'shadow',
        'rules',
        'audit',
        'now',
      ]) {
        await goTo(page, path)
        await expectNoOverflow(page)
        expect(await count('body *'), path).toBeLessThan(2500)
      }
    }
    await goTo(page, 'versions')
    expect(await count('.version-rows > li')).toBeLessThan(60)
    await page.keyboard.press('End')
    await page.getByText('1.299.0', { exact: true }).waitFor()
    expect(await count('.version-rows > li')).toBeLessThan(60)
    // The keyboard goes on through rows that are added meanwhile.
    await page.keyboard.press('Home')
    await page.getByText('1.0.0', { exact: true }).first().waitFor()
    await page.locator('.version-rows a').first().focus()
    for (let i = 0; i < 50; i++) {
      await page.keyboard.press('Tab')
      await page.evaluate(() => new Promise(requestAnimationFrame))
    }
    expect(await page.evaluate(() => document.activeElement?.closest('li')?.ariaPosInSet)).toBe(
      '51',
    )
    await page.getByRole('searchbox').fill('1.299.0')
    expect(await count('.version-rows > li')).toBe(1)
    await goTo(page, 'audit')
    // The search goes on in older entries until enough is found.
    await page.getByRole('searchbox').fill('because of 2204')
    await page.getByText('because of 2204').waitFor()
    expect(await count('.audit > li')).toBe(1)
    expect(faults).toEqual([])
  })
})

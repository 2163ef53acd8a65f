// The dashboard in Chromium on the running example, with visitors: every flow that changes something, by mouse and
// by keyboard alone, what one may not do, and what axe finds.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { shopServer } from '../../examples/shop/releases.ts'
import { startBackend } from '../../scripts/local/backend-process.ts'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import {
  type NextRelease,
  type RunningShop,
  startNextRelease,
  startShop,
} from '../../scripts/local/shop.ts'
import { type SimulatedVisitors, startVisitors } from '../../scripts/local/visitors.ts'
import { launchBrowser } from '../support/browser.ts'
import { holo } from '../support/cli.ts'
import {
  COLOUR_RULES,
  DESKTOP,
  expectNoOverflow,
  findBarriers,
  goTo,
  openDashboard,
  PHONE,
} from '../support/dashboard.ts'
import { ask } from '../support/http-client.ts'
import { startReceiver } from '../support/receiver.ts'

const HOST = '127.0.0.1'
const TOKEN = 'holo-e2e-0123456789abcdef0123456789abcdef'
const WAIT = { timeout: 60_000, interval: 200 }
const FLAGS = {
  'new-checkout': {
    state: 'ENABLED',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    targeting: {
      if: [
        { ends_with: [{ var: 'email' }, '@example.com'] },
        'on',
        {
          fractional: [
            ['on', 10],
            ['off', 90],
          ],
        },
      ],
    },
    public: true,
  },
  search: {
    state: 'ENABLED',
    variants: { old: { url: '/old' }, new: { url: '/new' } },
    defaultVariant: 'old',
    targeting: { var: 'plan' },
  },
  delivery: {
    state: 'ENABLED',
    variants: { slow: 2, fast: 1 },
    defaultVariant: 'slow',
    targeting: {
      fractional: [
        ['slow', 50],
        ['fast', 50],
      ],
    },
    experiment: { metrics: ['errors'], base: 'slow' },
  },
}
/** Enough that evidence against a release is there within seconds. */
const ARRIVALS_PER_SECOND = 8

let data: string
let edge: Edge
let shop: RunningShop
let next: NextRelease
let visitors: SimulatedVisitors
let browser: Browser
let origin: string

const api = async (method: string, path: string, json?: unknown, revision?: number) => {
  const answer = await ask(edge.url, `/.holo/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  return JSON.parse(answer.body)
}

const revisionNow = async (): Promise<number> => (await api('GET', '/environments')).revision

const shareOf = async (name: string): Promise<number> =>
  (await api('GET', '/traffic')).weights[name]

const setShare = async (canary: number) =>
  api('PUT', '/traffic', { weights: { canary } }, await revisionNow())

const open = (options: Parameters<typeof openDashboard>[2] = {}) =>
  openDashboard(browser, origin, { token: TOKEN, ...options })

/** The dialog that shows a change. */
const dialogOf = (page: Page) => page.getByRole('dialog')

/** As somebody does in a terminal, while others look at the page. */
async function publishByCommand(): Promise<void> {
  const service = `/api/=${next.backend.origin}`
  const ran = await holo(
    ['publish', next.folder, '--version', next.version, '--service', service],
    { env: { HOLO_URL: origin, HOLO_TOKEN: TOKEN, XDG_CACHE_HOME: join(data, 'cache') } },
  )
  expect(ran.code, ran.stderr).toBe(0)
}

/** More than any page has. */
const MOST_TABS = 120

/** Moves the focus with the keyboard to what is called so. */
async function reach(page: Page, name: RegExp): Promise<void> {
  for (let i = 0; i < MOST_TABS; i++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      const label = element?.closest('label')?.textContent
      return element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? ''
    })
    if (name.test(focused)) return
  }
  throw new Error(`the keyboard does not reach ${name}`)
}

async function press(page: Page, name: RegExp): Promise<void> {
  await reach(page, name)
  await page.keyboard.press('Enter')
}

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'holo-dashboard-'))
  edge = await startEdge({
    host: HOST,
    port: 0,
    dataDir: data,
    variables: {
      KV_REFRESH_MS: '1000',
      CONTROL_REFRESH_MS: '1000',
      ALLOW_INSECURE_ORIGINS: 'true',
      HOLO_ADMIN_TOKEN: TOKEN,
    },
  })
  origin = edge.url.origin
  shop = await startShop(edge, data, HOST, TOKEN)
  await api('PUT', '/flags', { flags: FLAGS }, await revisionNow())
  await ask(edge.url, '/ofrep/v1/evaluate/flags/new-checkout', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"context":{"email":"anna@example.com"}}',
  })
  next = await startNextRelease(data, HOST)
  visitors = startVisitors(edge.url, ARRIVALS_PER_SECOND)
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await visitors?.stop()
  await shop?.stop()
  await next?.backend.stop()
  await edge?.dispose()
  await rm(data, { recursive: true, force: true })
})

describe('signing in', () => {
  it('refuses a wrong token in words, takes a valid one, and shows nothing more after signing out', async () => {
    const { page, faults } = await openDashboard(browser, origin)
    await page.getByLabel('Token').fill('not-the-token-0123456789abcdef0123456789')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('This token is not valid').waitFor()
    expect(await findBarriers(page)).toEqual([])
    await page.getByLabel('Token').fill(TOKEN)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByText('You are signed out.').waitFor()
    expect(await page.getByRole('heading', { name: 'Environments' }).count()).toBe(0)
    expect(faults).toEqual([])
  })
})

describe('a sign-in link', () => {
  it('signs in once, leaves nothing in the address, and lasts until one signs out everywhere', async () => {
    const { code } = await api('POST', '/session/code')
    const { page } = await openDashboard(browser, origin, { at: `#code=${code}` })
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
    expect(page.url()).not.toContain(code)
    await page.reload()
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
    expect(await page.evaluate(() => document.cookie)).not.toContain('session')
    const other = await openDashboard(browser, origin, { at: `#code=${code}` })
    await other.page.getByText('The sign-in link is over').waitFor()
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await page.getByText('You are signed out in all browsers.').waitFor()
  })

  it('ends in every open page at once when one signs out everywhere', async () => {
    const { page } = await open()
    const { page: other } = await open()
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await other.getByText('The session is over: sign in again.').waitFor({ timeout: WAIT.timeout })
  })
})

describe('a viewer', () => {
  it('sees everything, and what it may not do says so and does nothing', async () => {
    const { token } = await api('POST', '/tokens', { name: 'viewer', scopes: ['read'] })
    const { page } = await open({ token, at: '#/traffic' })
    const before = await revisionNow()
    const button = page.getByRole('button', { name: /^Roll back/ })
    await button.waitFor()
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    // It looks disabled, can have the focus, and says why.
    await button.press('Enter')
    await page.getByText('Needs the scope shift').last().waitFor()
    expect(await dialogOf(page).count()).toBe(0)
    await goTo(page, 'flags')
    const off = page.getByRole('button', { name: 'Switch off search' })
    expect(await off.getAttribute('aria-disabled')).toBe('true')
    await goTo(page, 'webhooks')
    const add = page.getByRole('button', { name: /^Add a webhook/ })
    await add.press('Enter')
    await page.getByText('Needs the scope admin').last().waitFor()
    expect(await revisionNow()).toBe(before)
    expect(await findBarriers(page)).toEqual([])
  })
})

describe('a freeze', () => {
  it('begins in a dialog with a reason, is shown on every page, and ends', async () => {
    const { page, faults } = await open({ at: '#/rollouts' })
    onTestFinished(async () => {
      await api('DELETE', '/freeze')
    })
    await page.getByRole('button', { name: 'Freeze releases' }).click()
    await dialogOf(page).getByLabel('How long').selectOption('8 hours')
    expect(await findBarriers(page)).toEqual([])
    await dialogOf(page)
      .getByLabel(/^Reason/)
      .fill('incident 42')
    await dialogOf(page).getByRole('button', { name: 'Freeze', exact: true }).click()
    await goTo(page, 'versions')
    await page.getByText(/^Releases are frozen by .* until .*: incident 42$/).waitFor()
    expect(await findBarriers(page)).toEqual([])
    await page.setViewportSize(PHONE)
    await expectNoOverflow(page)
    await page.getByRole('button', { name: 'End the freeze' }).click()
    await dialogOf(page).getByRole('button', { name: 'End it' }).click()
    await page.getByText('The freeze has ended.').waitFor()
    await page.getByText('Releases are frozen by').waitFor({ state: 'detached' })
    expect((await api('GET', '/freeze')).freeze).toBeUndefined()
    expect(faults).toEqual([])
  })
})

describe('a shadow', () => {
  it('is begun, gets another share, and is stopped, each after a look at the change', async () => {
    const { page, faults } = await open({ at: '#/shadow' })
    const shadowOf = async () => (await api('GET', '/assignments')).environments.main.shadow
    const dialog = dialogOf(page)
    const button = (name: string) => page.getByRole('button', { name, exact: true })
    await button('Copy requests to a shadow').click()
    await dialog.getByLabel('are copied to').selectOption('main')
    await dialog.getByText('An environment is no shadow of itself.').waitFor()
    await dialog.getByLabel('are copied to').selectOption('canary')
    await dialog.getByLabel(/^Percent/).fill('0.001')
    const look = dialog.getByRole('button', { name: 'Look at the change' })
    expect(await look.getAttribute('aria-disabled')).toBe('true')
    expect(await findBarriers(page)).toEqual([])
    await dialog.getByLabel(/^Percent/).fill('50')
    await look.click()
    await dialog.getByText('environments.main.shadow').waitFor()
    await dialog.getByText('No visitor goes to another environment.').waitFor()
    expect(await shadowOf()).toBeUndefined()
    await dialog.getByRole('button', { name: 'Begin' }).click()
    await page.getByText('copying', { exact: true }).waitFor()
    expect(await shadowOf()).toEqual({ to: 'canary', percent: 50 })

    await button('Change the share of main').click()
    await dialog.getByLabel(/^Percent/).fill('100')
    await look.click()
    await dialog.getByRole('button', { name: 'Change it' }).click()
    await page.getByText('All requests: GET and HEAD on all paths.').waitFor()

    await button('Stop the shadow of main').click()
    await dialog.getByText('environments.main.shadow.off').waitFor()
    expect(await findBarriers(page)).toEqual([])
    await dialog.getByLabel(/^Reason/).fill('it has told enough')
    await dialog.getByRole('button', { name: 'Stop it' }).click()
    await page.getByText('stopped', { exact: true }).waitFor()
    expect(await shadowOf()).toEqual({ to: 'canary', percent: 100, off: true })
    // A rollback leaves shadows as they are, so none is offered.
    await page.getByText('Stop the shadow of main: done').waitFor()
    expect(await button('Undo').count()).toBe(0)
    await button('Start again with the shadow of main').waitFor()
    expect(faults).toEqual([])
  })
})

describe('windows', () => {
  it('are added, changed and removed in a dialog that says what they would mean', async () => {
    const { page, faults } = await open({ at: '#/rollouts' })
    const change = () => page.getByRole('button', { name: /^Change when releases/ }).click()
    const set = async () => {
      await dialogOf(page).getByRole('button', { name: 'Set them' }).click()
      await dialogOf(page).waitFor({ state: 'detached' })
    }
    await change()
    await dialogOf(page).getByRole('button', { name: 'Add a window' }).click()
    await dialogOf(page).getByLabel(/^Zone/).fill('Mars/Olympus')
    await dialogOf(page).getByText('Choose a zone').waitFor()
    await dialogOf(page).getByLabel(/^Zone/).fill('Asia/Kolkata')
    for (const day of ['Fri', 'Sat', 'Sun']) await dialogOf(page).getByLabel(day).check()
    await dialogOf(page).getByLabel('Beginning of window 1').fill('00:00')
    await dialogOf(page).getByLabel('End of window 1').fill('24:00')
    await dialogOf(page).getByText('A window is open now').waitFor()
    expect(await findBarriers(page)).toEqual([])
    await set()
    await page.getByText('Every day 00:00–24:00').waitFor()
    expect(await api('GET', '/windows')).toMatchObject({ zone: 'Asia/Kolkata', open: true })
    await change()
    await dialogOf(page).getByRole('button', { name: 'Remove window 1' }).click()
    await dialogOf(page).getByText('Releases may go forward at any time.').waitFor()
    await set()
    expect((await api('GET', '/windows')).windows).toEqual([])
    expect(faults).toEqual([])
  })
})

describe('a webhook', () => {
  it('is added with a secret that is shown once, tested, delivered to, and sent an event again', async () => {
    const receiver = await startReceiver()
    onTestFinished(receiver.stop)
    const { page, faults } = await open({ at: '#/webhooks' })
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    await page.getByLabel(/^Name/).fill('pipeline')
    await page.getByLabel(/^Address/).fill(`${receiver.origin}/path-is-secret`)
    expect(await findBarriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Add it' }).click()
    await page.getByText('It is never shown again.').waitFor()
    expect(await page.getByRole('textbox', { name: 'Secret' }).inputValue()).toMatch(
      /^whsec_[\w+/]{43}=$/,
    )
    await page.getByRole('button', { name: 'I have stored it' }).click()
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('The receiver took it').waitFor()
    await api('PUT', '/freeze', { reason: 'told to a webhook' })
    await api('DELETE', '/freeze')
    const row = page.locator('summary.delivery', { hasText: 'freeze.begun' })
    await row.click({ timeout: WAIT.timeout })
    await page.getByText(/^Releases are frozen by .*: told to a webhook\.$/).waitFor()
    await page.getByRole('button', { name: 'Redeliver' }).click()
    await page.getByText('sent again by hand').waitFor()
    const told = receiver.received.filter(({ body }) => body.includes('"freeze.begun"'))
    expect(told.length).toBe(2)
    expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(await page.content()).not.toMatch(/whsec_|path-is-secret/)
    await page.getByRole('button', { name: 'Remove' }).click()
    await dialogOf(page).getByRole('button', { name: 'Remove it' }).click()
    await page.getByText('Nobody is told of anything yet').waitFor()
    expect(faults).toEqual([])
  })
})

describe('shifting', () => {
  it('shows what would happen before it happens, by slider, and can be undone', async () => {
    await setShare(5)
    const { page, faults } = await open({ at: '#/traffic' })
    const slider = page.getByRole('slider', { name: 'Share of canary in percent' })
    await slider.focus()
    for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowRight')
    expect(await shareOf('canary')).toBe(5)
    await page.getByRole('button', { name: 'Look at the change' }).click()
    const dialog = dialogOf(page)
    await dialog.getByText('gives 5').waitFor()
    expect(await dialog.getByRole('row', { name: /canary/ }).textContent()).toMatch(/5.%\s*10.%/)
    expect(await shareOf('canary')).toBe(5)
    expect(await findBarriers(page)).toEqual([])
    await dialog.getByLabel(/^Reason/).fill('more of it')
    await dialog.getByRole('button', { name: 'Shift' }).click()
    await page.getByText('Shift traffic: done').waitFor()
    expect(await shareOf('canary')).toBe(10)
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await dialog.getByRole('button', { name: 'Undo it' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await shareOf('canary')).toBe(5)
    expect(faults).toEqual([])
  })

  it('takes a typed number, says what is wrong with one, and never sends it', async () => {
    await setShare(5)
    const { page } = await open({ at: '#/traffic' })
    const field = page.getByRole('spinbutton', { name: 'Share of canary in percent, typed' })
    await field.fill('130')
    await page.getByText('canary: a share is 0 to 100 %, not 130.').waitFor()
    const review = page.getByRole('button', { name: 'Look at the change' })
    expect(await review.getAttribute('aria-disabled')).toBe('true')
    await field.fill('7.25')
    await review.click()
    await dialogOf(page).getByRole('button', { name: 'Shift' }).click()
    await vi.waitFor(async () => expect(await shareOf('canary')).toBe(7.25), WAIT)
  })

  it('refuses a stale change with the difference, and tries again on top of it', async () => {
    await setShare(5)
    const { page } = await open({ at: '#/traffic' })
    await page.getByRole('spinbutton', { name: 'Share of canary in percent, typed' }).fill('20')
    await page.getByRole('button', { name: 'Look at the change' }).click()
    const dialog = dialogOf(page)
    await dialog.getByText('gives 15').waitFor()
    await setShare(6)
    await dialog.getByRole('button', { name: 'Shift' }).click()
    await dialog.getByText('Somebody has changed the document meanwhile').waitFor()
    await dialog.getByText('traffic.canary').waitFor()
    expect(await shareOf('canary')).toBe(6)
    await dialog.getByRole('button', { name: 'Look again' }).click()
    await dialog.getByRole('button', { name: 'Shift' }).click()
    await vi.waitFor(async () => expect(await shareOf('canary')).toBe(20), WAIT)
  })

  it('shows the change on top of one that somebody makes while it is tried', async () => {
    await setShare(5)
    const { page } = await open({ at: '#/traffic' })
    let overtaken = 0
    await page.route(/traffic\?dryRun=true/, async (route) => {
      if (overtaken++ === 0) await setShare(6)
      await route.continue()
    })
    await page.getByRole('spinbutton', { name: 'Share of canary in percent, typed' }).fill('20')
    await page.getByRole('button', { name: 'Look at the change' }).click()
    const dialog = dialogOf(page)
    await dialog.getByText('gives 14').waitFor()
    expect(overtaken).toBe(2)
    await dialog.getByRole('button', { name: 'Shift' }).click()
    await vi.waitFor(async () => expect(await shareOf('canary')).toBe(20), WAIT)
  })

  it('shows the change of somebody else without a reload', async () => {
    await setShare(5)
    const { page } = await open({ at: '#/now' })
    await page
      .getByText(/canary/)
      .first()
      .waitFor()
    await setShare(33)
    await page.getByText(/33.%/).first().waitFor({ timeout: WAIT.timeout })
  })

  it('points an environment at a version that was published meanwhile, swaps, and rolls back', async () => {
    await setShare(5)
    const { page } = await open({ at: '#/traffic' })
    await page.getByRole('button', { name: 'Point canary at another version' }).waitFor()
    await publishByCommand()
    await page.getByRole('button', { name: 'Point canary at another version' }).click()
    const dialog = dialogOf(page)
    await vi.waitFor(
      async () => expect(await dialog.getByLabel('Version').textContent()).toContain(next.version),
      WAIT,
    )
    await dialog.getByLabel('Version').selectOption(next.version)
    await dialog.getByRole('button', { name: 'Look at the change' }).click()
    await dialog.getByRole('button', { name: 'Point it' }).click()
    await page.getByText(`Point canary at ${next.version}: done`).waitFor()
    await page.getByRole('button', { name: 'Swap two' }).click()
    await dialog.getByRole('button', { name: 'Look at the change' }).click()
    await dialog.getByRole('button', { name: 'Swap them' }).click()
    await page.getByText('Swap main and canary: done').waitFor()
    const versionOf = async (name: string) => (await api('GET', `/environments/${name}`)).version
    expect(await versionOf('main')).toBe(next.version)
    await page.getByRole('button', { name: 'Roll back' }).click()
    await dialog.getByRole('button', { name: 'Roll back' }).click()
    await vi.waitFor(async () => expect(await versionOf('main')).toBe('0.0.3'), WAIT)
  })
})

describe('by keyboard alone', () => {
  it('signs in, goes to a page, shifts and comes back to where the focus was', async () => {
    await setShare(5)
    const { page } = await openDashboard(browser, origin)
    await page.getByLabel('Token').waitFor()
    await page.keyboard.type(TOKEN)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
    await page.keyboard.press('/')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('shift visitors')
    await page.getByRole('option', { name: /shift visitors/i }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Shares' }).waitFor()
    await reach(page, /^Share of canary in percent$/)
    await page.keyboard.press('ArrowRight')
    await reach(page, /^Look at the change/)
    await page.keyboard.press('Enter')
    const dialog = dialogOf(page)
    await dialog.getByRole('button', { name: 'Shift' }).waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    const focused = () => page.evaluate(() => document.activeElement?.textContent)
    await vi.waitFor(async () => expect(await focused()).toBe('Look at the change'), WAIT)
    await page.keyboard.press('Enter')
    await dialog.getByText('gives 0.5').waitFor()
    await reach(page, /^Shift/)
    await page.keyboard.press('Enter')
    await vi.waitFor(async () => expect(await shareOf('canary')).toBe(5.5), WAIT)
  })
})

describe('a release that fails', () => {
  const known = async () =>
    (await api('GET', '/versions')).versions.map(({ id }: { id: string }) => id)

  it('is published by command and appears, is started from the form, paused, resumed and moved on', async () => {
    await setShare(5)
    if (!(await known()).includes(next.version)) await publishByCommand()
    const { page, faults } = await open({ at: '#/versions' })
    await page.getByRole('link', { name: next.version }).first().waitFor()
    await goTo(page, 'rollouts/new')
    await page.getByLabel('Version').selectOption(next.version)
    await page.getByText(/gets to everybody after/).waitFor({ timeout: WAIT.timeout })
    // A plan of one's own begins as the preset, and is read by the parser of the API.
    await page.getByLabel('a plan of your own').check()
    const plan = page.getByLabel('The plan, as it may stand in holo.json')
    const written = await plan.inputValue()
    await plan.fill(written.replace('"weight": 5,', '"weight": 0.5,'))
    await page.getByText('weights grow: this one is not above 1').waitFor()
    const look = page.getByRole('button', { name: 'Look at the start' })
    expect(await look.getAttribute('aria-disabled')).toBe('true')
    await plan.fill(written.replace('"weight": 1,', '"weight": 2,'))
    await page.getByText('Valid.').waitFor()
    await page.locator('main').getByText(/^2.%$/).first().waitFor()
    await look.click()
    const dialog = dialogOf(page)
    await dialog.getByRole('button', { name: 'Start it' }).click()
    await page.getByRole('heading', { name: 'Plan' }).waitFor()
    const tell = async (label: string) => {
      await page.locator('main').getByRole('button', { name: label }).click()
      await dialog.getByRole('button', { name: label }).click()
      await dialog.waitFor({ state: 'detached' })
    }
    await tell('Pause')
    await page.getByText(/is paused at/).waitFor()
    await tell('Resume')
    await vi.waitFor(async () => expect(await shareOf('canary')).toBe(2), WAIT)
    for (const weight of [5, 25]) {
      await tell('Next step')
      await vi.waitFor(async () => expect(await shareOf('canary')).toBe(weight), WAIT)
    }
    await page.getByRole('listitem').filter({ hasText: '25' }).first().waitFor()
    await next.backend.stop()
    expect(faults).toEqual([])
  })

  // Evidence comes in meanwhile.
  it('leaves every page without anything that axe finds, and fitting, on a desktop and a phone, in light and dark', async () => {
    const { page, faults } = await open()
    for (const at of [
      'now',
      'traffic',
      'rollouts',
      'rollouts/new',
      'rollouts/1',
      'versions',
      'versions/0.0.5',
      'try',
      'rules',
      'flags',
      'flags/new-checkout',
      'audit',
      'audit/revision/1',
    ]) {
      await goTo(page, at)
      for (const summary of await page.locator('main summary').all()) await summary.click()
      for (const viewport of [DESKTOP, PHONE]) {
        await page.setViewportSize(viewport)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          const rules = colorScheme === 'dark' ? COLOUR_RULES : undefined
          expect(await findBarriers(page, rules), `${at} ${viewport.width} ${colorScheme}`).toEqual(
            [],
          )
        }
        await expectNoOverflow(page)
      }
    }
    await page.keyboard.press('Control+k')
    await dialogOf(page).getByRole('combobox').waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await findBarriers(page)).toEqual([])
    }
    expect(faults).toEqual([])
  })

  it('is taken back and says why; then it is rolled forward by hand, found in the audit, and left, by keyboard alone', async () => {
    const { page, faults } = await open({
      at: '#/rollouts/1',
      viewport: PHONE,
      colorScheme: 'dark',
    })
    await page
      .getByRole('heading', { name: `${next.version} was taken back.` })
      .waitFor({ timeout: 90_000 })
    await page.getByText(/led to the same/).waitFor({ timeout: WAIT.timeout })
    expect(await findBarriers(page)).toEqual([])
    await page.keyboard.press('g')
    await page.keyboard.press('n')
    await page.getByText(`${next.version} was taken back`).waitFor()
    await press(page, /^Read why$/)
    await page.getByRole('heading', { name: 'What happened' }).waitFor()
    // Its backend is mended, and somebody gives it to everybody.
    const mended = await startBackend(shopServer('c'), Number(new URL(next.backend.origin).port))
    onTestFinished(() => mended.stop())
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await page.getByRole('heading', { name: 'Shares' }).waitFor()
    await press(page, /^Point main at another version$/)
    const dialog = dialogOf(page)
    await dialog.getByLabel('Version').selectOption(next.version)
    await press(page, /^Look at the change$/)
    await dialog.getByLabel(/^Reason/).waitFor()
    await reach(page, /^Reason/)
    await page.keyboard.type('forward by hand')
    await press(page, /^Point it$/)
    await page.getByText(`Point main at ${next.version}: done`).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('n')
    await page.getByText(`${next.version} serves everybody.`).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    for (const [wanted, found] of [
      ['published a version', 'published a version'],
      ['started a rollout', 'started a rollout'],
      ['paused', 'paused a rollout'],
      ['took back', 'took a release back'],
      ['by hand', '“forward by hand”'],
    ] as const) {
      await page.getByRole('searchbox').fill(wanted.replace('took back', 'took release back'))
      await page.locator('.audit > li').getByText(found).first().waitFor()
    }
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: 'Audit' }).click()
    await page.keyboard.press('Control+k')
    await page.locator('[role=combobox]:focus').waitFor()
    await page.keyboard.type('sign out')
    await page.getByRole('option', { name: /^Sign out/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('You are signed out.').waitFor()
    expect(faults).toEqual([])
  })
})

describe('rules', () => {
  it('are checked as one types, with the words of the API, and changed after a look', async () => {
    const { page } = await open({ at: '#/rules' })
    await page.getByText('cookie.staff is "1"').waitFor()
    await page.getByRole('button', { name: 'Edit the rules' }).click()
    const field = page.getByLabel('All rules, as JSON')
    await field.fill('[{ "name": "x"')
    await page.getByRole('status').getByText(/JSON/).waitFor()
    await field.fill('[{ "name": "x", "environment": "nobody", "when": true }]')
    await page.getByText('rules[0].environment').waitFor()
    const rules = [
      {
        name: 'staff first',
        environment: 'canary',
        when: { '==': [{ var: 'cookie.staff' }, '2'] },
      },
    ]
    await field.fill(JSON.stringify(rules))
    await page.getByText('Valid.').waitFor()
    await page.getByRole('button', { name: 'Look at the change' }).click()
    await dialogOf(page).getByRole('button', { name: 'Change them' }).click()
    await page.getByText('cookie.staff is "2"').waitFor()
    expect((await api('GET', '/rules')).rules).toEqual(rules)
  })
})

describe('flags', () => {
  it('say who gets what, are evaluated for somebody, changed as JSON, and switched off after a look', async () => {
    const { page, faults } = await open({ at: '#/flags' })
    await page.getByText('If email ends with "@example.com": on').waitFor()
    await page.getByRole('searchbox').fill('email')
    expect(await page.locator('.flag-row').count()).toBe(1)
    await page.getByRole('link', { name: /new-checkout/ }).click()
    await page.getByLabel(/^Attributes/).fill('{ "email"')
    await page.getByRole('alert').waitFor()
    await page.getByLabel(/^Attributes/).fill('{ "email": "anna@example.com" }')
    const evaluate = page.getByRole('button', { name: 'Evaluate' })
    await evaluate.click()
    await page.getByRole('heading', { name: 'true' }).waitFor()
    await page.getByText('TARGETING_MATCH, its targeting chose it').waitFor()
    await page.getByRole('button', { name: 'Edit as JSON' }).click()
    const field = page.getByLabel('The flag, as JSON')
    const changed = { ...FLAGS['new-checkout'], metadata: { owner: 'shop' } }
    await field.fill(JSON.stringify({ ...changed, defaultVariant: 'none' }))
    await page.getByText('flags.new-checkout.defaultVariant').waitFor()
    await field.fill(JSON.stringify(changed))
    await page.getByText('Valid.').waitFor()
    await page.getByRole('button', { name: 'Look at the change' }).click()
    await dialogOf(page).getByRole('button', { name: 'Change it' }).click()
    await dialogOf(page).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Switch off new-checkout' }).click()
    await dialogOf(page).getByText('flags.new-checkout.state').waitFor()
    expect((await api('GET', '/flags')).flags['new-checkout']).toEqual(changed)
    await dialogOf(page).getByRole('button', { name: 'Switch it off' }).click()
    await page.getByText('The flag is off').waitFor()
    const off = { ...changed, state: 'DISABLED' }
    expect((await api('GET', '/flags')).flags['new-checkout']).toEqual(off)
    await evaluate.click()
    await page.getByRole('heading', { name: 'No value' }).waitFor()
    await page.getByRole('row', { name: /on\s*its targeting chose it/ }).waitFor()
    expect(faults).toEqual([])
  })

  it('are rolled out by a plan after a look at the start', async () => {
    const { flags, revision } = await api('GET', '/flags')
    const on = { ...flags['new-checkout'], state: 'ENABLED' }
    await api('PUT', '/flags', { flags: { 'new-checkout': on } }, revision)
    const { page, faults } = await open({ at: '#/flags/new-checkout' })
    await page.getByRole('button', { name: 'Roll out a variant' }).click()
    const form = page.getByRole('form', { name: 'Roll out a variant' })
    await form.getByLabel(/^Variant/).selectOption('on')
    await form.getByLabel(/^Plan/).selectOption('careful')
    expect(await findBarriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Look at the start' }).click()
    await dialogOf(page).getByText('flags.new-checkout').first().waitFor()
    expect(await dialogOf(page).getByRole('button', { name: 'Start it' }).count()).toBe(1)
    await dialogOf(page).getByRole('button', { name: 'Cancel' }).click()
    expect(faults).toEqual([])
  })

  it('are made with a form that says what is wrong at the field, get other shares, and end an experiment', async () => {
    const { page, faults } = await open({ at: '#/flags' })
    const flagOf = async (key: string) => (await api('GET', '/flags')).flags[key]
    const make = async (confirm: string) => {
      await page.getByRole('button', { name: 'Look at the change' }).click()
      await dialogOf(page).getByRole('button', { name: confirm }).click()
      await dialogOf(page).waitFor({ state: 'detached' })
    }
    await page.getByRole('button', { name: 'New flag' }).click()
    // The key has the focus.
    await page.keyboard.type('search')
    await page.getByRole('alert').getByText('There is a flag of this name.').waitFor()
    await page.keyboard.type('-limit')
    await page.getByLabel('Its values are').selectOption('number')
    await page.getByLabel('Value of variant 2').fill('ten')
    await page.getByRole('alert').getByText('“ten” is no number.').waitFor()
    expect(await findBarriers(page)).toEqual([])
    await page.getByLabel('Value of variant 2').fill('10')
    await make('Add it')
    await page.getByRole('heading', { name: 'search-limit' }).waitFor()
    const made = { state: 'ENABLED', variants: { low: 0, high: 10 }, defaultVariant: 'low' }
    expect(await flagOf('search-limit')).toEqual(made)
    await page.getByText('Nobody has asked for it').waitFor()
    await page.getByRole('button', { name: 'Change default and shares' }).click()
    await page.getByRole('button', { name: 'Split visitors' }).click()
    await page.getByLabel('Weight of low').fill('-1')
    await page.getByText('a weight is a whole number from 0').waitFor()
    await page.getByLabel('Weight of low').fill('75')
    await page.getByLabel('Weight of high').fill('25')
    expect(await findBarriers(page)).toEqual([])
    await make('Change it')
    await page.getByText('25\u202f%').waitFor()
    const fractional = [
      ['low', 75],
      ['high', 25],
    ]
    expect(await flagOf('search-limit')).toEqual({ ...made, targeting: { fractional } })
    await page.getByRole('link', { name: 'Flags' }).last().click()
    await page.getByText('No visitor was exposed yet.').first().waitFor()
    await page.getByText('No longer needed').click()
    await page
      .getByText(/^(Not searched for flags|Files of versions were searched)/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Stop the experiment with delivery' }).click()
    await dialogOf(page)
      .getByLabel(/^Visitors of the split get/)
      .selectOption('fast')
    expect(await findBarriers(page)).toEqual([])
    await make('Stop it')
    await vi.waitFor(async () => {
      expect(await page.getByRole('heading', { name: 'Experiments' }).count()).toBe(0)
    }, WAIT)
    const { experiment: _, ...ended } = FLAGS.delivery
    const targeting = { if: [true, 'fast'] }
    expect(await flagOf('delivery')).toEqual({ ...ended, targeting })
    expect(faults).toEqual([])
  })
})

describe('trying a visitor', () => {
  it('explains each step, also for a moment in the past', async () => {
    const { page } = await open({ at: '#/try' })
    await page.getByLabel(/^Headers/).fill('nonsense')
    await page.getByText('Line 1 is no header').waitFor()
    await page.getByLabel(/^Headers/).fill('cookie: staff=2')
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByRole('heading', { name: /in\s+canary\s*, because of a rule/ }).waitFor()
    expect(await page.locator('.steps > li').count()).toBe(4)
    await page.getByLabel(/^Moment/).fill('2020-01-01T00:00:00')
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByText('There was no document at that moment').waitFor()
  })
})

describe('versions', () => {
  it('show what changed in their files, and can be drained, withdrawn and restored', async () => {
    const { page } = await open({ at: '#/versions/0.0.5' })
    await page.getByText(/added, \d+ removed, \d+ changed/).waitFor()
    const dialog = dialogOf(page)
    const propose = async (label: string, confirm: string) => {
      await page.locator('main').getByRole('button', { name: label, exact: true }).click()
      await dialog.getByRole('button', { name: confirm }).click()
      await dialog.waitFor({ state: 'detached' })
    }
    const find = async () => {
      const { versions } = await api('GET', '/versions')
      return versions.find(({ id }: { id: string }) => id === '0.0.5')
    }
    // Two environments, so that one can take the visitors of the other.
    await api('PUT', '/environments/canary', { version: '0.0.5' }, await revisionNow())
    await setShare(20)
    await propose('Drain', 'Drain it')
    expect(await shareOf('canary')).toBe(0)
    const withdraw = page.getByRole('button', { name: 'Withdraw' })
    await vi.waitFor(
      async () => expect(await withdraw.getAttribute('aria-disabled')).toBe('true'),
      WAIT,
    )
    await api('PUT', '/environments/canary', { version: '0.0.3' }, await revisionNow())
    await vi.waitFor(
      async () => expect(await withdraw.getAttribute('aria-disabled')).toBe('false'),
      WAIT,
    )
    await propose('Withdraw', 'Withdraw it')
    expect(await find()).toMatchObject({ withdrawn: true })
    await page.getByText('nobody gets it, not even open tabs').waitFor()
    await propose('Restore', 'Restore it')
    expect(await find()).toMatchObject({ withdrawn: false })
  })
})

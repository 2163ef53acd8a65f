// Real builds of real frameworks, two versions of each, in Chromium: tabs stay open over a release and
// over its rollback, and everything that a visitor clicks on works and belongs together.
// `HOLO_ALL_BUILDS=1` tries all frameworks; without it those that need no other packages.

import type { Browser } from 'playwright-core'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
} from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { type App, CHOSEN_APPS } from './apps.ts'
import { BUILD_TIMEOUT_MS } from './build-app.ts'
import { Profile } from './profile.ts'
import { type Site, startSite } from './site.ts'
import { walkThreeTabs } from './walk.ts'

const OLD = '1.0.0'
const NEW = '2.0.0'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

describe.each(CHOSEN_APPS.filter(({ hasShellWorker }) => !hasShellWorker))('$name', (app: App) => {
  let site: Site
  let profiles: Profile[] = []

  beforeAll(async () => {
    site = await startSite(app)
  }, BUILD_TIMEOUT_MS)
  afterAll(() => site?.stop())
  beforeEach(() => site.release(OLD))
  afterEach(async () => {
    await Promise.all(profiles.map((profile) => profile.close()))
    profiles = []
  })

  async function newProfile(): Promise<Profile> {
    const profile = await Profile.create(browser, site.url)
    profiles.push(profile)
    return profile
  }
  async function expectNoProblem(): Promise<void> {
    for (const profile of profiles) await profile.settle()
    expect(profiles.flatMap(({ problems }) => problems)).toEqual([])
  }

  it('lets an old tab go on with its own files and backend after a release', async () => {
    const tab = await (await newProfile()).open('/')
    await tab.expectWhole(OLD, 'home')
    const deepTab = await (await newProfile()).open('/items')
    await deepTab.expectWhole(OLD, 'items')

    await site.release(NEW)
    await tab.follow('about')
    await tab.expectWhole(OLD, 'about')
    await tab.follow('items')
    await tab.expectWhole(OLD, 'items')
    await tab.loadMore()
    await tab.ask()
    await tab.expectWhole(OLD, 'items')
    await deepTab.follow('home')
    await deepTab.ask()
    await deepTab.expectWhole(OLD, 'home')
    await expectNoProblem()

    await tab.reload()
    await tab.expectWhole(NEW, 'items')
    await tab.follow('about')
    await tab.expectWhole(NEW, 'about')
    await deepTab.reload()
    await deepTab.expectWhole(NEW, 'home')
    await expectNoProblem()
  })

  it('gives new visitors the new version, and lets them go on with it after a rollback', async () => {
    await site.release(NEW)
    const tab = await (await newProfile()).open('/')
    await tab.expectWhole(NEW, 'home')

    await site.rollBack(OLD)
    const lateTab = await (await newProfile()).open('/about')
    await lateTab.expectWhole(OLD, 'about')
    await tab.follow('items')
    await tab.expectWhole(NEW, 'items')
    await tab.loadMore()
    await tab.follow('about')
    await tab.ask()
    await tab.expectWhole(NEW, 'about')
    await expectNoProblem()

    await tab.reload()
    await tab.expectWhole(OLD, 'about')
    await tab.follow('items')
    await tab.goBack()
    await tab.expectWhole(OLD, 'about')
    await tab.goForward()
    await tab.expectWhole(OLD, 'items')
    await expectNoProblem()
  })

  // The cookie's pin is then the second tab's. The first tab is promised its hashed files, and nothing
  // else: its backend and its unhashed files may be those of the other version.
  it.each([
    ['a release', OLD, NEW],
    ['a rollback', NEW, OLD],
  ] as const)(
    'loads the scripts of an old tab when a second tab is new after %s',
    async (_, from, to) => {
      await site.release(from)
      const profile = await newProfile()
      const tab = await profile.open('/')
      await tab.expectWhole(from, 'home')

      if (to === NEW) await site.release(to)
      else await site.rollBack(to)
      const secondTab = await profile.open('/items')
      await secondTab.expectWhole(to, 'items')
      await tab.loadMore()
      await tab.expectHashedFiles(from, 'home')
      await tab.follow('items')
      if (app.pins) await tab.expectOwn(from, 'items', app.pins === 'data' ? ['api'] : [])
      else if (app.unhashed === 'pages') await tab.expectUnmixed('items')
      else await tab.expectHashedFiles(from, 'items')
      await tab.follow('about')
      await secondTab.follow('about')
      await secondTab.expectWhole(to, 'about')
      await expectNoProblem()
    },
  )

  if (app.pins === 'all') {
    it('keeps each of three tabs on its version by what the framework sends, without a script', async () => {
      await walkThreeTabs(app, site, await newProfile())
      await expectNoProblem()
    })
  }

  it('keeps each of three tabs on its version with the script', async () => {
    await site.pinTabs(true)
    onTestFinished(() => site.pinTabs(false))
    await walkThreeTabs(app, site, await newProfile())
    await expectNoProblem()
  })

  it('leads back and forward to pages that belong together', async () => {
    const tab = await (await newProfile()).open('/')
    await tab.expectWhole(OLD, 'home')
    await site.release(NEW)
    await tab.goTo(new URL('/about', site.url))
    await tab.expectWhole(NEW, 'about')
    await tab.goBack()
    await tab.expectUnmixed('home')
    await tab.follow('items')
    await tab.expectUnmixed('items')

    await site.rollBack(OLD)
    await tab.goTo(new URL('/about', site.url))
    await tab.expectWhole(OLD, 'about')
    await tab.goBack()
    await tab.expectUnmixed('items')
    await tab.goForward()
    await tab.expectUnmixed('about')
    await expectNoProblem()
  })
})

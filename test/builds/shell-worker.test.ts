// Apps whose service worker answers every page from its own cache, so that Holo never sees a page
// being opened: one update check and one reload bring the version of now, forward and back.

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
import { CHOSEN_APPS } from './apps.ts'
import { BUILD_TIMEOUT_MS } from './build-app.ts'
import { Profile } from './profile.ts'
import { type Site, startSite } from './site.ts'
import type { Tab } from './tab.ts'
import { walkThreeTabs } from './walk.ts'

const OLD = '1.0.0'
const NEW = '2.0.0'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

describe.each(CHOSEN_APPS.filter(({ hasShellWorker }) => hasShellWorker))('$name', (app) => {
  let site: Site
  let profile: Profile

  beforeAll(async () => {
    site = await startSite(app)
  }, BUILD_TIMEOUT_MS)
  afterAll(() => site?.stop())
  beforeEach(async () => {
    await site.release(OLD)
    profile = await Profile.create(browser, site.url)
  })
  afterEach(() => profile.close())

  /** A tab whose page came out of the worker's cache. */
  async function openControlled(): Promise<Tab> {
    const tab = await profile.open('/')
    await tab.expectWhole(OLD, 'home')
    await tab.seekWorker()
    const reloaded = await tab.reload()
    expect(reloaded?.fromServiceWorker()).toBe(true)
    await tab.expectWhole(OLD, 'home')
    return tab
  }

  it('shows a new version, and the old one after a rollback, with one update check and one reload', async () => {
    const tab = await openControlled()
    for (const release of [NEW, OLD, NEW] as const) {
      if (app.ignoresCachedVersions) await tab.restartWorker()
      if (release === OLD) await site.rollBack(release)
      else await site.release(release)
      await tab.checkForUpdate()
      const reloaded = await tab.reload()
      expect(reloaded?.fromServiceWorker()).toBe(true)
      await tab.expectWhole(release, 'home')
      await tab.follow('about')
      await tab.follow('items')
      await tab.loadMore()
      await tab.ask()
      await tab.expectWhole(release, 'items')
      await tab.follow('home')
    }
    await profile.settle()
    expect(profile.problems).toEqual([])
  })

  it('lets a page that came out of the cache keep its own backend until then', async () => {
    const tab = await openControlled()
    await site.release(NEW)
    await tab.follow('about')
    await tab.ask()
    await tab.expectWhole(OLD, 'about')
    await profile.settle()
    expect(profile.problems).toEqual([])
  })

  it('loads the scripts of a tab whose worker has been replaced', async () => {
    const tab = await openControlled()
    await site.release(NEW)
    await tab.checkForUpdate()
    await tab.loadMore()
    await tab.follow('items')
    await tab.expectHashedFiles(OLD, 'items')
    await tab.reload()
    await tab.expectWhole(NEW, 'items')
    await profile.settle()
    expect(profile.problems).toEqual([])
  })

  it('gives the old version to a new visitor after a rollback', async () => {
    await site.release(NEW)
    const tab = await profile.open('/items')
    await tab.expectWhole(NEW, 'items')
    await site.rollBack(OLD)
    const late = await Profile.create(browser, site.url)
    const lateTab = await late.open('/items')
    await lateTab.expectWhole(OLD, 'items')
    await lateTab.seekWorker()
    await lateTab.follow('about')
    await lateTab.ask()
    await lateTab.expectWhole(OLD, 'about')
    expect([...late.problems, ...profile.problems]).toEqual([])
    await late.close()
  })

  // Angular's worker compares hashes, so that its pages have no script.
  if (!app.ignoresCachedVersions) {
    it('keeps each of three tabs on its version with the script', async () => {
      await site.pinTabs(true)
      onTestFinished(() => site.pinTabs(false))
      await walkThreeTabs(app, site, profile)
      await profile.settle()
      expect(profile.problems).toEqual([])
    })
  }

  if (app.ignoresCachedVersions) {
    it('goes on with the newer version after a rollback while it has the older one in its cache', async () => {
      const tab = await openControlled()
      const oldTab = await profile.open('/')
      await oldTab.expectWhole(OLD, 'home')
      await site.release(NEW)
      await tab.checkForUpdate()
      await tab.reload()
      await tab.expectWhole(NEW, 'home')
      await site.rollBack(OLD)
      await tab.checkForUpdate()
      await tab.reload()
      await tab.expectWhole(NEW, 'home')
      await oldTab.reload()
      await oldTab.expectWhole(NEW, 'home')
      await profile.settle()
      expect(profile.problems).toEqual([])
    })
  }
})

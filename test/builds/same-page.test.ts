// Releases that have the same page as the one before. A service worker that answers pages from its
// cache does not fetch the page again, so that Holo has less to tell by which version is shown.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { CHOSEN_APPS } from './apps.ts'
import { BUILD_TIMEOUT_MS, buildApp } from './build-app.ts'
import { Profile } from './profile.ts'
import { copyAsLater, copyWithFile } from './same-page.ts'
import { type Site, startSite } from './site.ts'
import type { Tab } from './tab.ts'

const OLD = '1.0.0'
const NEW = '2.0.0'

let browser: Browser
let folder: string
beforeAll(async () => {
  browser = await launchBrowser()
  folder = await mkdtemp(join(tmpdir(), 'holo-same-page-'))
})
afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})

describe.each(CHOSEN_APPS.filter(({ hasShellWorker }) => hasShellWorker))('$name', (app) => {
  let site: Site
  let profile: Profile

  /** A tab whose page came out of the worker's cache, and whose logo is in that cache. */
  async function openControlled(): Promise<Tab> {
    profile = await Profile.create(browser, site.url)
    const tab = await profile.open('/')
    await tab.seekWorker()
    const reloaded = await tab.reload()
    expect(reloaded?.fromServiceWorker()).toBe(true)
    await tab.follow('about')
    await tab.expectWhole(OLD, 'about')
    return tab
  }
  const target = () => mkdtemp(join(folder, 'build-'))

  describe('a release with one file that differs', () => {
    beforeAll(async () => {
      site = await startSite(app, async (first) => {
        const second = await target()
        await copyWithFile(first, second, 'logo.svg', await buildApp(app, NEW))
        return second
      })
    }, BUILD_TIMEOUT_MS)
    afterAll(() => site?.stop())
    beforeEach(() => site.release(OLD))
    afterEach(() => profile?.close())

    it('brings its backend with the file', async () => {
      const tab = await openControlled()
      await site.release(NEW)
      await tab.checkForUpdate()
      await tab.reload()
      await tab.expectParts({ nav: OLD, logo: NEW, api: NEW }, 'about')
    })

    it('is taken back with its backend', async () => {
      const tab = await openControlled()
      await site.release(NEW)
      await tab.checkForUpdate()
      await tab.reload()
      await tab.expectParts({ logo: NEW, api: NEW }, 'about')
      if (app.ignoresCachedVersions) await tab.restartWorker()
      await site.rollBack(OLD)
      await tab.checkForUpdate()
      await tab.reload()
      await tab.expectWhole(OLD, 'about')
    })
  })

  describe('a release without a file that differs', () => {
    beforeAll(async () => {
      site = await startSite(app, async (first) => {
        const second = await target()
        await copyAsLater(first, second)
        return second
      })
    }, BUILD_TIMEOUT_MS)
    afterAll(() => site?.stop())
    beforeEach(() => site.release(OLD))
    afterEach(() => profile?.close())

    it('leaves its backend to those who have no page of the worker yet', async () => {
      const tab = await openControlled()
      await site.release(NEW)
      await tab.checkForUpdate()
      await tab.reload()
      await tab.expectWhole(OLD, 'about')
      const late = await Profile.create(browser, site.url)
      await (await late.open('/about')).expectParts({ nav: OLD, api: NEW }, 'about')
      await late.close()
    })

    it('is not taken back from those who have it by a rollback, and is when it is withdrawn', async () => {
      await site.release(NEW)
      profile = await Profile.create(browser, site.url)
      const tab = await profile.open('/about')
      await tab.seekWorker()
      await tab.reload()
      await tab.expectParts({ api: NEW }, 'about')
      await site.rollBack(OLD)
      await tab.checkForUpdate()
      await tab.reload()
      await tab.expectParts({ api: NEW }, 'about')
      await site.withdraw(NEW)
      await tab.askUntil(OLD)
    })
  })
})

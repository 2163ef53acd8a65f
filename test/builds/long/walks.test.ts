// Real builds with the script: three tabs of one browser, each on its own version whatever the others have,
// for as long as `HOLO_WALK_MINUTES` says, in every way in which a page can ask.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { tellWalk, WALK_MS, walkThreeTabs } from '../../support/walk.ts'
import { APPS, type App } from '../apps.ts'
import { BUILD_TIMEOUT_MS, type Release } from '../build-app.ts'
import { Profile } from '../profile.ts'
import { type Site, startSite } from '../site.ts'
import type { PageName, Tab } from '../tab.ts'

const OLD = '1.0.0'
const NEW = '2.0.0'
const PAGES: readonly PageName[] = ['about', 'items', 'home']

/** Angular's worker compares hashes, so that its pages have no script. */
const WALKED = APPS.filter(({ ignoresCachedVersions }) => !ignoresCachedVersions)

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

/** Follows one link after the other; each page asks its backend, loads what it has not had, and is looked at. */
function toClick(tab: Tab, release: Release) {
  let turn = 0
  return async () => {
    const name = PAGES[turn++ % PAGES.length] ?? 'home'
    await tab.show()
    await tab.follow(name)
    await tab.ask()
    if (name === 'home') await tab.loadMore()
    const parts = await tab.expectOwn(release, name)
    return { ...parts, ...(await tab.askEveryWay()) }
  }
}

describe.each(WALKED)('$name', (app: App) => {
  let site: Site
  beforeAll(async () => {
    site = await startSite(app)
    await site.pinTabs(true)
  }, BUILD_TIMEOUT_MS)
  afterAll(() => site?.stop())

  it('keeps each of three tabs on its version in all that it asks', {
    timeout: WALK_MS + 120_000,
  }, async () => {
    const profile = await Profile.create(browser, site.url)
    onTestFinished(() => profile.close())
    const tabs: Tab[] = []
    // A worker that answers pages has to hear of the release first.
    const update = async () => {
      if (app.hasShellWorker) await tabs.at(-1)?.checkForUpdate()
    }
    const walked = await walkThreeTabs({
      older: OLD,
      newer: NEW,
      open: async (release) => {
        const tab = await profile.open('/')
        tabs.push(tab)
        if (app.hasShellWorker) await tab.seekWorker()
        return toClick(tab, release as Release)
      },
      release: async () => {
        await site.release(NEW)
        await update()
      },
      rollBack: async () => {
        await site.rollBack(OLD)
        await update()
      },
    })
    await profile.settle()
    console.log(tellWalk(app.name, walked, profile.problems))
    expect(walked.wrong).toEqual([])
    expect(profile.problems).toEqual([])
    expect(Math.min(...walked.clicks)).toBeGreaterThan(0)
  })
})

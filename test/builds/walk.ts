// Three tabs of one browser over a release and its rollback, as a visitor leaves them open: each is walked
// through again and again, and shows its own version whatever the others have.

import type { App } from './apps.ts'
import type { Release } from './build-app.ts'
import type { Profile } from './profile.ts'
import type { Site } from './site.ts'
import type { Tab } from './tab.ts'

const OLD = '1.0.0'
const NEW = '2.0.0'

/**
 * The first tab is opened before the release, the second after it, the third after the rollback.
 *
 * @param others parts of a page that may be of another tab's version.
 */
export async function walkThreeTabs(
  app: App,
  site: Site,
  profile: Profile,
  others: readonly string[] = [],
): Promise<void> {
  const first = await profile.open('/')
  if (app.hasShellWorker) await first.seekWorker()
  await walk(first, OLD, others)
  await site.release(NEW)
  // A worker that answers pages has to hear of the release first.
  if (app.hasShellWorker) await first.checkForUpdate()
  const second = await profile.open('/')
  await walk(second, NEW, others)
  await walk(first, OLD, others)
  await site.rollBack(OLD)
  if (app.hasShellWorker) await second.checkForUpdate()
  const third = await profile.open('/')
  for (const [tab, release] of [
    [third, OLD],
    [second, NEW],
    [first, OLD],
    [second, NEW],
  ] as const) {
    await walk(tab, release, others)
  }
}

/** Every click that the app has. */
async function walk(tab: Tab, release: Release, others: readonly string[]): Promise<void> {
  await tab.show()
  for (const name of ['about', 'items', 'home'] as const) {
    await tab.follow(name)
    await tab.ask()
    await tab.expectOwn(release, name, others)
  }
  await tab.loadMore()
  await tab.expectOwn(release, 'home', others)
}

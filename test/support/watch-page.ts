// Listens to a page of a browser for whatever a visitor should not meet: errors in the console, in
// scripts, on the network, and replies that say no.

import type { Page, Request } from 'playwright-core'

/** One line per problem since the page was opened; the list grows while the page lives. */
export function watchPage(page: Page): readonly string[] {
  const problems: string[] = []
  const isGivenUp = watchLeaving(page)
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`))
  page.on('requestfailed', (request) => {
    if (isGivenUp(request)) return
    problems.push(`network: ${request.url()} ${request.failure()?.errorText}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`)
  })
  return problems
}

/**
 * Tells a failed request that the browser gave up because the page was left, such as that for an icon,
 * from one that failed.
 */
function watchLeaving(page: Page): (failed: Request) => boolean {
  /** Of the page that was left last: what had begun before the next page was there. */
  let ofLeft = new WeakSet<Request>()
  let ofPresent: Request[] = []
  let isLeaving = false
  page.on('request', (request) => {
    const opensNext = request.isNavigationRequest() && request.frame() === page.mainFrame()
    if (opensNext) {
      ofLeft = new WeakSet(ofPresent)
      ofPresent = []
      isLeaving = true
    } else if (isLeaving) ofLeft.add(request)
    ofPresent.push(request)
  })
  page.on('domcontentloaded', () => {
    isLeaving = false
  })
  return (failed) => failed.failure()?.errorText === 'net::ERR_ABORTED' && ofLeft.has(failed)
}

// Listens to a page of a browser for whatever a visitor should not meet: errors in the console, in
// scripts, on the network, and replies that say no.

import type { Page, Request } from 'playwright-core'

/** One line per problem since the page was opened; the list grows while the page lives. */
export function watchPage(page: Page): readonly string[] {
  const problems: string[] = []
  const wasLeft = watchLeaving(page)
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`))
  page.on('requestfailed', (request) => {
    const error = request.failure()?.errorText
    if (error === 'net::ERR_ABORTED' && wasLeft(request)) return
    problems.push(`network: ${request.url()} ${error}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`)
  })
  return problems
}

/**
 * Tells the requests of a document that the page has begun to leave. The browser aborts those that are
 * still open, which is no failure. A navigation itself counts only once another one has begun.
 */
function watchLeaving(page: Page): (request: Request) => boolean {
  const open = new Set<Request>()
  const left = new WeakSet<Request>()
  let navigation: Request | undefined
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) {
      for (const other of open) left.add(other)
      navigation = request
    } else if (navigation) {
      left.add(request)
    }
    open.add(request)
  })
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame()) navigation = undefined
  })
  page.on('requestfinished', (request) => open.delete(request))
  page.on('requestfailed', (request) => {
    open.delete(request)
    if (request === navigation) navigation = undefined
  })
  return (request) => left.has(request)
}

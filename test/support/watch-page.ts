// Listens to a page of a browser for whatever a visitor should not meet: errors in the console, in
// scripts, on the network, and replies that say no.

import type { Page } from 'playwright-core'

/** One line per problem since the page was opened; the list grows while the page lives. */
export function watchPage(page: Page): readonly string[] {
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`))
  page.on('requestfailed', (request) => {
    problems.push(`network: ${request.url()} ${request.failure()?.errorText}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`)
  })
  return problems
}

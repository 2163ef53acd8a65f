// The built files of the dashboard without a server, for pages whose API is made up.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { DASHBOARD_FOLDER, DASHBOARD_PATH } from '../../scripts/dashboard/build.ts'

/** Where such a page seems to be: no such host exists, and nothing is asked of it. */
export const MADE_UP_ORIGIN = 'http://shop.test'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

export async function serveFiles(page: Page): Promise<void> {
  await page.route(
    (url) => url.pathname.startsWith(DASHBOARD_PATH),
    async (route) => {
      const { pathname } = new URL(route.request().url())
      const name = pathname.slice(DASHBOARD_PATH.length) || 'index.html'
      await route.fulfill({
        contentType: TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain',
        body: await readFile(join(DASHBOARD_FOLDER, name)),
      })
    },
  )
}

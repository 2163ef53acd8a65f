// `npm run screenshots`: takes the pictures of the dashboard in docs/ from a running Holo, such as that of `npm start`.
//
//   node scripts/screenshots.ts --url http://127.0.0.1:8787 --token-file .holo/admin-token

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const SCALE = 2
/** Charts and probes come a moment after the page. */
const SETTLE_MS = 3_000

type Picture = {
  readonly file: string
  /** The fragment of the page. */
  readonly at: string
  readonly width: number
  readonly height: number
  readonly colorScheme: 'light' | 'dark'
}

const PICTURES: readonly Picture[] = [
  { file: 'dashboard-now.png', at: '#/now', width: 1280, height: 900, colorScheme: 'light' },
  {
    file: 'dashboard-rollout.png',
    at: '#/rollouts',
    width: 1280,
    height: 1000,
    colorScheme: 'dark',
  },
  { file: 'dashboard-phone.png', at: '#/now', width: 390, height: 844, colorScheme: 'light' },
]

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8787' },
    'token-file': { type: 'string', default: '.holo/admin-token' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
})
const token = readFileSync(values['token-file'], 'utf8').trim()

async function take(
  browser: Browser,
  { file, at, width, height, colorScheme }: Picture,
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: SCALE,
    colorScheme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto(`${values.url}/.holo/${at}`)
  await page.getByLabel('Token').fill(token)
  await page.keyboard.press('Enter')
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  // The newest rollout is the one to show.
  if (at === '#/rollouts') await page.locator('.rollout-row').first().click()
  await page.waitForTimeout(SETTLE_MS)
  await page.screenshot({ path: `docs/${file}` })
  await context.close()
  console.log(`docs/${file}`)
}

const browser = await chromium.launch({
  executablePath: values.chromium,
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
})
for (const picture of PICTURES) await take(browser, picture)
await browser.close()

// Visitors of the orders page: `node visitors.ts URL`. Each opens the page and then reads orders with the cookies that
// the page has set, as a browser does. They are made up, three at a time. It says which requests fail, and at the end how many.

import { setTimeout as sleep } from 'node:timers/promises'

const AT_A_TIME = 3
const PAUSE_MS = 20
const REQUEST_TIMEOUT_MS = 10_000
/** As a browser's, because requests of programs are not judged. */
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 OrdersVisitor/1'
const READS = [
  '/api/orders/1',
  '/api/orders?customer=anna',
  '/api/orders/3',
  '/api/orders',
  '/api/orders/4',
]

const [url] = process.argv.slice(2)
if (url === undefined) throw new Error('the address of the site is needed')

let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isEnding = true
  })
}
let requests = 0
let failed = 0

async function visit(): Promise<void> {
  const cookies = new Map<string, string>()
  for (const path of ['/', ...READS]) {
    await ask(path, cookies)
    await sleep(PAUSE_MS)
  }
}

async function ask(path: string, cookies: Map<string, string>): Promise<void> {
  const isPage = path === '/'
  requests += 1
  try {
    const response = await fetch(new URL(path, url), {
      headers: {
        'user-agent': USER_AGENT,
        accept: isPage ? 'text/html' : 'application/json',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'sec-fetch-dest': isPage ? 'document' : 'empty',
        'sec-fetch-mode': isPage ? 'navigate' : 'cors',
        'sec-fetch-site': isPage ? 'none' : 'same-origin',
      },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`status ${response.status}`)
  } catch (cause) {
    failed += 1
    console.error(`${path}: ${cause instanceof Error ? cause.message : cause}`)
  }
}

console.log(`visitors read ${url}`)
await Promise.all(
  Array.from({ length: AT_A_TIME }, async () => {
    while (!isEnding) await visit()
  }),
)
console.log(`${requests} requests, ${failed} failed`)

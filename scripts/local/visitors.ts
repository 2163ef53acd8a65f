// Simulated visitors of the example shop, so that there is something to see: each opens a page, loads what the page
// names, calls the API of its release, and looks at some more pages. They are made up, and `npm start` says so.

import { setTimeout as sleep } from 'node:timers/promises'

/** Every request says what it is. The rest is what a browser sends, because programs are not judged. */
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 HoloExampleVisitor/1'

/** Requests that a page of a release makes. A release that came later has the API of the one before. */
const CALLS: Readonly<Record<string, string>> = { '0.0.3': '/api/products' }
const LATER_CALL = '/api/catalogue'

const PAGES = ['/', '/', '/basket', '/about', '/checkout']
const MORE_PAGES = 4
const READING_MS = 6_000
const REQUEST_TIMEOUT_MS = 15_000

/** Visitors that arrive each second, on average: some ten requests, which a small machine hardly notices. */
export const ARRIVALS_PER_SECOND = 1.5

/** A visitor who has no room stays away, so that a slow machine is not drowned. */
const MAX_PRESENT = 60

export type SimulatedVisitors = { readonly stop: () => Promise<void> }

export function startVisitors(
  url: URL,
  perSecond: number = ARRIVALS_PER_SECOND,
  random: () => number = Math.random,
): SimulatedVisitors {
  const ended = new AbortController()
  const present = new Set<Promise<void>>()
  const welcome = async () => {
    while (!ended.signal.aborted) {
      // Times between arrivals that do not depend on one another.
      await sleep((-Math.log(1 - random()) / perSecond) * 1000)
      if (ended.signal.aborted || present.size >= MAX_PRESENT) continue
      const visit = visitShop(url, random, ended.signal).catch(() => undefined)
      present.add(visit)
      visit.then(() => present.delete(visit))
    }
  }
  const welcoming = welcome()
  return {
    stop: async () => {
      ended.abort()
      await Promise.all([welcoming, ...present])
    },
  }
}

type Destination = 'document' | 'script' | 'style' | 'empty'

async function visitShop(url: URL, random: () => number, signal: AbortSignal): Promise<void> {
  const cookies = new Map<string, string>()
  const address = `198.${18 + Math.floor(random() * 2)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`
  const ask = async (path: string, destination: Destination) => {
    const response = await fetch(new URL(path, url), {
      headers: {
        'user-agent': USER_AGENT,
        accept: destination === 'document' ? 'text/html' : '*/*',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'cf-connecting-ip': address,
        'sec-fetch-dest': destination,
        'sec-fetch-mode': destination === 'document' ? 'navigate' : 'cors',
        'sec-fetch-site': destination === 'document' ? 'none' : 'same-origin',
      },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    return { version: response.headers.get('holo-version') ?? '', text: await response.text() }
  }
  const pages = 1 + Math.floor(random() * MORE_PAGES)
  for (let i = 0; i < pages; i++) {
    const page = i === 0 ? '/' : (PAGES[Math.floor(random() * PAGES.length)] ?? '/')
    const { version, text } = await ask(page, 'document')
    const files = i > 0 ? [] : [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+\.(js|css))"/g)]
    for (const [, path = '', ending] of files) await ask(path, ending === 'js' ? 'script' : 'style')
    await ask(CALLS[version] ?? LATER_CALL, 'empty')
    await sleep(random() * READING_MS, undefined, { signal })
  }
}

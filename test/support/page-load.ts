// A small load generator: clients that open a page again and again, then fetch its script and ask its
// API with the page's own pin. A page that is not whole, or a request that fails, is a fault.

import { setTimeout as sleep } from 'node:timers/promises'
import { ask, DOCUMENT } from './http-client.ts'

/** Between a client's pages. Without it the clients take all of the machine from what they accompany. */
const PAUSE_MS = 20

export type PageLoad = {
  /** Pages that were opened so far. */
  readonly pages: () => number
  /** What went wrong, one line each. */
  readonly faults: readonly string[]
  readonly stop: () => Promise<void>
}

/** @param visitors the ids of the clients; each is at it alone. */
export function startLoad(url: URL, visitors: readonly string[]): PageLoad {
  const faults: string[] = []
  let pages = 0
  let isOver = false
  const client = async (visitor: string) => {
    while (!isOver) {
      try {
        const fault = await openPage(url, visitor)
        pages++
        if (fault) faults.push(`${visitor}: ${fault}`)
      } catch (cause) {
        faults.push(`${visitor}: ${cause}`)
      }
      await sleep(PAUSE_MS)
    }
  }
  const clients = visitors.map(client)
  return {
    pages: () => pages,
    faults,
    stop: async () => {
      isOver = true
      await Promise.all(clients)
    },
  }
}

/** The version that a visitor gets, and what is wrong with it. */
async function openPage(url: URL, visitor: string): Promise<string | undefined> {
  const page = await ask(url, '/', { headers: { ...DOCUMENT, cookie: `holo-visitor=${visitor}` } })
  const version = String(page.headers['holo-version'])
  const pin = `${version}@${page.headers['holo-environment']}`
  if (page.status !== 200) return `the page is a ${page.status}`
  const said = /<meta name="shop-release" content="([^"]+)"/.exec(page.body)?.[1]
  if (said !== version) return `the page of ${version} says ${said}`
  const script = /src="(\/assets\/[^"]+)"/.exec(page.body)?.[1] ?? '/none'
  const headers = { 'sec-fetch-dest': 'empty', 'holo-pin': pin, cookie: `holo-visitor=${visitor}` }
  const [file, api] = await Promise.all([
    ask(url, script, { headers }),
    ask(url, '/api/release', { headers }),
  ])
  if (file.status !== 200) return `${script} of ${version} is a ${file.status}`
  if (api.status !== 200) return `the API of ${version} is a ${api.status}`
  const { release } = JSON.parse(api.body)
  return release === version ? undefined : `a page of ${version} got the API of ${release}`
}

/** The versions that visitors get now, in their order. */
export async function versionsOf(url: URL, visitors: readonly string[]): Promise<unknown[]> {
  const answers = await Promise.all(
    visitors.map((visitor) =>
      ask(url, '/', { headers: { ...DOCUMENT, cookie: `holo-visitor=${visitor}` } }),
    ),
  )
  return answers.map(({ headers }) => headers['holo-version'])
}

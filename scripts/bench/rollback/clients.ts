// Clients that send requests all the time and record which version they get: pages for new visitors, and files for
// a tab that is pinned to version 2.

import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { headOf } from '../head-of.ts'

const TIMEOUT_MS = 10_000

export type Seen = {
  readonly kind: 'document' | 'pinned'
  readonly isBusy: boolean
  readonly version: string
  readonly isStale: boolean
  /** When the reply had arrived, by `performance.now`. */
  readonly at: number
}

const ASKS = {
  document: { path: '/', headers: { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' } },
  pinned: { path: '/data.txt', headers: { 'holo-pin': '2', 'sec-fetch-dest': 'empty' } },
} as const

export type Clients = {
  readonly seen: Seen[]
  readonly stop: () => Promise<void>
}

/** Starts one client per address, which requests a page and a file in turn, every `everyMs`. */
export function startClients(urls: readonly URL[], everyMs: number, isBusy: boolean): Clients {
  const seen: Seen[] = []
  const agent = new Agent({ keepAlive: true })
  let isStopped = false
  const run = async (url: URL, offsetMs: number) => {
    await sleep(offsetMs)
    for (let i = 0; !isStopped; i++) {
      const kind = i % 2 === 0 ? 'document' : 'pinned'
      const reply = await askOnce(url, kind, agent)
      seen.push({ kind, isBusy, ...reply, at: performance.now() })
      await sleep(everyMs)
    }
  }
  const running = urls.map((url, i) => run(url, (everyMs * i) / urls.length))
  return {
    seen,
    stop: async () => {
      isStopped = true
      await Promise.all(running)
      agent.destroy()
    },
  }
}

async function askOnce(
  url: URL,
  kind: Seen['kind'],
  agent: Agent,
): Promise<Pick<Seen, 'version' | 'isStale'>> {
  const { path, headers } = ASKS[kind]
  const reply = await headOf(url, path, headers, agent, TIMEOUT_MS)
  if (reply.status !== 200) throw new Error(`${path}: ${reply.status}`)
  const version = String(reply.headers['holo-version'])
  const isStale = String(reply.headers['server-timing']).includes('holo-stale')
  return { version, isStale }
}

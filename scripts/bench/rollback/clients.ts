// Clients that go on asking while things change, and note when they were last given an old version:
// pages by new visitors, and files by a tab that is pinned to version 2.

import { Agent, request } from 'node:http'

export type Seen = {
  readonly kind: 'document' | 'pinned'
  readonly isBusy: boolean
  readonly version: string
  readonly isStale: boolean
  /** When the reply had come, by `performance.now`. */
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

/** For each address one client that asks every `everyMs`, for a page and for a file in turn. */
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

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function askOnce(
  url: URL,
  kind: Seen['kind'],
  agent: Agent,
): Promise<Pick<Seen, 'version' | 'isStale'>> {
  return new Promise((resolve, reject) => {
    const { path, headers } = ASKS[kind]
    const sent = request(
      { host: url.hostname, port: url.port, path, headers, agent },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`))
        const version = String(response.headers['holo-version'])
        const isStale = String(response.headers['server-timing']).includes('holo-stale')
        response.resume().once('end', () => resolve({ version, isStale }))
      },
    )
    sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer from ${path}`)))
    sent.once('error', reject)
    sent.end()
  })
}

// Compares Holo with `tabPins` on with the same Holo without: the cost of the script in a page from memory and in
// one of a backend, and that nothing else costs more. Both run on workerd without miniflare.

import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import { startBackend } from '../local/backend-process.ts'
import { type RequestHeaders, send, toGet } from './ask.ts'
import { PAGE } from './backend-paths.ts'
import { buildHolo } from './bare-holo.ts'
import { CONNECTIONS, type Loaded, measureLoad } from './load.ts'
import { comparePairs, type Pair, toTurn } from './pairs.ts'
import type { Comparison, Effort } from './results.ts'
import { makePage, makeScript } from './site.ts'
import { startWorkerd } from './workerd.ts'

const AIM = 0.9
const BACKEND = fileURLToPath(new URL('backend.ts', import.meta.url))
const SCRIPT = '/assets/app-3f9a1c07.js'
const SITE = [
  [SCRIPT, makeScript('app', 14_000)],
  ['/index.html', makePage('site')],
] as const

/** As a browser opens a page that it has been to. */
const VISITOR = { Cookie: 'holo-visitor=AAAAAAAAAAAAAAAAAAAAAA; holo-pin=1.0.0@main' }
const DOCUMENT = { ...VISITOR, 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' }
const CODE = { ...VISITOR, 'Sec-Fetch-Dest': 'script', 'Sec-Fetch-Mode': 'no-cors' }

const CASES: readonly (readonly [string, string, RequestHeaders])[] = [
  ['a page from memory', '/', DOCUMENT],
  ['a page of a backend', PAGE, DOCUMENT],
  ['a script', SCRIPT, CODE],
]

export async function measureTabs(
  { rounds, secondsPerTurn }: Effort,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const backend = await startBackend(BACKEND, 0)
  const services = [{ prefix: '/api/', origins: [backend.origin] }]
  const pinned = await startWorkerd({
    holo: await buildHolo(SITE, services, { document: { tabPins: true } }),
  })
  const plain = await startWorkerd({ holo: await buildHolo(SITE, services) })
  try {
    const pairs: Pair[] = []
    for (const [name, path, headers] of CASES) {
      pairs.push({
        name: `pins per tab, ${name}`,
        unit: 'replies',
        ours: { name: 'on', turn: await prepare(pinned, path, headers, secondsPerTurn) },
        theirs: { name: 'off', turn: await prepare(plain, path, headers, secondsPerTurn) },
        atLeast: AIM,
      })
    }
    return await comparePairs(pairs, rounds, (round) =>
      say(`pins per tab, round ${round} of ${rounds}`),
    )
  } finally {
    await Promise.all([pinned.dispose(), plain.dispose(), backend.stop()])
  }
}

type Server = Awaited<ReturnType<typeof startWorkerd<'holo'>>>

/** A turn on a warm server. */
async function prepare(server: Server, path: string, headers: RequestHeaders, seconds: number) {
  const url = server.urls.holo
  const ms = seconds * 1000
  // With the script, the length of a backend's page is not announced.
  if (path === PAGE) return toTurn(server, () => measurePages(new URL(path, url), headers, ms))
  const request = toGet(url.host, path, headers)
  await send(url, request, 200)
  const { head, body } = await send(url, request, 200)
  return toTurn(server, () =>
    measureLoad({
      url,
      requests: [request],
      expected: { headBytes: [head.length], bodyBytes: body.length },
      until: { ms },
    }),
  )
}

/** As `measureLoad`, for replies of any form. The client does more, so that rates are lower. */
async function measurePages(url: URL, headers: RequestHeaders, ms: number): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const began = performance.now()
  let count = 0
  const client = async () => {
    while (performance.now() - began < ms) {
      const [reply] = (await once(get(url, { agent, headers }), 'response')) as [IncomingMessage]
      const body = await reply.toArray()
      if (reply.statusCode !== 200 || body.length === 0) throw new Error(`no page: ${url}`)
      count++
    }
  }
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, client))
    return { perSecond: (count * 1000) / (performance.now() - began), count }
  } finally {
    agent.destroy()
  }
}

// Compares Holo with a Holo that counts nothing, for files in memory: the cost of counting per request, with
// sums only and with visitors as well, as during a rollout.

import { send, toGet } from './ask.ts'
import { buildHolo } from './bare-holo.ts'
import { measureLoad } from './load.ts'
import { comparePairs, type Pair, toTurn } from './pairs.ts'
import type { Comparison, Effort } from './results.ts'
import { makeScript } from './site.ts'
import { startWorkerd } from './workerd.ts'

const AIM = 0.9
const VISITORS = 500
const SCRIPT = '/assets/app-3f9a1c07.js'
const SITE = [[SCRIPT, makeScript('app', 14_000)]] as const

const USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

const NAMES = { requests: 'sums', visitors: 'sums and visitors' } as const

export async function measureCounting(
  { rounds, secondsPerTurn }: Effort,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const silent = await startWorkerd({ holo: await buildHolo(SITE, [], { counts: 'nothing' }) })
  const servers = [silent]
  try {
    const pairs: Pair[] = []
    for (const counts of ['requests', 'visitors'] as const) {
      const holo = await startWorkerd({ holo: await buildHolo(SITE, [], { counts }) })
      servers.push(holo)
      const [ours, theirs] = await Promise.all([
        prepare(holo, secondsPerTurn),
        prepare(silent, secondsPerTurn),
      ])
      pairs.push({
        name: `counting ${NAMES[counts]}`,
        unit: 'replies',
        ours: { name: 'Holo', turn: ours },
        theirs: { name: 'Holo that counts nothing', turn: theirs },
        atLeast: AIM,
      })
    }
    return await comparePairs(pairs, rounds, (round) =>
      say(`counting, round ${round} of ${rounds}`),
    )
  } finally {
    await Promise.all(servers.map((server) => server.dispose()))
  }
}

type Server = Awaited<ReturnType<typeof startWorkerd<'holo'>>>

/** A turn on a warm server, with visitors that have different cookies and addresses. */
async function prepare(server: Server, seconds: number) {
  const url = server.urls.holo
  const requests = Array.from({ length: VISITORS }, (_, i) =>
    toGet(url.host, SCRIPT, {
      Cookie: `holo-visitor=visitor${String(i).padStart(15, '0')}`,
      'User-Agent': USER_AGENT,
      'CF-Connecting-IP': `8.8.${i >> 8}.${i & 255}`,
    }),
  )
  const [first] = requests
  if (!first) throw new Error('there are visitors')
  await send(url, first, 200)
  const { head, body } = await send(url, first, 200)
  // The number of digits of a bucket varies from one to four.
  const headBytes = [-3, -2, -1, 0, 1, 2, 3].map((more) => head.length + more)
  return toTurn(server, () =>
    measureLoad({
      url,
      requests,
      expected: { status: 200, headBytes, bodyBytes: body.length },
      until: { ms: seconds * 1000 },
    }),
  )
}

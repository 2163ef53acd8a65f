// Compares how long visitors wait for a proxied GET with and without a shadow: one that is well, down, slow, and that
// answers garbage or 100 MB. Holo runs on workerd without miniflare, with the default bounds of a shadow.

import { fileURLToPath } from 'node:url'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { type Backend, startBackend } from '../local/backend-process.ts'
import { send, toGet } from './ask.ts'
import { COPIES, SMALL } from './backend-paths.ts'
import { buildHolo } from './bare-holo.ts'
import { measureLoad } from './load.ts'
import { toHeadBytes } from './proxied.ts'
import { type Effort, type Latency, toLatency } from './results.ts'
import { interleave, type Turn } from './rounds.ts'
import { makeScript } from './site.ts'
import { startWorkerd } from './workerd.ts'

const BACKEND = fileURLToPath(new URL('backend.ts', import.meta.url))
const SHADOW_BACKEND = fileURLToPath(new URL('shadow-backend.ts', import.meta.url))
const SITE = [['/assets/app-3f9a1c07.js', makeScript('app', 14_000)]] as const
/** As many requests as leave the server idle in between: otherwise its times are those of its queue. */
const CONNECTIONS = 2
const PAUSE_MS = 4
/** A turn lasts so many times as long as others: of fewer replies the slowest hundredth is one or two. */
const LONGER = 4
const NEXT = '2.0.0'
/** Nothing listens there. */
const NOBODY = 'http://127.0.0.1:1'

/** What becomes of copies, by how it is called in the results. */
const ILLS = {
  'a shadow that is well': 'fine',
  'a shadow that is down': undefined,
  'a shadow that takes 10 s': 'slow',
  'a shadow that answers garbage': 'garbage',
  'a shadow that answers 100 MB': 'large',
} as const

type Server = Awaited<ReturnType<typeof startWorkerd<'holo'>>>

/** The first result compares Holo without a shadow with itself: the noise. */
export async function measureShadow(
  { rounds, secondsPerTurn }: Effort,
  say: (line: string) => void,
): Promise<Latency[]> {
  const backends: Backend[] = []
  const servers: Server[] = []
  const begin = async (script: string, args: readonly string[] = []) => {
    const backend = await startBackend(script, 0, args)
    backends.push(backend)
    return backend
  }
  const { origin } = await begin(BACKEND)
  const serve = async (shadow?: string) => {
    const services = [{ prefix: '/api/', origins: [origin] }]
    const server = await startWorkerd({
      holo: await buildHolo(
        SITE,
        services,
        shadow === undefined ? {} : { document: toShadowed(shadow) },
      ),
    })
    servers.push(server)
    return toTimes(server, LONGER * secondsPerTurn)
  }
  try {
    const turns: Record<string, Turn<readonly number[]>> = {
      without: await serve(),
      'no shadow either': await serve(),
    }
    for (const [name, how] of Object.entries(ILLS)) {
      const shadow = how ? await begin(SHADOW_BACKEND, ['--how', how]) : undefined
      turns[name] = await serve(shadow?.origin ?? NOBODY)
    }
    const taken = await interleave(turns, rounds, (round) =>
      say(`shadows, round ${round} of ${rounds}`),
    )
    await Promise.all(backends.slice(1).map(confirmCopies))
    const { without = [], ...others } = taken
    const [noise, ...all] = Object.entries(others).map(([name, times]) =>
      toLatency(name, times, without),
    )
    if (!noise) throw new TypeError('turns: at least two are needed')
    return [noise, ...all.map((one) => withAim(one, noise))]
  } finally {
    await Promise.all([
      ...servers.map((one) => one.dispose()),
      ...backends.map((one) => one.stop()),
    ])
  }
}

/** The same version once more, whose services are another backend, gets copies of all requests. */
function toShadowed(origin: string) {
  return ({ environments, versions }: AssignmentsDocument) => {
    const [[version, entry] = []] = Object.entries(versions)
    if (version === undefined || !entry) throw new TypeError('versions: one is needed')
    const services = entry.services?.map((service) => ({ ...service, origins: [origin] }))
    return {
      environments: {
        ...environments,
        main: { version, shadow: { to: 'next', percent: 100 } },
        next: { version: NEXT, restricted: true },
      },
      versions: { ...versions, [NEXT]: { ...entry, services } },
    }
  }
}

/** The aim is that no round's noise is exceeded by the median. */
function withAim(latency: Latency, noise: Latency): Latency {
  const toAim = (name: 'p50' | 'p99') => {
    const atMost = noise[name].ratio.max
    return { ...latency[name], aim: { atMost, met: latency[name].ratio.median <= atMost } }
  }
  return { ...latency, p50: toAim('p50'), p99: toAim('p99') }
}

/** A turn on a warm server: the milliseconds of each reply, all of which have to be the same. */
async function toTimes(server: Server, seconds: number): Promise<Turn<readonly number[]>> {
  const url = server.urls.holo
  const request = toGet(url.host, SMALL)
  await send(url, request)
  const reply = await send(url, request)
  const expected = { headBytes: toHeadBytes(reply), bodyBytes: reply.body.length }
  return async () => {
    const times: number[] = []
    const until = { ms: seconds * 1000 }
    await measureLoad({
      url,
      requests: [request],
      expected,
      until,
      connections: CONNECTIONS,
      pauseMs: PAUSE_MS,
      times,
    })
    return times
  }
}

/** @throws Error if nothing was copied. */
async function confirmCopies({ origin }: Backend): Promise<void> {
  const response = await fetch(new URL(COPIES, origin))
  if (Number(await response.text()) === 0) throw new Error('a shadow got no copies')
}

// What flags cost on workerd without miniflare: a bulk evaluation of 200 flags over OFREP, and a request that uses
// none, compared with the same Holo without flags.

import { send, toGet, toPost } from './ask.ts'
import { buildHolo } from './bare-holo.ts'
import { measureLoad } from './load.ts'
import { manyFlags } from './many-flags.ts'
import { comparePairs, toTurn } from './pairs.ts'
import { type Comparison, type Effort, type Timing, toTiming } from './results.ts'
import { interleave } from './rounds.ts'
import { makeScript } from './site.ts'
import { startWorkerd } from './workerd.ts'

const FLAGS = 200
const AIM_BULK_NS = 2_000_000
const AIM_UNUSED = 0.9
/** More than any turn asks for. */
const MAX_PER_MINUTE = 1_000_000
const BULK = '/ofrep/v1/evaluate/flags'
const SCRIPT = '/assets/app-3f9a1c07.js'
const SITE = [[SCRIPT, makeScript('app', 14_000)]] as const
const CONTEXT = { targetingKey: 'visitor', email: 'anna@team-7.example.com', plan: 'gold' }

export async function measureFlags(
  { rounds, secondsPerTurn }: Effort,
  say: (line: string) => void,
): Promise<{ readonly comparisons: Comparison[]; readonly timings: Timing[] }> {
  const document = { flags: manyFlags(FLAGS), flagSettings: { perMinute: MAX_PER_MINUTE } }
  const flagged = await startWorkerd({ holo: await buildHolo(SITE, [], { document }) })
  const plain = await startWorkerd({ holo: await buildHolo(SITE, []) })
  const ms = secondsPerTurn * 1000
  try {
    const comparisons = await comparePairs(
      [
        {
          name: 'flags, a script that uses none',
          unit: 'replies',
          ours: { name: 'with 200 flags', turn: await prepare(flagged, toScript, ms) },
          theirs: { name: 'without flags', turn: await prepare(plain, toScript, ms) },
          atLeast: AIM_UNUSED,
        },
      ],
      rounds,
      (round) => say(`flags, round ${round} of ${rounds}`),
    )
    const { bulk } = await interleave({ bulk: await prepare(flagged, toBulk, ms) }, rounds)
    const times = bulk.flatMap(({ cpuMicros }) => (cpuMicros ? [cpuMicros * 1000] : []))
    const name = `${FLAGS} flags over OFREP, CPU in workerd`
    return { comparisons, timings: times.length > 0 ? [toTiming(name, times, AIM_BULK_NS)] : [] }
  } finally {
    await Promise.all([flagged.dispose(), plain.dispose()])
  }
}

const toScript = (host: string) => toGet(host, SCRIPT)
const toBulk = (host: string) =>
  toPost(host, BULK, Buffer.from(JSON.stringify({ context: CONTEXT })))

type Server = Awaited<ReturnType<typeof startWorkerd<'holo'>>>

/** A turn on a warm server. */
async function prepare(server: Server, toRequest: (host: string) => Buffer, ms: number) {
  const url = server.urls.holo
  const request = toRequest(url.host)
  await send(url, request)
  const { head, body } = await send(url, request)
  const expected = { headBytes: [head.length], bodyBytes: body.length }
  return toTurn(server, () => measureLoad({ url, requests: [request], expected, until: { ms } }))
}

// Compares Holo's proxy with a Worker that passes everything through, both on workerd without miniflare and with
// the same backend: the cost of Holo for a small reply, for bodies in both directions, and for WebSocket messages.

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Backend, startBackend } from '../local/backend-process.ts'
import { type RawReply, send, toGet, toPost } from './ask.ts'
import { DOWNLOAD, ECHO, LARGE_BYTES, SMALL, UPLOAD, VERIFY } from './backend-paths.ts'
import { buildHolo } from './bare-holo.ts'
import { type Load, measureLoad } from './load.ts'
import { measureMessages, shakeHands } from './messages.ts'
import { comparePairs, type Pair, toTurn } from './pairs.ts'
import type { AimBy, Comparison, Effort, Unit } from './results.ts'
import { makeBytes, makeScript } from './site.ts'
import { readDeployed, WORKERS } from './sources.ts'
import { type BareWorker, startWorkerd } from './workerd.ts'

const AIM = 0.9
/** The platform's features that each exchange needs leave 0.8: docs/bench.md. */
const GET_AIM = 0.75
/** The most that the platform's streams reach in a Worker that does nothing else is 0.84. */
const UPLOAD_AIM = 0.8
const BACKEND = fileURLToPath(new URL('backend.ts', import.meta.url))
/** The version has files as well, where Holo looks first. */
const SITE = [['/assets/app-3f9a1c07.js', makeScript('app', 14_000)]] as const

const LARGE_MB = LARGE_BYTES / 1e6
/** Few, so that the last bodies end at nearly the same time. */
const LARGE_CONNECTIONS = 4
/** The number of bodies in a turn per second. */
const LARGE_PER_SECOND = 40

/** How one kind of traffic is measured. `size` is the number of units of one reply or message. */
type Traffic = {
  readonly name: string
  readonly unit: Unit
  readonly measure: (url: URL) => ReturnType<typeof measureLoad>
  readonly size?: number
  /** `AIM` when left out. */
  readonly atLeast?: number
  readonly aimBy?: AimBy
}

export async function measureProxied(
  effort: Effort,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const backend = await startBackend(BACKEND, 0)
  try {
    return await compare(backend, effort, say)
  } finally {
    await backend.stop()
  }
}

async function compare(
  { origin }: Backend,
  { rounds, secondsPerTurn }: Effort,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const holo = await startWorkerd({
    proxy: await buildHolo(SITE, [{ prefix: '/api/', origins: [origin] }]),
  })
  const plain = await startWorkerd({ proxy: await buildPassThrough(origin) })
  const toSide = (name: string, { urls, readCpuMs }: typeof holo, traffic: Traffic) => ({
    name,
    turn: toTurn({ readCpuMs }, () => traffic.measure(urls.proxy), traffic.size),
  })
  try {
    const traffics = await makeTraffics(holo.urls.proxy, plain.urls.proxy, secondsPerTurn)
    const pairs = traffics.map(
      (traffic): Pair => ({
        name: `bare workerd, ${traffic.name}`,
        unit: traffic.unit,
        ours: toSide("Holo's proxy", holo, traffic),
        theirs: toSide('a pass-through Worker', plain, traffic),
        atLeast: traffic.atLeast ?? AIM,
        ...(traffic.aimBy && { aimBy: traffic.aimBy }),
      }),
    )
    return await comparePairs(pairs, rounds, (round) => say(`proxy, round ${round} of ${rounds}`))
  } finally {
    await Promise.all([holo.dispose(), plain.dispose()])
  }
}

async function makeTraffics(holo: URL, plain: URL, seconds: number): Promise<Traffic[]> {
  const upload = makeBytes('upload', LARGE_BYTES)
  const get = (path: string) => (url: URL) => toGet(url.host, path)
  const post = (path: string) => (url: URL) => toPost(url.host, path, upload)
  // The head of the first reply differs, because the document is not in memory yet.
  await send(holo, get(SMALL)(holo))
  const small = await confirmSame(holo, plain, get(SMALL))
  const large = await confirmSame(holo, plain, get(DOWNLOAD))
  await confirmSame(holo, plain, post(VERIFY))
  const counted = await confirmSame(holo, plain, post(UPLOAD))
  if (String(counted.body) !== String(LARGE_BYTES)) throw new Error('an upload lost some bytes')
  await confirmSameEcho(holo, plain)
  const brief = { until: { ms: seconds * 1000 } }
  const bulky = {
    connections: LARGE_CONNECTIONS,
    until: { replies: Math.max(LARGE_CONNECTIONS, Math.round(seconds * LARGE_PER_SECOND)) },
  }
  return [
    {
      name: 'a proxied GET (1 KiB)',
      unit: 'replies',
      measure: (url) => load(url, get(SMALL)(url), small, brief),
      atLeast: GET_AIM,
      aimBy: 'cpu',
    },
    {
      name: 'downloads (8 MiB)',
      unit: 'MB',
      measure: (url) => load(url, get(DOWNLOAD)(url), large, bulky),
      size: LARGE_MB,
    },
    {
      name: 'uploads (8 MiB)',
      unit: 'MB',
      measure: (url) => load(url, post(UPLOAD)(url), counted, bulky),
      size: LARGE_MB,
      atLeast: UPLOAD_AIM,
      aimBy: 'both',
    },
    {
      name: 'WebSocket, there and back',
      unit: 'messages',
      measure: (url) => measureMessages(url, ECHO, seconds * 1000),
    },
  ]
}

async function buildPassThrough(origin: string): Promise<BareWorker> {
  return {
    modules: {
      'pass-through.js': await readFile(new URL('pass-through.js', WORKERS), 'utf8'),
    },
    bindings: { BACKEND: origin },
    compatibilityDate: readDeployed().compatibilityDate,
  }
}

type Confirmed = { readonly headBytes: readonly number[]; readonly body: Buffer }

/**
 * The body of both replies, and the lengths of their heads.
 *
 * @throws Error unless both replies are the same, except for headers that Holo adds.
 */
async function confirmSame(
  holo: URL,
  plain: URL,
  toRequest: (url: URL) => Buffer,
): Promise<Confirmed> {
  const ours = await send(holo, toRequest(holo))
  const theirs = await send(plain, toRequest(plain))
  confirmSameHead(ours.head, theirs.head)
  if (!ours.body.equals(theirs.body)) throw new Error(`two bodies are not the same:\n${ours.head}`)
  return { headBytes: [...toHeadBytes(ours), theirs.head.length], body: ours.body }
}

/** @throws Error unless both upgrade in the same way, and echo what they are sent. */
async function confirmSameEcho(holo: URL, plain: URL): Promise<void> {
  const ours = await shakeHands(holo, ECHO)
  const theirs = await shakeHands(plain, ECHO)
  confirmSameHead(ours.head, theirs.head)
  if (!ours.echo.equals(theirs.echo)) throw new Error('two echoes are not the same')
}

function confirmSameHead(ours: string, theirs: string): void {
  const toOthers = (head: string) =>
    head
      .split('\r\n')
      .filter((line) => !/^(?:holo-|server-timing:)/i.test(line))
      .sort()
      .join('\r\n')
  if (toOthers(ours) !== toOthers(theirs)) {
    throw new Error(`two heads are not the same:\n${ours}\n\n${theirs}`)
  }
}

/** The lengths of Holo's head, which has the backend's time in milliseconds with one to four digits. */
export function toHeadBytes({ head }: RawReply): number[] {
  const { length } = head.replace(/(holo-origin;dur=)\d+/, '$1')
  return [1, 2, 3, 4].map((digits) => length + digits)
}

function load(
  url: URL,
  request: Buffer,
  { headBytes, body }: Confirmed,
  effort: Pick<Load, 'until' | 'connections'>,
) {
  const expected = { headBytes, bodyBytes: body.length }
  return measureLoad({ url, requests: [request], expected, ...effort })
}

// Compares Holo's files from memory with Workers that return the same replies as constants, all on workerd without
// miniflare: the cost of Holo per request.

import { readFile } from 'node:fs/promises'
import { type RawReply, type RequestHeaders, send, toGet, toHeaders } from './ask.ts'
import { buildHolo } from './bare-holo.ts'
import { measureLoad } from './load.ts'
import { comparePairs, type Pair, toTurn } from './pairs.ts'
import type { Comparison, Effort } from './results.ts'
import { makeBytes, makeScript } from './site.ts'
import { readDeployed, WORKERS } from './sources.ts'
import { type BareWorker, type BareWorkerd, startWorkerd } from './workerd.ts'

const AIM = 0.85

const SCRIPT = '/assets/app-3f9a1c07.js'
const FONT = '/assets/text-8d20be51.woff2'

const SITE = [
  [SCRIPT, makeScript('app', 14_000)],
  [FONT, makeBytes('text', 65_536)],
] as const

/** A request, and Holo's complete reply. */
type Case = {
  readonly name: string
  readonly path: string
  readonly headers: RequestHeaders
  readonly status: 200 | 304
  readonly reply: RawReply
}
type Rival = BareWorkerd<'constant'>

export async function measureWarmAssets(
  { rounds, secondsPerTurn }: Effort,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const holo = await startWorkerd({ holo: await buildHolo(SITE) })
  const rivals: Rival[] = []
  try {
    const pairs: Pair[] = []
    for (const one of await makeCases(holo.urls.holo)) {
      const rival = await startWorkerd({ constant: await buildConstant(one) })
      rivals.push(rival)
      await confirmSame(holo.urls.holo, rival.urls.constant, one)
      const turn = (url: URL, server: { readonly readCpuMs: Rival['readCpuMs'] }) =>
        toTurn(server, () => load(url, one, secondsPerTurn))
      pairs.push({
        name: `bare workerd, ${one.name}`,
        unit: 'replies',
        ours: { name: 'Holo, from memory', turn: turn(holo.urls.holo, holo) },
        theirs: { name: 'a Worker of constants', turn: turn(rival.urls.constant, rival) },
        atLeast: AIM,
        aimBy: 'cpu',
      })
    }
    return await comparePairs(pairs, rounds, (round) =>
      say(`warm assets, round ${round} of ${rounds}`),
    )
  } finally {
    await Promise.all([holo, ...rivals].map((server) => server.dispose()))
  }
}

/** Makes the cases, each with Holo's reply from memory. */
async function makeCases(holo: URL): Promise<Case[]> {
  const askWarm = async (
    name: string,
    path: string,
    headers: RequestHeaders = {},
    status: 200 | 304 = 200,
  ): Promise<Case> => {
    const request = toGet(holo.host, path, headers)
    await send(holo, request, status)
    const reply = await send(holo, request, status)
    if (status === 200 && !reply.head.includes('holo-bytes;desc="memory"')) {
      throw new Error(`${path} did not come from memory:\n${reply.head}`)
    }
    return { name, path, headers, status, reply }
  }
  const brotli = await askWarm('script (Brotli, 10 KiB)', SCRIPT)
  const etag = new Headers(toHeaders(brotli.reply.head)).get('etag') ?? ''
  return [
    brotli,
    await askWarm('script (plain, 14 KiB)', SCRIPT, { 'Accept-Encoding': 'identity' }),
    await askWarm('script (304)', SCRIPT, { 'If-None-Match': etag }, 304),
    await askWarm('font (64 KiB)', FONT),
  ]
}

async function buildConstant({ status, reply }: Case): Promise<BareWorker> {
  return {
    modules: {
      'constant.js': await readFile(new URL('constant.js', WORKERS), 'utf8'),
    },
    bindings: { STATUS: status, HEADERS: toHeaders(reply.head), BODY: reply.body },
    compatibilityDate: readDeployed().compatibilityDate,
  }
}

/** @throws Error unless both answer the same, byte for byte. */
async function confirmSame(holo: URL, constant: URL, one: Case): Promise<void> {
  const request = (url: URL) => toGet(url.host, one.path, one.headers)
  const ours = await send(holo, request(holo), one.status)
  const theirs = await send(constant, request(constant), one.status)
  if (ours.head === theirs.head && ours.body.equals(theirs.body)) return
  throw new Error(`${one.name} is not the same:\n${ours.head}\n\n${theirs.head}`)
}

function load(url: URL, { path, headers, status, reply }: Case, seconds: number) {
  return measureLoad({
    url,
    requests: [toGet(url.host, path, headers)],
    expected: { status, headBytes: [reply.head.length], bodyBytes: reply.body.length },
    until: { ms: seconds * 1000 },
  })
}

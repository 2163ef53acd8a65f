// Compares Holo, with files from memory, from the Cache API and from R2, with Cloudflare's static-asset Worker. Both
// serve the same site, each in its own miniflare with a direct socket. The servers are not alike: Cloudflare's
// knows only one version and reads every file from the disk.

import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { MAX_MEMORY_BLOBS_BYTES } from '../../src/assets/limits.ts'
import { type Edge, startEdge } from '../local/edge.ts'
import { connect } from '../local/publish.ts'
import { ask, toGet } from './ask.ts'
import { type Loaded, measureLoad } from './load.ts'
import { comparePairs, type Pair } from './pairs.ts'
import { ALL_HASHED, SITE_VERSION, toDocument } from './published.ts'
import type { Comparison, Effort } from './results.ts'
import { makeBytes, withSite } from './site.ts'
import { readDeployed } from './sources.ts'

const HOST = '127.0.0.1'
const TOKEN = 'holo-bench-0123456789abcdef0123456789abcdef'
const PEER = "Cloudflare's static-asset Worker"
/** The ratio to reach from memory: at least as fast as the peer. */
const AIM = 1
/**
 * How many of the fonts do not fit into the memory of an isolate, whatever their number: requesting all in order never
 * finds one in memory, even if concurrent requests change their order.
 */
const TOO_MANY_FONTS = 48
/** Of 64 KiB each. */
export const MAX_FONTS = 560
/** Of 683 KiB each; a font of more than 1 MiB is never kept in memory. */
export const MIN_FONTS = 96
/** For each font of a round that comes from R2. Every round needs new ones, because a file comes from R2 only once. */
const FONTS_PER_FRESH = 5.6

const HOT = '/hot.woff2'

type Fonts = {
  readonly library: readonly string[]
  /** Those of a round that come from R2. */
  readonly toFresh: (round: number) => readonly string[]
  readonly bytes: number
}

function toFonts(count: number): Fonts {
  return {
    library: toPaths('library', count),
    toFresh: (round) => toPaths(`fresh-${round}`, Math.round(count / FONTS_PER_FRESH)),
    bytes: Math.floor(MAX_MEMORY_BLOBS_BYTES / (count - TOO_MANY_FONTS)),
  }
}

type Peers = { readonly holo: URL; readonly assets: URL }
type Source = 'memory' | 'cache' | 'r2'

export function measurePeers(
  { rounds, secondsPerTurn, fonts: count }: Effort,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const fonts = toFonts(count)
  const paths = [HOT, ...fonts.library]
  for (let round = 0; round <= rounds; round++) paths.push(...fonts.toFresh(round))
  const files = paths.map((path) => [path, makeBytes(path, fonts.bytes)] as const)
  say(`miniflare: publishing ${files.length} files`)
  return withSite(files, async (folder) => {
    const edge = await startHolo(folder)
    const assets = await startStaticAssets(folder)
    try {
      const peers = { holo: edge.url, assets: assets.url }
      const until = { ms: secondsPerTurn * 1000 }
      return await compare(peers, fonts, rounds, until, (round) =>
        say(`miniflare, round ${round} of ${rounds}`),
      )
    } finally {
      await Promise.all([edge.dispose(), assets.dispose()])
    }
  })
}

async function compare(
  { holo, assets }: Peers,
  { library, toFresh, bytes }: Fonts,
  rounds: number,
  until: { readonly ms: number },
  report: (round: number) => void,
): Promise<Comparison[]> {
  await ask(holo, HOT)
  const warm = await ask(holo, HOT)
  const peer = await ask(assets, HOT)
  if (!warm.body.equals(peer.body)) throw new Error(`${HOT} is not the same`)
  const fromHolo = (source: Source, paths: readonly string[], until: Until) =>
    load(holo, paths, [toHeadBytes(warm.head, source)], bytes, until)
  // The peer sends `CF-Cache-Status: MISS` instead of `HIT` for a file that took long, as the first may have.
  const fromPeer = (paths: readonly string[], until: Until) =>
    load(
      assets,
      paths,
      [-1, 0, 1].map((more) => peer.head.length + more),
      bytes,
      until,
    )
  const once = (paths: readonly string[]) => ({ replies: paths.length })

  // Loads all files from R2 into the Cache API.
  await fromHolo('r2', library, once(library))
  const pairs: Pair[] = [
    {
      name: `miniflare, one font (${Math.round(bytes / 1024)} KiB)`,
      unit: 'replies',
      ours: {
        name: 'Holo, from memory',
        turn: async () => {
          // The other files have displaced it from memory.
          await ask(holo, HOT)
          return fromHolo('memory', [HOT], until)
        },
      },
      theirs: { name: PEER, turn: () => fromPeer([HOT], until) },
      atLeast: AIM,
    },
    {
      name: `miniflare, ${library.length} fonts in turn`,
      unit: 'replies',
      ours: {
        name: 'Holo, from the Cache API',
        turn: () => fromHolo('cache', library, once(library)),
      },
      theirs: { name: PEER, turn: () => fromPeer(library, once(library)) },
    },
    {
      name: `miniflare, ${toFresh(0).length} fonts, each for the first time`,
      unit: 'replies',
      ours: {
        name: 'Holo, from R2',
        turn: (round) => fromHolo('r2', toFresh(round), once(toFresh(round))),
      },
      theirs: { name: PEER, turn: (round) => fromPeer(toFresh(round), once(toFresh(round))) },
    },
  ]
  return comparePairs(pairs, rounds, report)
}

type Until = Parameters<typeof measureLoad>[0]['until']

function load(
  url: URL,
  paths: readonly string[],
  headBytes: readonly number[],
  bodyBytes: number,
  until: Until,
): Promise<Loaded> {
  const requests = paths.map((path) => toGet(url.host, path))
  return measureLoad({ url, requests, expected: { headBytes, bodyBytes }, until })
}

/**
 * The length of the head of a reply from `source`. Heads differ in length only by the name of their source, so a
 * reply from another source ends the measurement.
 */
function toHeadBytes(head: string, source: Source): number {
  if (!head.includes('holo-bytes;desc="memory"')) throw new Error(`not from memory:\n${head}`)
  return head.length - 'memory'.length + source.length
}

function toPaths(directory: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, file) => `/${directory}/${String(file).padStart(3, '0')}.woff2`,
  )
}

async function startHolo(folder: string): Promise<Edge> {
  const variables = { HOLO_ADMIN_TOKEN: TOKEN }
  const edge = await startEdge({ host: HOST, port: 0, direct: true, variables })
  const holo = connect(edge.url, TOKEN)
  const options = { folder, id: SITE_VERSION, services: [], hashedGlobs: ALL_HASHED }
  const { entry } = await holo.publish(options)
  await holo.begin(toDocument(entry))
  return edge
}

async function startStaticAssets(directory: string): Promise<Omit<Edge, 'miniflare'>> {
  const name = 'assets'
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: HOST,
      port: 0,
      cf: false,
      log: new Log(LogLevel.WARN),
      workers: [
        {
          name,
          modules: true,
          // Never called: the files answer all requests.
          script: "export default { fetch: () => new Response('no file', { status: 404 }) }",
          compatibilityDate: readDeployed().compatibilityDate,
          assets: {
            directory,
            binding: 'ASSETS',
            routerConfig: { has_user_worker: false },
            assetConfig: { html_handling: 'auto-trailing-slash', not_found_handling: 'none' },
          },
          unsafeDirectSockets: [{ host: HOST, port: 0 }],
        },
      ],
    }),
  )
  await miniflare.ready
  const url = await miniflare.unsafeGetDirectURL(name)
  return { url, dispose: () => miniflare.dispose() }
}

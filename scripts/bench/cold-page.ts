// Measures how long a browser takes for a whole page (HTML, twelve scripts that it names, one answer of a service) in
// a data centre that has not seen the site, and counts the operations. Each operation on KV, R2 and the control takes
// 50 ms besides. The same blobs are published under two more manifests: one that holds the page alone, so that its
// scripts are warmed behind it, and one that says and holds nothing of pages, as before Holo had that.

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { openManifest } from '../../src/core/site/manifest.ts'
import { toSha256 } from '../../src/publish/content-hash.ts'
import { startBackend } from '../local/backend-process.ts'
import { ask, send, toGet } from './ask.ts'
import { SMALL } from './backend-paths.ts'
import { type Counted, type Stored, startCounted } from './counted.ts'
import { loadStoredSite } from './published.ts'
import { type Effort, type Latency, type Operations, toLatency } from './results.ts'
import { interleave } from './rounds.ts'
import { makePage, makeScript, withSite } from './site.ts'

const BACKEND = fileURLToPath(new URL('backend.ts', import.meta.url))
const DELAY_MS = 50
/** The paths that `makePage` names. */
const CHUNKS = Array.from({ length: 12 }, (_, i) => `/${i}.js`)
/** About 10 KiB as Brotli. */
const CHUNK_BYTES = 14_000
const SITE = [
  ['/index.html', makePage('home')],
  ...CHUNKS.map((path) => [path, makeScript(path, CHUNK_BYTES)] as const),
] as const
const REQUESTS = 1 + CHUNKS.length + 1

/** The round trip between browser and data centre. */
const DISTANCES_MS = [0, 50, 100]

/** The headers of a first visit. */
const NAVIGATION = {
  Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'Sec-Fetch-Site': 'none',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
}

type ColdPages = {
  readonly latencies: readonly Latency[]
  readonly operations: readonly Operations[]
}

export async function measureColdPage(
  { rounds }: Effort,
  say: (line: string) => void,
): Promise<ColdPages> {
  say('cold page: publishing')
  const backend = await startBackend(BACKEND, 0)
  const services = [{ prefix: '/api/', origins: [backend.origin] }]
  const site = await withSite(SITE, (folder) => loadStoredSite(folder, services))
  const servers: Counted[] = []
  const start = async (stored: Stored) => {
    const server = await startCounted(stored, DELAY_MS)
    servers.push(server)
    return server
  }
  try {
    const before = await start(withManifest(site, 'nothing'))
    const ours = {
      'a page': await start(site),
      'a page with large scripts': await start(withManifest(site, 'its page')),
    }
    const pages = Object.entries({ before, ...ours })
    const toName = (name: string, distance: number) =>
      `${name}, cold data centre ${distance} ms away`
    const turns = DISTANCES_MS.flatMap((distance) =>
      pages.map(([name, server]) => [toName(name, distance), () => loadPage(server, distance)]),
    )
    const taken: Readonly<Record<string, readonly number[]>> = await interleave(
      Object.fromEntries(turns),
      rounds,
      (round) => say(`cold page, round ${round} of ${rounds}`),
    )
    const toTimes = (name: string) => (taken[name] ?? []).map((ms) => [ms])
    const latencies = Object.keys(ours).flatMap((name) =>
      DISTANCES_MS.map((distance) => {
        const row = toName(name, distance)
        return toLatency(row, toTimes(row), toTimes(toName('before', distance)))
      }),
    )
    const operations: Operations[] = []
    for (const [name, server] of pages) {
      const row = `${name === 'before' ? 'a page, as before' : name}, cold data centre`
      await server.count(row, 0)
      await loadPage(server, 0)
      // What is read behind the page ends before it is counted.
      await sleep(CHUNKS.length * DELAY_MS)
      operations.push(await server.count(row, REQUESTS))
    }
    return { latencies, operations }
  } finally {
    await Promise.all([...servers.map((one) => one.dispose()), backend.stop()])
  }
}

/** From the click to the last byte, in milliseconds, in a data centre that has seen nothing. */
async function loadPage({ url }: Counted, distanceMs: number): Promise<number> {
  await fetch(new URL('/bench/new-data-centre', url))
  const began = performance.now()
  await sleep(distanceMs)
  await send(url, toGet(url.host, '/', NAVIGATION))
  await sleep(distanceMs)
  await Promise.all([...CHUNKS, SMALL].map((path) => ask(url, path)))
  return performance.now() - began
}

/** The same site under a manifest that lists what pages load and holds its page, or does neither. */
function withManifest({ assignments, objects }: Stored, holds: 'its page' | 'nothing'): Stored {
  const [key = '', bytes = new Uint8Array()] =
    [...objects].find(([name]) => name.startsWith('manifests/')) ?? []
  const opened = openManifest(bytes)
  if (!opened.ok) throw new Error(opened.error)
  const manifest = opened.value
  const page = manifest.find('/index.html')
  const { loads, inline: _, ...config } = manifest.config
  if (!page || !loads) throw new Error('the manifest says nothing of its page')
  const forms = [page, ...page.encodings].map(({ blob }) => blob)
  const inline = [...manifest.inlined()].filter(([blob]) => forms.includes(blob))
  const encoded =
    holds === 'nothing'
      ? encodeManifest([...manifest.entries()], config)
      : encodeManifest([...manifest.entries()], { ...config, loads }, new Map(inline))
  const hash = toSha256(encoded)
  const others = [...objects].filter(([name]) => name !== key)
  return {
    assignments: assignments.replace(key.replace('manifests/', ''), hash),
    objects: new Map([[`manifests/${hash}`, Uint8Array.from(encoded)], ...others]),
  }
}

// Holo's warm asset from memory beside a Worker that returns the same reply as constants, both on
// bare workerd: what Holo adds to a request.

import { readFile } from 'node:fs/promises'
import { bundleWorker } from '../local/bundle.ts'
import { ask, type RawReply, toGet, toHeaders } from './ask.ts'
import { measureLoad } from './load.ts'
import { createMemoryBucket, publishSite } from './published.ts'
import { type Comparison, type Effort, toComparison } from './results.ts'
import { interleave } from './rounds.ts'
import { makeBytes, makeScript, withSite } from './site.ts'
import { ROUTER, readDeployed, WORKERS } from './sources.ts'
import { type BareWorker, startWorkerd } from './workerd.ts'

const AIM = 0.8

const SCRIPT = '/assets/app-3f9a1c07.js'
const FONT = '/assets/text-8d20be51.woff2'

const SITE = [
  [SCRIPT, makeScript('app', 14_000)],
  [FONT, makeBytes('text', 65_536)],
] as const

export async function measureBare(
  { rounds, secondsPerTurn }: Effort,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const holo = await buildHolo()
  const script = await takeWarm(holo, SCRIPT)
  const font = await takeWarm(holo, FONT)
  const { urls, dispose } = await startWorkerd({
    holo,
    script: await buildConstant(script),
    font: await buildConstant(font),
  })
  const load =
    (url: URL, path: string, { head, body }: RawReply) =>
    () =>
      measureLoad({
        url,
        requests: [toGet(url.host, path)],
        expected: { headBytes: [head.length], bodyBytes: body.length },
        until: { ms: secondsPerTurn * 1000 },
      })
  try {
    // Holo's memory is cold again: the first reply says so, and the second must be the constant one.
    await ask(urls.holo, SCRIPT)
    await ask(urls.holo, FONT)
    await confirmSame(urls.holo, urls.script, SCRIPT)
    await confirmSame(urls.holo, urls.font, FONT)
    const measured = await interleave(
      {
        script: load(urls.script, SCRIPT, script),
        holoScript: load(urls.holo, SCRIPT, script),
        font: load(urls.font, FONT, font),
        holoFont: load(urls.holo, FONT, font),
      },
      rounds,
      (round) => say(`bare workerd, round ${round} of ${rounds}`),
    )
    const theirs = 'a Worker of constants'
    const ours = 'Holo, from memory'
    return [
      toComparison(
        'bare workerd, script (Brotli, 10 KiB)',
        { name: ours, perSecond: measured.holoScript },
        { name: theirs, perSecond: measured.script },
        AIM,
      ),
      toComparison(
        'bare workerd, font (64 KiB)',
        { name: ours, perSecond: measured.holoFont },
        { name: theirs, perSecond: measured.font },
        AIM,
      ),
    ]
  } finally {
    await dispose()
  }
}

/** Holo with the site published into its memory. */
async function buildHolo(): Promise<BareWorker> {
  const bucket = createMemoryBucket()
  const assignments = await withSite(SITE, (folder) => publishSite(folder, bucket))
  const { variables, ...compatibility } = readDeployed()
  return {
    modules: {
      'from-memory.js': await readFile(new URL('from-memory.js', WORKERS), 'utf8'),
      'router.js': await bundleWorker(ROUTER),
    },
    bindings: { ...variables, ASSIGNMENTS: assignments, OBJECTS: bucket.toObjects() },
    ...compatibility,
  }
}

/** Holo's reply to `path` from memory. */
async function takeWarm(holo: BareWorker, path: string): Promise<RawReply> {
  const { urls, dispose } = await startWorkerd({ holo })
  try {
    await ask(urls.holo, path)
    const reply = await ask(urls.holo, path)
    if (!reply.head.includes('holo-bytes;desc="memory"')) {
      throw new Error(`${path} did not come from memory:\n${reply.head}`)
    }
    return reply
  } finally {
    await dispose()
  }
}

async function buildConstant({ head, body }: RawReply): Promise<BareWorker> {
  return {
    modules: {
      'constant.js': await readFile(new URL('constant.js', WORKERS), 'utf8'),
    },
    bindings: { HEADERS: toHeaders(head), BODY: body },
    compatibilityDate: readDeployed().compatibilityDate,
  }
}

/** @throws Error unless both answer the same, byte for byte. */
async function confirmSame(holo: URL, constant: URL, path: string): Promise<void> {
  const ours = await ask(holo, path)
  const theirs = await ask(constant, path)
  if (ours.head === theirs.head && ours.body.equals(theirs.body)) return
  throw new Error(`${path} is not the same:\n${ours.head}\n\n${theirs.head}`)
}

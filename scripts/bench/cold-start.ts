// Compares how long a new workerd takes from the start of the process to its first reply: with Holo, whose first
// document is marked as checked or not, with Cloudflare's own static-asset Worker, and with a Worker that only holds
// the file. All run without miniflare and send the same file.

import { readFile } from 'node:fs/promises'
import { send, toGet } from './ask.ts'
import { buildHolo } from './bare-holo.ts'
import { type Comparison, type Effort, type Taken, toComparison } from './results.ts'
import { interleave } from './rounds.ts'
import { makeScript } from './site.ts'
import { readDeployed, WORKERS } from './sources.ts'
import { buildStaticAssets } from './static-assets.ts'
import { type BareWorker, startWorkerd } from './workerd.ts'

const PATH = '/assets/app-3f9a1c07.js'
const SCRIPT = makeScript('app', 14_000)
const SITE = [[PATH, SCRIPT]] as const
/** The static-asset Worker does not encode by itself. */
const AS_IT_IS = { 'Accept-Encoding': 'identity' }
/** How many starts there are in each turn: a single one is short for a clock that counts CPU time in 10 ms. */
const STARTS = 3
/** The ratio to reach: Holo takes less than 1.5 times as long. */
const AIM = 0.67

export async function measureColdStart(
  { rounds }: Effort,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const { compatibilityDate, compatibilityFlags } = readDeployed()
  const workers = {
    assets: await buildStaticAssets(SITE, compatibilityDate),
    empty: {
      modules: { 'constant.js': await readFile(new URL('constant.js', WORKERS), 'utf8') },
      bindings: { STATUS: 200, HEADERS: [], BODY: Buffer.from(SCRIPT) },
      compatibilityDate,
      compatibilityFlags,
    },
    marked: await buildHolo(SITE, [], { isMarked: true, isWhole: true }),
    byHand: await buildHolo(SITE, [], { isWhole: true }),
  }
  const turns = {
    assets: () => measureStarts(workers.assets),
    marked: () => measureStarts(workers.marked),
    empty: () => measureStarts(workers.empty),
    byHand: () => measureStarts(workers.byHand),
  }
  const taken = await interleave<keyof typeof turns, Taken>(turns, rounds, (round) =>
    say(`cold start, round ${round} of ${rounds}`),
  )
  const assets = { name: "Cloudflare's static-asset Worker", turns: taken.assets }
  const empty = { name: 'an empty Worker', turns: taken.empty }
  const ours = [
    ['document marked as checked', { name: 'Holo', turns: taken.marked }, AIM],
    ['document by hand', { name: 'Holo', turns: taken.byHand }, undefined],
  ] as const
  return ours.flatMap(([document, holo, aim]) => {
    const name = `bare workerd, cold start, ${document}`
    return [
      toComparison(name, 'starts', holo, assets, aim),
      toComparison(name, 'starts', holo, empty),
    ]
  })
}

type Started = { readonly tookMs: number; readonly cpuMs: number | undefined }

async function measureStarts(worker: BareWorker): Promise<Taken> {
  const starts: Started[] = []
  while (starts.length < STARTS) starts.push(await startOnce(worker))
  const tookMs = sumOf(starts.map((start) => start.tookMs))
  const cpuMs = sumOf(starts.map((start) => start.cpuMs ?? Number.NaN))
  return {
    perSecond: (1000 * STARTS) / tookMs,
    cpuMicros: Number.isNaN(cpuMs) ? undefined : (1000 * cpuMs) / STARTS,
  }
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

/** From the start of the process to the whole first reply. @throws Error when the reply is another file. */
async function startOnce(worker: BareWorker): Promise<Started> {
  const { urls, startedAt, readCpuMs, dispose } = await startWorkerd({ worker })
  try {
    const { body } = await send(urls.worker, toGet(urls.worker.host, PATH, AS_IT_IS))
    const tookMs = performance.now() - startedAt
    if (!body.equals(Buffer.from(SCRIPT))) throw new Error('the first reply is another file')
    return { tookMs, cpuMs: readCpuMs() }
  } finally {
    await dispose()
  }
}

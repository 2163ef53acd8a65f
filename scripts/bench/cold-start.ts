// Compares how long a new workerd takes from the start of the process to its first reply: with Holo, whose first
// document is marked as checked or not, and with a Worker that only says ok. Both run without miniflare.

import { send, toGet } from './ask.ts'
import { buildHolo } from './bare-holo.ts'
import { comparePairs, type Pair } from './pairs.ts'
import type { Comparison, Effort, Taken } from './results.ts'
import { makeScript } from './site.ts'
import { readDeployed } from './sources.ts'
import { type BareWorker, startWorkerd } from './workerd.ts'

const SCRIPT = '/assets/app-3f9a1c07.js'
const SITE = [[SCRIPT, makeScript('app', 14_000)]] as const

export async function measureColdStart(
  { rounds }: Effort,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const { compatibilityDate, compatibilityFlags } = readDeployed()
  const empty: BareWorker = {
    modules: { 'empty.js': "export default { fetch: () => new Response('ok') }" },
    bindings: {},
    compatibilityDate,
    compatibilityFlags,
  }
  const marked = await buildHolo(SITE, [], { isMarked: true })
  const unmarked = await buildHolo(SITE)
  const toPair = (name: string, ours: BareWorker): Pair => ({
    name: `bare workerd, cold start, ${name}`,
    unit: 'starts',
    ours: { name: 'Holo', turn: () => startOnce(ours) },
    theirs: { name: 'an empty Worker', turn: () => startOnce(empty) },
  })
  const pairs = [toPair('document marked as checked', marked), toPair('document by hand', unmarked)]
  return comparePairs(pairs, rounds, (round) => say(`cold start, round ${round} of ${rounds}`))
}

/** From the start of the process to the whole first reply. */
async function startOnce(worker: BareWorker): Promise<Taken> {
  const began = performance.now()
  const server = await startWorkerd({ worker })
  try {
    await send(server.urls.worker, toGet(server.urls.worker.host, SCRIPT))
    const cpuMs = server.readCpuMs()
    return {
      perSecond: 1000 / (performance.now() - began),
      cpuMicros: cpuMs === undefined ? undefined : cpuMs * 1000,
    }
  } finally {
    await server.dispose()
  }
}

// `npm run bench:rollback`: for how long pages still get the old version after an accepted rollback, and for how
// long open tabs still reach it after a withdrawal. It runs real isolates, with the control at several distances.
// docs/operations.md has the results of a simulation with many more isolates.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Seen, startClients } from './bench/rollback/clients.ts'
import { type Fleet, startFleet } from './bench/rollback/fleet.ts'

const COLOS = 4
const BUSY_EVERY_MS = 25
const QUIET_EVERY_MS = 7000

type Measured = {
  readonly controlMs: number
  /** Seconds, of each rollback. */
  readonly lastDocument: readonly number[]
  readonly lastPinnedOfBusy: readonly number[]
  readonly lastPinned: readonly number[]
  readonly staleDocuments: number
  readonly requests: number
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rollbacks: { type: 'string', default: '3' },
    // How long the control takes to answer, in milliseconds.
    'control-ms': { type: 'string', default: '50,200,400' },
    // Longer than the maximum age of a document, and than the pause of a quiet client.
    seconds: { type: 'string', default: '9' },
  },
})
const rollbacks = Number(values.rollbacks)
if (!Number.isInteger(rollbacks) || rollbacks < 1 || rollbacks > 100) {
  console.error(`--rollbacks takes a whole number from 1 to 100, not "${values.rollbacks}"`)
  process.exit(2)
}

const watchMs = Number(values.seconds) * 1000
if (!(watchMs > 0 && watchMs <= 60_000)) {
  console.error(`--seconds takes a number up to 60, not "${values.seconds}"`)
  process.exit(2)
}

const distancesMs = values['control-ms'].split(',').map(Number)
if (!distancesMs.every((ms) => Number.isInteger(ms) && ms >= 0 && ms <= 1000)) {
  console.error(`--control-ms takes whole numbers to 1000, not "${values['control-ms']}"`)
  process.exit(2)
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const say = (line: string) => process.stderr.write(`${line}\n`)

async function measure(fleet: Fleet, controlMs: number): Promise<Measured> {
  await fleet.moveControl(controlMs)
  const busy = startClients(fleet.busy, BUSY_EVERY_MS, true)
  const quiet = startClients(fleet.quiet, QUIET_EVERY_MS, false)
  const all = () => [...busy.seen, ...quiet.seen]
  const found = { lastDocument: [], lastPinnedOfBusy: [], lastPinned: [] } as {
    lastDocument: number[]
    lastPinnedOfBusy: number[]
    lastPinned: number[]
  }
  for (let i = 0; i < rollbacks; i++) {
    say(`control at ${controlMs} ms: rollback ${i + 1} of ${rollbacks}`)
    const before = await fleet.change('PUT', '/environments/main', { version: '2' })
    await sleep(watchMs)
    await fleet.change('POST', '/rollback', { to: before - 1 })
    found.lastDocument.push(await watch(all, ({ kind }) => kind === 'document'))
    await fleet.change('POST', '/withdraw', { version: '2' })
    const isPinned = ({ kind }: Seen) => kind === 'pinned'
    const pinned = watch(all, isPinned)
    const pinnedOfBusy = watch(all, (seen) => seen.isBusy && isPinned(seen))
    found.lastPinned.push(await pinned)
    found.lastPinnedOfBusy.push(await pinnedOfBusy)
    await fleet.change('POST', '/withdraw', { version: '2', restore: true })
    await sleep(watchMs)
  }
  await Promise.all([busy.stop(), quiet.stop()])
  const staleDocuments = all().filter(({ isStale }) => isStale).length
  return { controlMs, ...found, staleDocuments, requests: all().length }
}

/** Seconds from now until the last of these replies with version 2. */
async function watch(
  all: () => readonly Seen[],
  concerns: (seen: Seen) => boolean,
): Promise<number> {
  const began = performance.now()
  await sleep(watchMs)
  const late = all().filter((seen) => seen.at > began && seen.version === '2' && concerns(seen))
  return Math.max(0, ...late.map(({ at }) => at - began)) / 1000
}

function toLine(seconds: readonly number[]): string {
  const sorted = seconds.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  return `${middle.toFixed(1)} (to ${(sorted.at(-1) ?? 0).toFixed(1)})`.padEnd(20)
}

const dataDir = await mkdtemp(join(tmpdir(), 'holo-rollback-'))
const fleet = await startFleet(COLOS, dataDir)
try {
  const results: Measured[] = []
  for (const ms of distancesMs) results.push(await measure(fleet, ms))
  if (values.json) console.log(JSON.stringify(results, null, 2))
  else {
    console.log('seconds: median (to the longest)\n')
    console.log(
      'control   last page           last file of a      last file of any    pages marked',
    )
    console.log('                              busy pinned tab     pinned tab          stale')
    for (const row of results) {
      const { controlMs, lastDocument, lastPinnedOfBusy, lastPinned, staleDocuments } = row
      const distance = `${controlMs} ms`.padEnd(10)
      const lines = [lastDocument, lastPinnedOfBusy, lastPinned].map(toLine).join('')
      console.log(`${distance}${lines}${staleDocuments}`)
    }
  }
} finally {
  await fleet.dispose()
  await rm(dataDir, { recursive: true, force: true })
}

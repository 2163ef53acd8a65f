// How long after an accepted rollback requests are still decided on the old revision, over many
// isolates, with the control near, far, slow and down, and what the asking costs. docs/operations.md
// shows the same figures.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toMarkdownTable } from '../../scripts/markdown.ts'
import { expectShownInDocs } from '../support/shown-in-docs.ts'
import { type Decided, type FleetOptions, startFleet } from './fleet.ts'
import { installVirtualTime } from './virtual-time.ts'

const ROLLBACKS = 10
const WARM_UP_MS = 60_000
/** KV shows a write after 60 s, keeps what it had for 30, and is read every 30 with 20 % of jitter. */
const KV_BOUND_MS = 60_000 + 30_000 + 36_000
const BUSY_MS = 250
const QUIET_MS = 30_000
/** What is promised while the control answers in time. */
const BOUND_MS = 5000

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

type Run = { readonly lags: readonly Lag[]; readonly decided: readonly Decided[] }
const runs = new Map<string, Run>()

/** Each once: a run takes seconds. */
async function rollBack(control: FleetOptions['control'], withCache = true): Promise<Run> {
  const name = `${control} ${withCache}`
  const run = runs.get(name) ?? (await runRollbacks(control, withCache))
  runs.set(name, run)
  return run
}

type Lag = Decided & { readonly rollback: number; readonly ms: number }

/** Rolls back many times over a fleet half of which is busy; what was still decided on the old. */
async function runRollbacks(control: FleetOptions['control'], withCache: boolean): Promise<Run> {
  const time = installVirtualTime()
  const fleet = await startFleet(time, {
    colos: 6,
    isolatesPerColo: 10,
    requestEveryMs: [BUSY_MS, QUIET_MS],
    control,
    withCache,
    seed: 1,
  })
  await time.runUntil(WARM_UP_MS)
  const lags: Lag[] = []
  for (let rollback = 0; rollback < ROLLBACKS; rollback++) {
    const acceptedAt = time.now()
    const from = fleet.decided.length
    fleet.change()
    await time.runUntil(acceptedAt + (typeof control === 'number' ? 45_000 : KV_BOUND_MS + 10_000))
    for (const request of fleet.decided.slice(from)) {
      if (request.revision < rollback + 2) {
        lags.push({ ...request, rollback, ms: request.at - acceptedAt })
      }
    }
  }
  vi.unstubAllGlobals()
  return { lags, decided: fleet.decided }
}

/** When the last of these was decided, for each rollback: median, p99 and longest, in seconds. */
function toSpread(lags: readonly Lag[]): string {
  const last = Array.from({ length: ROLLBACKS }, (_, rollback) =>
    toLongest(lags.filter((lag) => lag.rollback === rollback)),
  ).sort((a, b) => a - b)
  const at = (share: number) => last[Math.ceil(share * ROLLBACKS) - 1] ?? 0
  return [at(0.5), at(0.99), at(1)].map((ms) => (ms / 1000).toFixed(1)).join(', ')
}

const toLongest = (lags: readonly Lag[]) =>
  lags.reduce((longest, { ms }) => Math.max(longest, ms), 0)
const isUnmarkedDocument = ({ kind, isStale }: Decided) => kind === 'document' && !isStale
const isPinnedOfBusy = ({ kind, everyMs }: Decided) => kind === 'pinned' && everyMs === BUSY_MS

describe.each([true, false])('with the Cache API: %s', (withCache) => {
  it.each([50, 200])(
    'a control that answers in %i ms: no document later than 5 s, and none stale',
    async (ms) => {
      const { lags, decided } = await rollBack(ms, withCache)
      const documents = lags.filter(({ kind }) => kind === 'document')
      expect(documents.length).toBeGreaterThan(ROLLBACKS)
      expect(toLongest(documents)).toBeLessThanOrEqual(BOUND_MS)
      expect(decided.filter(({ isStale }) => isStale)).toEqual([])
      expect(toLongest(lags.filter(isPinnedOfBusy))).toBeLessThanOrEqual(BOUND_MS)
    },
  )

  it('a control that answers in 400 ms: whatever comes later than 5 s is marked as stale', async () => {
    const { lags, decided } = await rollBack(400, withCache)
    const late = lags.filter(({ kind, ms }) => kind === 'document' && ms > BOUND_MS)
    expect(late.length).toBeGreaterThan(0)
    expect(late.every(({ isStale }) => isStale)).toBe(true)
    expect(decided.filter(({ isStale }) => isStale).length).toBeGreaterThanOrEqual(late.length)
  })
})

it.each(['down', 'hanging'] as const)(
  'a control that is %s: within what KV takes, and every document is marked as stale',
  async (control) => {
    const { lags } = await rollBack(control)
    const busy = lags.filter(({ everyMs }) => everyMs === BUSY_MS)
    expect(toLongest(busy)).toBeLessThanOrEqual(KV_BOUND_MS)
    expect(lags.filter(isUnmarkedDocument)).toEqual([])
  },
)

it('takes as long as docs/operations.md says', async () => {
  const rows: string[][] = []
  for (const [control, name] of [
    [50, 'after 50 ms'],
    [200, 'after 200 ms'],
    [400, 'after 400 ms'],
    ['down', 'not at all'],
  ] as const) {
    const { lags, decided } = await rollBack(control)
    const documents = decided.filter(({ kind }) => kind === 'document')
    const stale = documents.filter(({ isStale }) => isStale)
    rows.push([
      name,
      toSpread(lags.filter(isUnmarkedDocument)),
      toSpread(lags.filter(({ kind }) => kind === 'document')),
      `${((100 * stale.length) / documents.length).toFixed(2)} %`,
      toSpread(lags.filter(isPinnedOfBusy)),
      toSpread(lags.filter(({ kind }) => kind === 'pinned')),
    ])
  }
  const head = [
    'the control answers',
    'last document not marked stale',
    'last document',
    'documents marked stale',
    'last pinned request, busy isolates',
    'last pinned request, all isolates',
  ]
  expectShownInDocs('docs/operations.md', 'rollback', toMarkdownTable(head, rows))
}, 120_000)

it('costs as many calls as docs/operations.md says', async () => {
  const rows: string[][] = []
  for (const [site, everyMs] of [
    ['busy: 4 requests a second in each isolate', BUSY_MS],
    ['quiet: one request in 30 s in each isolate', QUIET_MS],
  ] as const) {
    for (const withCache of [true, false]) {
      const time = installVirtualTime()
      const fleet = await startFleet(time, {
        colos: 6,
        isolatesPerColo: 10,
        requestEveryMs: [everyMs],
        control: 50,
        withCache,
        seed: 1,
      })
      await time.runUntil(300_000)
      vi.unstubAllGlobals()
      const { control, kv } = fleet.calls()
      const perMillion = (calls: number) =>
        Math.round((calls / fleet.decided.length) * 1_000_000).toLocaleString('en')
      rows.push([site, withCache ? 'yes' : 'no', perMillion(control), perMillion(kv)])
    }
  }
  const head = ['site', 'Cache API', 'calls of the control', 'reads of KV']
  expectShownInDocs('docs/operations.md', 'calls', toMarkdownTable(head, rows))
}, 120_000)

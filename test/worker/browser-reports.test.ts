// What becomes of reports of browsers in the isolate: which of them the judge gets, which people see alone, and
// that no flood of them spoils a batch.

import { describe, expect, it } from 'vitest'
import {
  MAX_REPORT_BYTES,
  MAX_REPORTS_OF_CLIENT,
  MAX_UNPROVEN_REPORTS,
  ReportLimits,
} from '../../src/beacon/limits.ts'
import { MAX_PROOF_DAYS, Proofs } from '../../src/beacon/proofs.ts'
import { serveReport } from '../../src/beacon/serve.ts'
import { isBatch } from '../../src/core/counting/batch.ts'
import { readOutcomes } from '../../src/core/counting/outcomes.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { readFacts } from '../../src/http/facts.ts'
import { Recorder } from '../../src/metrics/recorder.ts'
import { exampleDocument } from '../support/document.ts'
import { collectedOf, visitorOf } from './metrics-asked.ts'

const NOW = Date.UTC(2026, 10, 27, 12)
const DAY_MS = 86_400_000
const VERSION = '0.0.5'
const PIN = `${VERSION}@canary`

type Sent = {
  readonly visitor?: string
  readonly proof?: string
  readonly address?: string
  readonly pin?: string
  readonly said?: object
  readonly body?: string
  readonly path?: string
  readonly type?: string
}

function setUp(change: Partial<AssignmentsDocument> = {}) {
  const assignments = compileAssignments({
    ...exampleDocument(),
    traffic: { main: 50, canary: 50 },
    browserReports: { script: true, reportingApi: true },
    ...change,
  })
  const recorder = new Recorder({ now: () => NOW, toIsolate: () => 'isolate' })
  recorder.outgoing.collect({ main: collectedOf(), canary: collectedOf() })
  const limits = new ReportLimits()
  const proofs = new Proofs()
  const prove = (visitor: string, version = VERSION, now = NOW) =>
    proofs.make(assignments.salt, { visitor, environment: 'canary', version }, now)
  const send = async ({
    visitor = visitorOf('canary'),
    proof = '',
    address = '8.8.8.8',
    pin = PIN,
    said = { errors: [{ kind: 'error', message: 'cart 17 is gone' }], vitals: { lcp: 2600 } },
    body = JSON.stringify({ pin, proof, ...said }),
    path = '/.holo/beacon',
    type = 'text/plain',
  }: Sent) => {
    const cookie = `__Host-holo-visitor=${visitor}`
    const request = new Request(`https://shop.example.com${path}`, {
      method: 'POST',
      headers: { cookie, 'content-type': type, 'cf-connecting-ip': address },
      body,
    })
    const facts = readFacts(request, 'subresource', {
      visitor: undefined,
      salt: assignments.salt,
      polled: new Set(),
      embeddedCookies: true,
      withAttributes: false,
    })
    if (!facts) throw new Error('no facts')
    return await serveReport({
      ...{ request, facts, assignments, recorder, limits, proofs },
      ...{ requestId: 'request', now: NOW },
    })
  }
  const take = () => {
    const batch = recorder.outgoing.take(NOW)
    if (!batch) return { outcomes: [], totals: {}, vitals: {}, groups: [], lost: 0 }
    recorder.outgoing.arrived(batch, { main: collectedOf(), canary: collectedOf() })
    expect(isBatch(structuredClone(batch))).toBe(true)
    const all = batch.windows.flatMap(({ groups }) => groups)
    return {
      outcomes: all.flatMap(({ kinds, outcomes }) =>
        [...readOutcomes(outcomes)].map(({ kind }) => kinds[kind]?.metric),
      ),
      totals: all[0]?.totals.outcomes ?? {},
      vitals: all[0]?.totals.vitals ?? {},
      groups: batch.errorGroups ?? [],
      lost: batch.lostErrors ?? 0,
    }
  }
  return { send, take, prove }
}

describe('a report with a proof', () => {
  it('is judged once for each visitor, and its errors are grouped by version', async () => {
    const { send, take, prove } = setUp()
    const visitor = visitorOf('canary')
    const proof = await prove(visitor)
    for (let i = 0; i < 3; i++) expect((await send({ visitor, proof })).status).toBe(204)
    const { outcomes, totals, vitals, groups } = take()
    expect(outcomes.sort()).toEqual(['browserErrors', 'lcp', 'reports'])
    expect(Object.keys(vitals)).toEqual(['lcp'])
    expect(vitals.lcp?.reduce((sum, count) => sum + count, 0)).toBe(3)
    expect(totals).toEqual({ reports: 3, browserErrors: 3 })
    const place = { environment: 'canary', version: VERSION }
    expect(groups).toEqual([
      { ...place, kind: 'error', message: 'cart # is gone', frame: '', count: 3 },
    ])
  })

  it('says of chunks and of empty pages as well', async () => {
    const { send, take, prove } = setUp()
    const visitor = visitorOf('canary')
    const errors = [{ kind: 'chunk', message: 'no' }]
    await send({ visitor, proof: await prove(visitor), said: { errors, blank: true } })
    expect(take().outcomes.sort()).toEqual(['blankPages', 'chunkErrors', 'reports'])
  })

  it('is shown alone if browsers of another environment report less', async () => {
    const environments = exampleDocument().environments
    const { main, ...others } = environments
    if (!main) throw new Error('no main')
    const off = { ...main, browserReports: { script: false } }
    const { send, take, prove } = setUp({ environments: { main: off, ...others } })
    const visitor = visitorOf('canary')
    await send({ visitor, proof: await prove(visitor) })
    expect(take()).toMatchObject({ outcomes: [], totals: { browserErrors: 1 } })
  })
})

describe('a report that proves nothing', () => {
  const visitor = visitorOf('canary')
  it.each<[string, (prove: ReturnType<typeof setUp>['prove']) => Promise<string>]>([
    ['without a proof', async () => ''],
    ['with text for a proof', async () => '20784.AAAAAAAAAAAAAAAAAAAAAA'],
    ["with another visitor's proof", (prove) => prove(visitorOf('canary', 500))],
    ["with another version's proof", (prove) => prove(visitor, '0.0.3')],
    ['with an old proof', (prove) => prove(visitor, VERSION, NOW - (MAX_PROOF_DAYS + 1) * DAY_MS)],
    ['with a proof of the future', (prove) => prove(visitor, VERSION, NOW + 2 * DAY_MS)],
  ])('%s is shown and never judged', async (_, toProof) => {
    const { send, take, prove } = setUp()
    expect((await send({ visitor, proof: await toProof(prove) })).status).toBe(204)
    const { outcomes, totals, groups } = take()
    expect(outcomes).toEqual([])
    expect(totals).toEqual({ 'reports.unproven': 1, 'browserErrors.unproven': 1 })
    expect(groups).toHaveLength(1)
  })

  it('is that of a visitor whose bucket belongs to another version by now', async () => {
    const { send, take, prove } = setUp()
    const moved = visitorOf('main')
    await send({ visitor: moved, proof: await prove(moved) })
    expect(take()).toMatchObject({ outcomes: [], totals: {} })
  })

  it('is every one of the Reporting API', async () => {
    const { send, take } = setUp()
    const url = 'https://shop.example.com/cart'
    const body = JSON.stringify([{ type: 'crash', url, body: { reason: 'oom' } }])
    const path = `/.holo/reports/${PIN}`
    await send({ path, body, type: 'application/reports+json' })
    const { outcomes, groups } = take()
    expect(outcomes).toEqual([])
    expect(groups).toMatchObject([{ version: VERSION, kind: 'crash', message: 'oom', count: 1 }])
  })

  it('is not even shown for a version that this visitor must not see', async () => {
    const { send, take } = setUp()
    for (const pin of ['9.9.9@canary', `${VERSION}@nowhere`, VERSION, '']) await send({ pin })
    expect(take().groups).toEqual([])
  })
})

describe('a flood', () => {
  it('of one address is not read any more, and what was lost is counted', async () => {
    const { send, take } = setUp()
    for (let i = 0; i < MAX_REPORTS_OF_CLIENT + 5; i++) expect((await send({})).status).toBe(204)
    const { totals, lost } = take()
    expect(totals).toMatchObject({ 'reports.unproven': MAX_REPORTS_OF_CLIENT })
    expect(lost).toBe(5)
  })

  it('without proofs leaves room for reports with one', async () => {
    const { send, take, prove } = setUp()
    for (let i = 0; i < MAX_UNPROVEN_REPORTS + 10; i++) {
      const errors = [{ kind: 'error', message: `forged by ${'x'.repeat(i % 39)}` }]
      await send({ address: `9.9.${i >> 8}.${i & 255}`, said: { errors } })
    }
    const visitor = visitorOf('canary')
    await send({ visitor, proof: await prove(visitor) })
    const { outcomes, totals, groups } = take()
    expect(outcomes).toContain('browserErrors')
    expect(totals).toMatchObject({ 'reports.unproven': MAX_UNPROVEN_REPORTS, browserErrors: 1 })
    expect(groups.at(-1)).toMatchObject({ message: 'cart # is gone' })
  })

  it('of large bodies is refused', async () => {
    const { send } = setUp()
    expect((await send({ body: 'x'.repeat(MAX_REPORT_BYTES + 1) })).status).toBe(413)
  })
})

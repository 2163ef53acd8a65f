// What a visitor gets when something behind the Worker fails: every fault, in an isolate that is warm,
// in a new one of a data centre that knows the site, and in a new one of a data centre that does not.
// docs/operations.md shows the outcome.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toMarkdownTable } from '../../scripts/markdown.ts'
import type { Answer } from '../support/http-client.ts'
import { expectShownInDocs } from '../support/shown-in-docs.ts'
import {
  type Faults,
  type FaultyEdge,
  KINDS,
  STALE_AFTER_MS,
  startFaultyEdge,
} from './faulty-edge.ts'

const FAULTS: readonly [name: string, faults: Faults][] = [
  ['nothing fails', {}],
  ...['throws', 'hangs', 'has nothing', 'has garbage', 'has an older revision'].map(
    (fault): [string, Faults] => [`KV ${fault}`, { kv: fault }],
  ),
  ...['throws', 'hangs', 'is overloaded', 'answers garbage', 'answers an older revision'].map(
    (fault): [string, Faults] => [`the control ${fault}`, { control: fault }],
  ),
  ...['throws', 'hangs'].flatMap((fault): [string, Faults][] => [
    [`R2 ${fault}`, { r2: fault }],
    [`the Cache API ${fault}`, { cache: fault }],
    [`KV and the control: each ${fault}`, { kv: fault, control: fault }],
    [
      `KV, control, R2 and Cache API: each ${fault}`,
      { kv: fault, control: fault, r2: fault, cache: fault },
    ],
  ]),
]

const SITUATIONS = ['warm isolate', 'new isolate, warm data centre', 'new isolate and data centre']

let edge: FaultyEdge
const outcomes: string[][] = []

beforeAll(async () => {
  edge = await startFaultyEdge()
})
afterAll(() => edge?.stop())

const askAll = (): Promise<Answer[]> => Promise.all(KINDS.map((kind) => edge.ask(kind)))

/** An outcome in few words. What a visitor must never get fails the test. */
function toOutcome({ status, headers, body }: Answer): string {
  expect([200, 503]).toContain(status)
  if (status === 503) {
    expect(headers['retry-after']).toBeDefined()
    expect(headers['cache-control']).toBe('no-store')
    return `503 ${JSON.parse(body).code}`
  }
  expect(headers['holo-version']).toBe('1')
  return String(headers['server-timing']).includes('holo-stale') ? 'served, stale' : 'served'
}

/** `document; asset; API call`, or one word for all three. */
function toCell(answers: readonly Answer[]): string {
  const all = answers.map(toOutcome)
  return new Set(all).size === 1 ? (all[0] ?? '') : all.join('; ')
}

const age = () => new Promise((resolve) => setTimeout(resolve, STALE_AFTER_MS * 3))

describe.each(FAULTS)('%s', (name, faults) => {
  it('leaves everybody on the right version, or says 503', async () => {
    const colo = `colo-${outcomes.length}`
    await edge.breakDown({})
    await edge.startIsolate(colo)
    await askAll()
    // What is kept behind the replies is kept by then.
    await age()
    await edge.breakDown(faults)
    const warm = await askAll()
    await edge.startIsolate(colo)
    const cold = await askAll()
    await edge.startIsolate(`new-${colo}`)
    const coldest = await askAll()
    outcomes.push([name, ...[warm, cold, coldest].map(toCell)])
    for (const { status } of warm) expect(status).toBe(200)
  })
})

it('ends as docs/operations.md says', () => {
  const head = ['fault', ...SITUATIONS]
  expectShownInDocs('docs/operations.md', 'faults', toMarkdownTable(head, outcomes))
})

it('lets no request of a warm isolate fail, of ten thousand, whatever fails at a time', async () => {
  await edge.breakDown({})
  await edge.startIsolate('warm')
  await askAll()
  let asked = 0
  for (const [, faults] of FAULTS) {
    await edge.breakDown(faults)
    for (let i = 0; i < 10_000 / FAULTS.length / 30; i++) {
      const answers = await Promise.all(Array.from({ length: 10 }, askAll))
      asked += answers.flat().length
      for (const { status, headers } of answers.flat()) {
        expect(status).toBe(200)
        expect(headers['holo-version']).toBe('1')
      }
    }
  }
  expect(asked).toBeGreaterThanOrEqual(10_000)
}, 120_000)

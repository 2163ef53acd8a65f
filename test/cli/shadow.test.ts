// What `holo shadow report` says, from replies of the API. test/edge/shadow.test.ts asks a real Holo.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holo } from '../support/cli.ts'

const COUNTS = { copied: 30, skipped: 2, compared: 30, differing: 30, baselines: 3, noisy: 1 }
const LOAD = { repeated: 0, failed: 0, baseFailed: 0, late: 0, baseLate: 0 }
const SUMS = { ...COUNTS, ...LOAD, rate: 0.6667, baseMs: 34, shadowMs: 41 }
const EXAMPLE = { at: Date.UTC(2026, 10, 27), request: '9c1f03d2', base: '49.5', shadow: '4950' }
const DIFFERENCE = { kind: 'json', count: 2, noise: 0, rate: 0.063, isNoise: false }
const PAIR = {
  from: 'main',
  base: '1.4.0',
  to: 'next',
  shadow: '1.5.0',
  since: Date.UTC(2026, 10, 26),
  lastAt: Date.UTC(2026, 10, 27),
  ...SUMS,
  lost: 1,
  routes: [
    {
      service: '/api/',
      route: 'GET /api/items/:id',
      ...SUMS,
      differences: [
        { ...DIFFERENCE, place: 'items[].price', examples: [EXAMPLE] },
        { ...DIFFERENCE, place: 'served', isNoise: true, rate: 0, examples: [] },
      ],
    },
    { service: '/api/', route: 'GET /api/same', ...SUMS, baseMs: null, differences: [] },
  ],
}
const REPLIES: Readonly<Record<string, object>> = {
  '/shadow': { shadows: [PAIR] },
  '/shadow?environment=main&limit=5': { shadows: [] },
}

let server: Server
let env: Record<string, string>

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    const reply = REPLIES[url.replace('/.holo/api', '')]
    response.writeHead(reply ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(reply ?? { code: 'not_found', title: url, status: 404 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  env = { HOLO_URL: `http://127.0.0.1:${port}`, HOLO_TOKEN: 'x'.repeat(40) }
})
afterAll(() => server.close())

describe('holo shadow report', () => {
  it('says what differs, with an example, and leaves out the noise', async () => {
    const { code, stdout } = await holo(['shadow', 'report'], { env, columns: 200 })
    expect(code).toBe(0)
    expect(stdout).toContain('main (1.4.0) → next (1.5.0)')
    expect(stdout).toContain('30 copies, 66.7 % of 30 compared differ; 34 ms, shadow 41 ms')
    expect(stdout).toContain('the base differs from itself in 1 of 3')
    expect(stdout).toContain('2 copies not sent for lack of budget')
    expect(stdout).toContain('json items[].price: 6.3 %\n      49.5 → 4950  (request 9c1f03d2)')
    expect(stdout).not.toContain('served')
    expect(stdout).not.toContain('/api/same')
  })

  it('shows the noise where it is asked for', async () => {
    const { stdout } = await holo(['shadow', 'report', '--noise'], { env, columns: 200 })
    expect(stdout).toContain('json served: 2 times, as often as the base from itself')
  })

  it('says so where nothing is known', async () => {
    const { code, stdout } = await holo(['shadow', 'report', 'main', '--limit', '5'], {
      env,
      columns: 200,
    })
    expect(code).toBe(0)
    expect(stdout).toContain('Nothing is known of a shadow of main')
  })
})

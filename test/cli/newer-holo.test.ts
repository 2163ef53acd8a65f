// The command of today and a Holo of tomorrow: what it does not know is left out or shown as it is, and
// nothing is refused because of it.

import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holo } from '../support/cli.ts'

const later = { addedLater: { by: ['a newer Holo'] } }

const REPLIES: Readonly<Record<string, readonly [status: number, body: object]>> = {
  'GET /whoami': [200, { actor: 'ci', kind: 'passkey', scopes: ['read', 'preview'], ...later }],
  'GET /versions': [
    200,
    {
      revision: 7,
      versions: [
        {
          ...{ id: '1.0.0', manifest: 'a'.repeat(64), open: false, withdrawn: false },
          openIn: { main: 'flag' },
          environments: ['main'],
          services: [
            {
              prefix: '/api/',
              origins: ['https://api.example.com'],
              timeoutMs: 10_000_000,
              region: 'eu',
              probe: { path: '/health', intervalMs: 1, ...later },
            },
          ],
          retained: { why: 'legal-hold', ...later },
          ...later,
        },
      ],
      ...later,
    },
  ],
  'GET /tokens': [
    200,
    {
      tokens: [
        {
          ...{ id: '0123456789abcdef', name: 'ci', scopes: ['preview'], createdAt: 1 },
          createdBy: 'somebody',
          ...later,
        },
      ],
    },
  ],
  'GET /flags': [
    200,
    {
      ...{ revision: 7, $evaluators: {}, metadata: {} },
      flags: { dark: { state: 'ENABLED', variants: { on: true }, ...later } },
    },
  ],
  'GET /audit': [
    429,
    { code: 'quota_used_up', title: 'No more today.', detail: 'Come back at 8.' },
  ],
}

let server: Server
let env: Record<string, string>

beforeAll(async () => {
  server = createServer(({ method, url = '' }, response) => {
    const path = new URL(url, 'http://holo.example').pathname.replace('/.holo/api', '')
    const [status, body] = REPLIES[`${method} ${path}`] ?? [404, { code: 'not_found', title: '' }]
    response.writeHead(status, {
      'content-type': status === 200 ? 'application/json' : 'application/problem+json',
    })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  env = { HOLO_URL: `http://127.0.0.1:${port}`, HOLO_TOKEN: 'x'.repeat(40) }
})
afterAll(() => void server?.close())

it('lists flags of an older Holo, which does not count evaluations', async () => {
  const listed = await holo(['flags', 'list'], { env })
  expect([listed.code, listed.stderr]).toEqual([0, ''])
  expect(listed.stdout).toMatch(/dark +on/)
  expect(listed.stdout).toContain('does not count evaluations')
})

describe('a reply of a newer Holo', () => {
  it('with words that the command does not know shows them', async () => {
    const who = await holo(['whoami'], { env })
    expect([who.code, who.stderr]).toEqual([0, ''])
    expect(who.stdout).toContain('ci  (passkey)')
    expect(who.stdout).toContain('scopes: read, preview')
    const tokens = await holo(['token', 'list'], { env })
    expect([tokens.code, tokens.stderr]).toEqual([0, ''])
    expect(tokens.stdout).toContain('preview')
  })

  it('with fields that the command does not know is printed without them', async () => {
    const { code, json } = await holo(['versions', '--json'], { env })
    expect(code).toBe(0)
    expect(JSON.stringify(json)).not.toContain('addedLater')
    expect(json?.versions).toMatchObject([
      { id: '1.0.0', openIn: { main: 'flag' }, services: [{ timeoutMs: 10_000_000 }] },
    ])
  })

  it('that is a problem which the command does not know is shown in its own words', async () => {
    const { code, stderr } = await holo(['log'], { env })
    expect(code).toBe(1)
    expect(stderr).toContain('No more today. Come back at 8.')
    const { json } = await holo(['log', '--json'], { env })
    expect(json?.error).toMatchObject({ code: 'quota_used_up' })
  })
})

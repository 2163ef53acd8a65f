// What `holo errors` says, from replies of the API: new ones first and marked, where they are in the source, and
// why that is not known. test/api/errors.test.ts asks a real Holo.

import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holo } from '../support/cli.ts'

const ID = '9c1f03d27a5e8b46'
const ERROR = {
  id: ID,
  version: '1.4.0',
  kind: 'error',
  message: 'total is undefined',
  frame: '/assets/app-3f9c1478.js:1:20',
  new: true,
  count: 1204,
  lastHour: 38,
  lastDay: 400,
  environments: { main: 1000, canary: 204 },
  firstAt: Date.UTC(2026, 10, 26),
  lastAt: Date.UTC(2026, 10, 27, 12),
}
const RAW = `sum@${ERROR.frame}`
const RESOLVED = { raw: RAW, source: 'src/cart.ts', line: 41, column: 7, name: 'sum' }
const OLDER = { ...ERROR, id: '0'.repeat(16), new: false, kind: 'panic', message: '', frame: '' }

const REPLIES: Readonly<Record<string, object>> = {
  '/errors?resolve=true': {
    errors: [{ ...ERROR, resolved: RESOLVED, later: true }, OLDER],
    found: 7,
    lost: 3,
  },
  '/errors?version=1.4.0&environment=main&new=true&limit=5&resolve=true': {
    ...{ errors: [], found: 0, lost: 0 },
  },
  [`/errors/${ID}`]: {
    ...ERROR,
    stack: [
      RESOLVED,
      { raw: 'pay@/vendor.js:1:1', why: 'no-map' },
      { raw: 'x@/vendor.js:1:2', why: 'no-map' },
      { raw: 'y@/z.js:1:2', why: 'of tomorrow' },
    ],
  },
  '/errors?version=abcdef0123456789&resolve=true': { errors: [OLDER], found: 1, lost: 0 },
}

let server: Server
let env: Record<string, string>

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    const reply = REPLIES[url.replace('/.holo/api', '')]
    response.writeHead(reply ? 200 : 404, {
      'content-type': reply ? 'application/json' : 'application/problem+json',
    })
    response.end(
      JSON.stringify(reply ?? { code: 'not_found', title: 'There is none.', status: 404 }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  env = { HOLO_URL: `http://127.0.0.1:${port}`, HOLO_TOKEN: 'x'.repeat(40) }
})
afterAll(() => void server?.close())

const run = (...args: string[]) => holo(['errors', ...args], { env, columns: 200 })

describe('holo errors', () => {
  it('lists new ones first and marked, with their counts and places in the source', async () => {
    const { stdout, stderr, code } = await run()
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toEqual([
      '7 errors, 1 new',
      '',
      'NEW  total is undefined',
      `  at sum src/cart.ts:41:7  (${RAW})`,
      '  error in 1.4.0: 38 in the last hour, 400 in the last day, 1204 in all (main 1000, canary 204)',
      `  ${ID}, last 2026-11-27 12:00:00Z`,
      '',
      'panic',
      '  panic in 1.4.0: 38 in the last hour, 400 in the last day, 1204 in all (main 1000, canary 204)',
      `  ${OLDER.id}, last 2026-11-27 12:00:00Z`,
      '',
      '5 more: add --limit 7',
      '3 reports not kept, because there were too many',
      `The stack of one: holo errors ${ID}`,
      '',
    ])
  })

  it('shows the stack of one, and says once why some of its frames are not of the source', async () => {
    const { stdout, code } = await run(ID)
    expect(code).toBe(0)
    expect(stdout).toContain(`  at sum src/cart.ts:41:7  (${RAW})\n  at pay@/vendor.js:1:1\n`)
    expect(stdout.match(/has no source map/g)).toHaveLength(1)
    expect((await run(ID, '--json')).json).toMatchObject({
      ...{ errors: [{ id: ID, new: true, resolved: RESOLVED }], found: 1 },
      stack: [RESOLVED, { why: 'no-map' }, {}, { why: 'of tomorrow' }],
    })
  })

  it('takes what is no error for a version, also when it looks like the id of one', async () => {
    const { stdout, code } = await run('abcdef0123456789')
    expect(code).toBe(0)
    expect(stdout).toContain('1 error of abcdef0123456789, 0 new')
  })

  it('asks for what is wanted, and says what it means that there is none', async () => {
    const { stdout, code } = await run(
      ...['1.4.0', '--new', '--environment', 'main', '--limit', '5'],
    )
    expect(code).toBe(0)
    expect(stdout).toContain('No new errors of 1.4.0 in main have been reported')
    expect(stdout).toContain('only where reports are switched on')
  })

  it.each([[['--limit', '0']], [['--limit', '101']], [['--environment', 'Main']], [['no spaces']]])(
    'refuses %j',
    async (args) => {
      expect((await run(...args)).code).toBe(2)
    },
  )
})

// `holo shadow ramp` on a real Holo with real servers. The backend takes a known share of the visitors' requests at
// once and answers 503 to the rest. It counts requests and not seconds, so that a slow machine changes nothing.

import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { startEdge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import type { ShadowDocument } from '../../src/document/shadow.ts'
import { soakOutput } from '../../src/wire/soak.ts'
import { holo } from '../support/cli.ts'
import { ask } from '../support/http-client.ts'
import { publishVersion } from '../support/published.ts'

const TOKEN = 'holo-soak-0123456789abcdef0123456789abcdef'
/** On a machine that has little time for it, each step is made up to ten times. */
const PATIENT = { timeout: 300_000 }
/** Copies for each request of a visitor that the backend bears. */
const CAPACITY = 0.8
/** So many at once above it are borne. */
const BURST = 10
const SHADOW: ShadowDocument = {
  ...{ to: 'next', percent: 1, by: 'request', perSecond: 7, timeoutMs: 400 },
}

let edge: Awaited<ReturnType<typeof startEdge>>
const servers: Server[] = []
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
let left = BURST
/** That the backend got since the soak began. */
let copies = 0

async function startServer(answer: (request: IncomingMessage) => number): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(answer(request), { 'content-type': 'text/plain' }).end('the same')
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    direct: true,
    variables: {
      ALLOW_INSECURE_ORIGINS: 'true',
      HOLO_ADMIN_TOKEN: TOKEN,
      CONTROL_REFRESH_MS: '100',
      STALE_AFTER_MS: '200',
      COUNTS_FLUSH_MS: '200',
    },
  })
  const origins = {
    v1: await startServer(({ headers }) => {
      if (headers['holo-shadow'] === undefined) left = Math.min(BURST, left + CAPACITY)
      return 200
    }),
    v2: await startServer(() => {
      copies += 1
      if (left < 1) return 503
      left -= 1
      return 200
    }),
  }
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const versions: AssignmentsDocument['versions'] = {}
  for (const [id, origin] of Object.entries(origins)) {
    const page = { body: `<h1>${id}</h1>`, type: 'text/html; charset=utf-8' }
    const { manifest } = await publishVersion({ put: (key, value) => bucket.put(key, value) }, id, {
      '/index.html': page,
    })
    versions[id] = { manifest, services: [{ prefix: '/api/', origins: [origin] }] }
  }
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'soaked',
    environments: {
      main: { version: 'v1', shadow: SHADOW },
      next: { version: 'v2', restricted: true },
    },
    traffic: { main: 100 },
    versions,
  }
  await call('PUT', document)
})
afterAll(async () => {
  agent.destroy()
  await edge.dispose()
  for (const server of servers) server.close()
})

async function call(method: string, json?: unknown, path = '/assignments') {
  const { status, body } = await ask(edge.url, `/.holo/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(json === undefined ? {} : { 'content-type': 'application/json', 'if-match': '"0"' }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  if (status >= 300) throw new Error(body)
  return JSON.parse(body)
}

/** The status of one reply to a visitor. */
function visit(): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = edge.url
    const headers = { 'user-agent': 'Firefox' }
    get({ hostname, port, path: '/api/items', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    }).on('error', reject)
  })
}

describe('holo shadow ramp', () => {
  it(
    'finds within 10 % the load above which a backend fails, and puts the shadow back',
    PATIENT,
    async () => {
      copies = 0
      const over = new AbortController()
      const statuses = new Set<number | undefined>()
      const visitors = Array.from({ length: 4 }, async () => {
        while (!over.signal.aborted) {
          statuses.add(await visit())
          await sleep(4)
        }
      })
      const args = ['--first', '75', '--step-seconds', '2', '--settle-seconds', '1', '--yes']
      const env = { HOLO_URL: edge.url.href, HOLO_TOKEN: TOKEN }
      const ran = await holo(['shadow', 'ramp', 'main', ...args, '--json'], { env })
      over.abort()
      await Promise.all(visitors)
      expect(ran.code, ran.stdout + ran.stderr).toBe(0)
      const { soak, restored } = z.object(soakOutput.shape).parse(ran.json)
      expect(soak.outcome, ran.stdout).toBe('suffers')
      expect(Math.abs((soak.found?.percent ?? 0) / 100 / CAPACITY - 1), ran.stdout).toBeLessThan(
        0.1,
      )
      // Nearly all copies are those of the steps; the rest are those of the shadow before and after.
      const sent = soak.steps.reduce((sum, { copied, repeated }) => sum + copied + repeated, 0)
      expect(sent).toBeLessThanOrEqual(copies)
      expect(sent).toBeGreaterThan(copies * 0.95)
      // No visitor got another answer.
      expect([...statuses]).toEqual([200])
      expect(restored).toBe(true)
      expect((await call('GET')).environments.main.shadow).toEqual(SHADOW)
      const { soaks } = await call('GET', undefined, '/shadow/soaks')
      expect(soaks).toEqual([{ ...soak, toldAt: expect.any(Number) }])
    },
  )
})

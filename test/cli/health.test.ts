// `holo status` shows how services are that have a probe, as the control finds them.

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { COUNTING_FORM } from '../../src/core/counting/batch.ts'
import { toDistinctDay } from '../../src/core/counting/distinct.ts'
import { FIRST_BYTE_COUNTS, toFirstByteInterval } from '../../src/core/counting/first-byte.ts'
import { toWindow } from '../../src/core/counting/limits.ts'
import { toGroup } from '../core/counting/groups.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { closedOrigin } from '../support/backend.ts'
import { holo } from '../support/cli.ts'

let folder: string
let edge: AdminEdge

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-health-'))
  edge = await startAdminEdge()
})
afterAll(async () => {
  await edge?.stop()
  await rm(folder, { recursive: true, force: true })
})

const status = (...more: string[]) =>
  holo(['status', ...more], {
    cwd: folder,
    env: { HOLO_URL: edge.url.origin, HOLO_TOKEN: FIRST_TOKEN },
  })

async function setServices(services: object[]): Promise<void> {
  const { json } = await status('--json')
  const { status: code, body } = await edge.call('PUT', '/.holo/api/versions/v1/services', {
    token: FIRST_TOKEN,
    headers: { 'if-match': `"${json?.revision}"` },
    json: { services },
  })
  if (code !== 200) throw new Error(String(body))
}

it('says nothing of services that have no probe', async () => {
  const { stdout } = await status()
  expect(stdout).not.toContain('health')
  expect((await status('--json')).json?.services).toEqual([])
})

it('shows the figures of the last five minutes once something was counted', async () => {
  expect((await status('--json')).json?.figures).toEqual([])
  const now = Date.now()
  const firstByte = new Array<number>(FIRST_BYTE_COUNTS).fill(0)
  firstByte[toFirstByteInterval(3)] = 30
  firstByte[toFirstByteInterval(700)] = 10
  const seen = { names: ['anna', 'ben', 'carla'], day: toDistinctDay(now) }
  const totals = { requests: 50, judged: 40, failed: 2, firstByte }
  const windows = [{ window: toWindow(now), groups: [toGroup({ totals, seen })] }]
  const batch = { form: COUNTING_FORM, isolate: 'test', sequence: 1, windows, dropped: 0 }
  await edge.control.sync({ held: undefined, kv: undefined, batch })
  await edge.control.setClockAhead(60_000)
  expect((await status('--json')).json?.figures).toEqual([
    {
      environment: 'main',
      visitors: 3,
      requests: 50,
      failedPercent: 5,
      p50: { kind: 'below', ms: 5 },
      p95: { kind: 'about', ms: expect.any(Number) },
    },
  ])
  expect((await status()).stdout).toMatch(/^main +3 +50 +5 % +< 5 ms +6\d\d ms/m)
  await edge.control.setClockAhead(0)
})

it('says how a service is, and why', async () => {
  await setServices([
    { prefix: '/api/', origins: [await closedOrigin()], probe: { path: '/health' } },
  ])
  await expect
    .poll(async () => (await status('--json')).json?.services, { timeout: 20_000 })
    .toMatchObject([
      { environment: 'main', prefix: '/api/', state: 'Degraded', since: expect.any(Number) },
    ])
  expect((await status()).stdout).toMatch(/^main \/api\/ +Degraded +\d{4}-.+Z +http:/m)
})

it('shows states and parts that only a newer Holo knows as they are', async () => {
  const alter = (path: string, text: string) => {
    if (path.endsWith('/health/services')) {
      return text.replaceAll(/"state":"\w+"/g, '"state":"Sleepy","mood":{}')
    }
    return path.endsWith('/health')
      ? text.replace('"fill":[', '"mood":1,"fill":[{"part":"dreams","used":9,"limit":10,"of":2},')
      : text
  }
  const newer = createServer(async ({ url = '/', headers }, response) => {
    const { authorization = '' } = headers
    const reply = await fetch(new URL(url, edge.url), { headers: { authorization } })
    response.setHeader('content-type', 'application/json')
    response.end(alter(url.replace(/\?.*/, ''), await reply.text()))
  })
  await new Promise<void>((resolve) => newer.listen(0, '127.0.0.1', resolve))
  const env = {
    HOLO_URL: `http://127.0.0.1:${(newer.address() as AddressInfo).port}`,
    HOLO_TOKEN: FIRST_TOKEN,
  }
  try {
    const { stdout, code } = await holo(['status'], { cwd: folder, env })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^main \/api\/ +Sleepy /m)
    expect(stdout).toContain('dreams: 90 % full; see docs/storage.md')
    const { json } = await holo(['status', '--json'], { cwd: folder, env })
    expect(json).toMatchObject({ services: [{ state: 'Sleepy' }] })
    expect(JSON.stringify(json)).not.toContain('mood')
  } finally {
    newer.close()
    newer.closeAllConnections()
  }
})

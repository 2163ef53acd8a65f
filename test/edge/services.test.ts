// Services through the whole edge: which version is told, which one answers, and what happens when a
// backend leads back to Holo.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { closedOrigin } from '../support/backend.ts'
import { ask } from '../support/http-client.ts'
import { startTwoVersions, type TwoVersions } from '../support/two-versions.ts'

let holo: TwoVersions
const ON_CANARY = { headers: { 'holo-pin': 'v2@canary' } }

beforeAll(async () => {
  holo = await startTwoVersions()
})

afterAll(() => holo.stop())

type Services = NonNullable<(typeof holo.document.versions)[string]['services']>

/** Version 2, the canary's, with other services. */
async function putServices(services: Services, change = {}): Promise<void> {
  const { versions } = holo.document
  const v2 = { manifest: versions.v2?.manifest ?? '', services }
  await holo.put({ versions: { ...versions, v2 }, ...change })
}

describe('a fallback', () => {
  it('answers for the version, and the reply stays one of the version', async () => {
    await putServices([
      { prefix: '/api/', origins: [await closedOrigin()], timeoutMs: 1000, fallback: 'main' },
    ])
    await vi.waitFor(async () => {
      const answer = await ask(holo.url, '/api/x', ON_CANARY)
      expect(JSON.parse(answer.body).backend).toBe('1')
      expect(answer.headers).toMatchObject({ 'holo-version': 'v2', 'holo-environment': 'canary' })
      expect(String(answer.headers['server-timing'])).toMatch(/holo-fallback;desc="[a-z_]+"/)
    }, 10_000)
  })

  it.each([
    ['the other environment has no such service', '/other/', 'main'],
    ['it is the same version', '/api/', 'canary'],
  ])('is none where %s', async (_, prefix, fallback) => {
    await putServices([{ prefix, origins: [await closedOrigin()], fallback }])
    await vi.waitFor(async () => {
      const answer = await ask(holo.url, `${prefix}x`, ON_CANARY)
      expect(JSON.parse(answer.body).code).toBe('origin_unreachable')
      expect(answer.status).toBe(502)
    }, 10_000)
  })
})

describe('a backend that leads back to Holo', () => {
  it('is a 508 after one round, said of the version that was chosen', async () => {
    await putServices([{ prefix: '/loop/', origins: [holo.url.origin] }], {
      traffic: { canary: 100 },
    })
    await vi.waitFor(async () => {
      const answer = await ask(holo.url, '/loop/x')
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([508, 'loop_detected'])
      expect(answer.headers['holo-version']).toBe('v2')
    }, 10_000)
  })
})

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { ask, DOCUMENT, Profile } from '../support/http-client.ts'
import { startTwoVersions, type TwoVersions } from '../support/two-versions.ts'

let holo: TwoVersions
beforeAll(async () => {
  holo = await startTwoVersions()
})
afterAll(() => holo.stop())

/** Some visitors in a row have none of the canary by chance alone. */
const VISITORS = 8

/** Puts a change and waits until `holds` of the page's replies to several visitors. */
async function putUntil(
  change: Partial<AssignmentsDocument>,
  holds: (answer: Awaited<ReturnType<typeof ask>>) => boolean,
  headers: Record<string, string> = {},
): Promise<void> {
  await holo.put(change)
  await vi.waitFor(async () => {
    for (let i = 0; i < VISITORS; i++) {
      const answer = await ask(holo.url, '/', { headers: { ...DOCUMENT, ...headers } })
      expect(holds(answer)).toBe(true)
    }
  }, 20_000)
}

describe('what Holo says of itself', () => {
  it('is version, environment, bucket and timing to the client', async () => {
    const { headers } = await ask(holo.url, '/', { headers: DOCUMENT })
    expect(headers['holo-version']).toMatch(/^v[12]$/)
    expect(headers['holo-environment']).toMatch(/^(main|canary)$/)
    expect(headers['holo-bucket']).toMatch(/^\d{1,4}$/)
    expect(headers['server-timing']).toContain('holo-assignments;desc=')
    expect(headers['server-timing']).toContain('holo-bytes;desc=')
    const api = await ask(holo.url, '/api/x')
    expect(api.headers['server-timing']).toMatch(/holo-origin;dur=\d+/)
  })

  it('is switched off one by one, towards clients and towards backends', async () => {
    const expose = { response: ['version' as const], backend: ['environment' as const] }
    await putUntil({ expose }, ({ headers }) => !('holo-bucket' in headers))
    const { headers } = await ask(holo.url, '/', { headers: DOCUMENT })
    expect(Object.keys(headers).filter((name) => name.startsWith('holo-'))).toEqual([
      'holo-version',
    ])
    expect(headers).not.toHaveProperty('server-timing')
    holo.seen.length = 0
    await ask(holo.url, '/api/x')
    const received = Object.keys(holo.seen[0]?.headers ?? {})
    expect(received.filter((name) => name.startsWith('holo-'))).toEqual(['holo-environment'])
    await putUntil({ expose: {} }, ({ headers }) => 'holo-bucket' in headers)
  })
})

describe('who is sent where', () => {
  it('is decided by the first rule that holds, before buckets', async () => {
    const staff = { '==': [{ var: 'cookie.staff' }, '1'] }
    await putUntil(
      {
        rules: [
          { name: 'nobody', environment: 'main', when: { '==': [{ var: 'cookie.staff' }, '2'] } },
          { name: 'staff', environment: 'canary', when: staff },
          { name: 'later', environment: 'main', when: staff },
        ],
      },
      ({ headers }) => headers['holo-environment'] === 'canary',
      { cookie: 'staff=1' },
    )
    for (let i = 0; i < 20; i++) {
      const headers = { ...DOCUMENT, cookie: 'staff=1' }
      expect((await ask(holo.url, '/', { headers })).headers['holo-version']).toBe('v2')
    }
  })

  it('is the first public environment for known crawlers, whatever their bucket, without cookies', async () => {
    for (let i = 0; i < 60; i++) {
      const headers = { ...DOCUMENT, 'user-agent': 'Mozilla/5.0 (compatible; bingbot/2.0)' }
      const answer = await ask(holo.url, '/', { headers })
      expect(answer.headers['holo-environment']).toBe('main')
      expect(answer.cookies).toEqual({})
    }
  })

  it('is the environment of the host name', async () => {
    const environments = {
      ...holo.document.environments,
      canary: { version: 'v2', hosts: ['next.example.com'] },
    }
    await putUntil({ environments }, ({ headers }) => headers['holo-environment'] === 'canary', {
      host: 'next.example.com',
    })
    const answer = await ask(holo.url, '/', {
      headers: { ...DOCUMENT, host: 'NEXT.example.com:80' },
    })
    expect(answer.headers['holo-version']).toBe('v2')
  })

  it('goes by the id that a configured header, cookie or claim gives, and by no cookie of ours then', async () => {
    await putUntil(
      { visitor: { header: 'x-user' } },
      ({ headers }) => !headers['set-cookie']?.[0]?.startsWith('holo-visitor'),
      { 'x-user': 'u-1' },
    )
    const buckets = new Set<unknown>()
    for (let i = 0; i < 5; i++) {
      const { headers } = await new Profile(holo.url).open('/', { 'x-user': 'u-7' })
      buckets.add(headers['holo-bucket'])
    }
    expect(buckets.size).toBe(1)
  })
})

describe('a withdrawn version', () => {
  it('loses its tabs to the version that took over, and keeps its hashed assets', async () => {
    const cookie = 'holo-pin=v2@canary'
    expect((await ask(holo.url, '/app.js', { headers: { cookie } })).body).toBe('plain 2')
    const { v2, ...others } = holo.document.versions
    if (!v2) throw new Error('v2 is published')
    await putUntil(
      {
        environments: { main: { version: 'v1' }, canary: { version: 'v1' } },
        versions: { ...others, v2: { ...v2, open: true, withdrawn: true } },
      },
      ({ headers }) => headers['holo-version'] === 'v1',
      { cookie: 'staff=1' },
    )
    expect((await ask(holo.url, '/app.js', { headers: { cookie } })).body).toBe('plain 1')
    expect((await ask(holo.url, '/assets/app-2.js', { headers: { cookie } })).body).toBe('hashed 2')
  })
})

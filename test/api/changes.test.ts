// Changes of the document through the API: with the revision that was seen, within bounds, and told.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AdminEdge,
  type CallOptions,
  FIRST_TOKEN,
  startAdminEdge,
} from '../support/api-edge.ts'

let edge: AdminEdge
beforeAll(async () => {
  edge = await startAdminEdge()
})
afterAll(() => edge.stop())

async function call(method: string, path: string, asked: CallOptions = {}) {
  const answer = await edge.call(method, `/.holo/api${path}`, { token: FIRST_TOKEN, ...asked })
  const body = answer.body === '' ? undefined : JSON.parse(answer.body)
  return { ...answer, body, headers: answer.headers }
}
const revisionOf = async () => (await call('GET', '/health')).body.control.revision as number
const seen = async () => ({ 'if-match': `"${await revisionOf()}"` })
const shift = (canary: number) => ({ weights: { canary } })

describe('a change', () => {
  it('is made, numbered, told and on record', async () => {
    const before = await revisionOf()
    const answer = await call('PUT', '/traffic?reason=more%20canary', {
      json: shift(10),
      headers: { 'if-match': `"${before}"` },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.etag).toBe(`"${before + 1}"`)
    expect(answer.body).toEqual({
      revision: before + 1,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      changed: true,
      moved: [{ from: 'main', to: 'canary', buckets: 1000 }],
    })
    const { body } = await call('GET', '/revisions?limit=1')
    expect(body.revisions).toEqual([
      expect.objectContaining({
        revision: before + 1,
        actor: 'first token',
        reason: 'more canary',
      }),
    ])
    expect(body.next).toBe(before + 1)
    const traffic = await call('GET', '/traffic')
    expect(traffic.body.weights).toEqual({ main: 90, canary: 10, secret: 0 })
  })

  it('that closes a version says who can still see it, in a dry run too', async () => {
    const path = '/environments/pr-12'
    const json = { version: 'v3', hosts: ['pr-12.example.com'] }
    const added = await call('PUT', path, { json, headers: await seen() })
    expect(added.body).not.toHaveProperty('closed')
    const { versions } = (await call('GET', '/versions')).body
    expect(versions.find(({ id }: { id: string }) => id === 'v3')).toMatchObject({
      open: false,
      openIn: { 'pr-12': 'host' },
    })
    const grant = [{ version: 'v3', seenIn: [{ environment: 'secret', by: 'grant' }] }]
    for (const query of ['?dryRun=true', '']) {
      const { body } = await call('DELETE', `${path}${query}`, { headers: await seen() })
      expect(body.closed).toEqual(grant)
    }
  })

  it('needs the revision that was seen: 428 without, 412 with what changed since', async () => {
    const { status, body } = await call('PUT', '/traffic', { json: shift(20) })
    expect([status, body.code]).toEqual([428, 'precondition_required'])
    const stale = await call('PUT', '/traffic', { json: shift(20), headers: { 'if-match': '"1"' } })
    expect(stale.body).toMatchObject({
      status: 412,
      code: 'stale',
      expected: 1,
      current: await revisionOf(),
      changes: expect.arrayContaining([expect.objectContaining({ reason: 'more canary' })]),
    })
  })

  it.each([
    '*',
    '1',
    'W/"1"',
    '"1", "2"',
    '"-1"',
    '"01"',
    '"1.0"',
    '""',
    `"${'9'.repeat(20)}"`,
    'x',
  ])('is refused with If-Match: %s', async (tag) => {
    const answer = await call('PUT', '/traffic', { json: shift(20), headers: { 'if-match': tag } })
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(answer.body.problems[0].path).toBe('If-Match')
  })

  it('that would not be sound is a 422 that lists what is wrong', async () => {
    const { body } = await call('PUT', '/environments/canary', {
      json: { version: 'v9' },
      headers: await seen(),
    })
    expect(body).toMatchObject({ status: 422, code: 'invalid_change' })
    expect(body.problems[0].message).toContain('v9')
  })

  it('as a dry run says what would be, and changes nothing', async () => {
    const before = await revisionOf()
    const answer = await call('PUT', '/traffic?dryRun=true', {
      json: shift(50),
      headers: await seen(),
    })
    expect(answer.body).toMatchObject({ changed: false, revision: before + 1 })
    expect(JSON.parse(answer.body.text).traffic.canary).not.toEqual([])
    expect(answer.headers).not.toHaveProperty('etag')
    expect(await revisionOf()).toBe(before)
  })

  it.each([
    'dryrun=true',
    'dryRun=yes',
    'dryRun=',
    'dryRun=true&dryRun=false',
    'force=1',
    'holo-pin=v3',
  ])('with a query that could be meant otherwise is refused: %s', async (query) => {
    const before = await revisionOf()
    const asked = { json: shift(50), headers: await seen() }
    expect((await call('PUT', `/traffic?${query}`, asked)).status).toBe(400)
    expect(await revisionOf()).toBe(before)
  })
})

describe('the way round', () => {
  it('makes, changes and removes an environment', async () => {
    const put = (json: object) => async () =>
      call('PUT', '/environments/qa', { json, headers: await seen() })
    await put({ version: 'v3', restricted: true, hosts: ['qa.example.com'] })()
    expect((await call('GET', '/environments/qa')).body).toEqual({
      name: 'qa',
      version: 'v3',
      restricted: true,
      hosts: ['qa.example.com'],
      percent: 0,
    })
    await put({ version: 'v2' })()
    const changed = await call('GET', '/environments/qa')
    expect(changed.body).toMatchObject({ version: 'v2', hosts: ['qa.example.com'] })
    await call('DELETE', '/environments/qa', { headers: await seen() })
    expect((await call('GET', '/environments/qa')).status).toBe(404)
  })

  it('leads back: a rollback is a new revision with the old content', async () => {
    const { body } = await call('POST', '/rollback', { json: { to: 1 }, headers: await seen() })
    expect(body.changed).toBe(true)
    const [now, then] = await Promise.all([
      call('GET', '/assignments'),
      call('GET', '/revisions/1'),
    ])
    expect(now.body.traffic).toEqual(JSON.parse(then.body.text).traffic)
    expect(now.body.revision).toBe(body.revision)
  })

  it('withdraws a version and restores it', async () => {
    await call('PUT', '/environments/canary', { json: { version: 'v1' }, headers: await seen() })
    const gone = await call('POST', '/withdraw', { json: { version: 'v2' }, headers: await seen() })
    expect(gone.body.changed).toBe(true)
    expect((await call('GET', '/versions/v2')).body).toMatchObject({ withdrawn: true })
    const json = { version: 'v2', restore: true }
    await call('POST', '/withdraw', { json, headers: await seen() })
    expect((await call('GET', '/versions/v2')).body).toMatchObject({ withdrawn: false })
  })

  it('changes rules, and the origins of a service', async () => {
    const rules = [
      { name: 'staff', environment: 'canary', when: { '==': [{ var: 'country' }, 'CH'] } },
    ]
    await call('PUT', '/rules', { json: { rules }, headers: await seen() })
    expect((await call('GET', '/rules')).body.rules).toEqual(rules)
    const services = [{ prefix: '/api/', origins: ['https://api-9.example.com'] }]
    await call('PUT', '/versions/v3/services', { json: { services }, headers: await seen() })
    expect((await call('GET', '/versions/v3/services')).body.services).toEqual(services)
  })

  it('takes the document as a whole, and another salt only when it is said twice', async () => {
    const { body: document } = await call('GET', '/assignments')
    const json = { ...document, salt: 'other' }
    const refused = await call('PUT', '/assignments', { json, headers: await seen() })
    expect(refused.body).toMatchObject({ status: 422, code: 'invalid_change' })
    const path = '/assignments?allowNewSalt=true&dryRun=true'
    expect((await call('PUT', path, { json, headers: await seen() })).status).toBe(200)
    const same = await call('PUT', '/assignments', { json: document, headers: await seen() })
    expect(same.body).toMatchObject({ changed: false, revision: document.revision })
  })

  it('answers 304 to whoever has the revision', async () => {
    const { headers } = await call('GET', '/assignments')
    const again = await call('GET', '/assignments', {
      headers: { 'if-none-match': String(headers.etag) },
    })
    expect([again.status, again.body]).toEqual([304, undefined])
    const head = await call('HEAD', '/assignments')
    expect([head.status, head.headers.etag]).toEqual([200, headers.etag])
  })

  it('pages through the history and the audit log without gaps', async () => {
    for (const [path, list, key] of [
      ['/revisions', 'revisions', 'revision'],
      ['/audit', 'rows', 'seq'],
    ] as const) {
      const found: number[] = []
      for (let before = ''; ; ) {
        const { body } = await call('GET', `${path}?limit=3${before}`)
        found.push(...body[list].map((row: Record<string, number>) => row[key]))
        if (body.next === undefined) break
        before = `&before=${body.next}`
      }
      expect(found).toEqual(found.map((_, i) => (found[0] ?? 0) - i))
      expect(found.at(-1)).toBe(1)
    }
  })
})

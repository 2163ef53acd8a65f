// What the API takes for a request at all: its body, its method, its address.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { ask } from '../support/http-client.ts'

let edge: AdminEdge
beforeAll(async () => {
  edge = await startAdminEdge()
})
afterAll(() => edge.stop())

const call = (method: string, path: string) =>
  edge.call(method, `/.holo/api${path}`, { token: FIRST_TOKEN })

describe('a request', () => {
  const raw = async (headers: Record<string, string>, body: string) =>
    ask(edge.url, '/.holo/api/explain', {
      method: 'POST',
      headers: { authorization: `Bearer ${FIRST_TOKEN}`, ...headers },
      body,
    })
  const JSON_TYPE = { 'content-type': 'application/json' }

  it.each([
    ['no type', {}, '{}', 415],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=b', 415],
    ['text', { 'content-type': 'text/plain' }, '{}', 415],
    ['almost JSON', { 'content-type': 'application/jsonp' }, '{}', 415],
    ['600 KiB', JSON_TYPE, `"${'x'.repeat(600 * 1024)}"`, 413],
    [
      '600 KiB in chunks',
      { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
      'x'.repeat(600 * 1024),
      413,
    ],
    ['nothing', JSON_TYPE, '', 400],
    ['half of it', JSON_TYPE, '{"url":', 400],
    ['200 levels', JSON_TYPE, `${'['.repeat(200)}${']'.repeat(200)}`, 400],
    ['100,000 levels', JSON_TYPE, `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
    ['null', JSON_TYPE, 'null', 400],
    ['a prototype', JSON_TYPE, '{"__proto__":{"url":"https://shop.example/"}}', 400],
    ['another field', JSON_TYPE, '{"url":"https://shop.example/","grants":["secret"]}', 400],
  ])('with a body of %s is refused', async (_, headers, body, status) => {
    const answer = await raw(headers, body)
    expect(answer.status, answer.body).toBe(status)
    expect(answer.headers['content-type']).toBe('application/problem+json')
  })

  it('is refused for its depth before anybody looks at what it says', async () => {
    for (const levels of [200, 100_000]) {
      const { body } = await raw(JSON_TYPE, `${'['.repeat(levels)}${']'.repeat(levels)}`)
      expect(JSON.parse(body).problems[0].message).toMatch(/nested|not JSON/)
    }
  })

  it('with a parameter of the query given twice, or of another type, is refused', async () => {
    for (const query of ['limit=1&limit=2', 'limit=x', 'limit=-1', 'other=1']) {
      const { status } = await call('GET', `/audit?${query}`)
      expect([query, status]).toEqual([query, 400])
    }
  })

  it.each([
    ['DELETE', '/traffic', 405, 'GET, HEAD, PUT'],
    ['PATCH', '/environments/main', 405, 'GET, HEAD, PUT, DELETE'],
    ['OPTIONS', '/tokens', 405, 'GET, HEAD, POST'],
    ['GET', '/rollback', 405, 'POST'],
    ['GET', '/', 404, undefined],
    ['GET', '', 404, undefined],
    ['GET', '/Traffic', 404, undefined],
    ['GET', '/traffic/', 404, undefined],
    ['GET', '/environments/main/x', 404, undefined],
    ['POST', '/nothing', 404, undefined],
  ])('%s %s is a %i', async (method, path, status, allow) => {
    const answer = await call(method, path)
    expect([answer.status, answer.headers.allow]).toEqual([status, allow])
  })

  it.each(['__proto__', 'constructor', 'a%2fb', '..%2fmain', 'MAIN', 'x'.repeat(100), '%00'])(
    'for an environment called %s finds none',
    async (name) => {
      const { status } = await call('GET', `/environments/${name}`)
      expect([400, 404]).toContain(status)
    },
  )
})

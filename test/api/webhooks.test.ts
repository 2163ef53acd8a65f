// Webhooks with a real receiver: what it gets over HTTP, the snippet of docs/webhooks.md that verifies it, and
// how a receiver that hangs, fails or redirects ends.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ASKED_TIMEOUT_MS } from '../../src/control/webhooks/limits.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

type Verify = (
  secret: string,
  headers: Readonly<Record<string, unknown>>,
  body: string,
) => { type: string; data: Record<string, unknown> }

let edge: AdminEdge
let receiver: Receiver
let verify: Verify

beforeAll(async () => {
  edge = await startAdminEdge()
  receiver = await startReceiver()
  const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8')
  const snippet = /```js\n(.+?)```/s.exec(page)?.[1] ?? ''
  ;({ verify } = await import(`data:text/javascript,${encodeURIComponent(snippet)}`))
})
afterAll(async () => {
  await edge?.stop()
  receiver?.stop()
})
beforeEach(async () => {
  for (const { name } of await list()) await call('DELETE', `/webhooks/${name}`)
  receiver.answer = (response) => response.end()
  receiver.received.length = 0
})

async function call(method: string, path: string, json?: unknown) {
  const { status, body } = await edge.call(method, `/.holo/api${path}`, {
    token: FIRST_TOKEN,
    ...(json === undefined ? {} : { json }),
  })
  return { status, json: JSON.parse(body) }
}

async function list(): Promise<{ name: string; state: string; why?: string }[]> {
  return (await call('GET', '/webhooks')).json.webhooks
}

const add = (more: object = {}) =>
  call('POST', '/webhooks', {
    ...{ name: 'ci', url: `${receiver.origin}/hook?key=secret`, form: 'standard' },
    ...{ secret: SECRET, ...more },
  })

const bodies = () => receiver.received.map(({ body }) => JSON.parse(body))

describe('a webhook', () => {
  it('sends events that the documented snippet verifies', async () => {
    expect(await add()).toMatchObject({ status: 201, json: { origin: receiver.origin } })
    await edge.createToken(['read'], 'made for the test')
    await expect.poll(() => receiver.received.length).toBe(2)
    const [first, second] = receiver.received
    expect(first?.path).toBe('/hook?key=secret')
    expect(verify(SECRET, first?.headers ?? {}, first?.body ?? '')).toMatchObject({
      type: 'webhook.added',
    })
    expect(verify(SECRET, second?.headers ?? {}, second?.body ?? '')).toMatchObject({
      type: 'token.created',
      data: { name: 'made for the test', by: 'first token' },
    })
    const headers = second?.headers ?? {}
    const forged = (second?.body ?? '').replace('read', 'admin')
    expect(() => verify(SECRET, headers, forged)).toThrow('signature')
    const late = { ...headers, 'webhook-timestamp': '1700000000' }
    expect(() => verify(SECRET, late, second?.body ?? '')).toThrow('old')
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
    expect(() => verify(other, headers, second?.body ?? '')).toThrow('signature')
  })

  it.each([
    ['answers 500', 500, {}, 'answered 500'],
    ['redirects', 302, { location: '/elsewhere' }, 'redirects (302), which is not followed'],
  ])(
    'whose receiver %s gets the event again and is shown as failing',
    async (_, status, headers, why) => {
      receiver.answer = (response) => response.writeHead(status, headers).end()
      await add()
      await expect.poll(async () => (await list())[0]).toMatchObject({ state: 'failing', why })
      expect(receiver.received.map(({ path }) => path)).toEqual(['/hook?key=secret'])
      receiver.answer = (response) => response.end()
      expect(await call('POST', '/webhooks/ci/resume', {})).toMatchObject({ status: 200 })
      await expect
        .poll(async () => (await list())[0])
        .toMatchObject({ state: 'active', waiting: 0 })
      const [first, again] = receiver.received
      expect(again?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
      expect(again?.body).toBe(first?.body)
      expect((await call('GET', '/webhooks/ci/deliveries')).json.deliveries).toMatchObject([
        { kind: 'webhook.added', attempts: 2, outcome: 'delivered', status: 200 },
      ])
    },
  )

  it('whose receiver hangs is told of after a bound, and nothing waits for it', async () => {
    receiver.answer = () => undefined
    await add({ name: 'slow' })
    const began = performance.now()
    const [tested, changed] = await Promise.all([
      call('POST', '/webhooks/slow/test'),
      call('POST', '/tokens', { name: 'meanwhile', scopes: ['read'] }).then((made) => ({
        ...made,
        ms: performance.now() - began,
      })),
    ])
    expect(tested).toMatchObject({
      status: 200,
      json: {
        outcome: 'failed',
        cause: 'test',
        why: `no answer within ${ASKED_TIMEOUT_MS / 1000} s`,
      },
    })
    expect(changed.status).toBe(201)
    expect(changed.ms).toBeLessThan(ASKED_TIMEOUT_MS / 2)
  })

  it('cannot be reached by an address that nobody listens at, and says so without the address', async () => {
    await add({ url: 'http://127.0.0.1:1/hook?key=secret' })
    const { json } = await call('POST', '/webhooks/ci/test')
    expect(json).toMatchObject({ outcome: 'failed' })
    expect(JSON.stringify([json, await list(), edge.log])).not.toMatch(/key=secret|whsec/)
  })

  it('of a chat gets a sentence that nobody can turn into a mention or a link', async () => {
    const forms = ['slack', 'discord', 'teams'] as const
    for (const form of forms) {
      const asked = { name: form, form, secret: undefined, events: ['token.created'] }
      expect((await add(asked)).status).toBe(201)
    }
    await edge.createToken(['read'], '<!channel> @everyone [x](https://evil.example) *b*')
    await expect.poll(() => receiver.received.length).toBe(3)
    const sent = bodies()
    const slack = sent.find((body) => 'blocks' in body)
    const discord = sent.find((body) => 'allowed_mentions' in body)
    const teams = sent.find((body) => 'attachments' in body)
    expect(slack.text).toContain('&lt;!channel&gt;')
    expect(slack.blocks[0].text).toMatchObject({ type: 'plain_text' })
    expect(slack.blocks[1].elements[0].text).toMatch(/^<http.+\/\.holo\/\|Open in Holo>$/)
    expect(discord).toMatchObject({ allowed_mentions: { parse: [] } })
    expect(discord.content).toContain('\\[x\\]\\(https://evil.example\\)')
    const [{ contentType, content }] = teams.attachments
    expect(contentType).toBe('application/vnd.microsoft.card.adaptive')
    expect(content.body[0].text).toContain('\\[x\\]\\(https')
    expect(content.actions[0]).toMatchObject({ type: 'Action.OpenUrl' })
    expect(receiver.received[0]?.headers['webhook-signature']).toBeUndefined()
  })

  it('in the form of CDEvents says which environment has which version', async () => {
    await add({ form: 'cdevents' })
    const { headers } = await edge.call('GET', '/.holo/api/environments', { token: FIRST_TOKEN })
    const pointed = await edge.call('PUT', '/.holo/api/environments/canary', {
      token: FIRST_TOKEN,
      json: { version: 'v1' },
      headers: { 'if-match': String(headers.etag) },
    })
    expect(pointed.status, pointed.body).toBe(200)
    await expect.poll(() => receiver.received.length).toBe(1)
    expect(bodies()[0]).toMatchObject({
      context: {
        specversion: '0.5.0',
        type: 'dev.cdevents.service.upgraded.0.3.0',
        timestamp: expect.stringMatching(/^\d{4}-.+Z$/),
      },
      subject: {
        content: { environment: { id: 'canary' }, artifactId: 'pkg:generic/127.0.0.1@v1' },
      },
    })
  })

  it.each([
    [{ form: 'slack' }, 400, 'secret'],
    [{ secret: undefined }, 400, 'secret'],
    [{ secret: 'whsec_short' }, 400, 'secret'],
    [{ url: 'ftp://example.com/' }, 400, 'url'],
    [{ url: 'https://user:word@example.com/' }, 400, 'url'],
    [{ url: 'https://example.com/#x' }, 400, 'url'],
    [{ events: ['rollout.endet'] }, 400, 'events'],
    [{ name: 'No Name' }, 400, 'name'],
  ])('is refused with %o', async (more, status, path) => {
    const refused = await add(more)
    expect(refused.status).toBe(status)
    expect(refused.json.problems[0].path).toContain(path)
    expect(JSON.stringify(refused.json)).not.toContain('BwcH')
  })
})

// The receiver of examples/github-status: what GitHub is told of each event, by a Holo and a GitHub that are
// servers of this test.

import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

type Receiver = {
  readonly default: { readonly fetch: (request: Request, env: object) => Promise<Response> }
}

const KEY = Buffer.alloc(32, 7)
const COMMIT = 'a'.repeat(40)
const LINK = 'https://shop.example.com/.holo/#/rollouts/7'

let server: Server
let receiver: Receiver['default']
let env: Record<string, string>
let status = 200
const asked: { readonly line: string; readonly json: Record<string, unknown> | undefined }[] = []
const deployments: { readonly id: number }[] = []

beforeAll(async () => {
  const path: string = '../../examples/github-status/worker.js'
  receiver = ((await import(path)) as Receiver).default
  server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { method, url = '' } = request
    asked.push({
      line: `${method} ${url.split('?')[0]}`,
      json: text ? JSON.parse(text) : undefined,
    })
    const [, , kind] = /^\/(repos|\.holo)\/(.+)/.exec(url) ?? []
    if (url.startsWith('/.holo/')) {
      expect(request.headers.authorization).toBe('Bearer holo')
      const record = url.endsWith('0.0.5') ? { commit: COMMIT } : {}
      return response.end(JSON.stringify({ id: kind, record }))
    }
    expect(request.headers.authorization).toBe('Bearer github')
    response.statusCode = status
    if (method === 'GET') return response.end(JSON.stringify(deployments))
    if (url.endsWith('/deployments')) deployments.push({ id: 1 })
    return response.end('{"id":1}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  env = {
    HOLO_SECRET: `whsec_${KEY.toString('base64')}`,
    HOLO_URL: origin,
    HOLO_TOKEN: 'holo',
    GITHUB_API: origin,
    GITHUB_REPOSITORY: 'example/shop',
    GITHUB_TOKEN: 'github',
  }
})
afterAll(() => server?.close())
beforeEach(() => {
  status = 200
  asked.length = 0
  deployments.length = 0
})

function send(type: string, data: object, key = KEY): Promise<Response> {
  const told = { environment: 'canary', version: '0.0.5', text: 'How it stands.', link: LINK }
  const body = JSON.stringify({ type, timestamp: '', data: { ...told, ...data } })
  const at = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', key).update(`msg_1.${at}.${body}`).digest('base64')
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': at,
    'webhook-signature': `v1,${signature}`,
  }
  const url = 'https://receiver.example.com/'
  return receiver.fetch(new Request(url, { method: 'POST', headers, body }), env)
}

const lines = () => asked.map(({ line }) => line)

describe('the receiver for GitHub', () => {
  it('makes one deployment of a commit in an environment, with a status and a commit status', async () => {
    expect((await send('rollout.started', {})).status).toBe(204)
    expect(lines()).toEqual([
      'GET /.holo/api/versions/0.0.5',
      'GET /repos/example/shop/deployments',
      'POST /repos/example/shop/deployments',
      'POST /repos/example/shop/deployments/1/statuses',
      `POST /repos/example/shop/statuses/${COMMIT}`,
    ])
    expect(asked[2]?.json).toMatchObject({ ref: COMMIT, environment: 'canary' })
    expect(asked[3]?.json).toMatchObject({ state: 'in_progress', log_url: LINK })
    expect(asked[4]?.json).toMatchObject({ state: 'pending', context: 'holo/canary' })
    asked.length = 0
    await send('rollout.ended', { outcome: 'rolledBack', text: 'x'.repeat(500) })
    expect(lines()).not.toContain('POST /repos/example/shop/deployments')
    expect(asked.at(-1)?.json).toMatchObject({ state: 'failure' })
    expect(String(asked.at(-1)?.json?.description)).toHaveLength(140)
  })

  it('tells of environments that get a version without a rollout, and not of others', async () => {
    await send('environment.changed', { environment: 'main', action: 'set-environment' })
    expect(asked.at(-1)?.json).toMatchObject({ state: 'success', context: 'holo/main' })
    asked.length = 0
    await send('environment.changed', { action: 'rollout-start' })
    await send('environment.changed', { version: undefined, action: 'remove-environment' })
    await send('token.created', {})
    expect(asked).toEqual([])
  })

  it('tells nothing of a version without a commit, nor of what Holo has not signed', async () => {
    expect((await send('rollout.started', { version: '0.0.6' })).status).toBe(204)
    expect(lines()).toEqual(['GET /.holo/api/versions/0.0.6'])
    expect((await send('rollout.started', {}, Buffer.alloc(32, 8))).status).toBe(401)
    expect(lines()).toHaveLength(1)
  })

  it('fails if GitHub does not take it, so that Holo sends it again', async () => {
    status = 503
    await expect(send('rollout.started', {})).rejects.toThrow('GitHub answered 503')
  })
})

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { bundleWorker } from '../../scripts/local/bundle.ts'
import { readWorkerOptions } from '../../scripts/local/worker-options.ts'
import { type OneVersion, startOneVersion } from '../apps/one-version.ts'
import { type Backend, startBackend } from '../support/backend.ts'
import { ask } from '../support/http-client.ts'
import type { Order } from './order.ts'

/** The longest wait for a head, and so for what can only be noticed by that. */
const TIMEOUT_MS = 1000

type Work = { readonly request: IncomingMessage; readonly response: ServerResponse }

let backend: Backend
let holo: OneVersion
/** What the backend is at, by path. */
const work = new Map<string, Work>()
/** Paths whose exchange ended before the backend had answered in full. */
const cut = new Set<string>()
const clients: Socket[] = []

beforeAll(async () => {
  backend = await startBackend((request, response) => {
    const path = request.url ?? ''
    work.set(path, { request, response })
    response.on('close', () => {
      if (!response.writableFinished) cut.add(path)
    })
    if (path.startsWith('/api/done')) response.end('done')
  })
  holo = await startOneVersion([
    { prefix: '/api/', origins: [backend.origin], timeoutMs: 30_000 },
    { prefix: '/api/impatient/', origins: [backend.origin], timeoutMs: TIMEOUT_MS },
  ])
})

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
})

afterAll(async () => {
  await holo.stop()
  await backend.stop()
})

/** Sends bytes as they are, and waits until the backend is at it. */
async function begin(
  path: string,
  head: string,
  url = holo.url,
): Promise<{ client: Socket; at: Work }> {
  const client = connect(Number(url.port), url.hostname)
  clients.push(client)
  client.write(head)
  const at = await vi.waitFor(() => {
    const found = work.get(path)
    if (!found) throw new Error(`the backend has not seen ${path}`)
    return found
  }, 30_000)
  return { client, at }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shop.example.com\r\n\r\n`
const expectCut = (path: string) => vi.waitFor(() => expect([...cut]).toContain(path), 30_000)

describe("a client's early leave ends the backend's work", () => {
  it('when the connection is lost before there is an answer', async () => {
    const { client } = await begin('/api/lost', get('/api/lost'))
    client.resetAndDestroy()
    await expectCut('/api/lost')
  })

  it('when the connection was closed before there is an answer, once the wait for it is over', async () => {
    const { client } = await begin('/api/impatient/closed', get('/api/impatient/closed'))
    client.end()
    await expectCut('/api/impatient/closed')
  })

  it('when the connection is lost while the answer is on its way', async () => {
    const { client, at } = await begin('/api/mid-answer', get('/api/mid-answer'))
    at.response.write('first')
    await once(client, 'data')
    client.resetAndDestroy()
    await expectCut('/api/mid-answer')
  })

  it('when the connection was closed while the answer is on its way, with the next bytes', async () => {
    const { client, at } = await begin('/api/closed-mid-answer', get('/api/closed-mid-answer'))
    at.response.write('first')
    await once(client, 'data')
    client.destroy()
    const heartbeat = setInterval(() => at.response.write('more'), 20)
    await expectCut('/api/closed-mid-answer')
    clearInterval(heartbeat)
  })

  it.each(['Content-Length: 100000', 'Transfer-Encoding: chunked'])(
    'in the middle of an upload, however it leaves: %s',
    async (framing) => {
      for (const [how, leave] of [
        ['closed', (client: Socket) => client.destroy()],
        ['lost', (client: Socket) => client.resetAndDestroy()],
      ] as const) {
        const path = `/api/upload/${how}/${framing.length}`
        const head = `POST ${path} HTTP/1.1\r\nHost: shop.example.com\r\n${framing}\r\n\r\n`
        const { client, at } = await begin(path, `${head}5\r\nfirst\r\n`)
        // Never a body that looks whole.
        let ended = false
        at.request.on('end', () => {
          ended = true
        })
        at.request.on('error', () => {})
        at.request.resume()
        leave(client)
        await expectCut(path)
        expect(ended).toBe(false)
      }
    },
  )

  it('also while something else is done behind the reply', async () => {
    const workerOptions = readWorkerOptions('wrangler.toml')
    const contents = await bundleWorker('test/worker/busy-worker.ts')
    const busy = new Miniflare(
      convertV4MiniflareOptions({
        cf: false,
        workers: [
          {
            ...workerOptions,
            name: 'busy',
            modules: [{ type: 'ESModule', path: 'busy.js', contents }],
            unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
          },
        ],
      }),
    )
    await busy.ready
    const services = [{ prefix: '/', origins: [backend.origin], timeoutMs: 30_000 }]
    const order: Order = { services, identity: {} }
    const { client } = await begin(
      '/api/busy',
      get('/api/busy').replace('\r\n\r\n', `\r\nHolo-Test-Order: ${JSON.stringify(order)}\r\n\r\n`),
      await busy.unsafeGetDirectURL('busy'),
    )
    client.resetAndDestroy()
    await expectCut('/api/busy')
    await busy.dispose()
  })

  it('and is no reason to keep the next request waiting', async () => {
    const { client } = await begin('/api/again', get('/api/again'))
    client.resetAndDestroy()
    await expectCut('/api/again')
    expect((await ask(holo.url, '/api/done')).body).toBe('done')
  })
})

describe('a client that says no more but listens', () => {
  it('is answered', async () => {
    const { client, at } = await begin('/api/half-closed', get('/api/half-closed'))
    client.end()
    at.response.end('still here')
    let text = ''
    for await (const chunk of client) text += chunk
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*still here/s)
  })
})

import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Backend, startBackend } from '../../scripts/local/backend-process.ts'
import { type OneVersion, startOneVersion } from '../apps/one-version.ts'
import { ask } from '../support/http-client.ts'

let feed: Backend
let holo: OneVersion
const readers: Reader[] = []

beforeAll(async () => {
  feed = await startBackend('test/apps/feed.ts', 0)
  holo = await startOneVersion([{ prefix: '/feed/', origins: [feed.origin], timeoutMs: 1000 }])
})

afterEach(() => {
  for (const reader of readers.splice(0)) reader.leave()
})

afterAll(async () => {
  await holo.stop()
  await feed.stop()
})

type Reader = {
  readonly answer: IncomingMessage
  /** The next block, up to its empty line. */
  readonly next: () => Promise<string>
  readonly leave: () => void
}

async function read(headers: Record<string, string> = {}, url = holo.url): Promise<Reader> {
  const { hostname: host, port } = url
  const sent = request({ host, port, path: '/feed/events', agent: false, headers })
  sent.end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  answer.on('data', (chunk) => {
    text += chunk
  })
  const next = async () => {
    while (!text.includes('\n\n')) await once(answer, 'data')
    const block = text.slice(0, text.indexOf('\n\n'))
    text = text.slice(block.length + 2)
    return block
  }
  const reader = { answer, next, leave: () => sent.destroy() }
  readers.push(reader)
  return reader
}

async function say(text: string): Promise<void> {
  expect((await ask(holo.url, '/feed/say', { method: 'POST', body: text })).status).toBe(204)
}

async function countReaders(): Promise<number> {
  return Number((await ask(holo.url, '/feed/readers')).body)
}

describe('a feed of server-sent events', () => {
  it('opens at once, and then brings each event by itself to everybody', async () => {
    const [first, second] = [await read(), await read()]
    expect(first.answer.headers['content-type']).toBe('text/event-stream')
    expect(first.answer.headers['content-encoding']).toBeUndefined()
    for (const reader of [first, second]) expect(await reader.next()).toBe('retry: 100')
    for (const text of ['one', 'two', 'three']) {
      await say(text)
      // The next is said only now that this one is heard.
      for (const reader of [first, second]) expect(await reader.next()).toContain(`data: ${text}`)
    }
  })

  it('goes on where a reader was that comes back', async () => {
    const reader = await read()
    await reader.next()
    await say('heard')
    const id = /id: (\d+)/.exec(await reader.next())?.[1] ?? ''
    reader.leave()
    await say('missed')
    const back = await read({ 'Last-Event-ID': id })
    await back.next()
    expect(await back.next()).toContain('data: missed')
  })

  it('learns at once of a reader whose connection is lost', async () => {
    const before = await countReaders()
    const reader = await read()
    await reader.next()
    expect(await countReaders()).toBe(before + 1)
    reader.answer.socket.resetAndDestroy()
    await vi.waitFor(async () => expect(await countReaders()).toBe(before), 30_000)
  })

  it('learns with its next event of readers that have closed their connection', async () => {
    const reader = await read()
    await reader.next()
    reader.leave()
    await vi.waitFor(async () => {
      await say('is anybody there?')
      expect(await countReaders()).toBe(0)
    }, 30_000)
  })

  it("is as prompt as is promised: the first byte within 50 ms of the backend's", async () => {
    const direct: number[] = []
    const through: number[] = []
    // By turns, and the shortest of each: what else the machine does only ever adds to one.
    for (let i = 0; i < 41; i++) {
      direct.push(await timeFirst(new URL(feed.origin)))
      through.push(await timeFirst(holo.url))
    }
    expect(Math.min(...through) - Math.min(...direct)).toBeLessThan(50)
  })

  async function timeFirst(url: URL): Promise<number> {
    const began = performance.now()
    const reader = await read({}, url)
    await reader.next()
    reader.leave()
    return performance.now() - began
  }
})

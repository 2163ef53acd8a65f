import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENCODED_SCRIPT, SCRIPT } from '../support/encoded.ts'
import { type AssetsWorker, bytesOf, COLD, startAssetsWorker } from './assets-worker.ts'

const MIB = 2 ** 20
/** Streamed and kept in the Cache API, and streamed from R2 each time. */
const SIZES = { '/middle.bin': 5 * MIB, '/large.bin': 20 * MIB }

let worker: AssetsWorker
const get: AssetsWorker['get'] = (...asked) => worker.get(...asked)
const toDigest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

beforeAll(async () => {
  worker = await startAssetsWorker({
    '/app.js': {
      body: SCRIPT,
      type: 'text/javascript',
      hashed: true,
      encodings: ENCODED_SCRIPT,
    },
    ...Object.fromEntries(
      Object.entries(SIZES).map(([path, length]) => [
        path,
        // The platform compresses text by itself, and nothing of this type.
        { body: bytesOf(length), type: 'application/octet-stream' },
      ]),
    ),
  })
})
afterAll(() => worker.stop())

describe('over the wire', () => {
  it.each(['br', 'gzip', 'zstd'] as const)('%s arrives as it is stored', async (encoding) => {
    const headers = { 'accept-encoding': encoding }
    const replies = [
      await get('/app.js', { ...headers, ...COLD }),
      await get('/app.js', headers),
      await get('/app.js', { ...headers, ...COLD }),
    ]
    expect(replies.map((reply) => reply.headers['x-source'])).toEqual(['r2', 'memory', 'cache'])
    for (const { headers, bytes } of replies) {
      expect(new Uint8Array(bytes)).toEqual(ENCODED_SCRIPT[encoding])
      expect(headers['content-encoding']).toBe(encoding)
      expect(headers['content-length']).toBe(String(bytes.length))
      expect(headers['transfer-encoding']).toBeUndefined()
    }
  })

  it('a client that names no encoding gets the file as it is', async () => {
    const { headers, bytes } = await get('/app.js')
    expect(bytes.toString()).toBe(SCRIPT)
    expect(headers['content-encoding']).toBeUndefined()
    expect(headers['content-length']).toBe(String(SCRIPT.length))
  })

  it.each([
    ['/middle.bin', ['r2', 'cache']],
    ['/large.bin', ['r2', 'r2']],
  ] as const)('%s is streamed whole, its length sent ahead, from %j', async (path, sources) => {
    for (const source of sources) {
      const { headers, bytes } = await get(path, COLD)
      expect(headers['x-source']).toBe(source)
      expect(headers['content-length']).toBe(String(SIZES[path]))
      expect(toDigest(bytes)).toBe(toDigest(bytesOf(SIZES[path])))
    }
  })

  it.each(['/app.js', '/large.bin'])('HEAD of %s has the headers of GET', async (path) => {
    const headers = { 'accept-encoding': 'gzip' }
    const full = await get(path, headers)
    const head = await get(path, headers, 'HEAD')
    const { date: _, 'x-source': __, ...rest } = full.headers
    expect(head.headers).toMatchObject(rest)
    expect([head.status, head.bytes.length]).toEqual([200, 0])
  })

  it('a 304 has no body and no length', async () => {
    const headers = { 'accept-encoding': 'zstd' }
    const { etag } = (await get('/app.js', headers)).headers
    const reply = await get('/app.js', { ...headers, 'if-none-match': String(etag) })
    expect([reply.status, reply.bytes.length]).toEqual([304, 0])
    expect(reply.headers.etag).toBe(etag)
    expect(reply.headers['content-encoding']).toBeUndefined()
  })

  it('a client that leaves in the middle of a file harms nobody', async () => {
    await new Promise<void>((resolve, reject) => {
      const headers = { ...COLD, ...worker.identity }
      const sent = request(new URL('/large.bin', worker.url), { headers }, (response) => {
        response.once('data', () => response.destroy())
        response.on('error', reject)
        response.on('close', () => resolve())
      })
      sent.end()
    }).catch((cause) => expect(cause).toMatchObject({ code: 'ECONNRESET' }))
    expect((await get('/large.bin')).bytes.length).toBe(SIZES['/large.bin'])
  })
})

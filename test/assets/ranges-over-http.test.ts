import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENCODED_SCRIPT, SCRIPT } from '../support/encoded.ts'
import { type AssetsWorker, bytesOf, COLD, type Reply, startAssetsWorker } from './assets-worker.ts'

const MIB = 2 ** 20
/** In memory; streamed and kept in the Cache API; streamed from R2 each time. */
const SIZES = { '/small.bin': 4000, '/middle.bin': 3 * MIB, '/large.bin': 9 * MIB }
const paths = Object.keys(SIZES) as (keyof typeof SIZES)[]
const CONTENT = Object.fromEntries(paths.map((path) => [path, bytesOf(SIZES[path])]))

/** Big enough that parts of its encoded form would be worth while. */
const TEXT = Buffer.from(bytesOf(4000)).toString('hex')
const GZIPPED_TEXT = Uint8Array.from(gzipSync(TEXT, { level: 1 }))

let worker: AssetsWorker
const get: AssetsWorker['get'] = (...asked) => worker.get(...asked)
const contentOf = (path: string) => Buffer.from(CONTENT[path] ?? [])

/** What is at the end of each file is what a wrong offset would miss. */
const toRange = (path: keyof typeof SIZES) => {
  const size = SIZES[path]
  return { first: size - 1500, last: size - 7, size }
}

beforeAll(async () => {
  worker = await startAssetsWorker({
    '/data.txt': { body: TEXT, encodings: { gzip: GZIPPED_TEXT } },
    '/app.js': { body: SCRIPT, type: 'text/javascript', encodings: ENCODED_SCRIPT },
    ...Object.fromEntries(
      paths.map((path) => [path, { body: bytesOf(SIZES[path]), type: 'application/pdf' }]),
    ),
  })
})
afterAll(() => worker.stop())

function expectRange(reply: Reply, path: keyof typeof SIZES): void {
  const { first, last, size } = toRange(path)
  expect(reply.status).toBe(206)
  expect(reply.headers).toMatchObject({
    'content-range': `bytes ${first}-${last}/${size}`,
    'content-length': String(last - first + 1),
    'content-type': 'application/pdf',
  })
  expect(reply.bytes.equals(contentOf(path).subarray(first, last + 1))).toBe(true)
}

describe('a range', () => {
  const ask = (path: keyof typeof SIZES, headers = {}) => {
    const { first, last } = toRange(path)
    return get(path, { ...headers, range: `bytes=${first}-${last}` })
  }

  it('of a small file is the same from R2, from memory and from the Cache API', async () => {
    const path = '/small.bin'
    const replies = [await ask(path, COLD), await ask(path), await ask(path, COLD)]
    expect(replies.map(({ headers }) => headers['x-source'])).toEqual(['r2', 'memory', 'cache'])
    for (const reply of replies) expectRange(reply, path)
  })

  it('of a bigger one is the same from R2 and, once it was read whole, from the Cache API', async () => {
    const path = '/middle.bin'
    const cold = await ask(path, COLD)
    const whole = await get(path, { range: 'bytes=0-' })
    const warm = await ask(path, COLD)
    expect([cold, whole, warm].map(({ headers }) => headers['x-source'])).toEqual([
      'r2',
      'r2',
      'cache',
    ])
    expectRange(cold, path)
    expectRange(warm, path)
    expect([whole.status, whole.bytes.equals(contentOf(path))]).toEqual([206, true])
  })

  it('of a file that no cache holds comes from R2 each time', async () => {
    for (let turn = 0; turn < 2; turn++) {
      const reply = await ask('/large.bin')
      expect(reply.headers['x-source']).toBe('r2')
      expectRange(reply, '/large.bin')
    }
  })

  it.each(['br', 'gzip', 'zstd', 'identity'] as const)(
    'of %s is one of the encoded bytes, from R2, memory and Cache API',
    async (encoding) => {
      const stored =
        encoding === 'identity' ? Buffer.from(SCRIPT) : Buffer.from(ENCODED_SCRIPT[encoding])
      const headers = { 'accept-encoding': encoding, range: 'bytes=5-20' }
      const replies = [
        await get('/app.js', { ...headers, ...COLD }),
        await get('/app.js', headers),
        await get('/app.js', { ...headers, ...COLD }),
      ]
      expect(replies.map(({ headers }) => headers['x-source'])).toEqual(['r2', 'memory', 'cache'])
      for (const { status, headers, bytes } of replies) {
        expect(status).toBe(206)
        expect(bytes.equals(stored.subarray(5, 21))).toBe(true)
        expect(headers['content-range']).toBe(`bytes 5-20/${stored.length}`)
        expect(headers['content-encoding']).toBe(encoding === 'identity' ? undefined : encoding)
      }
    },
  )

  it('can be put together to the whole again, whatever the pieces', async () => {
    const pieces: Buffer[] = []
    for (let first = 0; first < SIZES['/middle.bin']; first += 700_001) {
      const range = `bytes=${first}-${first + 700_000}`
      pieces.push((await get('/middle.bin', { range })).bytes)
    }
    expect(Buffer.concat(pieces).equals(contentOf('/middle.bin'))).toBe(true)
  })

  it('that its client leaves in the middle harms nobody', async () => {
    for (const path of ['/middle.bin', '/large.bin']) {
      await new Promise<void>((resolve) => {
        const headers = { ...worker.identity, range: `bytes=1-,${SIZES['/large.bin']}-` }
        const sent = request(new URL(path, worker.url), { headers }, (response) => {
          response.once('data', () => response.destroy())
          response.on('error', () => undefined)
          response.on('close', resolve)
        })
        sent.on('error', () => undefined)
        sent.end()
      })
    }
    expectRange(await ask('/middle.bin'), '/middle.bin')
  })
})

describe('several ranges', () => {
  it.each(paths)('of %s are the parts of one multipart body', async (path) => {
    const { size } = toRange(path)
    const spans = [
      [size - 300, size - 201],
      [0, 0],
      [1000, 1999],
    ] as const
    const range = `bytes=${spans.map(([first, last]) => `${first}-${last}`).join(', ')}`
    for (const cold of [COLD, {}, COLD]) {
      const { status, headers, bytes } = await get(path, { ...cold, range })
      const boundary = /^multipart\/byteranges; boundary=([0-9a-f]{64})$/.exec(
        String(headers['content-type']),
      )?.[1]
      const parts = spans.flatMap(([first, last], index) => [
        `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: application/pdf\r\n`,
        `Content-Range: bytes ${first}-${last}/${size}\r\n\r\n`,
        contentOf(path).subarray(first, last + 1),
      ])
      const expected = [...parts, `\r\n--${boundary}--\r\n`].map((part) => Buffer.from(part))
      expect(status).toBe(206)
      expect(headers['content-range']).toBeUndefined()
      expect(headers['content-length']).toBe(String(bytes.length))
      expect(bytes.equals(Buffer.concat(expected))).toBe(true)
    }
  })

  it('of an encoded form are the whole of it', async () => {
    const range = 'bytes=0-9,200-209'
    const encoded = await get('/data.txt', { 'accept-encoding': 'gzip', range })
    expect([encoded.status, encoded.headers['content-encoding']]).toEqual([200, 'gzip'])
    expect(encoded.bytes.equals(GZIPPED_TEXT)).toBe(true)
    expect((await get('/data.txt', { range })).status).toBe(206)
  })
})

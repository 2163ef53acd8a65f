// Files that a build has compressed itself, published from a folder and asked for over plain sockets.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AssetsWorker, startAssetsWorker } from './assets-worker.ts'

const WASM = Buffer.concat([Buffer.from('\0asm\u0001\0\0\0'), Buffer.alloc(40_000, 'unity')])
const DATA = Buffer.alloc(50_000, '\0level')
const SCRIPT = 'export const framework = "unity";\n'.repeat(500)
const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg">${'<g/>'.repeat(500)}</svg>`
const FILES: Readonly<Record<string, Uint8Array>> = {
  'index.html': Buffer.from('<canvas></canvas>'),
  'Build/game.wasm.br': brotliCompressSync(WASM),
  'Build/game.framework.js.br': brotliCompressSync(SCRIPT),
  'Build/game.data.gz': gzipSync(DATA),
  'Build/game.wasm.unityweb': gzipSync(WASM),
  'Build/game.data.unityweb': brotliCompressSync(DATA),
  'picture.svgz': gzipSync(PICTURE),
  'download.tar.gz': gzipSync('a tar'),
  'not-brotli.js.br': Buffer.from([1, 2, 3, 0, 1, 2, 3]),
}

let folder: string
let worker: AssetsWorker

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holo-precompressed-'))
  for (const [name, bytes] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  worker = await startAssetsWorker({ folder })
})
afterAll(async () => {
  await worker?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const CASES = [
  ['/Build/game.wasm.br', 'br', 'application/wasm', WASM],
  ['/Build/game.framework.js.br', 'br', 'text/javascript; charset=utf-8', SCRIPT],
  ['/Build/game.data.gz', 'gzip', 'application/octet-stream', DATA],
  ['/Build/game.wasm.unityweb', 'gzip', 'application/wasm', WASM],
  ['/Build/game.data.unityweb', 'br', 'application/octet-stream', DATA],
  ['/picture.svgz', 'gzip', 'image/svg+xml; charset=utf-8', PICTURE],
] as const

describe('a file that the build has compressed', () => {
  it.each(CASES)('%s arrives as it lies in the folder, with its coding: %s', async (...one) => {
    const [path, encoding, type] = one
    // The local server in front encodes once more where several codings are accepted.
    const { status, headers, bytes } = await worker.get(path, { 'accept-encoding': encoding })
    expect(status).toBe(200)
    expect(new Uint8Array(bytes)).toEqual(new Uint8Array(FILES[path.slice(1)] ?? []))
    expect(headers).toMatchObject({
      'content-encoding': encoding,
      'content-type': type,
      'content-length': String(bytes.length),
      vary: 'accept-encoding',
    })
  })

  it.each(CASES)('%s is decoded for who does not accept %s, under another tag', async (...one) => {
    const [path, encoding, type, content] = one
    const plain = await worker.get(path)
    expect(plain.bytes.equals(Buffer.from(content))).toBe(true)
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.headers['content-type']).toBe(type)
    const encoded = await worker.get(path, { 'accept-encoding': encoding }, 'HEAD')
    expect(encoded.headers.etag).not.toBe(plain.headers.etag)
    const tag = String(plain.headers.etag)
    expect((await worker.get(path, { 'if-none-match': tag })).status).toBe(304)
  })

  it('has ranges of the form that was asked for', async () => {
    const range = { range: 'bytes=5-14' }
    const plain = await worker.get('/Build/game.data.gz', range)
    expect(plain.status).toBe(206)
    expect(plain.bytes.toString()).toBe(DATA.toString('latin1', 5, 15))
    const encoded = await worker.get('/Build/game.data.gz', { ...range, 'accept-encoding': 'gzip' })
    expect(encoded.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-range': `bytes 5-14/${FILES['Build/game.data.gz']?.length}`,
    })
    expect(
      encoded.bytes.equals(Buffer.from(FILES['Build/game.data.gz'] ?? []).subarray(5, 15)),
    ).toBe(true)
  })
})

describe('what is served as it is', () => {
  it.each([
    ['/download.tar.gz', 'application/gzip'],
    ['/not-brotli.js.br', 'application/octet-stream'],
  ])('%s, as %s', async (path, type) => {
    const { headers, bytes } = await worker.get(path, { 'accept-encoding': 'gzip, br' })
    expect(headers['content-type']).toBe(type)
    expect(headers['content-encoding']).toBeUndefined()
    expect(new Uint8Array(bytes)).toEqual(new Uint8Array(FILES[path.slice(1)] ?? []))
  })
})

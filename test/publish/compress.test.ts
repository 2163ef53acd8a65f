import { randomBytes } from 'node:crypto'
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  gunzipSync,
  zstdDecompressSync,
} from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { chooseEncodings, compress } from '../../src/publish/encode-contents.ts'

const ALL = ['br', 'gzip', 'zstd'] as const
const USUAL = ['br', 'gzip'] as const
const SCRIPT = 'text/javascript; charset=utf-8'
/** RFC 9659: what a browser must be able to hold of a zstd frame is 8 MB. */
const MAX_WINDOW_LOG = 23

describe('chooseEncodings', () => {
  it.each([
    ['/a.js', SCRIPT, 10_000, USUAL],
    ['/a.svg', 'image/svg+xml; charset=utf-8', 10_000, USUAL],
    ['/a.json', 'application/json; charset=utf-8', 10_000, USUAL],
    ['/a.wasm', 'application/wasm', 10_000, USUAL],
    ['/a.ttf', 'font/ttf', 10_000, USUAL],
    ['/favicon.ico', 'image/x-icon', 10_000, USUAL],
    ['/a.js', SCRIPT, 1024, USUAL],
    ['/a.js', SCRIPT, 1023, []],
    ['/a.js', SCRIPT, 4 * 2 ** 20, USUAL],
    ['/a.js', SCRIPT, 4 * 2 ** 20 + 1, ALL],
    ['/a.js.map', 'application/json; charset=utf-8', 10_000, ['gzip']],
    ['/a.png', 'image/png', 10_000, []],
    ['/a.woff2', 'font/woff2', 10_000, []],
    ['/a.mp4', 'video/mp4', 10_000, []],
    ['/a.zip', 'application/zip', 10_000, []],
    ['/a', 'application/octet-stream', 10_000, []],
  ])('makes for %s (%s, %d bytes) %j', (path, type, size, encodings) => {
    expect(chooseEncodings(path, type, size)).toEqual(encodings)
  })
})

describe('compress', () => {
  const text = Buffer.from('export const greeting = "many versions, one address";\n'.repeat(50))

  it('makes forms that give back the very bytes', async () => {
    const forms = await compress(text, SCRIPT, ALL)
    expect(forms.map(({ encoding }) => encoding)).toEqual(ALL)
    const [br, gzip, zstd] = forms.map(({ bytes }) => bytes)
    expect(brotliDecompressSync(br as Uint8Array)).toEqual(text)
    expect(gunzipSync(gzip as Uint8Array)).toEqual(text)
    expect(zstdDecompressSync(zstd as Uint8Array)).toEqual(text)
  })

  it('goes to the last level of brotli, and to a quicker one where that takes too long', async () => {
    for (const [size, level] of [
      [100_000, 11],
      [5 * 2 ** 20, 9],
    ] as const) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, i) => 97 + ((i * i * 7) % 23)))
      const [br] = await compress(bytes, SCRIPT, ['br'])
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: level,
        [constants.BROTLI_PARAM_SIZE_HINT]: size,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      }
      expect(brotliCompressSync(bytes, { params }).equals(br?.bytes ?? Buffer.alloc(0))).toBe(true)
    }
  })

  it('keeps no form that saves nothing to speak of', async () => {
    expect(await compress(randomBytes(10_000), SCRIPT, ALL)).toEqual([])
    const almost = Buffer.concat([randomBytes(10_000), Buffer.alloc(400)])
    expect(await compress(almost, SCRIPT, ALL)).toEqual([])
    const enough = Buffer.concat([randomBytes(10_000), Buffer.alloc(1_000)])
    expect(await compress(enough, SCRIPT, ALL)).toHaveLength(3)
  })

  it('makes the same bytes of the same content', async () => {
    expect(await compress(text, SCRIPT, ALL)).toEqual(await compress(text, SCRIPT, ALL))
  })

  it.each([
    ['just at the thorough levels', 4 * 2 ** 20],
    ['beyond them', 9 * 2 ** 20],
  ])('keeps zstd within the window of browsers, %s', async (_, size) => {
    const large = Buffer.alloc(size, text)
    const [zstd] = await compress(large, SCRIPT, ['zstd'])
    const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG }
    expect(zstdDecompressSync(zstd?.bytes ?? '', { params }).equals(large)).toBe(true)
  })
})

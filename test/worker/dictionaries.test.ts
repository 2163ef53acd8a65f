// Compression dictionaries in requests and replies, by the letter of RFC 9842: which requests get a delta, what
// replies say of themselves, and what nobody gets.

import { describe, expect, it } from 'vitest'
import { Blobs } from '../../src/assets/blobs.ts'
import { type ApplyHeaders, serveIntent } from '../../src/assets/serve.ts'
import { createCounters, type Store } from '../../src/assets/store.ts'
import { toHex } from '../../src/core/hex.ts'
import type { ManifestEntry } from '../../src/core/site/manifest-entry.ts'
import type { Intent } from '../../src/core/site/resolve.ts'

const toBytes = (text: string) => new TextEncoder().encode(text)

/** Nothing here looks into a form: publish/deltas.test.ts decodes real ones. */
const OLD = toBytes('the script of the version before')
const NEW = toBytes('the script '.repeat(20))
const BROTLI = toBytes('the Brotli form, the longest')
const ZSTD_DELTA = toBytes('the longer delta')
const DELTA = toBytes('the delta')
const digests = new Map<Uint8Array, Uint8Array>()
for (const bytes of [OLD, NEW, BROTLI, ZSTD_DELTA, DELTA]) {
  digests.set(bytes, new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
const digestOf = (bytes: Uint8Array) => digests.get(bytes) ?? new Uint8Array()
const toHash = (bytes: Uint8Array) => toHex(digestOf(bytes))
const toItem = (bytes: Uint8Array) => `:${btoa(String.fromCharCode(...digestOf(bytes)))}:`
const stored = new Map([NEW, BROTLI, ZSTD_DELTA, DELTA].map((bytes) => [toHash(bytes), bytes]))
const entry: ManifestEntry = {
  path: '/assets/app-D3kf9Lm2.js',
  type: 'text/javascript',
  hashed: true,
  isDictionary: true,
  blob: toHash(NEW),
  size: NEW.length,
  encodings: [
    { encoding: 'br', blob: toHash(BROTLI), size: BROTLI.length },
    { encoding: 'dcz', blob: toHash(ZSTD_DELTA), size: ZSTD_DELTA.length, dictionary: toHash(OLD) },
    { encoding: 'dcb', blob: toHash(DELTA), size: DELTA.length, dictionary: toHash(OLD) },
  ],
}

/** A store that has lost the blobs `lost`. */
function openBlobs(lost: readonly string[] = []): Blobs {
  const store: Store = {
    getBlob: async (hash) => {
      const bytes = lost.includes(hash) ? undefined : stored.get(hash)
      if (!bytes) return 'missing'
      const { body } = new Response(Uint8Array.from(bytes))
      return body ? { body, size: bytes.length } : 'missing'
    },
    getManifest: async () => 'missing',
  }
  const cache = { match: async () => undefined, put: async () => undefined }
  return new Blobs(store, cache, createCounters())
}

type Asked = {
  readonly method?: string
  readonly lost?: readonly string[]
  readonly inMemory?: Uint8Array
  readonly url?: string
  readonly applyHeaders?: ApplyHeaders
  readonly intent?: Partial<Extract<Intent, { kind: 'file' }>>
}

const BROWSER = {
  'accept-encoding': 'gzip, deflate, br, zstd, dcb, dcz',
  'available-dictionary': toItem(OLD),
  'sec-fetch-mode': 'no-cors',
  'sec-fetch-site': 'same-origin',
}

/** A request as Chromium sends it, with `change` of its headers; an empty one is left out. */
async function ask(change: Readonly<Record<string, string>> = {}, asked: Asked = {}) {
  const { method = 'GET', url = 'https://app.example.com/', applyHeaders, intent } = asked
  const fields = Object.entries({ ...BROWSER, ...change }).filter(([, value]) => value !== '')
  const request = new Request(url, { method, headers: fields })
  const own = { kind: 'file' as const, entry, status: 200 as const, ...intent }
  // Headers are remembered by form, and a form belongs to one entry.
  const file = { ...own, entry: structuredClone(own.entry) }
  const ctx = { waitUntil: () => undefined }
  const blobs = openBlobs(asked.lost)
  if (asked.inMemory) await blobs.keep(toHash(asked.inMemory), asked.inMemory)
  const { response } = await serveIntent(file, request, 'r', blobs, ctx, applyHeaders)
  return response
}

const encodingOf = async (change: Readonly<Record<string, string>>, asked?: Asked) =>
  (await ask(change, asked)).headers.get('content-encoding') ?? 'identity'

describe('a client with the dictionary', () => {
  it('gets the delta', async () => {
    const response = await ask()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-encoding')).toBe('dcb')
    expect(response.headers.get('content-type')).toBe('text/javascript')
    expect(response.headers.get('content-length')).toBe(String(DELTA.length))
    expect(response.headers.get('vary')).toBe('accept-encoding, available-dictionary')
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(DELTA)
  })

  it('gets the headers of it with HEAD, and a 304 for its tag alone', async () => {
    const full = await ask()
    const head = await ask({}, { method: 'HEAD' })
    expect([...head.headers]).toEqual([...full.headers])
    const etag = String(full.headers.get('etag'))
    const known = await ask({ 'if-none-match': etag })
    expect(known.status).toBe(304)
    expect(known.headers.get('vary')).toBe('accept-encoding, available-dictionary')
    const plain = await ask({ 'available-dictionary': '' })
    expect(plain.headers.get('etag')).not.toBe(etag)
    expect((await ask({ 'if-none-match': etag, 'available-dictionary': '' })).status).toBe(200)
  })

  it.each([
    ['has lost the delta', { lost: [toHash(DELTA)] }],
    ['gives nothing, and memory has it', { lost: [...stored.keys()], inMemory: BROTLI }],
  ])('gets the file all the same where the store %s', async (_, asked) => {
    const response = await ask({}, asked)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-encoding')).toBe('br')
    expect(response.headers.get('content-length')).toBe(String(BROTLI.length))
    expect((await response.arrayBuffer()).byteLength).toBe(BROTLI.length)
  })
})

describe('what is no reason for a delta', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['no dictionary', { 'available-dictionary': '' }],
    ['another dictionary', { 'available-dictionary': toItem(NEW) }],
    ['two dictionaries', { 'available-dictionary': `${toItem(OLD)}, ${toItem(NEW)}` }],
    ['a hash without colons', { 'available-dictionary': toItem(OLD).replaceAll(':', '') }],
    ['a hash as a string', { 'available-dictionary': toItem(OLD).replaceAll(':', '"') }],
    ['a hash with too much padding', { 'available-dictionary': toItem(OLD).replace('=', '==') }],
    ['a hash in hex', { 'available-dictionary': `:${toHash(OLD)}:` }],
    ['a short hash', { 'available-dictionary': ':AAAA:' }],
    ['a client without dcb and dcz', { 'accept-encoding': 'gzip, br, zstd' }],
    ['a client that refuses both', { 'accept-encoding': 'br, dcb;q=0, dcz;q=0' }],
    ['a client that takes anything', { 'accept-encoding': 'br, *' }],
    ['a client that likes br better', { 'accept-encoding': 'br, dcb;q=0.5, dcz;q=0.5' }],
    ['a range', { range: 'bytes=0-9' }],
    ['a page of elsewhere', { 'sec-fetch-site': 'cross-site' }],
    ['a page of the same site', { 'sec-fetch-site': 'same-site' }],
    ['a page of elsewhere, by CORS', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
  ])('%s', async (_, change) => {
    expect(await encodingOf(change)).toBe('br')
  })

  it.each([
    ['*', 'https://other.example.com', 'dcb'],
    ['https://other.example.com', 'https://other.example.com', 'dcb'],
    ['https://third.example.com', 'https://other.example.com', 'br'],
    ['*', '', 'br'],
  ])('a reply readable by %s for a page of %j: %s', async (allowed, origin, expected) => {
    const applyHeaders: ApplyHeaders = (headers) =>
      headers.set('access-control-allow-origin', allowed)
    const change = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', origin }
    const response = await ask(change, { applyHeaders })
    expect(response.headers.get('content-encoding')).toBe(expected)
    expect(response.headers.has('use-as-dictionary')).toBe(expected === 'dcb')
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['parameters of the hash', { 'available-dictionary': `${toItem(OLD)};a=1` }],
    ['no padding of the hash', { 'available-dictionary': toItem(OLD).replace('=', '') }],
    ['space around the hash', { 'available-dictionary': ` ${toItem(OLD)} ` }],
    ['a client without Sec-Fetch', { 'sec-fetch-mode': '', 'sec-fetch-site': '' }],
    ['a client without Sec-Fetch-Mode', { 'sec-fetch-mode': '', 'sec-fetch-site': 'cross-site' }],
    ['a client without Sec-Fetch-Site', { 'sec-fetch-mode': 'cors', 'sec-fetch-site': '' }],
    ['a page that is opened', { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }],
  ])('and what is no reason against one: %s', async (_, change) => {
    expect(await encodingOf(change)).toBe('dcb')
  })

  it.each([
    ['http://app.example.com/', 'br'],
    ['http://localhost.example.com/', 'br'],
    ['http://127.0.0.1.example.com/', 'br'],
    ['http://localhost:8787/', 'dcb'],
    ['http://app.localhost/', 'dcb'],
    ['http://127.0.0.1:8787/', 'dcb'],
    ['http://[::1]/', 'dcb'],
  ])('only secure contexts use dictionaries: %s gets %s', async (url, expected) => {
    const { headers } = await ask({}, { url })
    expect(headers.get('content-encoding')).toBe(expected)
    expect(headers.has('use-as-dictionary')).toBe(expected === 'dcb')
  })
})

describe('the two codings of a delta', () => {
  it.each([
    ['gzip, br, zstd, dcb, dcz', 'dcb'],
    ['gzip, br, zstd, dcz', 'dcz'],
    ['gzip, br, zstd, dcb', 'dcb'],
    ['br, DCZ', 'dcz'],
    ['dcb;q=0.5, dcz', 'dcz'],
    ['dcb;q=0, dcz, br', 'dcz'],
  ])('%s is answered with %s', async (accept, expected) => {
    expect(await encodingOf({ 'accept-encoding': accept })).toBe(expected)
  })

  it('have a tag each, so that a 304 and a range are those of one form', async () => {
    const tags = new Set<string | null>()
    for (const accept of ['br', 'br, dcz', 'br, dcb']) {
      const { headers } = await ask({ 'accept-encoding': accept })
      tags.add(headers.get('etag'))
    }
    expect(tags.size).toBe(3)
  })

  it('go on with the whole file where a part was asked for with the tag of a delta', async () => {
    const tag = String((await ask()).headers.get('etag'))
    const response = await ask({ range: 'bytes=5-', 'if-range': tag })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-encoding')).toBe('br')
  })
})

describe('Use-As-Dictionary', () => {
  const USE = 'match="/assets/app-*.js"'

  it('is on every form of a dictionary', async () => {
    for (const change of [{}, { 'available-dictionary': '' }, { 'accept-encoding': '' }]) {
      expect((await ask(change)).headers.get('use-as-dictionary')).toBe(USE)
    }
  })

  it('is a structured string also where the pattern has escapes', async () => {
    const intent = { entry: { ...entry, path: '/(shop)/app-BqXhYzWk.js' } }
    const { headers } = await ask({}, { intent })
    expect(headers.get('use-as-dictionary')).toBe('match="/\\\\(shop\\\\)/app-*.js"')
  })

  it.each<[string, Readonly<Record<string, string>>, Asked['intent'] | 'plain']>([
    ['a file that is none', {}, 'plain'],
    ['a file of another version', {}, { isElsewhere: true }],
    ['a page for "not found"', {}, { status: 404 }],
    ['a service worker', { 'service-worker': 'script' }, {}],
    ['a part', { range: 'bytes=0-9' }, {}],
    ['what a page of elsewhere cannot read', { 'sec-fetch-site': 'cross-site' }, {}],
  ])('is not on %s', async (_, change, intent) => {
    const { isDictionary: __, ...plain } = entry
    const asked = { intent: intent === 'plain' ? { entry: plain } : (intent ?? {}) }
    const { headers } = await ask(change, asked)
    expect(headers.has('use-as-dictionary')).toBe(false)
  })
})

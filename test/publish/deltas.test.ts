// Deltas between releases (RFC 9842): which files are dictionaries, which get deltas, and that a delta gives
// exactly the published bytes.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type BrotliOptions,
  brotliDecompressSync,
  type ZstdOptions,
  zstdDecompressSync,
} from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toDictionaryMatch } from '../../src/core/site/dictionary-match.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { openManifest } from '../../src/core/site/manifest.ts'
import {
  type DeltaEncoding,
  isDelta,
  type ManifestEntry,
} from '../../src/core/site/manifest-entry.ts'
import { compressDelta, listDeltaEncodings } from '../../src/publish/delta-forms.ts'
import {
  MAX_DELTA_FILE_BYTES,
  MAX_DELTAS,
  MAX_DICTIONARY_VERSIONS,
  MIN_DELTA_FILE_BYTES,
} from '../../src/publish/deltas.ts'
import { type PrepareOptions, prepareVersion } from '../../src/publish/prepare.ts'
import type { RetainedManifest } from '../../src/publish/survey.ts'
import { toWords } from '../support/dictionary-site.ts'
import { makeFolder } from './folder.ts'

const toHash = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What comes before the hash of the dictionary (RFC 9842 sections 4 and 5). */
const HEADS = { dcb: 'ff444342', dcz: '5e2a4d1820000000' } as const

/** The stream of a body, after its head was compared. */
function toStream(encoding: DeltaEncoding, body: Uint8Array, dictionary: Uint8Array): Uint8Array {
  const head = `${HEADS[encoding]}${toHash(dictionary)}`
  const { length } = Buffer.from(head, 'hex')
  expect(Buffer.from(body.subarray(0, length)).toString('hex')).toBe(head)
  return body.subarray(length)
}

/** What a client makes of a body. */
function decode(encoding: DeltaEncoding, body: Uint8Array, dictionary: Uint8Array): Buffer {
  const stream = toStream(encoding, body, dictionary)
  // The types of Node do not have `dictionary` for Brotli yet.
  const options: BrotliOptions & ZstdOptions = { dictionary }
  return encoding === 'dcb'
    ? brotliDecompressSync(stream, options)
    : zstdDecompressSync(stream, options)
}

const OLD = 'assets/app-BqXhYzWk.js'
const NEW = 'assets/app-D3kf9Lm2.js'
const toScript = (name: string) => `globalThis.words = "${toWords(2000)}"\n// ${name}\n`

type Site = Readonly<Record<string, string>>

/** A published version, with what its store gives. */
async function publish(
  files: Site,
  retained: readonly RetainedManifest[] = [],
  more: Partial<PrepareOptions> & { encodedFolder?: string } = {},
) {
  const encodedFolder = join(makeFolder(), 'encoded')
  const folder = makeFolder(files)
  const options = { folder, id: 'new', services: [], retained, encodedFolder, ...more }
  const prepared = await prepareVersion(options, () => {}, new AbortController().signal)
  const opened = openManifest(prepared.manifestBytes)
  if (!opened.ok) throw new Error(opened.error)
  const load = async (hash: string) => {
    const file = prepared.files.get(hash)
    return file === undefined ? undefined : readFileSync(file)
  }
  return {
    ...prepared,
    opened: opened.value,
    load,
    retained: { id: 'old', manifest: opened.value },
  }
}

const deltasOf = (entry: ManifestEntry | undefined) => (entry?.encodings ?? []).filter(isDelta)

describe.each(['dcb', 'dcz'] as const)('a delta in %s', (encoding) => {
  it('decodes to the published bytes, whatever both files are', async () => {
    const bytes = fc.uint8Array({ maxLength: 3000 })
    await fc.assert(
      fc.asyncProperty(bytes, bytes, bytes, async (a, b, c) => {
        // No dictionary is empty.
        const dictionary = Buffer.concat([a, b, Buffer.from('.')])
        const file = Buffer.concat([b, c, a])
        const body = await compressDelta(encoding, file, dictionary)
        expect(decode(encoding, body, dictionary)).toEqual(file)
      }),
      { numRuns: 50 },
    )
  })

  it('has a window that every client has, for the largest file and dictionary', async () => {
    const line = `${toWords(60)}\n`
    const dictionary = Buffer.alloc(MAX_DELTA_FILE_BYTES, line)
    const file = Buffer.alloc(MAX_DELTA_FILE_BYTES, `${line}!`)
    const body = await compressDelta(encoding, file, dictionary)
    const [first = 0, ...rest] = toStream(encoding, body, dictionary)
    // RFC 7932 section 9.1: only these seven bits announce a window above 16 MB, to decoders that know it.
    if (encoding === 'dcb') return expect(first & 0x7f).not.toBe(0x11)
    // RFC 8878 section 3.1.1.1: a frame of one segment has a window as long as its content.
    const isOneSegment = ((rest[3] ?? 0) & 0x20) !== 0
    const exponent = (rest[4] ?? 0) >> 3
    expect(isOneSegment || 2 ** (10 + exponent) <= 8 * 2 ** 20).toBe(true)
  })
})

it('both encodings are made by this Node', async () => {
  expect(await listDeltaEncodings()).toEqual(['dcb', 'dcz'])
})

describe('a publication after another', () => {
  it('stores the difference to the script of the version before', async () => {
    const old = await publish({ 'index.html': 'home', [OLD]: toScript('old') })
    const loadBlob = old.load
    const fresh = await publish({ 'index.html': 'home', [NEW]: toScript('new') }, [old.retained], {
      loadBlob,
    })
    const entry = fresh.opened.find(`/${NEW}`)
    const deltas = deltasOf(entry)
    expect(deltas.map(({ encoding }) => encoding).sort()).toEqual(['dcb', 'dcz'])
    for (const { encoding, dictionary, blob, size } of deltas) {
      expect(dictionary).toBe(toHash(toScript('old')))
      expect(fresh.blobs.has(blob)).toBe(true)
      const body = await fresh.load(blob)
      expect(body?.length).toBe(size)
      expect(size).toBeLessThan(200)
      const decoded = decode(encoding, body ?? Buffer.of(), Buffer.from(toScript('old')))
      expect(decoded.toString()).toBe(toScript('new'))
    }

    // The next publication of the same files needs neither the dictionary nor the bytes of the delta.
    const retained = [{ ...fresh.retained, id: 'again' }, old.retained]
    const again = await publish({ 'index.html': 'home', [NEW]: toScript('new') }, retained, {
      loadBlob: () => Promise.reject(new Error('asked')),
    })
    expect(deltasOf(again.opened.find(`/${NEW}`))).toEqual(deltas)
    const third = { 'index.html': 'home', 'assets/app-Zk4mQ9xT.js': toScript('new') }
    const known = await publish(
      third,
      [
        { ...old.retained, isOpen: true },
        { ...fresh.retained, isOpen: false },
      ],
      {
        loadBlob: () => Promise.reject(new Error('asked')),
      },
    )
    expect(deltasOf(known.opened.find('/assets/app-Zk4mQ9xT.js'))).toEqual(deltas)
    for (const { blob } of deltas) expect(known.files.has(blob)).toBe(false)
  })

  it.each([
    ['has no dictionary any more', async () => undefined],
    ['gives other bytes', async () => Buffer.from('other')],
    ['cannot be read', () => Promise.reject(new Error('the connection is lost'))],
  ])('is complete without deltas where the store %s', async (_, loadBlob) => {
    const old = await publish({ [OLD]: toScript('old') })
    const fresh = await publish({ [NEW]: toScript('new') }, [old.retained], { loadBlob })
    expect(deltasOf(fresh.opened.find(`/${NEW}`))).toEqual([])
    expect(fresh.opened.find(`/${NEW}`)?.isDictionary).toBe(true)
  })

  it.each<[string, Site, string, Site]>([
    [
      'has its name for ever',
      { 'app.js': toScript('old') },
      'app.js',
      { 'app.js': toScript('new') },
    ],
    [
      'is a page',
      { 'a-BqXhYzWk.html': toScript('o') },
      'a-D3kf9Lm2.html',
      { 'a-D3kf9Lm2.html': toScript('n') },
    ],
    [
      'has another name',
      { [OLD]: toScript('old') },
      'assets/web-D3kf9Lm2.js',
      { 'assets/web-D3kf9Lm2.js': toScript('new') },
    ],
    [
      'is small',
      { [OLD]: 'a'.repeat(MIN_DELTA_FILE_BYTES - 1) },
      NEW,
      { [NEW]: 'b'.repeat(MIN_DELTA_FILE_BYTES - 1) },
    ],
    ['has nothing in common', { [OLD]: toWords(2000, 3) }, NEW, { [NEW]: toWords(2000, 4) }],
    ['is as it was', { [OLD]: toScript('old') }, OLD, { [OLD]: toScript('old') }],
  ])('makes none for a file that %s', async (_, before, name, after) => {
    const old = await publish(before)
    const fresh = await publish(after, [old.retained], { loadBlob: old.load })
    expect(fresh.opened.find(`/${name}`)).toBeDefined()
    expect(deltasOf(fresh.opened.find(`/${name}`))).toEqual([])
  })

  it('takes the newest open versions as dictionaries, and at most two', async () => {
    expect(MAX_DICTIONARY_VERSIONS).toBe(2)
    const names = ['BqXhYzWk', 'Qw3rTy7u', 'Lk9jHg5f', 'Mn2bVc8x']
    const olds = await Promise.all(
      names.map((name) => publish({ [`assets/app-${name}.js`]: toScript(name) })),
    )
    const retained = olds.map((old, i) => ({ ...old.retained, id: `${i}`, isOpen: i !== 1 }))
    const loadBlob = async (hash: string) => {
      for (const { load } of olds) {
        const found = await load(hash)
        if (found) return found
      }
      return undefined
    }
    const fresh = await publish({ [NEW]: toScript('new') }, retained, { loadBlob })
    const deltas = deltasOf(fresh.opened.find(`/${NEW}`))
    const meant = ['BqXhYzWk', 'Lk9jHg5f'].map((name) => toHash(toScript(name)))
    for (const encoding of ['dcb', 'dcz']) {
      const those = deltas.filter((form) => form.encoding === encoding)
      expect(those.map((form) => form.dictionary)).toEqual(meant.toSorted())
    }
  })

  it('marks the largest file of each pattern as the dictionary, and serves all of them by it', async () => {
    const large = `${toScript('large')}${toWords(500, 9)}`
    const old = await publish({
      'chunk-BqXhYzWk.js': large,
      'chunk-Qw3rTy7u.js': toScript('small'),
    })
    expect(old.opened.find('/chunk-BqXhYzWk.js')?.isDictionary).toBe(true)
    expect(old.opened.find('/chunk-Qw3rTy7u.js')?.isDictionary).toBeUndefined()
    const site = { 'chunk-D3kf9Lm2.js': toScript('a'), 'chunk-Lk9jHg5f.js': toScript('b') }
    const fresh = await publish(site, [old.retained], { loadBlob: old.load })
    for (const name of Object.keys(site)) {
      const [delta] = deltasOf(fresh.opened.find(`/${name}`))
      expect(delta?.dictionary).toBe(toHash(large))
    }
    expect(MAX_DELTAS).toBe(200)
  })
})

describe('the pattern of a name', () => {
  it.each([
    ['/assets/app-BqXhYzWk.js', '/assets/app-*.js'],
    ['/assets/index-_SfIas52.js', '/assets/index-*.js'],
    ['/static/js/main.3f2a9c1b.chunk.js', '/static/js/main.*.chunk.js'],
    ['/chunk-TXPIYSRT.js', '/chunk-*.js'],
    ['/js/434.cf3361192c.js', '/js/434.*.js'],
    ['/_next/app/(shop)/[id]/page-0a1b2c3d4e5f6789.js', '/_next/app/\\(shop\\)/%5Bid%5D/page-*.js'],
    ['/a b/app-BqXhYzWk.css', '/a%20b/app-*.css'],
    ['/0a1b2c3d4e5f67890a1b2c3d4e5f6789.js', ''],
    ['/assets/plain.js', ''],
    ['/no-extension', ''],
    ['/a:b/app-BqXhYzWk.js', ''],
  ])('%s: %j', (path, pattern) => {
    expect(toDictionaryMatch(path)).toBe(pattern)
  })

  it('matches, as a URL pattern, the name that it is made of', () => {
    for (const path of ['/a/(x)/b+c/app-BqXhYzWk.js', '/a*b/{c}/app-BqXhYzWk.min.css']) {
      const pathname = toDictionaryMatch(path)
      const pattern = new URLPattern(pathname, 'https://app.example.com')
      const own = new URL(path, 'https://app.example.com')
      expect(pattern.test(own), pathname).toBe(true)
      expect(pattern.test('https://other.example.com/'), pathname).toBe(false)
    }
  })
})

describe('a manifest with deltas', () => {
  const entry: ManifestEntry = {
    path: '/app-1.js',
    type: 'text/javascript',
    hashed: true,
    isDictionary: true,
    blob: '0'.repeat(64),
    size: 9000,
    encodings: [
      { encoding: 'br', blob: '1'.repeat(64), size: 3000 },
      { encoding: 'dcz', blob: '2'.repeat(64), size: 300, dictionary: 'a'.repeat(64) },
      { encoding: 'dcz', blob: '3'.repeat(64), size: 400, dictionary: 'b'.repeat(64) },
      { encoding: 'dcb', blob: '4'.repeat(64), size: 290, dictionary: 'a'.repeat(64) },
      { encoding: 'dcb', blob: '5'.repeat(64), size: 390, dictionary: 'b'.repeat(64) },
    ],
  }
  const CONFIG = { htmlHandling: 'none', notFound: 'none' } as const

  it('is read as it was written, in whatever order', () => {
    const bytes = encodeManifest([entry], CONFIG)
    const turned = { ...entry, encodings: entry.encodings.toReversed() }
    expect(encodeManifest([turned], CONFIG)).toEqual(bytes)
    const opened = openManifest(bytes)
    expect(opened.ok && opened.value.find(entry.path)).toEqual(entry)
  })

  it('refuses the same dictionary twice', () => {
    const [, delta] = entry.encodings
    const twice = { ...entry, encodings: delta ? [delta, delta] : [] }
    expect(() => encodeManifest([twice], CONFIG)).toThrow(/dcz with dictionary a+ twice/)
  })
})

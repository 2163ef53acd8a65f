import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeManifest } from '../../../src/core/site/encode-manifest.ts'
import { type Manifest, openManifest } from '../../../src/core/site/manifest.ts'
import type { ManifestConfig } from '../../../src/core/site/manifest-config.ts'
import type { ManifestEntry } from '../../../src/core/site/manifest-entry.ts'
import {
  MAX_INLINE_BLOBS,
  MAX_INLINE_BYTES,
  MAX_MANIFEST_BYTES,
} from '../../../src/core/site/manifest-limits.ts'

const CONFIG: ManifestConfig = { htmlHandling: 'auto-trailing-slash', notFound: 'none' }
const HEADER_BYTES = 36
const ENTRY_BYTES = 60

const hash = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 64,
  maxLength: 64,
})
const size = fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 48 - 1 }))
const path = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `/${text}`)
const encodings = fc
  .subarray(['br', 'gzip', 'zstd'] as const)
  .chain((names) =>
    fc.tuple(
      ...names.map((encoding) => fc.record({ encoding: fc.constant(encoding), blob: hash, size })),
    ),
  )
const entry: fc.Arbitrary<ManifestEntry> = fc.record({
  path,
  blob: hash,
  size,
  type: fc.constantFrom('text/html; charset=utf-8', 'image/png', 'application/wasm', ''),
  hashed: fc.boolean(),
  encodings,
})
const privateEntry = entry.map((one): ManifestEntry => ({ ...one, isPrivate: true }))
const entries = fc.uniqueArray(entry, { selector: ({ path }) => path, maxLength: 30 })
const config: fc.Arbitrary<ManifestConfig> = fc.record({
  htmlHandling: fc.constantFrom(
    'auto-trailing-slash',
    'force-trailing-slash',
    'drop-trailing-slash',
    'none',
  ),
  notFound: fc.constantFrom('none', '404-page', 'single-page-application'),
})

function open(bytes: Uint8Array): Manifest {
  const opened = openManifest(bytes)
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

function entryOf(path: string, more: Partial<ManifestEntry> = {}): ManifestEntry {
  const blob = 'ab'.repeat(32)
  return { path, blob, size: 1, type: 'text/plain', hashed: false, encodings: [], ...more }
}

describe('a manifest', () => {
  it('gives back every entry and the configuration as they were put in', () => {
    fc.assert(
      fc.property(entries, config, (all, settings) => {
        const manifest = open(encodeManifest(all, settings))
        expect(manifest.config).toEqual(settings)
        expect(manifest.count).toBe(all.length)
        for (const one of all) expect(manifest.find(one.path)).toEqual(one)
        const byPath = (a: ManifestEntry, b: ManifestEntry) => (a.path < b.path ? -1 : 1)
        expect([...manifest.entries()].sort(byPath)).toEqual(all.toSorted(byPath))
      }),
    )
  })

  it('has the same bytes in whatever order entries and encodings come', () => {
    const shuffled = entries.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([all, others]) => {
        const turned = others.map((one) => ({ ...one, encodings: one.encodings.toReversed() }))
        expect(encodeManifest(turned, CONFIG)).toEqual(encodeManifest(all, CONFIG))
      }),
    )
  })

  it('finds nothing under a path it does not have', () => {
    fc.assert(
      fc.property(entries, path, (all, wanted) => {
        fc.pre(!all.some((one) => one.path === wanted))
        expect(open(encodeManifest(all, CONFIG)).find(wanted)).toBeUndefined()
      }),
    )
  })

  it('serves no private file, and gives it back to whoever stores or compares', () => {
    const mixed = fc.uniqueArray(fc.oneof(entry, privateEntry), {
      selector: (one) => one.path,
      maxLength: 30,
    })
    fc.assert(
      fc.property(mixed, (all) => {
        const manifest = open(encodeManifest(all, CONFIG))
        for (const one of all) {
          expect(manifest.find(one.path)).toEqual(one.isPrivate ? undefined : one)
          expect(manifest.findAny(one.path)).toEqual(one)
        }
        expect(manifest.withConfig(CONFIG).count).toBe(all.length)
        expect([...manifest.entries()].filter((one) => one.isPrivate)).toHaveLength(
          all.filter((one) => one.isPrivate).length,
        )
      }),
    )
  })

  it('with private files has a format that a Holo which would serve them refuses', () => {
    const formatOf = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint32(4, true)
    expect(formatOf(encodeManifest([entryOf('/a')], CONFIG))).toBe(1)
    const bytes = encodeManifest([entryOf('/a'), entryOf('/a.map', { isPrivate: true })], CONFIG)
    expect(formatOf(bytes)).toBe(2)
  })

  it('can be read where it lies inside other bytes', () => {
    const bytes = encodeManifest([entryOf('/a')], CONFIG)
    const around = new Uint8Array(bytes.length + 20)
    around.set(bytes, 7)
    expect(open(around.subarray(7, 7 + bytes.length)).find('/a')).toEqual(entryOf('/a'))
  })

  it('walks only over what is asked for, as a walk over everything would give it', () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 5 }), size, (all, slices, minBytes) => {
        const manifest = open(encodeManifest(all, CONFIG))
        const whole = [...manifest.entries()]
        expect([...manifest.entries(0, minBytes)]).toEqual(
          whole.filter((one) => one.size >= minBytes),
        )
        const toSlice = (beginning: number) => Math.floor((beginning / 2 ** 32) * slices)
        for (let slice = 0; slice < slices; slice++) {
          const wanted = whole.filter((one) =>
            [one, ...one.encodings].some(
              ({ blob }) => toSlice(Number.parseInt(blob.slice(0, 8), 16)) === slice,
            ),
          )
          expect([...manifest.entriesOf((beginning) => toSlice(beginning) === slice)]).toEqual(
            wanted,
          )
        }
        const forms = whole.reduce((sum, { encodings }) => sum + 1 + encodings.length, 0)
        expect(manifest.countForms()).toBe(forms)
      }),
    )
  })

  it('of 100,000 files is within the bound: with three encodings each, or with paths of 110 bytes', () => {
    const toBytes = (count: number, encodings: number, pathBytes: number) =>
      encodeManifest(
        Array.from({ length: count }, (_, i) =>
          entryOf(`/${String(i).padStart(pathBytes - 1, 'x')}`, {
            encodings: (['br', 'gzip', 'zstd'] as const)
              .slice(0, encodings)
              .map((encoding) => ({ encoding, blob: 'cd'.repeat(32), size: 1 })),
          }),
        ),
        CONFIG,
      ).length
    const toPredicted = (encodings: number, pathBytes: number) => {
      const [few, more] = [toBytes(100, encodings, pathBytes), toBytes(200, encodings, pathBytes)]
      return few + ((more - few) * (100_000 - 100)) / 100
    }
    expect(toPredicted(3, 70)).toBeLessThanOrEqual(MAX_MANIFEST_BYTES)
    expect(toPredicted(2, 110)).toBeLessThanOrEqual(MAX_MANIFEST_BYTES)
    expect(toPredicted(2, 112)).toBeGreaterThan(MAX_MANIFEST_BYTES)
  })

  it('finds each of 100,000 paths, also those whose hashes collide, and no other', () => {
    const all = Array.from({ length: 100_000 }, (_, i) =>
      entryOf(`/assets/${i % 100}/file-${i}.js`, {
        size: i,
        blob: i.toString(16).padStart(64, '0'),
        hashed: i % 2 === 0,
      }),
    )
    const manifest = open(encodeManifest(all, CONFIG))
    expect(manifest.count).toBe(100_000)
    const wrong = all.filter((one) => {
      const found = manifest.find(one.path)
      return found?.blob !== one.blob || found.size !== one.size || found.hashed !== one.hashed
    })
    expect(wrong).toEqual([])
    for (let i = 0; i < 10_000; i++) expect(manifest.find(`/assets/none-${i}.js`)).toBeUndefined()
  })
})

describe('encodeManifest', () => {
  it.each([
    ['a size that is negative', [entryOf('/a', { size: -1 })], 'size'],
    ['a size that is no integer', [entryOf('/a', { size: 1.5 })], 'size'],
    ['a size beyond 48 bits', [entryOf('/a', { size: 2 ** 48 })], 'size'],
    ['a hash that is too short', [entryOf('/a', { blob: 'ab' })], 'SHA-256'],
    ['a hash in capitals', [entryOf('/a', { blob: 'AB'.repeat(32) })], 'SHA-256'],
    ['a path without a slash', [entryOf('a')], '/'],
    ['half a surrogate pair', [entryOf('/\ud800')], 'Unicode'],
    ['a path of 65,536 bytes', [entryOf(`/${'a'.repeat(65_535)}`)], 'too long'],
    ['a path twice', [entryOf('/a'), entryOf('/b'), entryOf('/a')], 'twice'],
    [
      'an encoding twice',
      [
        entryOf('/a', {
          encodings: [
            { encoding: 'br', blob: 'ab'.repeat(32), size: 1 },
            { encoding: 'br', blob: 'cd'.repeat(32), size: 2 },
          ],
        }),
      ],
      'br twice',
    ],
    [
      'a size of an encoding that is none',
      [entryOf('/a', { encodings: [{ encoding: 'br', blob: 'ab'.repeat(32), size: Number.NaN }] })],
      'size',
    ],
  ])('refuses %s', (_, all, reason) => {
    expect(() => encodeManifest(all, CONFIG)).toThrow(TypeError)
    expect(() => encodeManifest(all, CONFIG)).toThrow(reason)
  })
})

describe('openManifest', () => {
  const whole = encodeManifest(
    Array.from({ length: 20 }, (_, i) =>
      entryOf(`/file-${i}`, {
        type: `text/${i}`,
        encodings: [{ encoding: 'gzip', blob: 'cd'.repeat(32), size: i }],
      }),
    ),
    CONFIG,
  )

  it('refuses bytes that end early, and bytes with more behind them, with a reason', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(openManifest(whole.subarray(0, length))).toEqual({
        ok: false,
        error: expect.stringContaining('manifest'),
      })
    }
    expect(openManifest(new Uint8Array([...whole, 0])).ok).toBe(false)
  })

  it('refuses what is no manifest, and a format of another Holo', () => {
    expect(openManifest(new TextEncoder().encode('<!doctype html>'.repeat(10))).ok).toBe(false)
    const later = Uint8Array.from(whole)
    later[4] = 3
    expect(openManifest(later)).toMatchObject({ error: expect.stringContaining('format 3') })
  })

  /** A manifest without files whose configuration is `text`. */
  function withConfig(text: string): Uint8Array {
    const bytes = encodeManifest([], JSON.parse('{}'))
    const replaced = new Uint8Array(bytes.length - 2 + text.length)
    replaced.set(bytes.subarray(0, -2))
    replaced.set(new TextEncoder().encode(text), bytes.length - 2)
    const view = new DataView(replaced.buffer)
    view.setUint32(24, text.length, true)
    view.setUint32(32, text.length, true)
    return replaced
  }

  it.each([
    '{"notFound":"nine"}',
    '{"notFound":null}',
    '{"htmlHandling":"none"}',
    '{"htmlHandling":"nine","notFound":"none"}',
    '{"htmlHandling":null,"notFound":"none"}',
    '[]',
    '"text"',
    'null',
    '{"notFound"',
  ])('refuses the configuration %s', (text) => {
    expect(openManifest(withConfig(text))).toMatchObject({ ok: false, error: expect.any(String) })
  })

  it('reads one from before there was a word about HTML as Cloudflare handles it', () => {
    expect(open(withConfig('{"notFound":"none"}')).config).toEqual({
      htmlHandling: 'auto-trailing-slash',
      notFound: 'none',
    })
  })

  it('never throws over damaged bytes, nor does a search in what it opened', () => {
    const damage = fc.array(
      fc.tuple(
        fc.oneof(fc.nat(HEADER_BYTES - 1), fc.nat(whole.length - 1)),
        fc.integer({ min: 0, max: 255 }),
      ),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = Uint8Array.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        const opened = openManifest(bytes)
        if (!opened.ok) {
          expect(opened.error).not.toBe('')
          return
        }
        for (let i = 0; i < 20; i++) opened.value.find(`/file-${i}`)
        Array.from(opened.value.entries())
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['content type', 10, 2],
    ['first encoding', 20, 4],
  ])('counts an entry whose %s lies outside as none', (_, offset, length) => {
    const bytes = Uint8Array.from(whole)
    for (let i = 0; i < 20; i++) {
      bytes.fill(
        0xff,
        HEADER_BYTES + i * ENTRY_BYTES + offset,
        HEADER_BYTES + i * ENTRY_BYTES + offset + length,
      )
    }
    const manifest = open(bytes)
    for (let i = 0; i < 20; i++) expect(manifest.find(`/file-${i}`)).toBeUndefined()
    expect([...manifest.entries()]).toEqual([])
  })
})

describe('what a manifest holds itself', () => {
  const page = new TextEncoder().encode('<h1>a page</h1>')
  const blob = 'cd'.repeat(32)
  const openWith = (inline: ReadonlyMap<string, Uint8Array>, config: object = {}) =>
    open(encodeManifest([entryOf('/index.html')], { ...CONFIG, ...config }, inline))

  it('is as it was given, and changes nothing else', () => {
    const manifest = openWith(new Map([[blob, page]]))
    expect([...manifest.inlined()]).toEqual([[blob, page]])
    expect(manifest.find('/index.html')).toEqual(entryOf('/index.html'))
    expect(encodeManifest([], CONFIG, new Map())).toEqual(encodeManifest([], CONFIG))
    expect([...openWith(new Map()).inlined()]).toEqual([])
  })

  it(`has at most ${MAX_INLINE_BLOBS} blobs and ${MAX_INLINE_BYTES} bytes`, () => {
    const toName = (i: number) => i.toString(16).padStart(64, '0')
    const many = Array.from({ length: MAX_INLINE_BLOBS + 1 }, (_, i) => [toName(i), page] as const)
    expect([...openWith(new Map(many)).inlined()]).toHaveLength(MAX_INLINE_BLOBS)
    const large = [0, 1, 2].map((i) => [toName(i), new Uint8Array(MAX_INLINE_BYTES / 2)] as const)
    expect([...openWith(new Map(large)).inlined()]).toHaveLength(2)
  })

  it.each([
    ['outside the manifest', { [blob]: [0, 1_000_000] }],
    ['before it', { [blob]: [-500, 600] }],
    ['nowhere', { [blob]: ['a', 1] }],
    ['without a length', { [blob]: [0] }],
    ['no list at all', 'inline'],
  ])('is left out where it lies %s', (_, inline) => {
    expect([...openWith(new Map(), { inline }).inlined()]).toEqual([])
  })
})

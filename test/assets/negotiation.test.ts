import { describe, expect, it } from 'vitest'
import { chooseRepresentation } from '../../src/assets/representation.ts'
import type { ManifestEntry } from '../../src/core/site/manifest-entry.ts'

const entry: ManifestEntry = {
  path: '/app.js',
  type: 'text/javascript',
  hashed: true,
  blob: '0'.repeat(64),
  size: 1000,
  encodings: [
    { encoding: 'gzip', blob: '1'.repeat(64), size: 300 },
    { encoding: 'br', blob: '2'.repeat(64), size: 200 },
    { encoding: 'zstd', blob: '3'.repeat(64), size: 220 },
  ],
}

const choose = (accept: string, file: ManifestEntry = entry) =>
  chooseRepresentation(file, accept).encoding ?? 'identity'

describe('what a client accepts', () => {
  it.each([
    ['', 'identity'],
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, zstd', 'zstd'],
    ['deflate', 'identity'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip;q=0.5', 'gzip'],
    ['gzip;q=1.0, br;q=0.8', 'gzip'],
    ['br;q=0.001, gzip;q=0', 'br'],
    ['br;q=0, *', 'zstd'],
    ['gzip;q=0.2, *;q=0.1', 'gzip'],
    ['gzip;q=0.5, identity', 'identity'],
    ['gzip;q=0.5, identity;q=0.5', 'gzip'],
    ['identity;q=0, gzip', 'gzip'],
    ['identity;q=0, deflate', 'identity'],
    ['br ; q=0.9 , gzip ;Q=1', 'gzip'],
    ['br;q=2, gzip', 'gzip'],
    ['br;q=0.1234, gzip;q=0.1', 'gzip'],
    ['br;level=5', 'identity'],
    [',, ,gzip,', 'gzip'],
    ['; q=1', 'identity'],
  ])('%j is answered with %s', (accept, expected) => {
    expect(choose(accept)).toBe(expected)
  })

  it('prefers br, then zstd, then gzip where weight and size are the same', () => {
    const same = {
      ...entry,
      encodings: entry.encodings.map((encoding) => ({ ...encoding, size: 200 })),
    }
    expect(choose('gzip, zstd, br', same)).toBe('br')
    expect(choose('gzip, zstd', same)).toBe('zstd')
  })

  it('keeps identity where an encoding of the same weight is bigger', () => {
    const bigger = { ...entry, encodings: [{ ...entry, encoding: 'br' as const, size: 1001 }] }
    expect(choose('br, identity', bigger)).toBe('identity')
  })

  it('is not looked at for a file without encodings', () => {
    expect(choose('identity;q=0', { ...entry, encodings: [] })).toBe('identity')
  })
})

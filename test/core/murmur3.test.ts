import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { murmur3, murmur3Dotted, murmur3Text } from '../../src/core/murmur3.ts'

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

describe('murmur3', () => {
  it('reproduces the verification value of SMHasher', () => {
    // The VerificationTest of SMHasher's KeysetTest.cpp: the hashes of the keys {}, {0}, {0,1}, …
    // with falling seeds, written one after the other in little-endian order, and hashed.
    const hashes = new Uint8Array(256 * 4)
    const view = new DataView(hashes.buffer)
    for (let length = 0; length < 256; length++) {
      const key = Uint8Array.from({ length }, (_, i) => i)
      view.setUint32(length * 4, murmur3(key, 256 - length), true)
    }
    expect(murmur3(hashes)).toBe(0xb0f57ee3)
  })

  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['ffffffff', 0, 0x76293b50],
    ['21436587', 0, 0xf55b516b],
    ['21436587', 0x5082edee, 0x2362f9de],
    ['214365', 0, 0x7e4a8634],
    ['2143', 0, 0xa0f7b07a],
    ['21', 0, 0x72661cf4],
    ['00000000', 0, 0x2362f9de],
    ['000000', 0, 0x85f0b427],
    ['0000', 0, 0x30f4c306],
    ['00', 0, 0x514e28b7],
  ])('hashes the bytes "%s" with seed %i as published', (hex, seed, hash) => {
    expect(murmur3(bytes(hex), seed)).toBe(hash)
  })

  it.each([
    ['aaaa', 0x5a97808a],
    ['aaa', 0x283e0130],
    ['aa', 0x5d211726],
    ['a', 0x7fa09ea6],
    ['Hello, world!', 0x24884cba],
    ['ππππππππ', 0xd58063c1],
    ['The quick brown fox jumps over the lazy dog', 0x2fa826cd],
  ])('hashes the text "%s" with seed 0x9747b28c as published', (text, hash) => {
    expect(murmur3Text(text, 0x9747b28c)).toBe(hash)
  })

  it('hashes the UTF-8 bytes of any text, short or long, not its UTF-16 units', () => {
    const utf8 = (text: string) => murmur3(new Uint8Array(Buffer.from(text, 'utf8')))
    for (const text of ['é', '€', '👩‍🚀', 'naïve 東京 🦊', '\u0000\u007f\u0080', '\ud800']) {
      expect(murmur3Text(text)).toBe(utf8(text))
    }
    const long = fc.string({ unit: 'binary', minLength: 200, maxLength: 300 })
    const ascii = fc.string({ unit: 'binary-ascii', maxLength: 300, size: 'max' })
    fc.assert(
      fc.property(fc.oneof(long, ascii), (text) => {
        expect(murmur3Text(text)).toBe(utf8(text))
      }),
    )
  })

  it('hashes two texts with a dot between them as the joined text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 150, size: 'max' }),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('', '\ud800', '\udc00', 'a'.repeat(255), 'a'.repeat(254)),
    )
    fc.assert(
      fc.property(text, text, (first, second) => {
        expect(murmur3Dotted(first, second)).toBe(murmur3Text(`${first}.${second}`))
      }),
    )
  })
})

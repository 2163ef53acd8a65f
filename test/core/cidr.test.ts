import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCidr, isInRange } from '../../src/core/ip-address.ts'

describe('isInRange', () => {
  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.0.0.0', '10.0.0.0/8', false],
    ['10.255.255.255', '10.0.0.0/8', true],
    ['192.0.2.1', '192.0.2.1/32', true],
    ['192.0.2.2', '192.0.2.1/32', false],
    ['203.0.113.7', '0.0.0.0/0', true],
    ['2001:db8::1', '0.0.0.0/0', false],
    ['2001:db8:1::1', '2001:db8::/32', true],
    ['2001:DB8:0:0::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['203.0.113.7', '::/0', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['::ffff:a01:203', '10.0.0.0/8', true],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['::ffff:11.1.2.3', '::ffff:10.0.0.0/104', false],
    ['fe80::1', 'fe80::/10', true],
    ['', '0.0.0.0/0', false],
    ['unknown', '0.0.0.0/0', false],
    ['167772161', '10.0.0.0/8', false],
    ['010.0.0.1', '8.0.0.0/8', false],
    ['0x0a.0.0.1', '10.0.0.0/8', false],
    ['10.0.0.1, 10.0.0.2', '10.0.0.0/8', false],
    ['10.0.0.1:80', '10.0.0.0/8', false],
  ])('answers whether %s lies in %s', (address, range, expected) => {
    expect(isInRange(address, range)).toBe(expected)
  })

  it('compares the leading bits of any IPv4 address', () => {
    const bytes = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    const toText = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.')
    fc.assert(
      fc.property(bytes, bytes, fc.integer({ min: 0, max: 32 }), (address, base, bits) => {
        const near = bits === 0 ? address : ((base >>> (32 - bits)) << (32 - bits)) >>> 0
        for (const candidate of [address, near]) {
          const shift = BigInt(32 - bits)
          expect(isInRange(toText(candidate), `${toText(base)}/${bits}`)).toBe(
            BigInt(candidate) >> shift === BigInt(base) >> shift,
          )
        }
      }),
    )
  })

  it.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0/8',
    '::/129',
    'example.com/8',
    '/8',
    '',
  ])('refuses the range %j with a TypeError', (range) => {
    expect(isCidr(range)).toBe(false)
    expect(() => isInRange('10.0.0.1', range)).toThrow(TypeError)
  })
})

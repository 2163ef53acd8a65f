import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalisePath, toLoosePath, toManifestPath, toUrlPath } from '../../src/core/path.ts'

const normal = (raw: string) => normalisePath(new URL(`https://example.com${raw}`))

/** Paths made of what attacks are made of. */
const anyPath = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '\\', '.', '..', '%2e', '%2E', '%2f', '%5c', '%', '%2', '%25', '%252e'),
      fc.constantFrom(
        '%41',
        '%c3%a9',
        '%C3',
        '%ff',
        '%7e',
        '%20',
        ' ',
        'é',
        '|',
        '^',
        '[',
        '+',
        '🦊',
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => `/${parts.join('').replace(/[?#]/g, '')}`)

describe('normalisePath', () => {
  it.each([
    ['/', '/'],
    ['/a/b.js', '/a/b.js'],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/../../etc/passwd', '/etc/passwd'],
    ['/a/%2e%2e/b', '/b'],
    ['/a/%2E./b', '/b'],
    ['/a/.%2e/b', '/b'],
    ['/a\\..\\b', '/b'],
    ['/a/%252e%252e/b', '/a/%252e%252e/b'],
    ['/%61%62%63', '/abc'],
    ['/%7Euser', '/~user'],
    ['/%c3%a9', '/%C3%A9'],
    ['/é', '/%C3%A9'],
    ['/a%2fb', '/a%2Fb'],
    ['/a%5cb', '/a%5Cb'],
    ['/a%2', '/a%252'],
    ['/100%', '/100%25'],
    ['/%%32e', '/%252e'],
    ['//evil.example', '//evil.example'],
    ['/a//b', '/a//b'],
    ['/a;b=c', '/a;b=c'],
    ['/a%3bb%3Dc', '/a%3Bb%3Dc'],
    ['/a|b', '/a%7Cb'],
    ['/a%7cb', '/a%7Cb'],
    ['/[id]', '/%5Bid%5D'],
    ['/%5bid%5d', '/%5Bid%5D'],
    ['/a^b', '/a%5Eb'],
    ['/{a}"<b>`', '/%7Ba%7D%22%3Cb%3E%60'],
    ["/!$&'()*+,;=:@-._~", "/!$&'()*+,;=:@-._~"],
    ['/%00', undefined],
    ['/a/%00.js', undefined],
    ['/%2500', '/%2500'],
  ])('makes %j %j', (raw, expected) => {
    expect(normal(raw)).toBe(expected)
  })

  it('changes nothing when it is applied to its own answer', () => {
    fc.assert(
      fc.property(anyPath, (raw) => {
        const once = normal(raw)
        if (once !== undefined) expect(normal(once)).toBe(once)
      }),
      { numRuns: 20_000 },
    )
  })

  it('has one spelling for whatever no path may hold as it is, escaped in either case or not', () => {
    const odd = fc.constantFrom('|', '[', ']', '^', '{', '}', '"', '<', '>', '`', ' ', 'é')
    const plain = fc.constantFrom('a', '/', ';', '=')
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, plain)), (chars) => {
        const escapes = chars.map((char) => (/[a/;=]/.test(char) ? char : encodeURIComponent(char)))
        const spelt = normal(`/${chars.join('')}a`)
        expect(normal(`/${escapes.join('')}a`)).toBe(spelt)
        expect(normal(`/${escapes.join('').toLowerCase()}a`)).toBe(spelt)
      }),
      { numRuns: 5000 },
    )
  })

  it('holds nothing but what RFC 3986 lets a path hold', () => {
    fc.assert(
      fc.property(anyPath, (raw) => {
        expect(normal(raw) ?? '/').toMatch(
          /^(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})*)+$/,
        )
      }),
      { numRuns: 20_000 },
    )
  })

  it('leaves no dot segment, backslash, NUL or escape of an ordinary character', () => {
    fc.assert(
      fc.property(anyPath, (raw) => {
        const path = normal(raw)
        if (path === undefined) return
        expect(path).toMatch(/^\//)
        expect(path.split('/').filter((segment) => /^(\.|%2e){1,2}$/i.test(segment))).toEqual([])
        expect(path).not.toMatch(/\\|%00|%[a-f]|%.[a-f]/)
        for (const [, hex = ''] of path.matchAll(/%(..)/g)) {
          expect(String.fromCharCode(Number.parseInt(hex, 16))).not.toMatch(/[A-Za-z0-9._~-]/)
        }
        expect(path.replace(/%[0-9A-F]{2}/g, '')).not.toContain('%')
      }),
      { numRuns: 20_000 },
    )
  })

  it('means the same file as the path that came', () => {
    const decode = (path: string) => {
      try {
        return decodeURIComponent(path)
      } catch {
        return undefined
      }
    }
    fc.assert(
      fc.property(anyPath, (raw) => {
        const path = normal(raw)
        const came = decode(new URL(`https://example.com${raw}`).pathname)
        if (path !== undefined && came !== undefined) expect(decode(path)).toBe(came)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('toLoosePath', () => {
  it.each([
    ['/', '/'],
    ['/a/b.js', '/a/b.js'],
    ['/a//b', '/a/b'],
    ['//a', '/a'],
    ['/a%2F..%2Fb', '/b'],
    ['/a/..%5Cb', '/b'],
    ['/a/..;x=1/b', '/b'],
    ['/a/..%3B/b', '/b'],
    ['/a;x/b;y', '/a/b'],
    ['/a/%252e%252e/b', '/b'],
    ['/a/%2525252e%2525252e/b', '/b'],
    ['/a/%C0%AE%C0%AE/b', '/b'],
    ['/a/%E0%80%AE%E0%80%AE/b', '/b'],
    ['/a/%F0%80%80%AE%F0%80%80%AE/b', '/b'],
    ['/a%C0%AF..%C1%9Cb', '/b'],
    ['/..%2F..%2Fb', '/b'],
    ['/100%25', '/100%'],
    ['/a%2', '/a%2'],
  ])('makes %j %j', (path, expected) => {
    expect(toLoosePath(path)).toBe(expected)
  })

  it('climbs out of a directory however its dots and slashes are written', () => {
    const dot = fc.constantFrom('.', '%2e', '%252E', '%25252e', '%C0%AE', '%E0%80%AE')
    const slash = fc.constantFrom('/', '%2F', '%5C', '%252f', '%255C', '%C0%AF', ';x/', '//')
    fc.assert(
      fc.property(slash, dot, dot, slash, (before, one, two, after) => {
        expect(toLoosePath(`/a${before}${one}${two}${after}b`)).toBe('/b')
      }),
    )
  })

  it('is done with a path of 100,000 characters before anybody notices', () => {
    expect(toLoosePath(`/%${'25'.repeat(50_000)}2e`)).toBe('/')
    expect(toLoosePath('/%2e%2e%2f;'.repeat(10_000))).toBe('/')
    expect(toLoosePath(';/'.repeat(50_000))).toBe('/')
  })
})

describe('toManifestPath', () => {
  it.each([
    ['/a%20b', '/a b'],
    ['/%C3%A9', '/é'],
    ['/%5Bid%5D', '/[id]'],
    ['/a%2Fb', undefined],
    ['/%2F', undefined],
    ['/%FF', undefined],
    ['/a%252Fb', '/a%2Fb'],
  ])('knows %j as %j', (path, expected) => {
    expect(toManifestPath(path)).toBe(expected)
  })

  it('gives back every name that toUrlPath has written into a URL', () => {
    const segment = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !text.includes('/') && !text.includes('\0') && !/^\.{1,2}$/.test(text))
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const name = `/${segments.join('/')}`
        const path = normal(toUrlPath(name))
        expect(path === undefined ? undefined : toManifestPath(path)).toBe(name)
      }),
      { numRuns: 5000 },
    )
  })
})

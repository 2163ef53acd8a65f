import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAboutServer, readAddress } from '../../src/core/address.ts'
import { normalisePath } from '../../src/core/path.ts'

/** As the platform hands it over: the address as it was sent, behind the host. */
function sent(url: string, host = 'shop.example', method = 'GET') {
  return { url, method, headers: new Headers({ host }) } as unknown as Request
}

describe('the query of an address', () => {
  it.each([
    ['/a', ''],
    ['/a?', '?'],
    ['/a??', '??'],
    ['/a?b=%zz&c=+&&', '?b=%zz&c=+&&'],
    ["/a?b='c'", "?b='c'"],
    ['/a?b=/../c', '?b=/../c'],
    ['/a?b#c', '?b'],
    ['/a#?b', ''],
  ])('of %s is %j, byte for byte', (target, search) => {
    expect(readAddress(sent(`http://shop.example${target}`))?.search).toBe(search)
  })
})

const HOST = /^[a-z0-9._:[\]-]+$/

describe('an address that is read without the parser', () => {
  const scheme = fc.constantFrom('http://', 'https://', 'HTTP://', 'https:')
  const host = fc.constantFrom(
    'shop.example',
    'Shop.example',
    'shop.example.',
    'shop.example:8080',
    'shop.example:80',
    'shop.example:443',
    '127.0.0.1:8787',
    '127.1',
    '1',
    '[::1]:8080',
    '[0:0::1]',
    'xn--bcher-kva.example',
    'xn--',
    'user@shop.example',
    '',
    'a b',
  )
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '//',
      '/.',
      '/..',
      '/%2e%2e',
      '%41',
      '%',
      '\\',
      ';a=1',
      '?',
      '#',
      '&',
      '|',
    ),
    fc.constantFrom(
      'a',
      'app-3f9a1c07.js',
      '.well-known',
      "it's",
      'é',
      ' ',
      '\t',
      '%00',
      '@',
      ':',
      '~',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 3 }),
  )
  const rest = fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('')}`)

  it('is the one that the parser reads', () => {
    fc.assert(
      fc.property(scheme, host, rest, (start, name, end) => {
        const raw = start + name + end
        const address = readAddress({ url: raw, headers: new Headers() } as unknown as Request)
        const parsed = URL.parse(raw)
        const path = parsed ? normalisePath(parsed) : undefined
        if (!parsed || path === undefined || !HOST.test(parsed.host)) {
          expect(address).toBe(undefined)
          return
        }
        const { origin, protocol, host, hostname } = parsed
        const { site, url } = address ?? {}
        expect({ ...site, path: address?.path, href: url?.href }).toEqual({
          origin,
          protocol,
          host,
          hostname: hostname.replace(/\.$/, ''),
          isSecure: protocol === 'https:',
          path,
          href: parsed.href,
        })
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a request about the server', () => {
  it.each([
    ['OPTIONS', 'shop.example', 'http://shop.example*', true],
    ['OPTIONS', 'shop.example:8080', 'http://shop.example:8080*', true],
    ['OPTIONS', '[::1]:8080', 'https://[::1]:8080*', true],
    ['GET', 'shop.example', 'http://shop.example*', false],
    ['OPTIONS', 'shop.example', 'http://shop.example/*', false],
    ['OPTIONS', 'shop.example', 'http://shop.example/x?*', false],
    ['OPTIONS', 'shop.example', 'http://shop.example', false],
    ['OPTIONS', 'shop.example/api', 'http://shop.example/api*', false],
    ['OPTIONS', 'a, b', 'http://a, b*', false],
  ])('%s with the host %s and the address %s: %s', (method, host, url, expected) => {
    expect(isAboutServer(sent(url, host, method))).toBe(expected)
  })
})

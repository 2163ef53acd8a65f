import { describe, expect, it } from 'vitest'
import { isAboutServer, readAddress } from '../../src/core/address.ts'

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

// Addresses as the script of a tab makes them, and what Holo reads of them.

import { beforeAll, describe, expect, it, vi } from 'vitest'
import { follow, isOwn, toLeft, withPin } from '../../src/client/browser/pinned.ts'
import { splitQuery } from '../../src/http/query.ts'

beforeAll(() => {
  vi.stubGlobal('location', new URL('https://shop.example.com/a/b?c'))
  vi.stubGlobal('document', { baseURI: 'https://shop.example.com/a/b?c' })
  return () => vi.unstubAllGlobals()
})

describe('an address', () => {
  it.each([
    ['/api/x', true],
    ['x', true],
    ['', true],
    ['//shop.example.com/x', true],
    ['https://shop.example.com:443/x', true],
    ['wss://shop.example.com/socket', true],
    ['ws://shop.example.com/socket', false],
    ['http://shop.example.com/x', false],
    ['https://shop.example.com:8443/x', false],
    ['https://api.shop.example.com/x', false],
    ['https://shop.example.com.evil.com/x', false],
    ['https://shop.example.com@evil.com/x', false],
    ['//evil.com', false],
    ['/\\evil.com', false],
    ['blob:https://shop.example.com/uuid', false],
    ['data:text/plain,x', false],
    ['about:blank', false],
    ['https://', false],
  ])('%j: of this origin: %j', (url, own) => {
    expect(isOwn(url)).toBe(own)
  })

  it.each(['/x', '/x?', '/x?a=1', '/x?a=%2F+b&a=2#part', '/x?holo-pinned=1', '/x?%zz', "/x?'q'"])(
    '%j has the pin in its query, and nothing else of it changes',
    (path) => {
      const pinned = new URL(withPin(path, '1.0+b@main'))
      const before = new URL(path, 'https://shop.example.com')
      const { search, pin } = splitQuery(pinned.search)
      expect([search, pin]).toEqual([before.search, '1.0+b@main'])
      expect([pinned.pathname, pinned.hash]).toEqual([before.pathname, before.hash])
      expect(toLeft(pinned.search)).toBe(before.search)
    },
  )

  it('keeps a pin that an app has put there', () => {
    expect(withPin('/x?holo-pin=2', '1@main')).toBe('https://shop.example.com/x?holo-pin=2')
  })
})

describe('a redirect that comes as data', () => {
  it.each([
    ['301', 'GET', 'GET', false],
    ['301', 'POST', 'GET', false],
    ['302', 'POST', 'GET', false],
    ['302', 'PUT', 'PUT', true],
    ['303', 'PUT', 'GET', false],
    ['303', 'HEAD', 'HEAD', false],
    ['307', 'POST', 'POST', true],
    ['308', 'GET', 'GET', false],
  ])('%s of %s is followed by %s, with the body: %j', (code, asked, method, keepsBody) => {
    const url = 'https://files.example.com/x'
    expect(follow(300, `${code} ${url}`, asked)).toEqual({ url, method, keepsBody })
  })

  it('is only one with the status and the header', () => {
    expect(follow(200, '302 https://x.example.com/', 'GET')).toBeUndefined()
    expect(follow(300, null, 'GET')).toBeUndefined()
    expect(follow(300, 'nonsense', 'GET')).toBeUndefined()
  })
})

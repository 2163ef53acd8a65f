// The cases of nginx's proxy_cookie_domain and proxy_cookie_path, of http-proxy's cookieDomainRewrite
// and cookiePathRewrite, and those in which they have been wrong.

import { describe, expect, it } from 'vitest'
import type { Way } from '../../src/proxy/addresses.ts'
import { toPublicCookie } from '../../src/proxy/response-headers.ts'

const PLAIN: Way = {
  publicOrigin: 'https://shop.example.com',
  backendUrl: 'https://api-5.backend.example/users/7',
  prefix: '',
  basePath: '',
}
const STRIPPED: Way = { ...PLAIN, prefix: '/api' }
const STAGE: Way = {
  ...PLAIN,
  backendUrl: 'https://api-5.backend.example/prod/users/7',
  basePath: '/prod',
}
const BOTH: Way = { ...STAGE, prefix: '/api' }
const NEAR: Way = { ...PLAIN, backendUrl: 'https://api-5.example.com/x' }
const LOCAL: Way = { ...PLAIN, publicOrigin: 'http://localhost:8787' }
const LOCAL_BACKEND: Way = { ...PLAIN, backendUrl: 'http://127.0.0.1:3000/x' }

describe('the Domain of a cookie', () => {
  it.each([
    ['a=1; Domain=api-5.backend.example', 'a=1; Domain=shop.example.com'],
    ['a=1; Domain=.api-5.backend.example; Path=/', 'a=1; Domain=shop.example.com; Path=/'],
    ['a=1;domain=API-5.Backend.Example;Secure', 'a=1;domain=shop.example.com;Secure'],
    ['a=1; Domain = api-5.backend.example', 'a=1; Domain = shop.example.com'],
    ['a=1; Domain=backend.example', 'a=1; Domain=shop.example.com'],
    ['a=1; Domain=.backend.example', 'a=1; Domain=shop.example.com'],
    [
      'a=1; Domain=api-5.backend.example; Domain=api-5.backend.example',
      'a=1; Domain=shop.example.com; Domain=shop.example.com',
    ],
  ])('that holds the backend becomes the public host: %s', (cookie, expected) => {
    expect(toPublicCookie(cookie, PLAIN)).toBe(expected)
  })

  it.each([
    ['a=1', PLAIN],
    ['a=1; Secure; HttpOnly; SameSite=Lax', PLAIN],
    ['a=1; Domain=shop.example.com', PLAIN],
    ['a=1; Domain=.shop.example.com', PLAIN],
    ['a=1; Domain=example.com', PLAIN],
    ['a=1; Domain=.example.com; Path=/', NEAR],
    ['a=1; Domain=other.example', PLAIN],
    ['a=1; Domain=5.backend.example', PLAIN],
    ['a=1; Domain=xapi-5.backend.example', PLAIN],
    ['a=1; Domain=', PLAIN],
    ['a=1; Domain', PLAIN],
    ['a=domain=api-5.backend.example', PLAIN],
    ['Domain=api-5.backend.example', PLAIN],
    ['a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', PLAIN],
    ['a=1; Max-Age=60 ; Partitioned', PLAIN],
  ] as const)('stays byte for byte otherwise: %s', (cookie, way) => {
    expect(toPublicCookie(cookie, way)).toBe(cookie)
  })

  it('goes where the public host can have none, and the cookie is that host’s alone', () => {
    expect(toPublicCookie('a=1; Domain=api-5.backend.example; Path=/', LOCAL)).toBe('a=1; Path=/')
    for (const host of ['127.0.0.1', '[::1]:8080']) {
      const way = { ...PLAIN, publicOrigin: `http://${host}` }
      expect(toPublicCookie('a=1; Domain=api-5.backend.example', way)).toBe('a=1')
    }
  })

  it('may be the address of a local backend', () => {
    expect(toPublicCookie('a=1; Domain=127.0.0.1', LOCAL_BACKEND)).toBe(
      'a=1; Domain=shop.example.com',
    )
  })
})

describe('the Path of a cookie', () => {
  it.each([
    [STRIPPED, '/', '/api'],
    [STRIPPED, '/users', '/api/users'],
    [STRIPPED, '/users/', '/api/users/'],
    [STRIPPED, '/api', '/api/api'],
    [STAGE, '/prod', '/'],
    [STAGE, '/prod/', '/'],
    [STAGE, '/prod/users', '/users'],
    [STAGE, '/production', '/production'],
    [STAGE, '/', '/'],
    // An application that does not know of its stage.
    [STAGE, '/users', '/users'],
    [BOTH, '/prod', '/api'],
    [BOTH, '/prod/', '/api'],
    [BOTH, '/prod/users', '/api/users'],
    [BOTH, '/', '/api'],
    [BOTH, '/users', '/api/users'],
    [PLAIN, '/users', '/users'],
  ])('is the visitor’s: %#', (way, path, expected) => {
    expect(toPublicCookie(`a=1; Path=${path}; Secure`, way)).toBe(`a=1; Path=${expected}; Secure`)
  })

  it.each([
    'a=1',
    'a=1; Path',
    'a=1; Path=',
    'a=1; Path=users',
    '__Host-a=1; Secure; Path=/',
    '__host-a=1; Secure; Path=/',
  ])('stays where it is none, or where another one would lose the cookie: %s', (cookie) => {
    expect(toPublicCookie(cookie, STRIPPED)).toBe(cookie)
  })

  it('is mapped beside a Domain, each attribute once and in its place', () => {
    const cookie =
      '__Secure-a=b; path=/prod/x ;HttpOnly; domain=.api-5.backend.example;SameSite=None'
    expect(toPublicCookie(cookie, BOTH)).toBe(
      '__Secure-a=b; path=/api/x;HttpOnly; domain=shop.example.com;SameSite=None',
    )
  })
})

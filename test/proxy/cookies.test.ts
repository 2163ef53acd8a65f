import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCookies } from '../../src/http/cookies.ts'
import { dropHoloSetCookies, joinCookies } from '../../src/proxy/holo-cookies.ts'

function withoutHolo(cookie: string): string | null {
  const headers: Record<string, string> = { cookie }
  joinCookies(headers)
  return headers.cookie ?? null
}

describe('a Cookie header on its way to a backend', () => {
  it.each([
    ['holo-pin=0.0.5~canary', null],
    ['holo-visitor=abc; holo-pin=0.0.5', null],
    ['holo-visitor=abc; session=s', 'session=s'],
    ['session=s; holo-pin=0.0.5', 'session=s'],
    ['a=1; holo-pin=0.0.5; b=2', 'a=1; b=2'],
    ['a=1;holo-pin=0.0.5;b=2', 'a=1; b=2'],
    ['a=1; holo-pin =0.0.5; b=2', 'a=1; b=2'],
    ['holo-anything=1; a=1', 'a=1'],
    ['__Host-holo-visitor=abc; __Host-session=s', '__Host-session=s'],
  ])("loses what is Holo's: %s", (cookie, expected) => {
    expect(withoutHolo(cookie)).toBe(expected)
  })

  it.each([
    ['a=1, holo-pin=0.0.5', 'a=1'],
    ['holo-pin=0.0.5, a=1', 'a=1'],
    ['a=1, holo-pin=0.0.5; b=2', 'a=1; b=2'],
    ['a=1; holo-pin=0.0.5, b=2', 'a=1; b=2'],
    ['a=1; b=2, holo-visitor=x, holo-pin=y, c=3', 'a=1; b=2; c=3'],
  ])('loses it also where two headers were joined: %s', (cookie, expected) => {
    expect(withoutHolo(cookie)).toBe(expected)
  })

  it.each([
    'a=1;b=2 ;  c="x, y"; d',
    'my-holo-pin=1; Holo-pin=2',
    'note=holo-pin; holo-word',
    'prefs={"theme":"holo-dark", "size":3}; b==',
  ])("stays byte for byte where nothing is Holo's: %s", (cookie) => {
    expect(withoutHolo(cookie)).toBe(cookie)
  })

  it('keeps commas and quotes in the values around a removed cookie', () => {
    const cookie = 'date=Wed, 21 Oct; holo-pin=1; list="a, b"; json={"x":1,"y":2}'
    expect(withoutHolo(cookie)).toBe('date=Wed, 21 Oct; list="a, b"; json={"x":1,"y":2}')
  })

  it.each([
    ['a=1, b=2', 'a=1; b=2'],
    ['a=1; b=2, c=3, d=4; e=5', 'a=1; b=2; c=3; d=4; e=5'],
    ['a=1, __Host-b=2', 'a=1; __Host-b=2'],
    ['a="x, y", b=2', 'a="x, y"; b=2'],
    ['date=Wed, 21 Oct, b=2', 'date=Wed, 21 Oct; b=2'],
  ])('is one line where the client sent several: %s', (cookie, expected) => {
    expect(withoutHolo(cookie)).toBe(expected)
  })

  it("always reads as before, less what is Holo's", () => {
    const name = fc.constantFrom('a', 'b-c', 'session', 'holo-pin', 'holo-visitor', 'holo-x')
    const value = fc.constantFrom('', '1', 'x=y', '"q"', 'holo-pin', 'a, b', '{"k":1,"l":2}')
    const separator = fc.constantFrom('; ', ';', ', ', ' ; ')
    const crumbs = fc.array(fc.tuple(name, value, separator), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(crumbs, (parts) => {
        const cookie = parts.map(([n, v, s], at) => `${at > 0 ? s : ''}${n}=${v}`).join('')
        const expected = Object.entries(parseCookies(cookie)).filter(
          ([key]) => !key.startsWith('holo-'),
        )
        expect(Object.entries(parseCookies(withoutHolo(cookie)))).toEqual(expected)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the Set-Cookie headers of a backend', () => {
  it("cannot set a cookie of Holo's, and stay apart otherwise", () => {
    const headers = new Headers([
      ['set-cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
      ['set-cookie', 'holo-pin=0.0.6-dev; Path=/'],
      ['set-cookie', 'b=holo-pin=1'],
    ])
    dropHoloSetCookies(headers)
    expect(headers.getSetCookie()).toEqual([
      'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
      'b=holo-pin=1',
    ])
  })
})

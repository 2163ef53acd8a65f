import { describe, expect, it } from 'vitest'
import { isForwardedClaim, toForwarded } from '../../src/proxy/request-headers.ts'

const forwarded = (url: string, clientIp: string | null) =>
  toForwarded({ url: new URL(url), clientIp })

describe('the public side of a request', () => {
  it('is told by host, scheme and client', () => {
    expect(forwarded('https://shop.example.com/x?y', '192.0.2.7')).toEqual({
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-host': 'shop.example.com',
      'x-forwarded-proto': 'https',
      'x-real-ip': '192.0.2.7',
      forwarded: 'for=192.0.2.7;host=shop.example.com;proto=https',
    })
  })

  it('is quoted where RFC 7239 wants it: ports and IPv6', () => {
    expect(forwarded('http://localhost:8787/', '2001:db8::7').forwarded).toBe(
      'for="[2001:db8::7]";host="localhost:8787";proto=http',
    )
  })

  it.each([null, '', 'unknown', '192.0.2.7";host=evil.example'])(
    'names no client when the platform names none: %s',
    (clientIp) => {
      const headers = forwarded('https://shop.example.com/', clientIp)
      expect(headers['x-forwarded-for']).toBeUndefined()
      expect(headers['x-real-ip']).toBeUndefined()
      expect(headers.forwarded).toBe('host=shop.example.com;proto=https')
    },
  )

  it.each(['x-forwarded-for', 'x-forwarded-anything', 'forwarded', 'x-real-ip'])(
    'is not for the client to tell: %s',
    (name) => {
      expect(isForwardedClaim(name)).toBe(true)
    },
  )

  it('leaves other headers to the client', () => {
    expect(isForwardedClaim('x-forward')).toBe(false)
  })

  it('leaves the JWT of Cloudflare Access, which proves itself', () => {
    expect(isForwardedClaim('cf-access-jwt-assertion')).toBe(false)
  })
})

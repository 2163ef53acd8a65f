import { describe, expect, it } from 'vitest'
import { matchService } from '../../src/core/services.ts'
import type { Service } from '../../src/core/types.ts'

const toService = (prefix: string): Service => ({
  prefix,
  origins: ['https://backend.example.com'],
  timeoutMs: 1000,
  stripPrefix: false,
  maxBodyBytes: Number.POSITIVE_INFINITY,
  fallback: undefined,
})

/** Longest first, as a version has them. */
const SERVICES = ['/api/orders/', '/api/', '/auth/'].map(toService)

describe('the service of a path', () => {
  it.each([
    ['/api/orders/7', '/api/orders/'],
    ['/api/orders/', '/api/orders/'],
    ['/api/orders', '/api/orders/'],
    ['/api/ordersheet', '/api/'],
    ['/api/users', '/api/'],
    ['/api/', '/api/'],
    ['/api', '/api/'],
    ['/auth/login', '/auth/'],
  ])('is, for %s, the one with the longest prefix of whole segments: %s', (path, prefix) => {
    expect(matchService(SERVICES, path)?.prefix).toBe(prefix)
  })

  it.each(['/', '/apiary', '/api-docs/x', '/Api/x', '/v1/api/x', '//api/x'])(
    'does not exist for %s',
    (path) => {
      expect(matchService(SERVICES, path)).toBeUndefined()
    },
  )

  it('is the one with prefix / for all that no other takes', () => {
    const services = [...SERVICES, toService('/')]
    expect(matchService(services, '/api/x')?.prefix).toBe('/api/')
    for (const path of ['/', '/products/7', '/apiary']) {
      expect(matchService(services, path)?.prefix).toBe('/')
    }
  })
})

// When two versions have the same services. A field that is forgotten here would let a republication
// with other services pass as already published.

import { describe, expect, it } from 'vitest'
import {
  completeService,
  isSameServices,
  PROBE_DEFAULTS,
  SERVICE_DEFAULTS,
  toServicesText,
} from '../../src/document/complete-service.ts'
import { service } from '../../src/document/service.ts'
import { flipEach, WHOLE } from '../support/flipped-services.ts'

describe('sameness of services', () => {
  it.each(flipEach())('is lost with another $field', ({ service: other }) => {
    expect(service.safeParse(other).error?.issues).toBeUndefined()
    expect(isSameServices([WHOLE], [other])).toBe(false)
    expect(toServicesText([WHOLE])).not.toBe(toServicesText([other]))
  })

  it('covers a field that this version does not know', () => {
    expect(isSameServices([WHOLE], [{ ...WHOLE, later: 1 } as typeof WHOLE])).toBe(false)
  })

  it('depends neither on the order of services nor on the order of fields', () => {
    const { prefix, origins, probe, ...rest } = WHOLE
    const { path, ...others } = probe ?? { path: '' }
    const turned = { probe: { ...others, path }, ...rest, origins, prefix }
    const root = { prefix: '/', origins: ['https://web.example.com'] }
    expect(isSameServices([WHOLE, root], [root, turned])).toBe(true)
  })

  it('does not depend on whether a default is written', () => {
    const bare = {
      prefix: '/api/',
      origins: ['https://api.example.com'],
      probe: { path: '/health' },
    }
    const written = { ...bare, ...SERVICE_DEFAULTS, probe: { ...bare.probe, ...PROBE_DEFAULTS } }
    expect(isSameServices([bare], [written])).toBe(true)
    expect(completeService(bare)).toEqual(written)
    const unsaid = { ...bare, timeoutMs: undefined, probe: { ...bare.probe, status: undefined } }
    expect(isSameServices([bare], [unsaid])).toBe(true)
  })

  it('holds for records that an earlier version stored', () => {
    const stored = `[
      {"prefix":"/api/","origins":["https://api-5a.example.com","https://api-5b.example.com"],"timeoutMs":10000,
       "stripPrefix":true,"maxBodyBytes":10485760,"fallback":"main","probe":{"path":"/health","status":200}},
      {"prefix":"/","origins":["https://web.example.com"]}
    ]`
    const published = [
      { origins: ['https://web.example.com'], prefix: '/' },
      {
        probe: { status: 200, path: '/health' },
        fallback: 'main',
        maxBodyBytes: 10_485_760,
        stripPrefix: true,
        timeoutMs: 10_000,
        origins: ['https://api-5a.example.com', 'https://api-5b.example.com'],
        prefix: '/api/',
      },
    ]
    expect(isSameServices(JSON.parse(stored), published)).toBe(true)
  })
})

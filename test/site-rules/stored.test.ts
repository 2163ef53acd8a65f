import { describe, expect, it } from 'vitest'
import { parseManifestConfig } from '../../src/core/site/manifest-config.ts'

const parse = (rules: object) => parseManifestConfig(JSON.stringify({ notFound: 'none', ...rules }))

describe('the rules in a stored manifest', () => {
  const headers = [{ for: '/:a/*', set: [['x-a', ':a']], unset: ['x-b'] }]
  const redirects = [
    { from: '/a/*', to: '/b/:splat', status: 301 },
    { from: '/c', to: 'https://other.example/', status: 308 },
    { from: '/d/', to: '/e', status: 302, anySlash: true, afterFiles: true },
  ]

  it('are read back as they were written', () => {
    expect(parse({ headers, redirects })).toEqual({
      ok: true,
      value: { htmlHandling: 'auto-trailing-slash', notFound: 'none', headers, redirects },
    })
  })

  it('have the page of a single-page app beside them', () => {
    expect(parse({ appPage: '/200.html' })).toMatchObject({ value: { appPage: '/200.html' } })
    expect(parse({})).not.toHaveProperty('value.appPage')
  })

  it.each([
    { headers: null },
    { headers: [null] },
    { headers: [{ for: '/*/*', set: [], unset: [] }] },
    { headers: [{ for: '/:a/:a', set: [], unset: [] }] },
    { headers: [{ for: '/', set: [['x']], unset: [] }] },
    { headers: [{ for: '/', set: [], unset: [1] }] },
    { redirects: {} },
    { redirects: [{ from: '/*/:splat', to: '/', status: 301 }] },
    { redirects: [{ from: '/', to: 'evil.example', status: 301 }] },
    { redirects: [{ from: '/', to: '@evil.example', status: 301 }] },
    { redirects: [{ from: '/', to: '/b', status: 404 }] },
    { redirects: [{ from: '/', to: '/b', status: '301' }] },
    { redirects: [{ from: '/', to: '/b', status: 301, anySlash: 'yes' }] },
    { redirects: [{ from: '/', to: '/b', status: 301, afterFiles: false }] },
    { appPage: 7 },
  ])('are refused as %j, which nobody could follow', (rules) => {
    const [field] = Object.keys(rules)
    expect(parse(rules)).toEqual({
      ok: false,
      error: expect.stringContaining(`manifest configuration: ${field} cannot be `),
    })
  })
})

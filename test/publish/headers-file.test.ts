import { describe, expect, it } from 'vitest'
import {
  MAX_HEADER_LINE_CHARACTERS,
  MAX_HEADER_RULES,
  parseHeadersFile,
} from '../../src/publish/headers-file.ts'

const rulesOf = (text: string) => parseHeadersFile(text).rules.map(({ rule }) => rule)
const problemsOf = (text: string) => parseHeadersFile(text).problems

describe('a _headers file', () => {
  it('is read as paths with headers below them', () => {
    const text = [
      '# security',
      '/*',
      '  X-Frame-Options: DENY',
      '  Content-Security-Policy: default-src https://x.example; img-src data:',
      '',
      '/img/:name\r',
      'Cache-Control:max-age=60\r',
      '  ! X-Frame-Options',
      '  Link: </a.css>; rel=preload',
      '  Link: <https://x.example/b.css>; rel=preload',
      'https://:Project.Example.com/*',
      '  X-Robots-Tag: noindex :Project',
    ].join('\n')
    const { rules, problems } = parseHeadersFile(text)
    expect(problems).toEqual([])
    expect(rules.map(({ line }) => line)).toEqual([2, 6, 11])
    expect(rules.map(({ rule }) => rule)).toEqual([
      {
        for: '/*',
        set: [
          ['x-frame-options', 'DENY'],
          ['content-security-policy', 'default-src https://x.example; img-src data:'],
        ],
        unset: [],
      },
      {
        for: '/img/:name',
        set: [
          ['cache-control', 'max-age=60'],
          ['link', '</a.css>; rel=preload'],
          ['link', '<https://x.example/b.css>; rel=preload'],
        ],
        unset: ['x-frame-options'],
      },
      {
        for: 'https://:Project.example.com/*',
        set: [['x-robots-tag', 'noindex :Project']],
        unset: [],
      },
    ])
  })

  it('has paths in the spelling that requests are matched in', () => {
    expect(rulesOf('/ü/%7ex\n x: y')).toMatchObject([{ for: '/%C3%BC/~x' }])
    expect(rulesOf('https://a.example\n x: y')).toMatchObject([{ for: 'https://a.example/' }])
  })

  it.each([
    'Content-Length: 5',
    'Content-Encoding: br',
    'Content-Range: bytes 0-1/2',
    'Accept-Ranges: none',
    'ETag: "x"',
    'Transfer-Encoding: chunked',
    'Connection: close',
    'Keep-Alive: timeout=5',
    'TE: trailers',
    'Trailer: x',
    'Upgrade: h2c',
    'Proxy-Authenticate: Basic',
    'Location: /elsewhere',
    'Holo-Version: 1',
    'Set-Cookie: holo-pin=v2',
    'Set-Cookie: =holo-pin=v2',
    'Set-Cookie: __Host-holo-visitor=x',
    'Set-Cookie: lang=:lang',
    'Refresh: 0; url=/:lang',
    '! ETag',
    '! Vary',
    '! Holo-Version',
    'X-Empty:',
    ': value',
    'X Space: value',
    'X-Emoji: 🦊',
    'X-Bell: a\u0007b',
    'no colon',
    '!X-Frame-Options',
  ])('may not say %j, but what stands beside it', (line) => {
    const text = `/:lang/*\n  ${line}\n  X-Good: 1`
    expect(rulesOf(text)).toEqual([{ for: '/:lang/*', set: [['x-good', '1']], unset: [] }])
    const [problem, ...others] = problemsOf(text)
    expect(others).toEqual([])
    expect(problem).toMatch(/^_headers line 2 is ignored, because /)
    expect(problem?.endsWith(`: ${line}`)).toBe(true)
  })

  it('keeps passwords out of what it reports', () => {
    const [problem] = problemsOf('/*\n  Basic-Auth: user:secret')
    expect(problem).toBe(
      '_headers line 2 is ignored, because passwords are not supported: Basic-Auth: …',
    )
    expect(rulesOf('/*\n  Basic-Auth: user:secret')).toEqual([])
    expect(parseHeadersFile('/team/*\n  Basic-Auth: user:secret').unprotected).toEqual([
      'NOT PROTECTED: _headers line 2 asked for a password, but Holo does not do that: everybody can get /team/*',
    ])
  })

  it.each([
    ['http://a.example/*', 'it is neither a path nor an https:// URL'],
    ['/a?b', 'it is neither a path nor an https:// URL'],
    ['https://a.example:8443/', 'a host is matched without its port'],
    ['https://u@a.example/', 'u@a.example is not a host name'],
    ['/*/*', 'it has more than one *'],
    ['https://*.example/*', 'it has more than one *'],
    ['https://:a.example/:a', 'it has the placeholder :a twice'],
  ])('leaves a rule for %s out whole', (pattern, reason) => {
    const text = `${pattern}\n  X-A: 1\n  also wrong\n/b\n  X-B: 1`
    expect(rulesOf(text)).toEqual([{ for: '/b', set: [['x-b', '1']], unset: [] }])
    const [problem, ...others] = problemsOf(text)
    expect(others).toEqual([])
    expect(problem).toContain(
      `_headers line 1 is ignored, because ${reason} (nor are the lines below it): `,
    )
  })

  it('says which headers have no path, and which path has no headers', () => {
    expect(problemsOf('X-A: 1\n/a\n/b\n  ETag: x\n/c\n  X-C: 1')).toEqual([
      '_headers line 1 is ignored, because no path stands above it: X-A: 1',
      '_headers line 4 is ignored, because it must identify the bytes, so Holo sets it itself: ETag: x',
      '_headers line 2 is ignored, because it has no headers below it: /a',
    ])
  })

  it('has as many rules as Cloudflare takes', () => {
    const text = Array.from({ length: MAX_HEADER_RULES + 2 }, (_, n) => `/${n}\n  X: 1`).join('\n')
    expect(rulesOf(text)).toHaveLength(MAX_HEADER_RULES)
    expect(problemsOf(text)).toEqual([
      '_headers line 201 is ignored, because it is rule 101 (nor are the lines below it): /100',
    ])
  })

  it('has lines as long as Cloudflare takes', () => {
    const path = `/${'a'.repeat(MAX_HEADER_LINE_CHARACTERS)}`
    expect(problemsOf(`${path}\n  X-A: 1`)[0]).toContain('it has more than 2000 characters (nor')
    const line = `X: ${'a'.repeat(MAX_HEADER_LINE_CHARACTERS - 3)}`
    expect(problemsOf(`/a\n  ${line}`)).toEqual([])
    expect(problemsOf(`/a\n  ${line}a`)[0]).toContain('it has more than 2000 characters: X: aaa')
  })
})

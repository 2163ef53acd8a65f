import { describe, expect, it } from 'vitest'
import {
  MAX_FIXED_REDIRECTS,
  MAX_PATTERN_REDIRECTS,
  MAX_REDIRECT_LINE_CHARACTERS,
  parseRedirectsFile,
} from '../../src/publish/redirects-file.ts'

const rulesOf = (text: string) => parseRedirectsFile(text).rules.map(({ rule }) => rule)
const problemsOf = (text: string) => parseRedirectsFile(text).problems

describe('a _redirects file', () => {
  it('is read line by line, without comments and blanks, whatever ends the lines', () => {
    const text = '\ufeff# moved\r\n/a /b\r\n\r\n  /c\t/d  301   # for good\r\n/e /f#part 308\r\n'
    const { rules, problems } = parseRedirectsFile(text)
    expect(problems).toEqual([])
    expect(rules).toEqual([
      { line: 2, text: '/a /b', rule: { from: '/a', to: '/b', status: 302 } },
      { line: 4, text: '/c\t/d  301   # for good', rule: { from: '/c', to: '/d', status: 301 } },
      { line: 5, text: '/e /f#part 308', rule: { from: '/e', to: '/f#part', status: 308 } },
    ])
  })

  it.each(['200', '301', '302', '303', '307', '308'])('may say status %s', (status) => {
    expect(rulesOf(`/a /b ${status}`)).toEqual([{ from: '/a', to: '/b', status: Number(status) }])
    // Netlify's "also where a file is", which is so for every rule here.
    expect(rulesOf(`/a /b ${status}!`)).toEqual(rulesOf(`/a /b ${status}`))
  })

  it('has paths in the spelling that requests are matched in', () => {
    expect(rulesOf('/ü/%7ex/%c3%a4/../b|/* /:splat')).toMatchObject([
      { from: '/%C3%BC/~x/b%7C/*', to: '/:splat' },
    ])
  })

  it.each([
    '/a https://other.example',
    '/a https://other.example:8443/b?c=d#e',
    '/:a/* https://other.example/:a/:splat?x=:splat',
    '/wiki /wiki/Special:Search',
    '/:a-:b /:b/:a',
  ])('may say %s', (line) => {
    expect(problemsOf(line)).toEqual([])
    expect(rulesOf(line)).toHaveLength(1)
  })

  it.each([
    ['/a', 'it has 1 words, not 2 or 3: from, to and a status'],
    ['/a /b 301 /c', 'it has 4 words, not 2 or 3: from, to and a status'],
    ['/a%00 /b', '/a%00 is not a path of this site'],
    ['https://old.example/* /:splat', 'https://old.example/* is not a path of this site'],
    ['http://old.example/* /:splat', 'http://old.example/* is not a path of this site'],
    ['/a b', 'the target b is neither a path of this site nor an https:// URL'],
    ['/a http://o.example', 'the target http://o.example is neither a path of this site nor'],
    ['/a //evil.example', 'the target //evil.example is neither a path of this site nor'],
    ['/a /\\evil.example', 'the target /\\evil.example is neither a path of this site nor'],
    ['/a javascript:alert(1)', 'the target javascript:alert(1) is neither'],
    ['/* https://:splat', 'the host of a target cannot have a placeholder'],
    ['/:a https://:a.example/x', 'the host of a target cannot have a placeholder'],
    ['/* https://o.example:splat', 'the host of a target cannot have a placeholder'],
    ['/* https://u@:splat', 'the host of a target cannot have a placeholder'],
    ['/a https://u:1@o.example/', 'u:1@o.example is not a host name'],
    ['/a https:///o.example', ' is not a host name'],
    ['/a https://\\o.example', ' is not a host name'],
    ['/a /b 404', '404 is not one of the statuses 200, 301, 302, 303, 307, 308'],
    ['/a /b 410', '410 is not one of the statuses'],
    ['/a /b 3xx', '3xx is not one of the statuses'],
    ['/a /b 302!!', '302!! is not one of the statuses'],
    ['/a id=:id /b/:id', 'conditions on the query such as id= are not supported'],
    ['/a /b 302 Country=de,at', 'conditions such as Country= are not supported'],
    ['/a /b 302! Language=de', 'conditions such as Language= are not supported'],
    ['/a /b 200 Role=admin', 'conditions such as Role= are not supported'],
    ['/a /b Cookie=x', 'conditions such as Cookie= are not supported'],
    ['/*/* /b', 'it has more than one *'],
    ['/:a/:a /b', 'it has the placeholder :a twice'],
    ['/*/:splat /b', 'it has both * and :splat'],
    ['/a/* /b/*', 'a target cannot have *: write :splat for the * of the source'],
    ['/a /b/:splat', 'its source has no * for :splat'],
    ['/:year /:yaer', 'its source has no :yaer'],
    ['/a/* /a/:splat', 'it redirects to itself'],
    ['/a /a?x=1', 'it redirects to itself'],
    ['/a /%61', 'it redirects to itself'],
    ['/a https://o.example/ 200', 'a rewrite (200) cannot lead to another site'],
    ['/a /b?x=1 200', 'the target of a rewrite (200) cannot have a query'],
    ['/a /b%00', 'its target contains a NUL'],
  ])('may not say %s', (line, reason) => {
    const [problem, ...others] = problemsOf(`\n${line}\n`)
    expect(others).toEqual([])
    expect(problem).toContain(`_redirects line 2 is ignored, because ${reason}`)
    expect(problem?.endsWith(`: ${line}`)).toBe(true)
    expect(rulesOf(line)).toEqual([])
  })

  it.each([
    ['/c?x=1 /d', '/c'],
    ['/c#part /d', '/c'],
    ['c /d', '/c'],
    ['c/* /d', '/c/*'],
    ['* /d', '/*'],
  ])('reads the source of %s as Cloudflare does: %s', (line, from) => {
    expect(rulesOf(line)).toEqual([{ from, to: '/d', status: 302 }])
    expect(problemsOf(line)).toEqual([])
  })

  it('says that a query in a source does not count', () => {
    expect(parseRedirectsFile('/c?x=1 /d\n/e /f').notices).toEqual([
      '_redirects line 1 applies to /c with any query, as with Cloudflare: /c?x=1 /d',
    ])
  })

  it.each([
    ['/a /b 301!', 'line 1 has 301!'],
    ['/e /f\n/a /b 302 Country=de', 'line 2 has Country='],
    ['/a id=:id /b/:id 301', 'line 1 has id='],
    ['https://old.example/* https://new.example/:splat', 'line 1 has a host in front of a path'],
    ['/api/* https://api.example/:splat 200', 'line 1 has 200 for another site'],
    ['/a /b 301\n/guide/* /docs/:splat # 301!', undefined],
    ['/a https://o.example/?x=1', undefined],
  ])('is known as one of Netlify by what Cloudflare does not understand: %s', (text, because) => {
    const parsed = parseRedirectsFile(text)
    expect(parsed.because).toBe(because)
    expect(parsed.reading).toBe(because === undefined ? 'cloudflare' : 'netlify')
    expect(parseRedirectsFile(text, 'cloudflare')).toMatchObject({
      reading: 'cloudflare',
      because: undefined,
    })
  })

  it('of Netlify says that files come first, and counts a path with and without slash once', () => {
    const { rules, problems } = parseRedirectsFile('/a /b\n/c /d 301!\n/a/ /e', 'netlify')
    expect(rules.map(({ rule }) => rule)).toEqual([
      { from: '/a', to: '/b', status: 302, afterFiles: true },
      { from: '/c', to: '/d', status: 301 },
    ])
    expect(problems).toEqual([
      '_redirects line 3 is ignored, because an earlier line already has a rule for /a: /a/ /e',
    ])
  })

  it('that let people in by their role is reported as protecting nothing', () => {
    const { unprotected } = parseRedirectsFile('/admin/* /admin/:splat 200! Role=admin')
    expect(unprotected).toEqual([
      'NOT PROTECTED: _redirects line 1 asked for a role, but Holo does not do that: everybody can get /admin/*',
    ])
  })

  it('says what happens to a path once', () => {
    const text = '/a /b\n/a /c\n/%61 /d'
    expect(rulesOf(text)).toMatchObject([{ to: '/b' }])
    expect(problemsOf(text)).toEqual([
      '_redirects line 2 is ignored, because an earlier line already has a rule for /a: /a /c',
      '_redirects line 3 is ignored, because an earlier line already has a rule for /a: /%61 /d',
    ])
  })

  it('has as many rules as Cloudflare takes, and every one too many is named', () => {
    const lines = (count: number, toLine: (n: number) => string) =>
      Array.from({ length: count }, (_, n) => toLine(n)).join('\n')
    const fixed = lines(MAX_FIXED_REDIRECTS, (n) => `/${n} /x`)
    const patterns = lines(MAX_PATTERN_REDIRECTS, (n) => `/${n}/* /x`)
    const { rules, problems } = parseRedirectsFile(`${patterns}\n${fixed}\n/y /x\n/y/* /x`)
    expect(rules).toHaveLength(2_100)
    expect(problems).toEqual([
      '_redirects line 2101 is ignored, because there are more than 2000 without wildcards: /y /x',
      '_redirects line 2102 is ignored, because there are more than 100 with wildcards: /y/* /x',
    ])
  })

  it('has lines as long as Cloudflare takes', () => {
    const line = `/a /${'b'.repeat(MAX_REDIRECT_LINE_CHARACTERS - 4)}`
    expect(rulesOf(line)).toHaveLength(1)
    expect(problemsOf(`${line}b`)[0]).toContain('because it has more than 2000 characters: /a /bbb')
  })
})

describe('a line of Netlify that hid files', () => {
  it.each(['404', '401', '403', '410', '451'])('with %s! is a warning of its own', (status) => {
    const { rules, unprotected } = parseRedirectsFile(`/internal/* /404.html ${status}!`)
    expect(rules).toEqual([])
    expect(unprotected).toEqual([
      `NOT PROTECTED: _redirects line 1 answered ${status}, but Holo does not do that: everybody can get /internal/*`,
    ])
  })

  it('is none without "!", because a file comes first', () => {
    expect(parseRedirectsFile('/* /404.html 404').unprotected).toEqual([])
  })
})

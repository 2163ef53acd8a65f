// Ways in which somebody else chooses the version that a person gets: a link, a frame, a form or a page
// fetched ahead with a pin in its address, and cookies that a sibling domain sets. `v1` answers all who open
// a page, visitors had `v0` before. What this site does itself is tried as well, and gets `v0`.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PreviewSite, startPreviewSite } from './previews.ts'
import { askRaw, headerOf, type RawAnswer, type RawAsk } from './raw-socket.ts'

let site: PreviewSite
beforeAll(async () => {
  site = await startPreviewSite({ secure: true })
})
afterAll(() => site.stop())

type From = 'same-origin' | 'same-site' | 'cross-site' | 'none'
type Way = readonly [name: string, target: string, asked: RawAsk]

const meta = (dest: string, mode: string, from: From) => [
  `Sec-Fetch-Dest: ${dest}`,
  `Sec-Fetch-Mode: ${mode}`,
  `Sec-Fetch-Site: ${from}`,
]
const page = (from: From, dest = 'document') => meta(dest, 'navigate', from)
const ahead = (from: From) => [...page(from), 'Sec-Purpose: prefetch']
const LINK = '/?holo-pin=v0'
const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const KNOWN = `__Host-holo-visitor=${ID}; __Host-holo-pin=v1@main`

const FORM: RawAsk = { method: 'POST', body: 'a=1' }

const LINKS: readonly Way[] = [
  ['a link on another site', LINK, { lines: page('cross-site') }],
  ['a link on a sibling domain', LINK, { lines: page('same-site') }],
  ['a link in an e-mail', LINK, { lines: page('none') }],
  ['a link for a browser without fetch metadata', LINK, { lines: ['Accept: text/html,*/*;q=0.8'] }],
  ['a link to one file', '/old.html?holo-pin=v0', { lines: page('cross-site') }],
  ['a link that names the environment', `${LINK}@main`, { lines: page('cross-site') }],
  ['a link in escapes', '/?h%6flo%2dpin=v0%40main', { lines: page('cross-site', 'iframe') }],
  ['a link with two pins', `${LINK}&holo-pin=v1`, { lines: page('cross-site', 'iframe') }],
  ['a link with other parameters', `/?a=1&&holo-pin=v0&b`, { lines: page('same-site', 'iframe') }],
  ['a link for who is known here', LINK, { lines: [...page('cross-site'), `Cookie: ${KNOWN}`] }],
  ['a link that is asked for in parts', LINK, { lines: [...page('none'), 'Range: bytes=0-3'] }],
  ['a HEAD', LINK, { method: 'HEAD', lines: page('cross-site') }],
  ...['iframe', 'frame', 'embed', 'object', 'fencedframe'].flatMap((dest): Way[] => [
    [`an ${dest} on another site`, LINK, { lines: page('cross-site', dest) }],
    [`an ${dest} on a sibling domain`, LINK, { lines: page('same-site', dest) }],
  ]),
  ['a form on another site', '/api/x?holo-pin=v0', { ...FORM, lines: page('cross-site') }],
  ['a form on a sibling domain', '/api/x?holo-pin=v0', { ...FORM, lines: page('same-site') }],
  [
    'a form without fetch metadata',
    '/api/x?holo-pin=v0',
    { ...FORM, lines: ['Accept: text/html'] },
  ],
  ['a page fetched ahead by another site', LINK, { lines: ahead('cross-site') }],
  ['a page fetched ahead by a sibling domain', LINK, { lines: ahead('same-site') }],
  [
    'a page made ahead by another site',
    LINK,
    { lines: [...page('cross-site'), 'Sec-Purpose: prefetch;prerender'] },
  ],
  ...(['cross-site', 'same-site'] as const).map(
    (from): Way => [
      `<link rel="prefetch"> of a ${from} page, which does not say that it is one`,
      LINK,
      { lines: [...meta('empty', 'no-cors', from), 'Sec-Purpose: prefetch'] },
    ],
  ),
  ['the same in a browser of before', LINK, { lines: ['Accept: */*', 'Purpose: prefetch'] }],
  ['the same in Firefox of before', LINK, { lines: ['Accept: */*', 'X-Moz: prefetch'] }],
  [
    'a navigation that a service worker passes on',
    LINK,
    { lines: meta('empty', 'navigate', 'same-origin') },
  ],
  ['an origin in another spelling', LINK, { lines: page('Same-Origin' as From, 'iframe') }],
]

/** Of a page in a frame of this very origin, where a pin of its own counts. */
const cookie = (text: string): RawAsk => ({
  lines: [...page('same-origin', 'iframe'), `Cookie: ${text}`],
})

const COOKIES: readonly Way[] = [
  ['its plain name', '/', cookie('holo-pin=v0@main')],
  ['its plain name beside an id', '/', cookie(`holo-pin=v0@main; holo-visitor=${ID}`)],
  ['its plain name first', '/', cookie(`holo-pin=v0@main; ${KNOWN}`)],
  ['its plain name last', '/', cookie(`${KNOWN}; holo-pin=v0@main`)],
  [
    'its plain name where only an id is there',
    '/',
    cookie(`holo-pin=v0; __Host-holo-visitor=${ID}`),
  ],
  ['another case', '/', cookie('__host-holo-pin=v0; __HOST-holo-pin=v0; __Host-Holo-Pin=v0')],
  ['the other prefix', '/', cookie('__Secure-holo-pin=v0')],
  ['the value of another cookie', '/', cookie(`theme=1, __Host-holo-pin=v0@main; ${KNOWN}`)],
  ['the value of another cookie alone', '/', cookie('theme=1, __Host-holo-pin=v0@main')],
  [
    'two lines',
    '/',
    { lines: [...page('same-origin', 'iframe'), 'Cookie: a=1', 'Cookie: holo-pin=v0'] },
  ],
  // Bytes of UTF-8: to a browser they belong to the name, and it asks nothing of such a cookie.
  ...[
    ['a no-break space', '\xc2\xa0'],
    ['a line separator', '\xe2\x80\xa8'],
    ['an en quad', '\xe2\x80\x80'],
    ['an ideographic space', '\xe3\x80\x80'],
    ['a byte order mark', '\xef\xbb\xbf'],
    ['a byte that is a no-break space in Latin-1', '\xa0'],
  ].flatMap(([name = '', bytes = '']): Way[] => [
    [`${name} before the name`, '/', cookie(`${bytes}__Host-holo-pin=v0@main; ${KNOWN}`)],
    [`${name} behind the name`, '/', cookie(`__Host-holo-pin${bytes}=v0@main; ${KNOWN}`)],
  ]),
]

/** Neither the bytes, nor the headers, nor a cookie of `v0`. */
function expectNothingOfV0(answer: RawAnswer) {
  expect(answer.status).toBeLessThan(500)
  expect(headerOf(answer, 'holo-version')).toBe('v1')
  const set = answer.headers.filter(([name]) => name === 'set-cookie' || name === 'location')
  // The whole value: a visitor's id is random and may hold these two letters.
  expect(set.map(([, value]) => value).join('\n')).not.toMatch(/=v0(?:[@;&]|$)/m)
}

describe('a stranger chooses no version', () => {
  it('by more than twenty links', () => expect(LINKS.length).toBeGreaterThanOrEqual(20))

  it.each(LINKS)('by %s', async (_, target, asked) => {
    const first = await askRaw(site.url, target, asked)
    // A page is led to its address without the pin, so that what it loads does not name it either.
    const isLed = first.status === 307
    const { pathname, search } = new URL(headerOf(first, 'location') ?? '/none', site.url)
    expect(decodeURIComponent(search)).not.toContain('holo-pin')
    const answer = isLed ? await askRaw(site.url, pathname + search, asked) : first
    expectNothingOfV0(answer)
    expect(answer.body).not.toContain('OLD')
  })

  it.each(COOKIES)('by a cookie under %s', async (_, target, asked) => {
    expectNothingOfV0(await askRaw(site.url, target, asked))
  })

  it('moves no binding by asking for what a service worker would fetch', async () => {
    const lines = [...meta('image', 'no-cors', 'same-site'), `Cookie: ${KNOWN.replace('v1', 'v0')}`]
    for (const query of ['__WB_REVISION__=1', 'ngsw-cache-bust=1']) {
      const answer = await askRaw(site.url, `/?${query}`, { lines })
      expect(headerOf(answer, 'set-cookie')).toBeUndefined()
    }
  })
})

const OWN: readonly Way[] = [
  ['a frame with a pin in its address', LINK, { lines: page('same-origin', 'iframe') }],
  ['a page fetched ahead with a pin in its address', LINK, { lines: ahead('same-origin') }],
  ['a call with a pin in its address', LINK, { lines: meta('empty', 'cors', 'same-origin') }],
  ['a client with a pin in its address', '/old.js?holo-pin=v0', { lines: ['Accept: */*'] }],
  ['a header pin', '/', { lines: [...meta('empty', 'cors', 'same-origin'), 'Holo-Pin: v0'] }],
  [
    'a header pin for a page that is no document',
    '/',
    { lines: [...page('same-site', 'iframe'), 'Holo-Pin: v0'] },
  ],
  ['its own cookie', '/', cookie('__Host-holo-pin=v0@main')],
  ['its own cookie with blanks around it', '/', cookie(`a=1; \t__Host-holo-pin \t=\t v0@main \t`)],
]

describe('what this site asks for by itself', () => {
  it.each(OWN)('is the version that it names: %s', async (_, target, asked) => {
    const answer = await askRaw(site.url, target, asked)
    expect([headerOf(answer, 'holo-version'), answer.body.includes('OLD')]).toEqual(['v0', true])
  })
})

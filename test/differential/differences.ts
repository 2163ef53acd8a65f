// Every difference between Holo and Cloudflare's asset Worker that is meant, each with its reason and
// an example that both peers are asked. Those that generated navigations can meet are in `toExpected`
// as well; whatever is not listed here is a mistake.

import { normalisePath } from '../../src/core/path.ts'
import type { Ask } from '../support/http-client.ts'
import type { Outcome } from './outcomes.ts'

type Seen = Partial<Outcome & { readonly cacheControl: string | undefined }>

export type Difference = {
  readonly what: string
  readonly why: string
  readonly site: 'app' | 'pages' | 'plain'
  readonly target: string
  /** A navigation unless said. */
  readonly ask?: Ask
  readonly cloudflare: Seen
  readonly holo: Seen
}

/** The sites of the examples. `plain` has a name that begins with a dot, too. */
export const EXAMPLES = {
  app: { files: ['/index.html', '/about.html', '/@me.html'], notFound: 'single-page-application' },
  pages: { files: ['/index.html', '/a%zz b.html', '/404.html'], notFound: '404-page' },
  plain: { files: ['/index.html', '/.notes'], notFound: 'none' },
} as const

const SCRIPT: Ask = { headers: { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' } }

export const DIFFERENCES: readonly Difference[] = [
  {
    what: 'a spelling that RFC 3986 section 6.2.2 calls equivalent is answered at once',
    why: 'Holo reads every path in its one normal form, so there is nothing to redirect to',
    site: 'app',
    target: '/%61bout',
    cloudflare: { status: 307, location: '/about' },
    holo: { status: 200, body: 'this is /about.html' },
  },
  {
    what: 'a percent sign that starts no escape is a percent sign, and the escapes around it count',
    why: 'the same: its normal form is %25, whatever else is in the segment',
    site: 'pages',
    target: '/a%zz%20b',
    cloudflare: { status: 307, location: '/a%25zz%2520b' },
    holo: { status: 200, body: 'this is /a%zz b.html' },
  },
  {
    what: 'a name is spelled as browsers spell it, without needless escapes',
    why: 'links, canonical addresses and site maps say /@me, and would all be redirected',
    site: 'app',
    target: '/@me',
    cloudflare: { status: 307, location: '/%40me' },
    holo: { status: 200, body: 'this is /@me.html' },
  },
  {
    what: 'the needless escapes lead to that spelling',
    why: 'a file has one address',
    site: 'app',
    target: '/%40me?a=1',
    cloudflare: { status: 200, body: 'this is /@me.html' },
    holo: { status: 307, location: '/@me?a=1' },
  },
  {
    what: 'the page for what is not there is shown at the address that was asked for',
    why: 'the app reads its state from there, and no file has an address to be sent to',
    site: 'app',
    target: '/search;page=2?q=a+b',
    cloudflare: { status: 307, location: '/search%3Bpage%3D2?q=a+b' },
    holo: { status: 200, body: 'this is /index.html' },
  },
  {
    what: 'the page of a 404 is shown there as well',
    why: 'the same',
    site: 'pages',
    target: '//nothing//here',
    cloudflare: { status: 307, location: '/nothing/here' },
    holo: { status: 404, body: 'this is /404.html' },
  },
  {
    what: 'a path with a NUL is a 400',
    why: 'servers disagree on where such a path ends, so it is refused before anybody reads it',
    site: 'app',
    target: '/about%00.css',
    cloudflare: { status: 200, body: 'this is /index.html' },
    holo: { status: 400, body: 'bad_path' },
  },
  {
    what: 'where there is nothing at all, the 404 has a body in JSON and is never kept',
    why: 'the code and the request id tell the reader what happened',
    site: 'plain',
    target: '/nothing',
    cloudflare: { status: 404, body: '', cacheControl: undefined },
    holo: { status: 404, body: 'not_found', cacheControl: 'no-store' },
  },
  {
    what: 'the single-page app answers navigations only; a script that is missing is a 404',
    why: 'HTML in the place of a script breaks open tabs after a release',
    site: 'app',
    target: '/assets/gone.js',
    ask: SCRIPT,
    cloudflare: { status: 200, body: 'this is /index.html' },
    holo: { status: 404, body: 'not_found', cacheControl: 'no-store' },
  },
  {
    what: 'the 404 page answers navigations only',
    why: 'the same; nobody reads a page that a script tag has asked for',
    site: 'pages',
    target: '/assets/gone.js',
    ask: SCRIPT,
    cloudflare: { status: 404, body: 'this is /404.html' },
    holo: { status: 404, body: 'not_found' },
  },
  {
    what: 'a form that is posted to where nothing is gets a 404',
    why: 'a 405 would say that the page is there for another method',
    site: 'app',
    target: '/nothing',
    ask: { method: 'POST' },
    cloudflare: { status: 405 },
    holo: { status: 404 },
  },
  {
    what: 'a redirect is never kept',
    why: 'the version of another visitor may have the page at that very path',
    site: 'app',
    target: '/about/',
    cloudflare: { status: 307, location: '/about', cacheControl: undefined },
    holo: { status: 307, location: '/about', cacheControl: 'no-store' },
  },
  {
    what: 'a page is for no shared cache',
    why: 'it belongs to one visitor’s version',
    site: 'app',
    target: '/about',
    cloudflare: { status: 200, cacheControl: 'public, max-age=0, must-revalidate' },
    holo: { status: 200, cacheControl: 'private, no-cache' },
  },
  {
    what: 'a 404 page is never kept',
    why: 'the next version may have the page',
    site: 'pages',
    target: '/nothing',
    cloudflare: { status: 404, cacheControl: 'public, max-age=0, must-revalidate' },
    holo: { status: 404, cacheControl: 'no-store' },
  },
  {
    what: 'a name that begins with a dot is not published, but for /.well-known',
    why: 'it is private more often than not; Cloudflare takes a line in .assetsignore for it',
    site: 'plain',
    target: '/.notes',
    cloudflare: { status: 200, body: 'this is /.notes' },
    holo: { status: 404, body: 'not_found' },
  },
  {
    what: 'the address of a page with a pin in its query leads to the one without it',
    why: 'it is for Holo, and a link may not put it into the address of a page',
    site: 'app',
    target: '/about.html?a=1&holo-pin=1.0.0&b=2',
    cloudflare: { status: 307, location: '/about?a=1&holo-pin=1.0.0&b=2' },
    holo: { status: 307, location: '/about.html?a=1&b=2' },
  },
]

/** What Cloudflare escapes in a name, and browsers do not. */
const RESERVED = /[$&+,:;=@]/g
const RESERVED_ESCAPE = /%(?:24|26|2B|2C|3A|3B|3D|40)/g

/**
 * What Holo must answer to a navigation, by what Cloudflare answers to it in its normal spelling: the
 * first eight differences. All others do not touch status, `Location` or body of one.
 */
export async function toExpected(
  target: string,
  askCloudflare: (target: string) => Promise<Outcome>,
): Promise<Outcome> {
  const url = new URL(`http://site.example${target}`)
  const path = normalisePath(url)
  if (path === undefined) return { status: 400, location: undefined, body: 'bad_path' }
  const spelled = path.replace(RESERVED, encodeURIComponent)
  const outcome = await askCloudflare(spelled === url.pathname ? target : spelled + url.search)
  if (outcome.location !== undefined) {
    const shown = await askCloudflare(outcome.location)
    const [to = '', query] = outcome.location.split(/(?=\?)/)
    if (isFallback(shown, to)) return shown
    return { ...outcome, location: toPlain(to) + (query ?? '') }
  }
  if (outcome.status === 200 && toPlain(path) !== path && !isFallback(outcome, path)) {
    return { status: 307, location: toPlain(path) + url.search, body: '' }
  }
  const isNothing = outcome.status === 404 && outcome.body === ''
  return isNothing ? { ...outcome, body: 'not_found' } : outcome
}

function toPlain(path: string): string {
  return path.replace(RESERVED_ESCAPE, decodeURIComponent)
}

/** Where `/index.html` is served as itself, in one mode or another. */
const ADDRESSES_OF_INDEX = ['/', '/index', '/index/', '/index.html']

/** Whether an answer to `path` shows a page because there is no file. */
function isFallback({ status, body }: Outcome, path: string): boolean {
  if (status === 404) return body !== ''
  return status === 200 && body === 'this is /index.html' && !ADDRESSES_OF_INDEX.includes(path)
}

// Ways to reach a restricted version without a grant. Each is also sent to a site that has no such version and
// no previews: the answers have to be the same, so that nothing tells that there is something to see.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Answer, type Ask, ask, DOCUMENT } from '../support/http-client.ts'
import { type LinkKey, makeLinkKey } from '../support/preview-links.ts'
import { startTwoVersions, type TwoVersions } from '../support/two-versions.ts'

const VISITOR = 'holo-visitor=AAAAAAAAAAAAAAAAAAAAAA'
const SCRIPT = { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }
const FETCH = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }
const PLAIN = '/app.js'
const HASHED = '/assets/app-3.js'

const PREVIEWS = { hosts: ['*.preview.example.com'], revoked: ['revoked-link'] }
const own = () => ({ id: key.id, key: key.key })

/** What Next.js sends with the build of a version. */
const ofFramework = (id: string) => ({
  ...{ id: `build-${id}`, headers: ['x-deployment-id'], queries: ['dpl'] },
})

let site: TwoVersions
let without: TwoVersions
let key: LinkKey
let removed: LinkKey
let stranger: LinkKey

beforeAll(async () => {
  key = await makeLinkKey('aaaaaaaa')
  removed = await makeLinkKey('bbbbbbbb')
  stranger = await makeLinkKey('aaaaaaaa')
  const access = {
    ACCESS_TEAM_DOMAIN: 'team.cloudflareaccess.com',
    ACCESS_AUDIENCE: 'a'.repeat(64),
  }
  const previews = { ...PREVIEWS, keys: [own()] }
  ;[site, without] = await Promise.all([startTwoVersions(access, { previews }), startTwoVersions()])
  const { environments, versions, traffic } = site.document
  const { v1, v2 } = without.document.versions
  await site.put({
    environments: {
      ...environments,
      secret: {
        ...environments.secret,
        version: 'v3',
        admit: { emails: ['*@example.com'], groups: ['qa'] },
      },
    },
    versions: {
      v1: { ...versions.v1, frameworkPin: ofFramework('1') },
      v2: { ...versions.v2, frameworkPin: ofFramework('2') },
      v3: {
        ...versions.v3,
        frameworkPin: {
          ...ofFramework('3'),
          headers: ['x-deployment-id', 'x-only-3', 'x-nf-deploy-id', 'x-sveltekit-version'],
          queries: ['dpl', 'only3', '_b', ''],
        },
      },
    } as never,
    traffic,
    rules: [{ name: 'all', environment: 'secret', when: true }],
  })
  await without.put({
    environments: { main: { version: 'v1' }, canary: { version: 'v2' } },
    versions: {
      v1: { ...v1, frameworkPin: ofFramework('1') },
      v2: { ...v2, frameworkPin: ofFramework('2') },
    } as never,
  })
  // Until both isolates have read these documents.
  await vi.waitFor(async () => expect(await show(SEEN)).toBe('plain 3'), {
    timeout: 60_000,
    interval: 100,
  })
  const isRead = await ask(without.url, HASHED, {})
  expect(isRead.status).toBe(404)
})
afterAll(() => Promise.all([site?.stop(), without?.stop()]))

/** What a request with a right link gets. */
async function show(to: (token: string) => Ask, path = PLAIN): Promise<string> {
  const token = await key.sign({ versions: ['v3'] })
  return (await ask(site.url, path, to(token))).body
}
const SEEN = (token: string): Ask => ({ headers: { 'holo-preview': token, ...FETCH } })

type Attempt = {
  readonly path?: string
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A token, sent in the header, unless `as` says where else. */
  readonly token?: () => Promise<string>
  readonly as?: (token: string) => Partial<Attempt>
  /** The link was signed once: its holder may learn that it is over. */
  readonly isKnown?: true
}

const asCookie = (token: string) => ({ headers: { cookie: `${VISITOR}; holo-preview=${token}` } })
const asLink = (token: string) => ({ path: `/?holo-preview=${token}`, headers: DOCUMENT })
const grant = { versions: ['v3'], environments: ['secret'] }
const pin = (text: string) => ({ 'holo-pin': text, ...FETCH })
const other = () => key.sign({ versions: ['v2'] })
const flip = (text: string, at: number) =>
  text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)

const SIGNATURES: Readonly<Record<string, Attempt>> = {
  'an expired token': { token: () => key.sign({ ...grant, expiresAt: Date.now() - 1000 }) },
  'an expired token as a cookie': {
    token: () => key.sign({ ...grant, expiresAt: Date.now() - 1000 }),
    as: asCookie,
  },
  'an expired link': {
    token: () => key.sign({ ...grant, expiresAt: Date.now() - 1000 }),
    as: asLink,
    isKnown: true,
  },
  'a revoked token': { token: () => key.sign({ ...grant, id: 'revoked-link' }) },
  'a revoked token as a cookie': {
    token: () => key.sign({ ...grant, id: 'revoked-link' }),
    as: asCookie,
  },
  'a revoked link': {
    token: () => key.sign({ ...grant, id: 'revoked-link' }),
    as: asLink,
    isKnown: true,
  },
  'a key that was removed': { token: () => removed.sign(grant) },
  'a key that was removed, as a cookie': { token: () => removed.sign(grant), as: asCookie },
  'a link of a key that was removed': { token: () => removed.sign(grant), as: asLink },
  "another key under a known key's name": { token: () => stranger.sign(grant) },
  "a link of another key under a known key's name": {
    token: () => stranger.sign(grant),
    as: asLink,
  },
  'a key that never was': { token: () => key.sign({ ...grant, key: 'cccccccc' }) },
  'a signature that was made for something else': {
    token: () => key.sign(grant, (text) => text.replace('holo-preview-1.', '')),
  },
  'a signature with one other bit': {
    token: async () => {
      const token = await key.sign(grant)
      return flip(token, token.length - 20)
    },
  },
  'a payload with one other bit': { token: async () => flip(await key.sign(grant), 12) },
  'the payload of one link with the signature of another': {
    token: async () => {
      const [payload] = (await key.sign(grant)).split('.')
      const [, signature] = (await other()).split('.')
      return `${payload}.${signature}`
    },
  },
  'a token without its end': { token: async () => (await key.sign(grant)).slice(0, -1) },
  'no signature at all': { token: async () => `${(await key.sign(grant)).split('.')[0]}.` },
  'a token behind spaces and commas': { token: async () => `x, ${await stranger.sign(grant)}` },
  'a token as a bearer': {
    token: () => key.sign(grant),
    as: (token) => ({ headers: { authorization: `Bearer ${token}` } }),
  },
  'a token in the query of a script': {
    token: () => key.sign(grant),
    as: (token) => ({ path: `${PLAIN}?holo-preview=${token}`, headers: SCRIPT }),
  },
  'a link in a frame': {
    token: () => key.sign(grant),
    as: (token) => ({
      path: `/?holo-preview=${token}`,
      headers: { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' },
    }),
  },
  'a token under the name of the cookie of https': {
    token: () => key.sign(grant),
    as: (token) => ({ headers: { cookie: `${VISITOR}; __Host-holo-preview=${token}` } }),
  },
  'a token inside the value of another cookie': {
    token: () => key.sign(grant),
    as: (token) => ({ headers: { cookie: `${VISITOR}; a="holo-preview=${token}"` } }),
  },
}

const CHOICES: Readonly<Record<string, Attempt>> = {
  'a choice without a link': { headers: { cookie: `${VISITOR}; holo-preview=@secret` } },
  'a choice of a version without a link': { headers: { cookie: `${VISITOR}; holo-preview=~v3` } },
  'a choice in the address': { path: '/?holo-preview=@secret', headers: DOCUMENT },
  'a choice in the address, in escapes': {
    path: '/?h%6flo-preview=%40secret',
    headers: DOCUMENT,
  },
  'the choice of the bar': { path: '/.holo/preview?choose=v3&to=/app.js', headers: FETCH },
  'the choice of the bar, an environment': { path: '/.holo/preview?choose=@secret&to=/' },
  'the version of this client': { path: '/.holo/version' },
  'the question of a tab': {
    path: '/.holo/tab',
    method: 'POST',
    body: JSON.stringify({ pin: 'v3@secret', files: ['/', PLAIN, HASHED] }),
    headers: FETCH,
  },
}

const PINS: Readonly<Record<string, Attempt>> = {
  'a header pin': { headers: pin('v3') },
  'a header pin with its environment': { headers: pin('v3@secret') },
  'a header pin under a public name': { headers: pin('v3@main') },
  'a query pin': { path: `${PLAIN}?holo-pin=v3@secret`, headers: FETCH },
  'a cookie pin': { headers: { cookie: `${VISITOR}; holo-pin=v3@secret`, ...FETCH } },
  'a pin in the address of a worker': {
    headers: { referer: 'ORIGIN/worker.js?holo-pin=v3@secret', ...FETCH },
  },
  'a cookie pin and a page': {
    path: '/',
    headers: { cookie: `${VISITOR}; holo-pin=v3@secret`, ...DOCUMENT },
  },
  'a pin of Next.js': { headers: { 'x-deployment-id': 'build-3', ...FETCH } },
  'a pin of Next.js that names the version': { headers: { 'x-deployment-id': 'v3', ...FETCH } },
  'a pin of Next.js in the query': { path: `${PLAIN}?dpl=build-3`, headers: FETCH },
  'a pin of Next.js and a page': {
    path: '/?dpl=build-3',
    headers: { 'x-deployment-id': 'build-3', ...DOCUMENT },
  },
  'a pin of Next.js and a call of the API': {
    path: '/api/x',
    headers: { 'x-deployment-id': 'build-3', ...FETCH },
  },
  'a pin of Next.js and a script of its own': {
    path: `${HASHED}?dpl=build-3`,
    headers: { 'x-deployment-id': 'build-3', ...SCRIPT },
  },
  'a range of a script with a pin of Next.js': {
    path: `${HASHED}?dpl=build-3`,
    headers: { range: 'bytes=0-3', 'x-deployment-id': 'build-3' },
  },
  'a pin of Next.js with a cookie pin': {
    headers: { cookie: `${VISITOR}; holo-pin=v3@secret`, 'x-deployment-id': 'build-3', ...FETCH },
  },
  'a pin of Next.js, with the link of another version': {
    headers: { 'x-deployment-id': 'build-3', ...FETCH },
    token: other,
  },
  'a pin of Nuxt, which is the whole query': { path: `${PLAIN}?build-3`, headers: FETCH },
  'a pin of Nuxt in a parameter': { path: `${PLAIN}?_b=build-3`, headers: FETCH },
  'a pin of Netlify and of SvelteKit': {
    headers: { 'x-nf-deploy-id': 'build-3', 'x-sveltekit-version': 'build-3', ...FETCH },
  },
  'a name that only its framework has': { headers: { 'x-only-3': 'build-3', ...FETCH } },
  'the same name with another id': { headers: { 'x-only-3': 'build-9', ...FETCH } },
  'a query that only its framework has': { path: `${PLAIN}?only3=build-3`, headers: FETCH },
  'a pin and a page': { path: '/', headers: { ...pin('v3@secret'), ...DOCUMENT } },
  'a pin and a call of the API': { path: '/api/x', headers: pin('v3@secret') },
  'a pin and a POST': { path: '/api/x', method: 'POST', body: 'x', headers: pin('v3') },
  'a pin and a service worker': {
    headers: { 'holo-pin': 'v3', 'service-worker': 'script', 'sec-fetch-dest': 'serviceworker' },
  },
}

const ASSETS: Readonly<Record<string, Attempt>> = {
  'a script of its own': { path: HASHED, headers: SCRIPT },
  'a script, without fetch metadata': { path: HASHED },
  'the head of a script': { path: HASHED, method: 'HEAD' },
  'a range of a script': { path: HASHED, headers: { range: 'bytes=0-3', ...SCRIPT } },
  'a range from the end': { path: HASHED, headers: { range: 'bytes=-3' } },
  'a script if it has changed': { path: HASHED, headers: { 'if-none-match': '*', ...SCRIPT } },
  'a script if it is there': { path: HASHED, headers: { 'if-match': '*', ...SCRIPT } },
  'a script in escapes': { path: '/%61ssets/app%2D3.js', headers: SCRIPT },
  'a script behind dots': { path: '/x/%2e%2e/assets/app-3.js', headers: SCRIPT },
  'a rewrite of a public version to its script': { path: '/rewritten', headers: SCRIPT },
  'a rewrite of a public version, opened': { path: '/rewritten', headers: DOCUMENT },
  'a redirect of a public version to its script': { path: '/redirected', headers: SCRIPT },
  'the options of a script': { path: HASHED, method: 'OPTIONS' },
  'a script, with the link of another version': { path: HASHED, headers: SCRIPT, token: other },
  'a range of it, with the link of another version': {
    path: HASHED,
    headers: { range: 'bytes=0-3' },
    token: other,
  },
  'a pin, with the link of another version': { headers: pin('v3@secret'), token: other },
  'a choice, with the link of another version': {
    token: async () => `${await other()}~v3`,
  },
  'a choice of the environment, with the link of another version': {
    token: async () => `${await other()}~@secret`,
  },
}

const HOSTS: Readonly<Record<string, Attempt>> = {
  'its host name': { headers: { host: 'secret.example.com', ...FETCH } },
  'its host name, a page': { path: '/', headers: { host: 'secret.example.com', ...DOCUMENT } },
  'its host name with a dot and in capitals': {
    headers: { host: 'SECRET.example.com.', ...FETCH },
  },
  'its host name, forwarded': {
    headers: { 'x-forwarded-host': 'secret.example.com', forwarded: 'host=secret.example.com' },
  },
  'the host name of its version': { headers: { host: 'v3.preview.example.com', ...FETCH } },
  'the host name of its version, with the link of another': {
    headers: { host: 'v3.preview.example.com' },
    token: other,
  },
}

const IDENTITIES: Readonly<Record<string, Attempt>> = {
  'a name in the headers of Access': {
    headers: { 'cf-access-authenticated-user-email': 'ada@example.com', ...FETCH },
  },
  'a JWT that nobody has signed': {
    headers: { 'cf-access-jwt-assertion': toJwt('none'), ...FETCH },
  },
  'a JWT with a signature of zeros, in the cookie': {
    headers: { cookie: `${VISITOR}; CF_Authorization=${toJwt('RS256')}`, ...FETCH },
  },
  'a rule that leads everybody to it': { path: '/', headers: DOCUMENT },
  'headers of Holo': {
    headers: {
      'holo-environment': 'secret',
      'holo-version': 'v3',
      'holo-grants': 'secret',
      'holo-preview': 'v3',
      ...FETCH,
    },
  },
}

function toJwt(alg: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    iss: 'https://team.cloudflareaccess.com',
    aud: ['a'.repeat(64)],
    email: 'ada@example.com',
    groups: ['qa'],
    iat: 1,
    exp: 9_999_999_999,
  }
  return `${part({ alg, kid: 'one' })}.${part(claims)}.${Buffer.alloc(256).toString('base64url')}`
}

async function send(to: TwoVersions, attempt: Attempt): Promise<Answer> {
  const { path = PLAIN, method, body, headers = {}, token, as } = attempt
  const text = await token?.()
  const said: Partial<Attempt> =
    text === undefined ? {} : as ? as(text) : { headers: { 'holo-preview': text, ...FETCH } }
  return ask(to.url, said.path ?? path, {
    ...(method === undefined ? {} : { method }),
    ...(body === undefined ? {} : { body }),
    headers: toHeaders(to, { cookie: VISITOR, ...headers, ...said.headers }),
  })
}

/** `ORIGIN` stands for the site that is asked. */
function toHeaders({ url }: TwoVersions, headers: Readonly<Record<string, string>>) {
  const entries = Object.entries(headers)
  return Object.fromEntries(
    entries.map(([name, text]) => [name, text.replace('ORIGIN', url.origin)]),
  )
}

/** What may differ between two sites that are the same. */
const OF_THE_MOMENT = ['date', 'connection', 'keep-alive', 'content-length']
/** Of each part of `Server-Timing` only the name is the same: where bytes come from depends on who asked before. */
const toTimingNames = (timing: string) =>
  timing.split(', ').flatMap((part) => (part === 'holo-stale' ? [] : [part.split(';')[0]]))

function toComparable({ status, headers, body }: Answer, { url }: TwoVersions) {
  const kept = Object.entries(headers)
    .filter(([name]) => !OF_THE_MOMENT.includes(name))
    .map(([name, value]) => [name, name === 'server-timing' ? toTimingNames(`${value}`) : value])
  return {
    status,
    headers: JSON.stringify(kept.sort()).replaceAll(url.origin, ''),
    body: body.replace(/"requestId":"[^"]*"/, ''),
  }
}

const API: Readonly<Record<string, Attempt>> = {
  'the question why, without a token': {
    path: '/.holo/api/explain',
    method: 'POST',
    body: JSON.stringify({ url: 'https://secret.example.com/', pin: 'v3@secret' }),
    headers: { 'content-type': 'application/json' },
  },
  'its version in the API, without a token': { path: '/.holo/api/versions/v3' },
  'its version in the API, with its link as a token': {
    token: () => key.sign(grant),
    as: (token) => ({
      path: '/.holo/api/versions/v3',
      headers: { authorization: `Bearer ${token}` },
    }),
  },
}

const ALL = Object.entries({
  ...API,
  ...SIGNATURES,
  ...CHOICES,
  ...PINS,
  ...ASSETS,
  ...HOSTS,
  ...IDENTITIES,
})

describe('a restricted version', () => {
  it('is really there, for who has a link', async () => {
    expect(await show(SEEN)).toBe('plain 3')
    expect(await show(SEEN, HASHED)).toBe('hashed 3')
    expect(await show((token) => asCookie(token))).toBe('plain 3')
    expect(await show((token) => ({ headers: { 'holo-preview': token, ...pin('v3') } }))).toBe(
      'plain 3',
    )
    const page = await ask(site.url, '/', SEEN(await key.sign({ environments: ['secret'] })))
    expect(page.headers).toMatchObject({
      'holo-version': 'v3',
      'holo-environment': 'secret',
      'cache-control': 'private, no-store',
      'x-robots-tag': 'noindex',
    })
  })

  it('is tried in more than forty ways', () => {
    expect(ALL.length).toBeGreaterThan(60)
  })

  it.each(ALL)('is not reached by %s', async (_, attempt) => {
    const before = site.seen.filter(({ version }) => version === '3').length
    const answer = await send(site, attempt)
    const text = JSON.stringify([answer.headers, answer.body])
    expect(text).not.toMatch(/(?:plain|hashed|version|backend\\":\\") ?3|v3|secret/)
    expect(Object.keys(answer.cookies).filter((name) => name.includes('preview'))).toEqual([])
    expect(site.seen.filter(({ version }) => version === '3').length).toBe(before)
    if (attempt.isKnown) return expect(answer.status).toBe(410)
    // A link of another version shows that version.
    if (attempt.token === other || (attempt.token && /v2/.test(text))) return
    const same = await send(without, attempt)
    expect(toComparable(answer, site)).toEqual(toComparable(same, without))
  })
})

describe('a page of a preview', () => {
  it('is known again by a tag of its own bar, has no parts, and its HEAD is the same', async () => {
    const [token, later] = [
      await key.sign({ versions: ['v3'] }),
      await key.sign({ versions: ['v3', 'v2'] }),
    ]
    const open = (headers: Record<string, string> = {}, method = 'GET', by = token) =>
      ask(site.url, '/', { method, headers: { ...DOCUMENT, 'holo-preview': by, ...headers } })
    const page = await open()
    const etag = String(page.headers.etag)
    expect(page.body).toContain('<script src="/.holo/preview.js" data-holo="')
    expect(etag).toMatch(/^W\/"[0-9a-f]{32}~holo~s~preview-[0-9a-f]+"$/)
    const same = await open({ 'if-none-match': etag })
    expect([same.status, same.headers['cache-control']]).toEqual([304, 'private, no-store'])
    const part = await open({ range: 'bytes=0-3' })
    expect([part.status, part.body]).toEqual([200, page.body])
    expect((await open({}, 'HEAD')).headers.etag).toBe(etag)
    const plain = `"${etag.slice(3, 35)}"`
    expect((await open({ 'if-none-match': plain })).status).toBe(200)
    expect((await open({ 'if-none-match': etag }, 'GET', later)).status).toBe(200)
    const bar = await ask(site.url, '/.holo/preview.js', {})
    expect([bar.status, bar.headers['content-type']]).toEqual([
      200,
      'text/javascript; charset=utf-8',
    ])
  })

  it('has no bar in a frame, as data, and for a crawler', async () => {
    const token = await key.sign({ versions: ['v3'] })
    for (const headers of [
      { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' },
      FETCH,
      { ...DOCUMENT, 'user-agent': 'Googlebot/2.1' },
    ]) {
      const { body } = await ask(site.url, '/', { headers: { 'holo-preview': token, ...headers } })
      expect(body).toContain('version 3')
      expect(body).not.toContain('/.holo/')
    }
  })
})

describe('a link', () => {
  it('becomes a cookie that no script can read, and leaves the address', async () => {
    const token = await key.sign({ versions: ['v3', 'v2'] })
    const opened = await ask(site.url, `//x/y?a=1&holo-preview=${token}&b`, { headers: DOCUMENT })
    expect(opened.status).toBe(302)
    expect(opened.headers).toMatchObject({
      location: `${site.url.origin}//x/y?a=1&b`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
    })
    const [line = ''] = opened.headers['set-cookie'] ?? []
    expect(line).toMatch(/^holo-preview=[^;]+; Path=\/; Max-Age=3[56]\d\d; HttpOnly; SameSite=Lax$/)
    const page = await ask(site.url, '/', { headers: { ...DOCUMENT, cookie: line.split(';')[0] } })
    expect(page.headers['holo-version']).toBe('v3')
    expect(page.body).toContain('<h1>version 3</h1><script src="/.holo/preview.js"')
    expect(page.cookies['holo-pin']).toMatch(/^v3@/)
  })

  it('is used up by no page that is fetched ahead', async () => {
    const token = await key.sign({ versions: ['v3'] })
    const headers = { ...DOCUMENT, 'sec-purpose': 'prefetch' }
    const { status, cookies } = await ask(site.url, `/?holo-preview=${token}`, { headers })
    expect({ status, cookies }).toEqual({ status: 404, cookies: {} })
  })

  it('switches among what it allows, and ends by a page of this site alone', async () => {
    const cookie = `holo-preview=${await key.sign({ versions: ['v3', 'v2'] })}`
    const go = (query: string, site_ = 'same-origin') =>
      ask(site.url, `/.holo/preview?${query}`, { headers: { cookie, 'sec-fetch-site': site_ } })
    const chosen = await go('choose=v2&to=/shop%3Fa=1')
    expect(chosen.headers.location).toBe(`${site.url.origin}/shop?a=1`)
    const kept = `holo-preview=${chosen.cookies['holo-preview']?.split(';')[0]}`
    const page = await ask(site.url, '/', { headers: { ...DOCUMENT, cookie: kept } })
    expect(page.headers['holo-version']).toBe('v2')
    expect((await go('choose=v1&to=/')).cookies).toEqual({})
    expect((await go('leave=1&to=/')).headers['set-cookie']).toEqual([
      'holo-preview=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    ])
    expect((await go('leave=1&to=/', 'cross-site')).cookies).toEqual({})
    for (const to of [
      '//evil.example',
      'https://evil.example/',
      '/\\evil.example',
      'javascript:x',
    ]) {
      const { location } = (await go(`leave=1&to=${encodeURIComponent(to)}`)).headers
      expect(String(location).startsWith(`${site.url.origin}/`), to).toBe(true)
    }
  })
})

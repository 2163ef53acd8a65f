import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend } from '../../scripts/local/backend-process.ts'
import { type OneVersion, startOneVersion } from '../apps/one-version.ts'
import { type Answer, type Ask, ask, DOCUMENT } from '../support/http-client.ts'

let members: Backend
let graphql: Backend
let holo: OneVersion

beforeAll(async () => {
  members = await startBackend('test/apps/members.ts', 0)
  graphql = await startBackend('test/apps/graphql.ts', 0)
  holo = await startOneVersion([
    { prefix: '/', origins: [members.origin] },
    { prefix: '/graphql/', origins: [graphql.origin] },
  ])
})

afterAll(async () => {
  await holo.stop()
  await members.stop()
  await graphql.stop()
})

/** A browser that follows redirects within the site, and keeps and drops cookies as it is told. */
class Browser {
  readonly cookies = new Map<string, string>()
  /** Where it is, after all redirects. */
  path = '/'

  async go(path: string, { method = 'GET', body }: Ask = {}): Promise<Answer> {
    const form = body ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...DOCUMENT, ...form, ...(cookie ? { cookie } : {}) }
    const answer = await ask(holo.url, path, { method, headers, ...(body ? { body } : {}) })
    this.path = path
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    if (answer.status !== 302 && answer.status !== 303) return answer
    const target = new URL(String(answer.headers.location), holo.url)
    expect(target.origin).toBe(holo.url.origin)
    return this.go(target.pathname + target.search)
  }
}

describe('an application that one has to log in to', () => {
  const form = (token: string, password: string) => ({
    method: 'POST',
    body: String(new URLSearchParams({ token, password, name: 'Ada' })),
  })
  const tokenOn = ({ body }: Answer) => /value="([^"]+)"/.exec(body)?.[1] ?? ''

  it('lets one in, knows one again, and lets one out', async () => {
    const browser = new Browser()
    const loginPage = await browser.go('/members')
    expect(browser.path).toBe('/login?next=%2Fmembers')
    expect([...browser.cookies.keys()].sort()).toEqual(['form', 'holo-pin', 'holo-visitor'])

    const welcome = await browser.go('/login', form(tokenOn(loginPage), 'correct horse'))
    expect([browser.path, welcome.body]).toEqual(['/members', '<h1>Welcome, Ada</h1>'])
    expect([...browser.cookies.keys()].sort()).toEqual(['holo-pin', 'holo-visitor', 'session'])
    expect((await browser.go('/members')).body).toBe('<h1>Welcome, Ada</h1>')

    await browser.go('/logout', { method: 'POST' })
    expect(browser.cookies.has('session')).toBe(false)
    await browser.go('/members')
    expect(browser.path).toBe('/login?next=%2Fmembers')
  })

  it('keeps out who has the wrong password or a form of somebody else', async () => {
    const browser = new Browser()
    const token = tokenOn(await browser.go('/members'))
    expect((await browser.go('/login', form(token, 'wrong'))).status).toBe(403)
    const other = new Browser()
    await other.go('/members')
    expect((await other.go('/login', form(token, 'correct horse'))).status).toBe(403)
  })

  it('has each of its cookies arrive whole, with its attributes, and kept by no shared cache', async () => {
    const browser = new Browser()
    const token = tokenOn(await browser.go('/members'))
    const cookie = `form=${browser.cookies.get('form')}`
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await ask(holo.url, '/login', { headers, ...form(token, 'correct horse') })
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^session=[0-9a-f-]{36}; Path=\/; HttpOnly; Expires=Fri, 31 Dec 2100 23:59:59 GMT$/,
      ),
      'form=; Path=/; Max-Age=0',
    ])
    expect(answer.headers['cache-control']).toBe('private')
    expect(answer.headers.location).toBe(`${holo.url.origin}/members`)
  })
})

describe('a GraphQL endpoint', () => {
  const post = (query: string, variables = {}) =>
    ask(holo.url, '/graphql/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query, variables }),
    })
  const get = (query: string, variables = {}) => {
    const search = new URLSearchParams({ query, variables: JSON.stringify(variables) })
    return ask(holo.url, `/graphql/?${search}`)
  }

  it('answers the same query by POST and by GET', async () => {
    const query = 'query Book($id: ID!) { book(id: $id) { title author { name } } }'
    const expected = {
      data: { book: { title: 'Der Zauberberg', author: { name: 'Thomas Mann' } } },
    }
    const posted = await post(query, { id: '2' })
    expect(posted.headers['content-type']).toBe('application/graphql-response+json')
    expect(JSON.parse(posted.body)).toEqual(expected)
    expect(JSON.parse((await get(query, { id: '2' })).body)).toEqual(expected)
  })

  it('changes what it holds by POST, once, and refuses to by GET', async () => {
    const mutation = 'mutation { addBook(title: "Пикник & ☕ = 100 %", author: "A. + B.") { id } }'
    expect(JSON.parse((await post(mutation)).body)).toEqual({ data: { addBook: { id: '3' } } })
    const refused = await get(mutation)
    expect([refused.status, refused.headers.allow]).toEqual([405, 'POST'])
    const { data } = JSON.parse((await get('{ books { title } }')).body)
    expect(data.books.map(({ title }: { title: string }) => title)).toEqual([
      'Middlemarch',
      'Der Zauberberg',
      'Пикник & ☕ = 100 %',
    ])
  })

  it('tells of errors beside data, and of what it cannot read', async () => {
    const mixed = await post('{ books { id } magazines { id } }')
    expect([mixed.status, JSON.parse(mixed.body)]).toMatchObject([
      200,
      { data: { magazines: null }, errors: [{ path: ['magazines'] }] },
    ])
    expect((await post('{ books { id }')).status).toBe(400)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_ROUTE_CHARACTERS } from '../../../src/core/counting/limits.ts'
import { compileRoute, MAX_ROUTE_SEGMENTS, toRoute } from '../../../src/core/counting/routes.ts'
import { normalisePath } from '../../../src/core/path.ts'

const get = (path: string) => toRoute('GET', path, [])
/** As a browser sends it and the router reads it. */
const toPath = (path: string) => normalisePath(new URL(path, 'https://shop.example.com')) ?? ''

const HEX = '0123456789abcdef'
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const textOf = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })
const withDigit = (text: string) => /\d/.test(text)
/** A piece such as `v2` says nothing: names of routes have it as well. */
const withOtherDigit = (text: string) =>
  withDigit(text.replaceAll(/(?<![A-Za-z0-9])v\d{1,2}(?![A-Za-z0-9])/gi, ''))

/** Ids of applications; each kind makes one route. */
const IDS: readonly [kind: string, ids: fc.Arbitrary<string>][] = [
  ['numbers', fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String)],
  ['UUIDs', fc.uuid()],
  ['UUIDs in upper case', fc.uuid().map((id) => id.toUpperCase())],
  ['UUIDs in braces', fc.uuid().map((id) => `{${id}}`)],
  ['ULIDs', textOf(CROCKFORD, 25).map((rest) => `0${rest}`)],
  ['hexadecimal ids, as of MongoDB and Git', textOf(HEX, 8, 64)],
  ['base36, as cuid', textOf('0123456789abcdefghijklmnopqrstuvwxyz', 8, 30).filter(withDigit)],
  ['base62', textOf(ALPHANUMERIC, 6, 40).filter(withDigit)],
  ['base64url, as nanoid', textOf(`${ALPHANUMERIC}-_`, 12, 43).filter(withOtherDigit)],
  ['JSON Web Tokens', textOf(ALPHANUMERIC, 60, 90).map((text) => `eyJ0.${text}.${text}`)],
  [
    'ids with a prefix, as of Stripe',
    textOf(ALPHANUMERIC, 14)
      .filter(withDigit)
      .map((id) => `cus_${id}`),
  ],
  ['numbers with a prefix', fc.nat().map((id) => `order-${id}`)],
  ['numbers of invoices', fc.nat(9999).map((id) => `INV-2026-${id}`)],
  ['e-mail addresses', fc.emailAddress()],
  ['names with @', textOf('abcdefghijklmnopqrstuvwxyz', 3, 12).map((name) => `@${name}`)],
  [
    'dates',
    fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
  ],
  [
    'times',
    fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((date) => date.toISOString()),
  ],
  ['addresses of IPv4', fc.ipV4()],
  [
    'what is not ASCII',
    fc.string({ unit: fc.constantFrom(...'äöüßéèñçøåąłжд漢字'), minLength: 1, maxLength: 20 }),
  ],
  [
    'words with spaces',
    fc
      .array(fc.constantFrom('hello', 'world', 'this'), { minLength: 2 })
      .map((words) => words.join(' ')),
  ],
  [
    'titles',
    fc
      .array(textOf('abcdefghijklmnopqrstuvwxyz', 1, 8), { minLength: 5, maxLength: 20 })
      .map((words) => words.join('-')),
  ],
]

describe('ids', () => {
  it.each(IDS)('%s make one route, however many there are', (_, ids) => {
    fc.assert(
      fc.property(ids, (id) => {
        const path = toPath(`/api/orders/${encodeURIComponent(id)}/items`)
        expect(get(path)).toBe('GET /api/orders/:id/items')
      }),
      { numRuns: 500 },
    )
  })

  it('of random letters without a digit are known in nine of ten cases', () => {
    const ids = fc.sample(textOf(ALPHANUMERIC.slice(10), 21), { numRuns: 5000, seed: 7 })
    const taken = ids.filter((id) => get(`/api/${id}`) !== 'GET /api/:id')
    expect(taken.length).toBeLessThan(500)
  })

  it.each([
    ['/api/reports/2026-01.pdf', 'GET /api/reports/:id.pdf'],
    ['/api/orders/17.JSON', 'GET /api/orders/:id.json'],
    ['/odata/Products(17)/Name', 'GET /odata/Products(:id)/Name'],
    ['/cart;jsessionid=A1B2C3/items', 'GET /cart/items'],
    ['/_next/data/x7Gk2_abQ/cart.json', 'GET /_next/data/:id/cart.json'],
    ['/api/orders/', 'GET /api/orders'],
    ['//api///orders', 'GET /api/orders'],
    ['/', 'GET /'],
  ])('%s is %s', (path, route) => {
    expect(get(path)).toBe(route)
  })
})

/** Paths of ordinary APIs (GitHub, Stripe, Shopify, tRPC, gRPC and shops); each its own route. */
const ROUTES = `
/api/users /api/user /api/orders /api/orders/search /api/order-items /api/orderItems /api/order_items
/api/v1/orders /api/v2/orders /api/v1.1/orders /api/v10/orders
/api/auth/login /api/auth/logout /api/auth/2fa /api/auth/2fa/verify /api/auth/oauth2/callback
/api/forgot-password /api/get-user-by-id /api/checkout /api/checkout/3ds /api/cart /api/cart/items
/api/trpc/cart.addItem /api/trpc/cart.removeItem /api/trpc/user.getById
/api/createCheckoutSession /api/getUserNotificationPreferences /api/resetPasswordConfirmation
/api/getURLForHTTPRequest /api/internationalization /api/feedback /api/facade /api/decade
/shop.v1.OrderService/CreateOrder /shop.v1.OrderService/ListOrders
/graphql /health /healthcheck /readyz /metrics /.well-known/openid-configuration
/api/i18n/messages /api/s3/upload-url /api/webhooks/stripe /api/webhooks/paypal
/users.json /users.xml /sitemap.xml /robots.txt /_next/image /__data.json
/repos/actions/runs /repos/actions/jobs /admin/products.json /admin/products/count.json
`
  .trim()
  .split(/\s+/)

describe('the routes of an ordinary API', () => {
  it('stay as they are, and apart', () => {
    expect(ROUTES.map(get)).toEqual(ROUTES.map((path) => `GET ${path}`))
  })

  it('are apart by method', () => {
    const routes = ['GET', 'POST', 'PUT'].map((method) => toRoute(method, '/api/orders/7', []))
    expect(new Set(routes).size).toBe(3)
  })
})

describe('what is declared', () => {
  const declared = ['POST /api/orders/*', '* /api/users/*/**', 'GET /api/posts/*'].map(compileRoute)

  it.each([
    ['POST', '/api/orders/anna', 'POST /api/orders/*'],
    ['POST', '/api/orders/anna/', 'POST /api/orders/*'],
    ['GET', '/api/orders/anna', 'GET /api/orders/anna'],
    ['POST', '/api/orders/anna/items', 'POST /api/orders/anna/items'],
    ['DELETE', '/api/users/anna/posts', '* /api/users/*/**'],
    ['GET', '/api/posts/summer', 'GET /api/posts/*'],
  ])('%s %s is %s', (method, path, route) => {
    expect(toRoute(method, path, declared)).toBe(route)
  })
})

describe('hostile paths', () => {
  it('make no long and no deep routes', () => {
    const segment = fc.oneof(fc.string(), fc.constantFrom('a', '..', '%2e', 'x'.repeat(300), '**'))
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 60 }), (segments) => {
        const url = URL.parse(`https://x.example/${segments.join('/')}`)
        const route = get((url && normalisePath(url)) ?? '/')
        expect(route.length).toBeLessThanOrEqual(MAX_ROUTE_CHARACTERS)
        expect(route.split('/').length).toBeLessThanOrEqual(MAX_ROUTE_SEGMENTS + 2)
        expect(route).toMatch(/^GET \/[\x21-\x7e]*$/)
      }),
    )
  })

  it('of many characters are matched against no pattern', () => {
    const declared = [compileRoute('* /**')]
    expect(toRoute('GET', `/${'a'.repeat(20_000)}`, declared)).toBe('GET /:id')
  })
})

// The example shop by itself, without Holo in front: both backends as real processes, and both
// front ends built into folders.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildShop } from '../../examples/shop/build.ts'
import { SHOP_RELEASES, type ShopRelease, shopServer } from '../../examples/shop/releases.ts'

type Backend = { readonly url: string; readonly process: ChildProcess }

const ANNA = { name: 'Anna', email: 'anna@example.com' }

async function startBackend(release: ShopRelease): Promise<Backend> {
  const args = [shopServer(release), '--port', '0']
  const process = spawn('node_modules/.bin/node', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: process.stdout })) {
    const url = /^listening on (http:\S+)$/.exec(line)?.[1]
    if (url !== undefined) return { url, process }
  }
  throw new Error(`the backend of release ${release} ended before it listened`)
}

async function send(url: string, method = 'GET', body?: unknown) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
  const response = await fetch(url, init)
  return { status: response.status, headers: response.headers, body: await response.json() }
}

let a: Backend
let b: Backend

beforeAll(async () => {
  ;[a, b] = await Promise.all([startBackend('a'), startBackend('b')])
})

afterAll(() => {
  a?.process.kill()
  b?.process.kill()
})

describe('release 0.0.3', () => {
  it('sells what its catalogue shows', async () => {
    const { body } = await send(`${a.url}/api/products`)
    expect(body.products.length).toBeGreaterThanOrEqual(12)
    const [product] = body.products
    expect(await send(`${a.url}/api/products/${product.id}`)).toMatchObject({ body: product })

    const items = [{ id: product.id, quantity: 2 }]
    const placed = await send(`${a.url}/api/orders`, 'POST', { items, customer: ANNA })
    expect(placed.status).toBe(201)
    expect(placed.body.totalCents).toBe(product.priceCents * 2)
    expect(await send(`${a.url}/api/orders/${placed.body.orderId}`)).toMatchObject({
      body: { orderId: placed.body.orderId, items, totalCents: product.priceCents * 2 },
    })
    const after = await send(`${a.url}/api/products/${product.id}`)
    expect(after.body.stock).toBe(product.stock - 2)
  })

  it('names everything that is wrong with an order', async () => {
    const order = { items: [{ id: 'dune-cup', quantity: 0 }], customer: { name: ' ', email: 'x' } }
    const { status, body } = await send(`${a.url}/api/orders`, 'POST', order)
    expect(status).toBe(400)
    const paths = body.error.problems.map((problem: { path: string }) => problem.path)
    expect(paths).toEqual(['items.0.quantity', 'customer.name', 'customer.email'])
  })

  it('says which product of an order it does not know', async () => {
    const order = { items: [{ id: 'toaster', quantity: 1 }], customer: ANNA }
    const { status, body } = await send(`${a.url}/api/orders`, 'POST', order)
    expect(status).toBe(400)
    expect(body.error.problems).toEqual([
      { path: 'items.0.id', message: 'There is no product toaster.' },
    ])
  })

  it('sells nothing of an order of which one part is out of stock', async () => {
    const before = await send(`${a.url}/api/products/oat-bowl`)
    const items = [
      { id: 'oat-bowl', quantity: 1 },
      { id: 'slate-platter', quantity: 1 },
    ]
    const refused = await send(`${a.url}/api/orders`, 'POST', { items, customer: ANNA })
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'out-of-stock' } } })
    const after = await send(`${a.url}/api/products/oat-bowl`)
    expect(after.body.stock).toBe(before.body.stock)
  })
})

describe('release 0.0.5', () => {
  const openBasket = async (): Promise<string> => {
    const { status, body } = await send(`${b.url}/api/baskets`, 'POST', {})
    expect(status).toBe(201)
    return `${b.url}/api/baskets/${body.basketId}`
  }

  it('sells what its catalogue shows', async () => {
    const { body } = await send(`${b.url}/api/catalogue`)
    expect(body.entries.length).toBeGreaterThanOrEqual(12)
    const [entry] = body.entries
    expect(body.categories.map(({ id }: { id: string }) => id)).toContain(entry.category)
    expect(await send(`${b.url}/api/catalogue/${entry.sku}`)).toMatchObject({ body: entry })

    const basket = await openBasket()
    await send(`${basket}/lines/${entry.sku}`, 'PUT', { quantity: 2 })
    const shown = await send(basket)
    expect(shown.body.lines).toMatchObject([{ sku: entry.sku, quantity: 2 }])

    const ordered = await send(`${basket}/checkout`, 'POST', ANNA)
    expect(ordered.status).toBe(201)
    const { number, total } = ordered.body.order
    expect(number).toMatch(/^B-/)
    expect(total).toEqual({ amount: (Number(entry.price.amount) * 2).toFixed(2), currency: 'EUR' })
  })

  it('makes one order of a basket, not two', async () => {
    const basket = await openBasket()
    await send(`${basket}/lines/OAT-BOWL`, 'PUT', { quantity: 1 })
    await send(`${basket}/checkout`, 'POST', ANNA)
    const again = await send(`${basket}/checkout`, 'POST', ANNA)
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'already-ordered' } } })
  })

  it('takes a line out when its quantity becomes zero', async () => {
    const basket = await openBasket()
    await send(`${basket}/lines/OAT-BOWL`, 'PUT', { quantity: 3 })
    const { body } = await send(`${basket}/lines/OAT-BOWL`, 'PUT', { quantity: 0 })
    expect(body.lines).toEqual([])
  })

  it('names everything that is wrong with a line or a checkout', async () => {
    const basket = await openBasket()
    const line = await send(`${basket}/lines/OAT-BOWL`, 'PUT', { quantity: 'many' })
    expect(line).toMatchObject({
      status: 400,
      body: { error: { problems: [{ path: 'quantity' }] } },
    })
    const checkout = await send(`${basket}/checkout`, 'POST', { name: '', email: 'a@b' })
    expect(checkout).toMatchObject({
      status: 400,
      body: { error: { problems: [{ path: 'name' }, { path: 'email' }] } },
    })
    const empty = await send(`${basket}/checkout`, 'POST', ANNA)
    expect(empty).toMatchObject({ status: 400 })
  })

  it('knows neither a SKU in small letters nor a basket that was never opened', async () => {
    const sku = await send(`${b.url}/api/catalogue/oat-bowl`)
    expect(sku).toMatchObject({ status: 404, body: { error: { code: 'no-such-item' } } })
    const basket = await send(`${b.url}/api/baskets/none`)
    expect(basket).toMatchObject({ status: 404, body: { error: { code: 'no-such-basket' } } })
  })
})

describe('the two APIs', () => {
  it('share no call that a purchase needs', async () => {
    const callsOfA: [string, string][] = [
      ['GET', '/api/products'],
      ['GET', '/api/products/dune-cup'],
      ['POST', '/api/orders'],
    ]
    const callsOfB: [string, string][] = [
      ['GET', '/api/catalogue'],
      ['GET', '/api/catalogue/DUNE-CUP'],
      ['POST', '/api/baskets'],
      ['GET', '/api/baskets/1'],
      ['PUT', '/api/baskets/1/lines/DUNE-CUP'],
      ['POST', '/api/baskets/1/checkout'],
    ]
    const crossed = [
      ...callsOfA.map(([method, path]) => [method, `${b.url}${path}`] as const),
      ...callsOfB.map(([method, path]) => [method, `${a.url}${path}`] as const),
    ]
    for (const [method, url] of crossed) {
      const { status, body } = await send(url, method, method === 'GET' ? undefined : {})
      expect([method, url, status, body.error.code]).toEqual([method, url, 404, 'no-such-endpoint'])
    }
  })

  it('say which release and instance answered', async () => {
    for (const [release, { url, process }] of [['a', a] as const, ['b', b] as const]) {
      const version = SHOP_RELEASES[release]
      const { headers, body } = await send(`${url}/api/release`)
      expect(body).toEqual({ release: version, instance: `${version}-${process.pid}` })
      expect(headers.get('x-shop-release')).toBe(version)
    }
  })

  it('show what arrived at the backend', async () => {
    const response = await fetch(`${a.url}/api/echo?x=1`, { headers: { 'holo-version': '0.0.3' } })
    expect(await response.json()).toMatchObject({
      method: 'GET',
      url: '/api/echo?x=1',
      headers: { 'holo-version': '0.0.3' },
    })
  })

  it('refuse a method, a broken body and a body that is too long', async () => {
    const method = await send(`${a.url}/api/products`, 'PUT', {})
    expect(method).toMatchObject({ status: 405, body: { error: { code: 'method-not-allowed' } } })
    expect(method.headers.get('allow')).toBe('GET, HEAD')

    const broken = await fetch(`${a.url}/api/orders`, { method: 'POST', body: '{"items":' })
    expect(broken.status).toBe(400)
    expect(await broken.json()).toMatchObject({ error: { code: 'invalid-json' } })

    const long = await send(`${a.url}/api/orders`, 'POST', 'x'.repeat(64 * 1024))
    expect(long).toMatchObject({ status: 413, body: { error: { code: 'too-large' } } })
    expect(long.headers.get('x-shop-release')).toBe('0.0.3')

    const justFits = await send(`${a.url}/api/orders`, 'POST', 'x'.repeat(64 * 1024 - 2))
    expect(justFits.status).toBe(400)
  })

  it('end on SIGTERM although a client keeps its connection', async () => {
    const backend = await startBackend('a')
    await send(`${backend.url}/api/release`)
    const ended = once(backend.process, 'exit')
    backend.process.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('say which port is taken', async () => {
    const args = [shopServer('b'), '--port', new URL(a.url).port]
    const second = spawn('node_modules/.bin/node', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(second, 'exit')
    const said = (await second.stderr.setEncoding('utf8').toArray()).join('')
    expect(said).toContain(`port ${new URL(a.url).port} on 127.0.0.1 is taken`)
    expect(await ended).toEqual([1, null])
  })
})

describe('the two front ends', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holo-shop-'))
    await buildShop('a', join(folder, 'a'))
    await buildShop('b', join(folder, 'b'))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  const read = (release: ShopRelease, path: string) => readFile(join(folder, release, path), 'utf8')

  it.each(['a', 'b'] as const)(
    'build %s into hashed chunks that its list names',
    async (release) => {
      expect(await read(release, 'index.html')).toContain(
        `<meta name="shop-release" content="${SHOP_RELEASES[release]}" />`,
      )
      const list: Record<string, { file: string; css?: string[]; isDynamicEntry?: boolean }> =
        JSON.parse(await read(release, '.vite/manifest.json'))
      const lazy = Object.keys(list).filter((source) => list[source]?.isDynamicEntry === true)
      expect(lazy.sort()).toEqual([
        'src/about-page.tsx',
        'src/checkout-page.tsx',
        'src/product-page.tsx',
      ])
      const named = Object.values(list).flatMap(({ file, css = [] }) => [file, ...css])
      for (const file of named) expect(file).toMatch(/^assets\/[\w-]+-[\w-]{8}\.(js|css)$/)
      const built = await readdir(join(folder, release, 'assets'))
      expect(built.map((name) => `assets/${name}`).sort()).toEqual([...new Set(named)].sort())
    },
  )

  it('differ in their page, their unhashed logo and their chunks', async () => {
    for (const path of ['index.html', 'logo.svg', 'favicon.svg']) {
      expect(await read('a', path)).not.toBe(await read('b', path))
    }
    const [chunksOfA, chunksOfB] = await Promise.all([
      readdir(join(folder, 'a', 'assets')),
      readdir(join(folder, 'b', 'assets')),
    ])
    const pages = (names: readonly string[]) => names.filter((name) => name.includes('-page-'))
    expect(pages(chunksOfA).filter((name) => chunksOfB.includes(name))).toEqual([])
  })

  it('hold no path of the machine that built them', async () => {
    for (const release of ['a', 'b'] as const) {
      for (const name of await readdir(join(folder, release, 'assets'))) {
        expect(await read(release, `assets/${name}`)).not.toContain(process.cwd())
      }
    }
  })
})

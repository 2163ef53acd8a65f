import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_WARMED_BYTES, MAX_WARMED_FILES } from '../../src/assets/limits.ts'
import type { Env } from '../../src/env.ts'
import { createRouter, type Router } from '../../src/router.ts'
import { exampleDocument } from '../support/document.ts'
import { type PublishedFile, type PublishedFiles, publishVersion } from '../support/published.ts'

const env = bindings as Env
const DOCUMENT = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
const operations: string[] = []

/** The real binding, with every operation written down. */
function noting<T extends object>(binding: T, name: string): T {
  return new Proxy(binding, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        operations.push(`${name}.${String(property)} ${String(args[0]).split('/')[0]}`)
        return value.apply(target, args)
      }
    },
  })
}

const colo = crypto.randomUUID()

const newIsolate = (dataCentre = colo) =>
  createRouter({
    ...env,
    CACHE_NAME: dataCentre,
    ASSIGNMENTS: noting(env.ASSIGNMENTS, 'KV'),
    STORE: noting(env.STORE, 'R2'),
  })

async function get(
  router: Router,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
) {
  const ctx = createExecutionContext()
  const request = new Request(`https://shop.example.com${path}`, { headers, method })
  const response = await router(request, ctx)
  const body = await response.arrayBuffer()
  await waitOnExecutionContext(ctx)
  return new Response([204, 304].includes(response.status) ? null : body, response)
}

beforeAll(async () => {
  const document = exampleDocument()
  for (const [id, version] of Object.entries(document.versions)) {
    const { manifest } = await publishVersion(env.STORE, id, {
      '/index.html': { body: `<h1>${id}</h1>`, type: 'text/html; charset=utf-8' },
      [`/assets/app-${id}.js`]: { body: `app ${id}`, type: 'text/javascript', hashed: true },
    })
    version.manifest = manifest
  }
  await env.ASSIGNMENTS.put('assignments', JSON.stringify(document))
})

beforeEach(() => {
  operations.length = 0
})

describe('what a request costs', () => {
  it('is one KV read, the manifest and the blob in a cold isolate and a cold data centre', async () => {
    expect((await get(newIsolate(), '/', DOCUMENT)).status).toBe(200)
    expect(operations).toEqual([
      'KV.getWithMetadata assignments',
      'R2.get manifests',
      'R2.get blobs',
    ])
  })

  it('is one KV read in a cold isolate of a warm data centre', async () => {
    await get(newIsolate(), '/', DOCUMENT)
    // The Cache API shows what was put into it a moment later.
    await vi.waitFor(async () => {
      operations.length = 0
      expect((await get(newIsolate(), '/', DOCUMENT)).status).toBe(200)
      expect(operations).toEqual(['KV.getWithMetadata assignments'])
    }, 20_000)
  })

  it('is nothing in a warm isolate', async () => {
    const router = newIsolate()
    await get(router, '/', DOCUMENT)
    operations.length = 0
    for (let i = 0; i < 1000; i++) {
      const cookie = 'holo-visitor=AAAAAAAAAAAAAAAAAAAAAA'
      expect((await get(router, '/', { ...DOCUMENT, cookie })).status).toBe(200)
    }
    expect(operations).toEqual([])
  })

  it('is one R2 get for a blob that nobody has asked for yet', async () => {
    const router = newIsolate()
    await get(router, '/', DOCUMENT)
    operations.length = 0
    const { status, headers } = await get(router, '/assets/app-0.0.3.js')
    expect(status).toBe(200)
    expect(headers.get('holo-version')).toMatch(/^0\.0\.[35]$/)
    expect(operations.filter((operation) => operation === 'R2.get blobs')).toHaveLength(1)
  })

  it('reads no blob for a 304', async () => {
    const visitor = { ...DOCUMENT, cookie: 'holo-visitor=AAAAAAAAAAAAAAAAAAAAAA' }
    const etag = (await get(newIsolate(), '/', visitor)).headers.get('etag') ?? ''
    const router = newIsolate()
    operations.length = 0
    const response = await get(router, '/', { ...visitor, 'if-none-match': etag })
    expect(response.status).toBe(304)
    expect(operations.filter((operation) => operation.includes('blobs'))).toEqual([])
  })

  it('is one refresh of KV for any number of requests within the interval', async () => {
    const router = newIsolate()
    await Promise.all(Array.from({ length: 200 }, () => get(router, '/', DOCUMENT)))
    expect(operations.filter((operation) => operation.startsWith('KV'))).toHaveLength(1)
  })
})

/** Other bytes each time, because a data centre keeps what it has seen. */
const toBytes = (text: string) =>
  Uint8Array.from(new TextEncoder().encode(`${text} ${crypto.randomUUID()}`))
const visitor = { cookie: 'holo-visitor=AAAAAAAAAAAAAAAAAAAAAA' }
const toBodies = (paths: readonly string[]) =>
  Object.fromEntries(paths.map((path) => [path, toBytes(path)]))

describe('in a data centre that has not seen the version', () => {
  const chunks = Array.from({ length: 12 }, (_, i) => `/assets/chunk-${i}.js`)
  const counted = (binding: string) => operations.filter((one) => one === binding).length
  let revision = 1000

  /**
   * A site whose page loads the files, and an isolate in a data centre of its own. The revision is
   * higher than any that the control has adopted.
   *
   * @param held what the manifest holds of each file.
   */
  async function startSite(
    bodies: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
    held: (file: PublishedFile & { path: string }) => Uint8Array<ArrayBuffer> | undefined = () =>
      undefined,
  ): Promise<{ readonly router: Router; readonly page: string }> {
    revision += 1000
    const document = { ...exampleDocument(), revision }
    const body = toBytes('a page')
    const files: PublishedFiles = {
      '/index.html': { body, type: 'text/html; charset=utf-8' },
      ...Object.fromEntries(
        Object.entries(bodies).map(([path, code]) => [
          path,
          { body: code, type: 'text/javascript', hashed: true },
        ]),
      ),
    }
    const published = Object.entries(files).map(([path, file]) => {
      const inline = held({ ...file, path })
      return [path, { ...file, ...(inline && { inline }) }] as const
    })
    const loads = { '/index.html': [...Object.keys(bodies), '/gone.js'] }
    for (const [id, version] of Object.entries(document.versions)) {
      const stored = await publishVersion(env.STORE, id, Object.fromEntries(published), 'none', {
        loads,
      })
      version.manifest = stored.manifest
    }
    await env.ASSIGNMENTS.put('assignments', JSON.stringify(document))
    operations.length = 0
    return { router: newIsolate(crypto.randomUUID()), page: new TextDecoder().decode(body) }
  }

  /** Two versions that share no file and whose manifests hold their pages, by id. */
  async function startTwoSites() {
    revision += 1000
    const document = { ...exampleDocument(), revision, traffic: { main: 100 } }
    document.environments.canary = { version: '0.0.5' }
    const pages = new Map<string, string>()
    for (const id of ['0.0.3', '0.0.5', '0.0.6-dev']) {
      const body = toBytes(`page of ${id}`)
      pages.set(id, new TextDecoder().decode(body))
      const { manifest } = await publishVersion(env.STORE, id, {
        '/index.html': { body, type: 'text/html; charset=utf-8', inline: body },
        [`/assets/only-${id}.js`]: { body: toBytes(id), type: 'text/javascript', hashed: true },
      })
      document.versions[id] = { manifest, open: id !== '0.0.6-dev' }
    }
    await env.ASSIGNMENTS.put('assignments', JSON.stringify(document))
    operations.length = 0
    return { router: newIsolate(crypto.randomUUID()), pages }
  }

  const holdAll = ({ body }: PublishedFile) => (typeof body === 'string' ? toBytes(body) : body)
  const holdPage = (file: PublishedFile & { path: string }) =>
    file.path === '/index.html' ? holdAll(file) : undefined

  it('a page costs one R2 get and nothing else: the manifest, which holds all of it', async () => {
    const { router, page } = await startSite(toBodies(chunks), holdAll)
    const response = await get(router, '/', { ...DOCUMENT, ...visitor })
    expect([response.status, await response.text()]).toEqual([200, page])
    for (const chunk of chunks) expect((await get(router, chunk, visitor)).status).toBe(200)
    expect(operations).toEqual(['KV.getWithMetadata assignments', 'R2.get manifests'])
  })

  it('a page costs nothing more when a search for a file has opened its manifest before', async () => {
    const { router, pages } = await startTwoSites()
    // A visitor of 0.0.3 asks for a file of 0.0.5.
    expect((await get(router, '/assets/only-0.0.5.js', visitor)).status).toBe(200)
    expect(counted('R2.get manifests')).toBe(2)
    operations.length = 0
    const response = await get(router, '/', { ...DOCUMENT, cookie: 'staff=1' })
    expect([response.status, await response.text()]).toEqual([200, pages.get('0.0.5')])
    expect(operations).toEqual([])
  })

  it('a manifest that holds other bytes than the page has is not believed', async () => {
    const { router, page } = await startSite({}, () => toBytes('another page'))
    const response = await get(router, '/', { ...DOCUMENT, ...visitor })
    expect([response.status, await response.text()]).toEqual([200, page])
    expect(counted('R2.get blobs')).toBe(1)
  })

  it('a file costs one R2 get and nothing else once the isolate knows its version', async () => {
    const { router } = await startSite(toBodies(['/a.js', '/b.js']))
    await get(router, '/a.js', visitor)
    operations.length = 0
    expect((await get(router, '/b.js', visitor)).status).toBe(200)
    expect(operations).toEqual(['R2.get blobs'])
  })

  it('what a page loads is read once, behind it, and then nothing is left to read', async () => {
    const { router } = await startSite(toBodies(chunks), holdPage)
    await get(router, '/', { ...DOCUMENT, ...visitor })
    const page = ['KV.getWithMetadata assignments', 'R2.get manifests']
    expect(operations.slice(0, page.length)).toEqual(page)
    expect(counted('R2.get blobs')).toBe(chunks.length)
    operations.length = 0
    for (const chunk of chunks) {
      const { status, headers } = await get(router, chunk, visitor)
      expect([status, headers.get('server-timing')]).toEqual([
        200,
        expect.stringContaining('memory'),
      ])
    }
    await get(router, '/', { ...DOCUMENT, ...visitor })
    expect(operations).toEqual([])
  })

  it.each([
    ['a crawler', 'GET', { ...DOCUMENT, 'user-agent': 'Googlebot/2.1' }],
    ['a HEAD', 'HEAD', DOCUMENT],
    ['who has the page', 'GET', { ...DOCUMENT, 'if-none-match': '"x"' }],
    ['a prefetch', 'GET', { ...DOCUMENT, 'sec-purpose': 'prefetch' }],
    ['a request for a script', 'GET', { 'sec-fetch-dest': 'script' }],
  ])('nothing is read in advance for %s', async (_, method, headers) => {
    const { router } = await startSite(toBodies(chunks))
    await get(router, '/', { ...visitor, ...headers }, method)
    expect(counted('R2.get blobs')).toBeLessThanOrEqual(1)
  })

  it(`at most ${MAX_WARMED_FILES} files and ${MAX_WARMED_BYTES} bytes are read in advance`, async () => {
    const many = Array.from({ length: MAX_WARMED_FILES + 1 }, (_, i) => `/assets/${i}.js`)
    const first = await startSite(toBodies(many))
    await get(first.router, '/', { ...DOCUMENT, ...visitor })
    expect(counted('R2.get blobs')).toBe(1 + MAX_WARMED_FILES)

    const toHalf = (fill: number) => new Uint8Array(MAX_WARMED_BYTES / 2).fill(fill)
    const large = { '/a.js': toHalf(1), '/b.js': toHalf(2), '/c.js': toBytes('c') }
    const second = await startSite(large)
    await get(second.router, '/', { ...DOCUMENT, ...visitor })
    expect(counted('R2.get blobs')).toBe(1 + 2)
  })
})

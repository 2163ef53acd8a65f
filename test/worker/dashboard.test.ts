// The dashboard's files come out of the static assets of the Worker, as wrangler.toml binds them.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { isDashboardPath, serveDashboard } from '../../src/dashboard-page.ts'
import type { Env } from '../../src/env.ts'

const HOST = 'https://shop.example.com'

const open = (path: string, init: RequestInit = {}) =>
  serveDashboard(new Request(HOST + path, init), path, env as unknown as Env, 'request-1')

describe('the dashboard', () => {
  it('is the page, with the files that it names, out of the binding', async () => {
    const page = await open('/.holo/')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const text = await page.text()
    const files = [...text.matchAll(/(?:src|href)="(\/\.holo\/assets\/[^"]+)"/g)].map(
      ([, path = '']) => path,
    )
    expect(files.length).toBeGreaterThan(1)
    for (const path of files) {
      const file = await open(path)
      expect([path, file.status]).toEqual([path, 200])
      expect(file.headers.get('cache-control')).toContain('immutable')
      expect(file.headers.get('x-content-type-options')).toBe('nosniff')
      await file.body?.cancel()
    }
  })

  it('is not sent again to a browser that has it', async () => {
    const first = await open('/.holo/')
    await first.body?.cancel()
    const etag = first.headers.get('etag')
    if (etag === null) throw new Error('the page has no ETag')
    const again = await open('/.holo/', { headers: { 'if-none-match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  it('has an answer without a body for HEAD, and none for other methods', async () => {
    const head = await open('/.holo/', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect((await open('/.holo/', { method })).status).toBe(405)
    }
  })

  it.each([
    '/.holo/assets/',
    '/.holo/assets/none.js',
    '/.holo/assets/a/b.js',
    '/.holo/assets/%2e%2e',
    '/.holo/assets/index.html',
  ])('is not %s', async (path) => {
    expect((await open(path)).status).toBe(404)
  })

  it('answers its own paths and no others', () => {
    for (const path of ['/.holo', '/.holo/', '/.holo/assets/x.js']) {
      expect([path, isDashboardPath(path)]).toEqual([path, true])
    }
    for (const path of [
      '/',
      '/.holo/api',
      '/.holo/api/',
      '/.holo/version',
      '/.holo/index.html',
      '/.holox',
      '/assets/x.js',
    ]) {
      expect([path, isDashboardPath(path)]).toEqual([path, false])
    }
  })

  it('is said to be missing where it was not built', async () => {
    const found = await serveDashboard(new Request(`${HOST}/.holo/`), '/.holo/', {}, 'request-1')
    expect(found.status).toBe(404)
  })
})

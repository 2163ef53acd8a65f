// What Holo adds to pages: where it stands in them, and what becomes of the headers that describe them.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Blobs } from '../../src/assets/blobs.ts'
import { createInsertedPages, loadInserted } from '../../src/assets/inserted.ts'
import { MAX_INSERTED_BYTES } from '../../src/assets/limits.ts'
import { createR2Store } from '../../src/assets/store.ts'
import type { Version } from '../../src/core/types.ts'
import type { Env } from '../../src/env.ts'
import {
  type Insertion,
  planInsertion,
  toInsertedEtag,
  toOriginConditions,
} from '../../src/http/insertion.ts'
import { insertIntoBytes, insertIntoShort, insertIntoStream } from '../../src/http/page-head.ts'
import { publishVersion } from '../support/published.ts'
import { ask, startIsolate } from './assets-isolate.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
const X = '<script src="/x"></script>'

async function insertInto(page: string, isWhole = true): Promise<string | undefined> {
  const changed = await insertIntoBytes(Uint8Array.from(encoder.encode(page)), X, isWhole)
  return changed && decoder.decode(changed)
}

describe('the place in a page', () => {
  it.each([
    ['<!doctype html><html><head><meta charset=utf-8></head></html>', '<head>', 'after'],
    ['<!DOCTYPE html>\n<HTML><HEAD lang=x ><TITLE>a</TITLE>', '<HEAD lang=x >', 'after'],
    ['<!-- <head> --><html><head><title>a</title>', '<html><head>', 'after'],
    [
      '<!doctype html><html title="<head>" data-a=\'>\'><head class=">"><title>',
      '<head class=">">',
      'after',
    ],
    ['<!doctype html><html title="éç€"><head><title>', '<head>', 'after'],
    ['\ufeff<!doctype html><html><head><title>', '<head>', 'after'],
    ['<!doctype html><html><header>a</header><body>', '<body>', 'before'],
    ['<!doctype html><html><!-- <head> --><head><title>', '--><head>', 'after'],
    ['<!doctype html><title>a</title><p>b', '<title>', 'before'],
    ['<!doctype html><script>a</script>', '<script>', 'before'],
    ['<!doctype html><p>no head<body class=x>', '<body class=x>', 'before'],
    ['<html><body><header>a</header>', '<body>', 'before'],
  ])('%s', async (page, mark, where) => {
    const at = page.indexOf(mark) + (where === 'after' ? mark.length : 0)
    const expected = page.slice(0, at) + X + page.slice(at)
    expect(await insertInto(page)).toBe(expected)
    const short = new Response(await insertIntoShort(new Response(page), X))
    expect(decoder.decode(await short.arrayBuffer())).toBe(expected)
  })

  it('is the end of a page that has nothing else', async () => {
    expect(await insertInto('<h1>a</h1>')).toBe(`<h1>a</h1>${X}`)
    expect(await insertInto('')).toBe(X)
    expect(await insertInto('<h1>a</h1>', false)).toBeUndefined()
  })

  it('leaves all other bytes as they are, and adds the text once', async () => {
    const page =
      '<!doctype html><html><head ><script>if (a<b) "<head>"</script><meta  name=\'a\' ></head>' +
      '<body>&nbsp;&#x41; é <p class = x/><table><tr><td>1<svg><head></svg></body></html>  \n'
    const changed = await insertInto(page)
    expect(changed?.replace(X, '')).toBe(page)
    expect(changed?.indexOf(X)).toBe(changed?.lastIndexOf(X))
    expect(changed).toHaveLength(page.length + X.length)
  })

  it('is the same wherever the chunks of a stream end, and what is not UTF-8 passes', async () => {
    const page = encoder.encode(
      '<!doctype html><html><head><title>é</title></head><body>long</body>',
    )
    const odd = new Uint8Array([...page, 0xff, 0xfe, 0x80])
    const expected = new Uint8Array((await insertIntoBytes(odd, X, true)) as ArrayBuffer)
    for (let at = 1; at < odd.length; at += 5) {
      const source = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(odd.slice(0, at))
          controller.enqueue(odd.slice(at))
          controller.close()
        },
      })
      const sent = await new Response(insertIntoStream(source, X)).arrayBuffer()
      expect([...new Uint8Array(sent)], String(at)).toEqual([...expected])
    }
  })

  it('is sent before the rest of the page has come', async () => {
    let end: () => void = () => undefined
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode('<head><title>a</title>'))
        end = () => controller.close()
      },
    })
    const reader = insertIntoStream(source, X).getReader()
    const { value } = await reader.read()
    expect(decoder.decode(value)).toBe(`<head>${X}<title>a</title>`)
    end()
    expect((await reader.read()).done).toBe(true)
  })

  it('breaks off where the page does', async () => {
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(encoder.encode('<head>'))
        controller.error(new Error('the backend is gone'))
      },
    })
    await expect(new Response(insertIntoStream(source, X)).text()).rejects.toThrow()
  })
})

const INSERTION: Insertion = { key: 'k1', toHtml: (nonce) => `<x nonce=${nonce}>` }
const plan = (headers: Record<string, string>) =>
  planInsertion((name) => headers[name] ?? null, [INSERTION], 'https://shop.example.com/a?b')

describe('a reply that gets something', () => {
  it.each([
    { 'content-type': 'text/html' },
    { 'content-type': 'Text/HTML; charset="UTF-8"' },
    { 'content-type': 'text/html;charset=windows-1252' },
  ])('is a page: %j', (headers) => {
    expect(plan(headers)).toEqual({ key: 'k1', html: '<x nonce=undefined>' })
  })

  it.each([
    {},
    { 'content-type': 'application/json' },
    { 'content-type': 'text/html-fragment' },
    { 'content-type': 'application/xhtml+xml' },
    { 'content-type': 'text/html; charset=utf-16' },
    { 'content-type': 'text/html', 'cache-control': 'no-cache, no-transform' },
    { 'content-type': 'text/html', 'content-security-policy': "script-src 'none'" },
  ])('is no other: %j', (headers) => {
    expect(plan(headers)).toBeUndefined()
  })

  it('has the nonce of the page', () => {
    const headers = {
      'content-type': 'text/html',
      'content-security-policy': "script-src 'nonce-n'",
    }
    expect(plan(headers)?.html).toBe('<x nonce=n>')
  })
})

describe('a page of a version', () => {
  const { STORE } = env as Env
  const head = '<!doctype html><head>'
  const rest = `<title>shop</title>${'<p>shop</p>'.repeat(50)}`
  let version: Version
  beforeAll(async () => {
    const squeezed = new Blob([head + rest]).stream().pipeThrough(new CompressionStream('gzip'))
    const gzip = new Uint8Array(await new Response(squeezed).arrayBuffer())
    version = await publishVersion(STORE, '1.0.0', {
      '/index.html': {
        body: head + rest,
        type: 'text/html; charset=utf-8',
        encodings: { gzip },
      },
      '/app.js': { body: 'run()', type: 'text/javascript; charset=utf-8' },
    })
  })
  const get = async (path: string, headers: Record<string, string>, method = 'GET') => {
    const isolate = startIsolate(createR2Store(STORE))
    const insertions = [INSERTION, { ...INSERTION, key: 'k2', toHtml: () => X }]
    const { response, bytes } = await ask(isolate, version, path, { headers, method, insertions })
    return { status: response.status, headers: response.headers, text: decoder.decode(bytes) }
  }

  it('has all scripts in their order, whatever encoding the client likes', async () => {
    const { text, headers } = await get('/', { 'accept-encoding': 'gzip' })
    expect(text).toBe(`${head}<x nonce=undefined>${X}${rest}`)
    expect(headers.get('content-encoding')).toBeNull()
    expect(headers.get('etag')).toMatch(/^W\/"[0-9a-f]{32}~holo~s~k1~k2"$/)
  })

  it('is the only kind of file that is changed', async () => {
    const { text, headers } = await get('/app.js', {})
    expect([text, headers.get('content-length')]).toEqual(['run()', '5'])
    expect(headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/)
    expect((await get('/app.js', { range: 'bytes=0-2' })).status).toBe(206)
  })
})

describe('validators of a page of a backend', () => {
  const conditionsOf = (headers: Record<string, string>, key = 'v1@main-abc') => {
    toOriginConditions(headers, key)
    return headers
  }

  it.each(['"abc"', 'W/"abc"', '""', '"a~holo~s~b"', '"a,b"'])(
    '%s comes back as it was',
    (etag) => {
      const inserted = toInsertedEtag(etag, 'v1@main-abc')
      expect(inserted).toMatch(/^W\/"[\x21\x23-\x7e]*"$/)
      expect(conditionsOf({ 'if-none-match': `"x", ${inserted}` })).toEqual({
        'if-none-match': etag,
      })
    },
  )

  it('of another version, of a page without the script, and dates are not asked about', () => {
    const other = toInsertedEtag('"abc"', 'v2@main-abc')
    const date = 'Fri, 27 Nov 2026 00:00:00 GMT'
    expect(conditionsOf({ 'if-none-match': `${other}, "abc"`, 'if-modified-since': date })).toEqual(
      {},
    )
  })

  it('an invalid tag is left out', () => {
    expect(toInsertedEtag('abc', 'k')).toBeUndefined()
  })
})

describe('pages in memory', () => {
  it('MAX_INSERTED_BYTES: those that were asked for last stay, and the oldest is made again', async () => {
    const pages = createInsertedPages()
    const size = 2 ** 18
    const count = MAX_INSERTED_BYTES / size
    let reads = 0
    const bytes = Uint8Array.from(encoder.encode('<head>'.padEnd(size - X.length, '.')))
    const blobs = {
      peek: () => {
        reads++
        return { body: bytes.buffer, source: 'memory' as const }
      },
    } as unknown as Blobs
    const load = (i: number) => {
      const choice = { blob: String(i), size: bytes.length }
      return loadInserted(choice, { key: 'k', html: X }, blobs, pages, { waitUntil: () => {} })
    }
    for (let i = 0; i < count; i++) expect(await load(i)).toMatchObject({ length: size })
    for (let i = 0; i < count; i++) await load(i)
    expect([reads, pages.bytes]).toEqual([count, MAX_INSERTED_BYTES])
    await load(count)
    expect([reads, pages.bytes]).toEqual([count + 1, MAX_INSERTED_BYTES])
    await load(1)
    expect(reads).toBe(count + 1)
    await load(0)
    expect(reads).toBe(count + 2)
  })
})

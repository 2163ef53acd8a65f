import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Edge } from '../../scripts/local/edge.ts'
import { CACHING } from './caching.ts'
import { CONDITIONALS } from './conditionals.ts'
import { METHODS } from './methods.ts'
import { NEGOTIATION } from './negotiation.ts'
import { RANGES } from './ranges.ts'
import { ETAG, type Row } from './row.ts'
import { SCRIPT_PATH, startSite, TEXT } from './site.ts'
import { askOverWire, type WireRequest } from './wire.ts'

const TOPICS = {
  methods: METHODS,
  'conditional requests': CONDITIONALS,
  ranges: RANGES,
  'content negotiation': NEGOTIATION,
  caching: CACHING,
}
const ALL = Object.values(TOPICS).flat()

let edge: Edge
beforeAll(async () => {
  edge = await startSite()
})
afterAll(() => edge.dispose())

const ask = (request: WireRequest) => askOverWire(edge.url, request)

async function tagOf(path: string, acceptEncoding: string | undefined): Promise<string> {
  const headers = acceptEncoding ? ([['Accept-Encoding', acceptEncoding]] as const) : []
  return (await ask({ path, headers })).headers.etag ?? ''
}

/** Puts real tags where a row speaks of them. */
async function fillTags(row: Row, text: string): Promise<string> {
  if (!text.includes('<')) return text
  const accepted = row.headers?.find(([name]) => name === 'Accept-Encoding')?.[1]
  return text
    .replaceAll(ETAG, await tagOf(row.path, accepted))
    .replaceAll('<etag of br>', await tagOf(row.path, 'br'))
}

describe.each(Object.entries(TOPICS))('%s', (_, rows) => {
  it.each(rows)('$source: $promise', async (row) => {
    const headers = []
    for (const [name, value] of row.headers ?? []) {
      headers.push([name, await fillTags(row, value)] as const)
    }
    const { method = 'GET', path, content = '' } = row
    const answer = await ask({ method, path, headers, body: content })
    expect(answer.status).toBe(row.status)
    for (const [name, wanted] of Object.entries(row.reply ?? {})) {
      const found = answer.headers[name]
      if (wanted instanceof RegExp) expect(found).toMatch(wanted)
      else expect(found ?? null).toBe(wanted && (await fillTags(row, wanted)))
    }
    if (row.body) expect(answer.body.equals(row.body)).toBe(true)
  })
})

describe('on every reply', () => {
  it('HEAD has the headers of GET, and no body', async () => {
    for (const path of ['/', '/text.txt', SCRIPT_PATH, '/empty.txt', '/docs', '/nothing']) {
      for (const encoding of ['br', 'gzip', 'zstd', 'identity']) {
        const headers = [['Accept-Encoding', encoding]] as const
        const full = await ask({ path, headers })
        const head = await ask({ method: 'HEAD', path, headers })
        expect(head.status).toBe(full.status)
        expect(head.body).toHaveLength(0)
        expect(lasting(head.headers)).toEqual(lasting(full.headers))
      }
    }
  })

  it('four encodings have four tags', async () => {
    const tags = ['br', 'gzip', 'zstd', 'identity'].map((encoding) => tagOf(SCRIPT_PATH, encoding))
    expect(new Set(await Promise.all(tags)).size).toBe(4)
  })

  it('a multipart body holds the parts in the order they were asked for', async () => {
    const headers = [['Range', 'bytes=500-509,0-4,-5']] as const
    const reply = await ask({ path: '/text.txt', headers })
    const boundary = reply.headers['content-type']?.split('boundary=')[1] ?? ''
    const parts = reply.body.toString('latin1').split(`--${boundary}`)
    expect(parts.map((part) => part.trim())).toEqual([
      '',
      ...[
        [500, 509],
        [0, 4],
        [1995, 1999],
      ].map(
        ([first = 0, last = 0]) =>
          `Content-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${first}-${last}/2000` +
          `\r\n\r\n${TEXT.toString('latin1', first, last + 1)}`,
      ),
      '--',
    ])
    expect(reply.headers['content-length']).toBe(String(reply.body.length))
  })
})

it('every row says where it is written, and there are more than eighty', () => {
  expect(ALL.length).toBeGreaterThan(80)
  for (const { source } of ALL) {
    expect(source).toMatch(/^RFC \d+ section \d+(\.\d+)*$|^(Fetch|Service Workers) standard, .+/)
  }
})

/** What is not new with every reply; a body's framing is told by its length alone. */
function lasting(headers: Readonly<Record<string, string>>): Record<string, string> {
  const changing = /^(date|server-timing|holo-bucket|content-length|transfer-encoding)$/
  const kept = Object.entries(headers).filter(([name]) => !changing.test(name))
  // A problem document names its request, so that its length is its own.
  const isProblem = headers['content-type'] === 'application/problem+json'
  const length = headers['content-length'] ?? 'none'
  return { ...Object.fromEntries(kept), length: isProblem ? String(length !== 'none') : length }
}

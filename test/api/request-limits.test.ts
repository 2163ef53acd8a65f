// Each bound on one request of the API, over HTTP: what is as large as it may be is taken, and what is
// larger by one is refused with the bound and how to keep to it. docs/storage.md lists the bounds.

import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_TYPE_CHARACTERS } from '../../src/api/content/check-manifest.ts'
import {
  MAX_BLOB_BYTES,
  MAX_BODY_BYTES,
  MAX_JSON_DEPTH,
  MAX_LISTED_PROBLEMS,
  MAX_PART_BYTES,
} from '../../src/api/http/limits.ts'
import { MAX_ACTOR_CHARACTERS } from '../../src/control/access/access-keys.ts'
import { MAX_FAILED_ATTEMPTS } from '../../src/control/access/attempts.ts'
import {
  MAX_JWT_CHARACTERS,
  MAX_TOKEN_CHARACTERS,
  MAX_TOKEN_NAME_CHARACTERS,
} from '../../src/control/access/limits.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import type { ManifestEntry } from '../../src/core/site/manifest-entry.ts'
import { MAX_MANIFEST_BYTES } from '../../src/core/site/manifest-limits.ts'
import {
  MAX_EXPLAINED_HEADERS,
  MAX_HEADER_CHARACTERS,
  MAX_URL_CHARACTERS,
} from '../../src/wire/explain.ts'
import { MAX_METRIC_POINTS } from '../../src/wire/metrics.ts'
import { MAX_PACK_BLOBS, MAX_PACK_BYTES, toPackIndex } from '../../src/wire/packs.ts'
import { MAX_PAGE_ROWS, MAX_REASON_CHARACTERS } from '../../src/wire/parts.ts'
import { MAX_LIMIT_PATTERNS, MAX_TOKEN_DAYS } from '../../src/wire/tokens.ts'
import { MAX_AUTHOR_CHARACTERS, MAX_COMMIT_CHARACTERS, MAX_PARTS } from '../../src/wire/uploads.ts'
import {
  type AdminEdge,
  type CallOptions,
  FIRST_TOKEN,
  freshAddress,
  startAdminEdge,
} from '../support/api-edge.ts'
import { type Answer, ask } from '../support/http-client.ts'

let edge: AdminEdge
/** A manifest that is stored, for uploads. */
let stored: string
beforeAll(async () => {
  edge = await startAdminEdge()
  stored = (await putManifest([entry('/index.html')])).hash
})
afterAll(() => edge.stop())

const PAGE = 'https://shop.example.com/'
const CREATED_AT = '2026-11-23T12:00:00Z'
const x = (length: number) => 'x'.repeat(length)
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const EMPTY = hashOf(new Uint8Array())

const call = (method: string, path: string, options: CallOptions = {}) =>
  edge.call(method, `/.holo/api${path}`, { token: FIRST_TOKEN, ...options })
const explain = (json: object) => call('POST', '/explain', { json })
const makeToken = (json: object) =>
  call('POST', '/tokens', { json: { name: 'a pipeline', scopes: ['read'], ...json } })

function entry(path: string, more: Partial<ManifestEntry> = {}): ManifestEntry {
  const same = { blob: '0'.repeat(64), size: 1, type: 'text/plain', hashed: false, encodings: [] }
  return { path, ...same, ...more }
}

async function putManifest(entries: readonly ManifestEntry[]) {
  const octets = encodeManifest(entries, { htmlHandling: 'none', notFound: 'none' })
  const hash = hashOf(octets)
  return { hash, answer: await call('PUT', `/manifests/${hash}`, { octets }) }
}

let uploads = 0
const begin = (more: object) => {
  uploads++
  const json = { manifest: stored, createdAt: CREATED_AT, ...more }
  return call('PUT', `/uploads/limits-${uploads}`, { json })
}

/** A change that is tried only, and needs no revision that is known. */
async function tryChange(method: string, path: string, json: object) {
  const { headers } = await call('GET', '/traffic')
  const seen = { 'if-match': `${headers.etag}` }
  const query = path.includes('?') ? '&dryRun=true' : '?dryRun=true'
  return call(method, path + query, { json, headers: seen })
}

/** How many bodies were filled with a byte of their own. */
let fillings = 0

/** Says how many bytes will come, and sends none of them: what is too large is refused before it is read. */
function announce(path: string, bytes: number, method = 'PUT'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: edge.url.hostname,
        port: edge.url.port,
        method,
        path: `/.holo/api${path}`,
        headers: {
          authorization: `Bearer ${FIRST_TOKEN}`,
          'content-type': 'application/octet-stream',
          'content-length': String(bytes),
          'cf-connecting-ip': freshAddress(),
        },
      },
      async (received) => {
        const { statusCode: status = 0, headers } = received
        resolve({ status, headers, body: await text(received), cookies: {} })
        sent.destroy()
      },
    )
    sent.on('error', reject)
    sent.flushHeaders()
  })
}

/** An object of so many levels. */
function nest(levels: number): object {
  return levels === 1 ? {} : { '!': nest(levels - 1) }
}

/** A JWT of the team that has exactly so many characters, by a claim and a header that fill it. */
async function signLong(characters: number): Promise<string> {
  for (let kid = 0; kid < 4; kid++) {
    for (let note = Math.floor((characters * 3) / 4) - 700; note < characters; note++) {
      const jwt = await edge.team.sign({ claims: { note: x(note) }, header: { note: x(kid) } })
      if (jwt.length === characters) return jwt
      if (jwt.length > characters) break
    }
  }
  throw new Error(`no JWT has ${characters} characters`)
}

const readAs = (jwt: string) =>
  edge.call('GET', '/.holo/api/traffic', { headers: { 'cf-access-jwt-assertion': jwt } })

type Row = readonly [
  limit: string,
  /** Asks for as much as may be, and `more`. */
  ask: (more: 0 | 1) => Promise<Answer>,
  taken: number,
  refused: readonly [status: number, code: string, says: RegExp],
]

const of = (limit: number | string) => new RegExp(`(?<!\\d)${limit}(?!\\d)`)
const invalid = (limit: number | string) => [400, 'invalid_request', of(limit)] as const

const ROWS: readonly Row[] = [
  [
    'MAX_BODY_BYTES',
    (more) => {
      const json = JSON.stringify({ url: PAGE })
      return ask(edge.url, '/.holo/api/explain', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${FIRST_TOKEN}`,
          'content-type': 'application/json',
          'cf-connecting-ip': freshAddress(),
        },
        body: json.padEnd(MAX_BODY_BYTES + more),
      })
    },
    200,
    [413, 'body_too_large', of(MAX_BODY_BYTES)],
  ],
  [
    'MAX_JSON_DEPTH',
    // The rules, their list and one rule are three levels. A condition has a bound of its own, far below.
    (more) => {
      const when = nest(MAX_JSON_DEPTH + more - 3)
      const rules = [{ name: 'deep', environment: 'canary', when }]
      return tryChange('PUT', '/rules', { rules })
    },
    422,
    invalid(MAX_JSON_DEPTH),
  ],
  [
    'MAX_PAGE_ROWS',
    (more) => call('GET', `/revisions?limit=${MAX_PAGE_ROWS + more}`),
    200,
    invalid(MAX_PAGE_ROWS),
  ],
  [
    'MAX_URL_CHARACTERS',
    (more) => explain({ url: PAGE.padEnd(MAX_URL_CHARACTERS + more, 'x') }),
    200,
    invalid(MAX_URL_CHARACTERS),
  ],
  [
    'MAX_EXPLAINED_HEADERS',
    (more) => {
      const names = Array.from({ length: MAX_EXPLAINED_HEADERS + more }, (_, i) => [`x-${i}`, 'y'])
      return explain({ url: PAGE, headers: Object.fromEntries(names) })
    },
    200,
    invalid(MAX_EXPLAINED_HEADERS),
  ],
  [
    'MAX_HEADER_CHARACTERS',
    (more) => explain({ url: PAGE, headers: { 'x-long': x(MAX_HEADER_CHARACTERS + more) } }),
    200,
    invalid(MAX_HEADER_CHARACTERS),
  ],
  [
    'MAX_TOKEN_DAYS',
    (more) => makeToken({ expiresInDays: MAX_TOKEN_DAYS + more }),
    201,
    invalid(MAX_TOKEN_DAYS),
  ],
  [
    'MAX_TOKEN_NAME_CHARACTERS',
    (more) => makeToken({ name: x(MAX_TOKEN_NAME_CHARACTERS + more) }),
    201,
    invalid(MAX_TOKEN_NAME_CHARACTERS),
  ],
  [
    'MAX_LIMIT_PATTERNS',
    (more) =>
      makeToken({
        versions: Array.from({ length: MAX_LIMIT_PATTERNS + more }, (_, i) => `${i}.*`),
      }),
    201,
    invalid(MAX_LIMIT_PATTERNS),
  ],
  [
    'MAX_REASON_CHARACTERS',
    (more) =>
      tryChange('PUT', `/traffic?reason=${x(MAX_REASON_CHARACTERS + more)}`, {
        weights: { canary: 1 },
      }),
    200,
    invalid(MAX_REASON_CHARACTERS),
  ],
  [
    'MAX_COMMIT_CHARACTERS',
    (more) => begin({ commit: x(MAX_COMMIT_CHARACTERS + more) }),
    200,
    invalid(MAX_COMMIT_CHARACTERS),
  ],
  [
    'MAX_AUTHOR_CHARACTERS',
    (more) => begin({ author: x(MAX_AUTHOR_CHARACTERS + more) }),
    200,
    invalid(MAX_AUTHOR_CHARACTERS),
  ],
  [
    'MAX_TYPE_CHARACTERS',
    async (more) => {
      const type = `text/${x(MAX_TYPE_CHARACTERS + more - 5)}`
      return (await putManifest([entry('/a', { type })])).answer
    },
    200,
    [422, 'invalid_manifest', of(MAX_TYPE_CHARACTERS)],
  ],
  [
    'MAX_BLOB_BYTES',
    async (more) => (await putManifest([entry('/a', { size: MAX_BLOB_BYTES + more })])).answer,
    200,
    [422, 'invalid_manifest', of(MAX_BLOB_BYTES)],
  ],
  [
    'MAX_PARTS',
    (more) =>
      call('PUT', `/blobs/${'1'.repeat(64)}/parts/${MAX_PARTS + more}`, {
        octets: Buffer.from('the last one'),
      }),
    200,
    invalid(MAX_PARTS),
  ],
  [
    'MAX_PARTS',
    // Those that are missing are named, as many as are listed.
    (more) =>
      call('POST', `/blobs/${'2'.repeat(64)}/complete`, { json: { parts: MAX_PARTS + more } }),
    409,
    invalid(MAX_PARTS),
  ],
  [
    'MAX_MANIFEST_BYTES',
    (more) => {
      const sized = (padding: number) =>
        encodeManifest([entry('/a', { type: x(padding) })], {
          htmlHandling: 'none',
          notFound: 'none',
        })
      if (more) return announce(`/manifests/${'0'.repeat(64)}`, MAX_MANIFEST_BYTES + more)
      // As large as it may be, it is read, and refused for the type that fills it and nothing else.
      const octets = sized(MAX_MANIFEST_BYTES - sized(0).length)
      expect(octets.length).toBe(MAX_MANIFEST_BYTES)
      return call('PUT', `/manifests/${hashOf(octets)}`, { octets })
    },
    422,
    [413, 'body_too_large', of(MAX_MANIFEST_BYTES)],
  ],
  [
    'MAX_PACK_BYTES',
    (more) => {
      if (more) return announce('/blobs', MAX_PACK_BYTES + more, 'POST')
      const index = (size: number) => toPackIndex([{ sha256: hashOf(new Uint8Array(size)), size }])
      const size = MAX_PACK_BYTES - index(MAX_PACK_BYTES - 200).length
      const octets = Buffer.concat([index(size), new Uint8Array(size)])
      expect(octets.length).toBe(MAX_PACK_BYTES)
      return call('POST', '/blobs', { octets })
    },
    200,
    [413, 'body_too_large', of(MAX_PACK_BYTES)],
  ],
  [
    'MAX_PACK_BLOBS',
    (more) => {
      const octets = toPackIndex(Array(MAX_PACK_BLOBS + more).fill({ sha256: EMPTY, size: 0 }))
      return call('POST', '/blobs', { octets })
    },
    200,
    [400, 'invalid_request', of(MAX_PACK_BLOBS)],
  ],
  [
    'MAX_PART_BYTES',
    (more) => {
      if (more) return announce(`/blobs/${'0'.repeat(64)}`, MAX_PART_BYTES + more)
      // Other bytes each time: of a blob that is stored already, the body is not read.
      const octets = new Uint8Array(MAX_PART_BYTES).fill(fillings++)
      return call('PUT', `/blobs/${hashOf(octets)}`, { octets })
    },
    200,
    [413, 'body_too_large', of(MAX_PART_BYTES)],
  ],
  [
    'MAX_ACTOR_CHARACTERS',
    async (more) => {
      const email = '@example.com'.padStart(MAX_ACTOR_CHARACTERS + more, 'a')
      return readAs(await edge.team.sign({ claims: { email } }))
    },
    200,
    // Who has not proved who it is learns nothing but the code; the log says why.
    [401, 'unauthenticated', /./],
  ],
  [
    'MAX_JWT_CHARACTERS',
    async (more) => readAs(await signLong(MAX_JWT_CHARACTERS + more)),
    200,
    [401, 'unauthenticated', /./],
  ],
]

describe('what is as large as it may be is taken, and what is larger by one is refused', () => {
  it.each(ROWS)('%s', async (_, asked, taken, [status, code, says]) => {
    const whole = await asked(0)
    expect(whole.status, whole.body).toBe(taken)
    const over = await asked(1)
    expect([over.status, JSON.parse(over.body).code], over.body).toEqual([status, code])
    expect(over.body).toMatch(says)
    // Nothing is lost by it: the same as before is taken again.
    const again = await asked(0)
    expect(again.status, again.body).toBe(taken)
  })
})

describe('MAX_TOKEN_CHARACTERS', () => {
  const show = async (characters: number, address: string) => {
    const headers = { 'cf-connecting-ip': address }
    return (await call('GET', '/traffic', { token: x(characters), headers })).status
  }

  it('what is longer is no token at all, and nobody asks the control about it', async () => {
    const [likely, unlikely] = [freshAddress(), freshAddress()]
    const statuses = { likely: new Set<number>(), unlikely: new Set<number>() }
    for (let i = 0; i <= MAX_FAILED_ATTEMPTS; i++) {
      statuses.likely.add(await show(MAX_TOKEN_CHARACTERS, likely))
      statuses.unlikely.add(await show(MAX_TOKEN_CHARACTERS + 1, unlikely))
    }
    // One that is looked at counts as an attempt, of which ten are free.
    expect([...statuses.likely]).toEqual([401, 429])
    expect([...statuses.unlikely]).toEqual([401])
    const headers = { 'cf-connecting-ip': likely }
    expect((await call('GET', '/traffic', { headers })).status).toBe(200)
  })
})

describe('MAX_LISTED_PROBLEMS', () => {
  it.each([0, 1, 20])(
    'all are listed, or as many as may be and how many more: %i',
    async (more) => {
      const count = MAX_LISTED_PROBLEMS + more
      const entries = Array.from({ length: count }, (_, i) => entry(`/${i}`, { type: `\n${i}` }))
      const { answer } = await putManifest(entries)
      const { problems, more: told } = JSON.parse(answer.body)
      expect([answer.status, problems.length, told]).toEqual([422, MAX_LISTED_PROBLEMS, more])
    },
  )

  it.each([0, 1])(
    'of parts that are missing, those that come first are named: %i more',
    async (more) => {
      const json = { parts: MAX_LISTED_PROBLEMS + more }
      const { body } = await call('POST', `/blobs/${'3'.repeat(64)}/complete`, { json })
      const numbers = Array.from({ length: MAX_LISTED_PROBLEMS }, (_, i) => i + 1)
      expect(JSON.parse(body)).toMatchObject({ code: 'parts_missing', missing: numbers })
    },
  )
})

describe('MAX_METRIC_POINTS', () => {
  it('are told at once, and the next page has the others', async () => {
    const from = Math.ceil(Date.now() / 60_000) - 2 * MAX_METRIC_POINTS
    await edge.control.query(
      `WITH RECURSIVE many(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM many WHERE i < ?)
       INSERT INTO metric_minutes (slot, minute, series, since_beginning)
       SELECT (? + i) % 43200, ? + i, '[]', '[]' FROM many`,
      ...[MAX_METRIC_POINTS, from, from],
    )
    const read = async (first: number, end: number) => {
      const { body } = await call('GET', `/metrics?from=${first}&to=${end}`)
      return JSON.parse(body) as { points: { at: number }[]; next?: number }
    }
    const minute = (i: number) => (from + i) * 60_000
    const whole = await read(minute(0), minute(MAX_METRIC_POINTS))
    expect(whole.points.map(({ at }) => at)).toEqual(
      Array.from({ length: MAX_METRIC_POINTS }, (_, i) => minute(i)),
    )
    const over = await read(minute(0), minute(MAX_METRIC_POINTS + 1))
    expect(over).toEqual(whole)
    const rest = await read(over.next ?? 0, minute(MAX_METRIC_POINTS + 1))
    expect(rest.points.map(({ at }) => at)).toEqual([minute(MAX_METRIC_POINTS)])
    expect(rest.next).toBeUndefined()
  })
})

describe('a blob of parts', () => {
  it('as many as may be, out of order, is whole', async () => {
    const octets = randomBytes(MAX_PARTS * 10)
    const path = `/blobs/${hashOf(octets)}`
    for (let part = MAX_PARTS; part >= 1; part--) {
      const piece = octets.subarray((part - 1) * 10, part * 10)
      await call('PUT', `${path}/parts/${part}`, { octets: piece })
    }
    const done = await call('POST', `${path}/complete`, { json: { parts: MAX_PARTS } })
    expect(JSON.parse(done.body)).toMatchObject({ size: octets.length, stored: 'created' })
  })
})

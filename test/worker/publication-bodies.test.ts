// What the API takes for a manifest, a blob and a part, and what is left in R2 of what it refuses.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_PART_BYTES } from '../../src/api/http/limits.ts'
import { MAX_MANIFEST_BYTES } from '../../src/core/site/manifest-limits.ts'
import { sha256 } from '../support/published.ts'
import { env } from './control-world.ts'
import { type Client, listKeys, make, makeManifest, PublicationWorld } from './publication-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

const bytesOf = (text: string) => Uint8Array.from(new TextEncoder().encode(text))

async function withClient(during: (client: Client) => Promise<void>) {
  const world = await PublicationWorld.create()
  await world.live(during)
}

const entry = (path: string, more = {}) => ({
  path,
  blob: '0'.repeat(64),
  size: 1,
  type: 'text/plain',
  hashed: false,
  encodings: [],
  ...more,
})

describe('a manifest', () => {
  it('is stored once, and given back byte for byte', () =>
    withClient(async (client) => {
      const made = await make({ '/index.html': 'hello', '/a': '' })
      const path = `/manifests/${made.manifest}`
      const told = { sha256: made.manifest, files: 2, bytes: 5 }
      expect((await client.call('PUT', path, made.bytes)).body).toEqual({
        ...told,
        stored: 'created',
      })
      expect((await client.call('PUT', path, made.bytes)).body).toEqual({
        ...told,
        stored: 'existing',
      })
      expect((await client.call('GET', path)).bytes).toEqual(made.bytes)
      expect((await client.call('GET', `/manifests/${'0'.repeat(64)}`)).status).toBe(404)
    }))

  it('is refused with all its bad paths by name', () =>
    withClient(async (client) => {
      const paths = [
        ...['/../etc/passwd', '/a\\b', '/a\0b', '//x', '/a/', `/${'x'.repeat(1024)}`],
        ...['/About.html', '/about.html'],
      ]
      const { manifest, bytes } = await makeManifest(paths.map((path) => entry(path)))
      const answer = await client.call('PUT', `/manifests/${manifest}`, bytes)
      expect([answer.status, answer.body.code, answer.body.more]).toEqual([
        422,
        'invalid_manifest',
        0,
      ])
      const named = answer.body.problems.map(({ path }: { path: string }) => path)
      expect(named).toHaveLength(7)
      expect(named).toEqual(expect.arrayContaining(paths.slice(0, 6)))
      expect(named.map((path: string) => path.toLowerCase())).toContain('/about.html')
      expect(await listKeys()).toEqual([])
    }))

  it('is refused with the first fifty of its problems and the number of the others', () =>
    withClient(async (client) => {
      const many = Array.from({ length: 70 }, (_, i) => entry(`/${i}/../x`))
      const { manifest, bytes } = await makeManifest(many)
      const { body } = await client.call('PUT', `/manifests/${manifest}`, bytes)
      expect([body.problems.length, body.more]).toEqual([50, 20])
    }))

  it.each([
    [
      'a type that no header can say',
      () => makeManifest([entry('/a', { type: 'a\r\nb: c' })]),
      /type/,
    ],
    ['a file larger than R2 takes', () => makeManifest([entry('/a', { size: 2 ** 40 })]), /bytes/],
    [
      'entries in another order',
      async () => swapEntries(await make({ '/a': '', '/b': 'x' })),
      /search/,
    ],
    ['a damaged entry', async () => damageEntry(await make({ '/a': '' })), /1 of its 1 entries/],
    ['nothing', async () => hashed(new Uint8Array()), /not a manifest/],
    ['half of one', async () => hashed((await make({ '/a': '' })).bytes.slice(0, 80)), /manifest/],
    ['a page', async () => hashed(bytesOf('<!doctype html>'.repeat(20))), /not a manifest/],
  ])('is refused with %s', (_, create, message) =>
    withClient(async (client) => {
      const { manifest, bytes } = await create()
      const answer = await client.call('PUT', `/manifests/${manifest}`, bytes)
      expect([answer.status, answer.body.code]).toEqual([422, 'invalid_manifest'])
      expect(answer.body.problems[0].message).toMatch(message)
      expect(await listKeys()).toEqual([])
    }),
  )
})

async function hashed(bytes: Uint8Array<ArrayBuffer>) {
  return { manifest: await sha256(bytes), bytes }
}

/** Two entries of 60 bytes after a header of 36. */
function swapEntries({ bytes }: { bytes: Uint8Array<ArrayBuffer> }) {
  const swapped = bytes.slice()
  swapped.set(bytes.subarray(36, 96), 96)
  swapped.set(bytes.subarray(96, 156), 36)
  return hashed(swapped)
}

/** The index of its type leads out of the table. */
function damageEntry({ bytes }: { bytes: Uint8Array<ArrayBuffer> }) {
  const damaged = bytes.slice()
  new DataView(damaged.buffer).setUint16(36 + 10, 0xffff, true)
  return hashed(damaged)
}

describe('bytes of another hash', () => {
  it.each(['manifests', 'blobs'])('are refused and not kept: %s', (folder) =>
    withClient(async (client) => {
      const { bytes } = await make({ '/index.html': 'hello' })
      const answer = await client.call('PUT', `/${folder}/${'0'.repeat(64)}`, bytes)
      expect([answer.status, answer.body.code]).toEqual([422, 'hash_mismatch'])
      expect(await listKeys()).toEqual([])
    }),
  )
})

describe('a body', () => {
  const HASH = '0'.repeat(64)
  const OCTETS = { 'content-type': 'application/octet-stream' }

  it.each([
    [`/manifests/${HASH}`, MAX_MANIFEST_BYTES],
    [`/blobs/${HASH}`, MAX_PART_BYTES],
    [`/blobs/${HASH}/parts/1`, MAX_PART_BYTES],
  ])('of more bytes than %s takes is refused before it is read', (path, limit) =>
    withClient(async (client) => {
      const headers = { ...OCTETS, 'content-length': String(limit + 1) }
      const answer = await client.call('PUT', path, bytesOf('x'), headers)
      expect([answer.status, answer.body]).toEqual([
        413,
        expect.objectContaining({ code: 'body_too_large', limit }),
      ])
      const without = await client.call('PUT', path, bytesOf('x'), { 'content-length': 'many' })
      expect([without.status, without.body.code]).toEqual([411, 'length_required'])
      const json = await client.call('PUT', path, {})
      expect([json.status, json.body.code]).toEqual([415, 'unsupported_media_type'])
      expect(await listKeys()).toEqual([])
    }),
  )

  it('that ends too soon leaves nothing', () =>
    withClient(async (client) => {
      const bytes = bytesOf('hello')
      const hash = await sha256(bytes)
      for (const path of [`/blobs/${hash}`, `/manifests/${hash}`, `/blobs/${hash}/parts/1`]) {
        const headers = { ...OCTETS, 'content-length': '6' }
        const answer = await client.call('PUT', path, bytes, headers)
        expect([400, 503]).toContain(answer.status)
      }
      expect(await listKeys()).toEqual([])
    }))

  it.each([
    ['PUT', '/manifests/ABC'],
    ['PUT', `/blobs/${'g'.repeat(64)}`],
    ['PUT', `/blobs/${HASH}/parts/0`],
    ['PUT', `/blobs/${HASH}/parts/101`],
    ['PUT', `/blobs/${HASH}/parts/x`],
  ])('%s %s is a 400', (method, path) =>
    withClient(async (client) => {
      expect((await client.call(method, path, bytesOf('x'))).status).toBe(400)
    }),
  )
})

describe('a blob', () => {
  it('that is there is not written again', async () => {
    const world = await PublicationWorld.create()
    await world.live(async (client) => {
      const bytes = bytesOf('hello')
      const hash = await sha256(bytes)
      expect((await client.call('PUT', `/blobs/${hash}`, bytes)).body.stored).toBe('created')
      world.r2.length = 0
      expect((await client.call('PUT', `/blobs/${hash}`, bytes)).body.stored).toBe('existing')
      expect(world.r2).toEqual([`head blobs/${hash}`])
    })
  })

  it('may be empty', () =>
    withClient(async (client) => {
      const hash = await sha256(new Uint8Array())
      const answer = await client.call('PUT', `/blobs/${hash}`, new Uint8Array())
      expect(answer.body).toEqual({ sha256: hash, size: 0, stored: 'created' })
    }))
})

describe('a blob in parts', () => {
  const PIECES = ['one,', 'two,', 'three'].map(bytesOf)
  const WHOLE = bytesOf('one,two,three')

  async function putParts(client: Client, hash: string, numbers: readonly number[]) {
    for (const number of numbers) {
      const piece = PIECES[number - 1]
      const answer = await client.call('PUT', `/blobs/${hash}/parts/${number}`, piece)
      expect(answer.body).toEqual({ part: number, size: piece?.length })
    }
  }

  it('is made of them in their order, whichever came first, and they go', () =>
    withClient(async (client) => {
      const hash = await sha256(WHOLE)
      await putParts(client, hash, [3, 1, 2, 1])
      const listed = await client.call('GET', `/blobs/${hash}/parts`)
      expect(listed.body).toEqual({
        stored: false,
        parts: PIECES.map(({ length }, i) => ({ part: i + 1, size: length })),
      })
      const done = await client.call('POST', `/blobs/${hash}/complete`, { parts: 3 })
      expect(done.body).toEqual({ sha256: hash, size: 13, stored: 'created' })
      expect(await listKeys()).toEqual([`blobs/${hash}`])
      expect(await (await env.STORE.get(`blobs/${hash}`))?.text()).toBe('one,two,three')
      const again = await client.call('POST', `/blobs/${hash}/complete`, { parts: 3 })
      expect(again.body).toEqual({ sha256: hash, size: 13, stored: 'existing' })
      const after = await client.call('GET', `/blobs/${hash}/parts`)
      expect(after.body).toEqual({ parts: [], stored: true })
    }))

  it('goes on with the parts that are missing', () =>
    withClient(async (client) => {
      const hash = await sha256(WHOLE)
      await putParts(client, hash, [2])
      const answer = await client.call('POST', `/blobs/${hash}/complete`, { parts: 3 })
      expect([answer.status, answer.body]).toEqual([
        409,
        expect.objectContaining({ code: 'parts_missing', missing: [1, 3] }),
      ])
      await putParts(client, hash, [1, 3])
      const done = await client.call('POST', `/blobs/${hash}/complete`, { parts: 3 })
      expect(done.body.stored).toBe('created')
    }))

  it('of another hash leaves nothing', () =>
    withClient(async (client) => {
      const hash = await sha256(WHOLE)
      await putParts(client, hash, [1, 2])
      const answer = await client.call('POST', `/blobs/${hash}/complete`, { parts: 2 })
      expect([answer.status, answer.body.code]).toEqual([422, 'hash_mismatch'])
      expect(await listKeys()).toEqual([])
    }))

  it('keeps its parts when R2 breaks off while they are joined', async () => {
    const world = await PublicationWorld.create()
    await world.live(async (client) => {
      const hash = await sha256(WHOLE)
      await putParts(client, hash, [1, 2, 3])
      world.around = (step) => {
        if (step === `before get parts/${hash}/00002`) throw new Error('R2 is down')
      }
      const answer = await client.call('POST', `/blobs/${hash}/complete`, { parts: 3 })
      expect([answer.status, answer.body.code]).toEqual([503, 'store_unavailable'])
      expect(await listKeys()).toHaveLength(3)
      world.around = () => undefined
      const done = await client.call('POST', `/blobs/${hash}/complete`, { parts: 3 })
      expect(done.body.stored).toBe('created')
    })
  })

  it('of many megabytes is joined as it streams', () =>
    withClient(async (client) => {
      const piece = new Uint8Array(8 * 2 ** 20).fill(7)
      const hash = await sha256(new Uint8Array(3 * piece.length).fill(7))
      for (const part of [1, 2, 3]) {
        await client.call('PUT', `/blobs/${hash}/parts/${part}`, piece)
      }
      const done = await client.call('POST', `/blobs/${hash}/complete`, { parts: 3 })
      expect(done.body).toEqual({ sha256: hash, size: 3 * piece.length, stored: 'created' })
    }))
})

describe('an upload', () => {
  it('needs its manifest first', () =>
    withClient(async (client) => {
      const manifest = '0'.repeat(64)
      const createdAt = '2026-11-23T12:00:00Z'
      const answer = await client.call('PUT', '/uploads/1.0.0', { manifest, createdAt })
      expect([answer.status, answer.body]).toEqual([
        409,
        expect.objectContaining({ code: 'manifest_missing', manifests: [manifest] }),
      ])
    }))

  it('is refused at the end when the manifest has another size than a blob that is there', () =>
    withClient(async (client) => {
      const blob = await sha256(bytesOf('hello'))
      const { manifest, bytes } = await makeManifest([entry('/a', { blob, size: 4 })])
      const blobs = new Map([[blob, bytesOf('hello')]])
      await client.begin('1.0.0', { manifest, bytes, blobs })
      await client.call('PUT', `/blobs/${blob}`, bytesOf('hello'))
      const end = await client.finalise('1.0.0', manifest)
      expect([end.status, end.body.blobs]).toEqual([
        409,
        [{ sha256: blob, size: 4, problem: 'is stored with 5 bytes', damaged: true }],
      ])
    }))

  it('is begun and finalised with nothing done when R2 does not answer', async () => {
    const world = await PublicationWorld.create()
    const made = await make({ '/a': 'x' })
    await world.live(async (client) => {
      const { missing } = await client.begin('1.0.0', made)
      world.around = (step) => {
        if (step.startsWith('before')) throw new Error('R2 is down')
      }
      for (const [method, path, body] of [
        ['PUT', `/manifests/${made.manifest}`, made.bytes],
        ['GET', `/manifests/${made.manifest}`, undefined],
        ['PUT', '/uploads/1.0.0', { manifest: made.manifest, createdAt: '2026-11-23T12:00:00Z' }],
        ['GET', '/uploads/1.0.0/missing', undefined],
        ['PUT', `/blobs/${missing[0]}`, bytesOf('x')],
        ['GET', `/blobs/${missing[0]}/parts`, undefined],
        ['POST', `/blobs/${missing[0]}/complete`, { parts: 1 }],
        ['POST', '/uploads/1.0.0/finalise', { manifest: made.manifest }],
      ] as const) {
        const answer = await client.call(method, path, body)
        expect([method, path, answer.status, answer.body.code]).toEqual([
          ...[method, path, 503, 'store_unavailable'],
        ])
      }
      world.around = () => undefined
      expect((await client.publish('1.0.0', made)).uploaded).toBe(1)
    })
  })
})

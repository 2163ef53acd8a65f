// A version over real connections, with the tokens that each step takes: what goes through workerd's own
// HTTP and the control's own calls.

import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { toPackIndex } from '../../src/wire/packs.ts'
import { MAX_SERVED_BLOB_BYTES } from '../../src/wire/uploads.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'

let edge: AdminEdge
let token: string
beforeAll(async () => {
  edge = await startAdminEdge()
  token = await edge.createToken(['publish'])
})
afterAll(() => edge.stop())

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function make(files: Readonly<Record<string, Uint8Array>>) {
  const entries = Object.entries(files).map(([path, bytes]) => ({
    path,
    blob: hashOf(bytes),
    size: bytes.length,
    type: 'text/plain',
    hashed: false,
    encodings: [],
  }))
  const bytes = encodeManifest(entries, { htmlHandling: 'none', notFound: 'none' })
  return { manifest: hashOf(bytes), bytes, blobs: Object.values(files) }
}

async function call(
  method: string,
  path: string,
  more: { json?: unknown; octets?: Uint8Array } = {},
) {
  const { status, body } = await edge.call(method, `/.holo/api${path}`, { token, ...more })
  return { status, body: JSON.parse(body) }
}

async function begin(version: string, made: ReturnType<typeof make>) {
  await call('PUT', `/manifests/${made.manifest}`, { octets: made.bytes })
  const json = { manifest: made.manifest, createdAt: '2026-11-23T12:00:00Z' }
  return call('PUT', `/uploads/${version}`, { json })
}

const finalise = (version: string, manifest: string) =>
  call('POST', `/uploads/${version}/finalise`, { json: { manifest } })

describe('a version over HTTP', () => {
  it('is published with scope publish, pointed at with scope shift, and served', async () => {
    const made = make({ '/hello.txt': Buffer.from('hello'), '/big.bin': randomBytes(3_000_000) })
    expect((await begin('v4', made)).body.state).toBe('open')
    const { missing } = (await call('GET', '/uploads/v4/missing')).body
    expect(missing).toHaveLength(2)
    for (const octets of made.blobs) {
      expect((await call('PUT', `/blobs/${hashOf(octets)}`, { octets })).status).toBe(200)
    }
    expect((await finalise('v4', made.manifest)).body).toMatchObject({ state: 'finalised' })
    const { revision } = JSON.parse(
      (await edge.call('GET', '/.holo/api/health', { token })).body,
    ).control
    const pointed = await edge.call('PUT', '/.holo/api/environments/main', {
      token: await edge.createToken(['shift']),
      headers: { 'if-match': `"${revision}"` },
      json: { version: 'v4' },
    })
    expect(pointed.status, pointed.body).toBe(200)
    await expect.poll(async () => (await edge.call('GET', '/hello.txt')).body, POLL).toBe('hello')
    const manifest = await edge.call('GET', `/.holo/api/manifests/${made.manifest}`, { token })
    expect(manifest.headers['content-type']).toBe('application/octet-stream')
    expect(manifest.headers['cache-control']).toBe('no-store')
  })

  it('is given up by the token that opened it, and by no other that may publish', async () => {
    const made = make({ '/mine.txt': Buffer.from('mine') })
    await begin('mine', made)
    const path = '/.holo/api/uploads/mine'
    const other = await edge.call('DELETE', path, { token: await edge.createToken(['publish']) })
    expect([other.status, JSON.parse(other.body).code]).toEqual([403, 'forbidden'])
    expect((await call('GET', '/uploads/mine/missing')).body.missing).toHaveLength(1)
    expect((await call('DELETE', '/uploads/mine')).status).toBe(200)
    await begin('mine', made)
    expect((await edge.call('DELETE', path, { token: FIRST_TOKEN })).status).toBe(200)
    expect((await call('DELETE', '/uploads/mine')).status).toBe(404)
  })

  it('is not there for a blob whose client left half-way, and is when it comes back', async () => {
    const octets = randomBytes(2_000_000)
    const made = make({ '/left.bin': octets })
    await begin('v5', made)
    await leaveHalfWay(`/.holo/api/blobs/${hashOf(octets)}`, octets)
    const end = await finalise('v5', made.manifest)
    expect([end.status, end.body.code]).toEqual([409, 'blobs_missing'])
    await call('PUT', `/blobs/${hashOf(octets)}`, { octets })
    expect((await finalise('v5', made.manifest)).body.state).toBe('finalised')
  })

  it('takes a blob again that is there already, however large', async () => {
    const octets = randomBytes(5_000_000)
    const path = `/blobs/${hashOf(octets)}`
    expect((await call('PUT', path, { octets })).body.stored).toBe('created')
    // The answer comes before the body is sent whole, and a client may find the connection closed: it asks again.
    await vi.waitFor(
      async () => {
        expect((await call('PUT', path, { octets })).body.stored).toBe('existing')
      },
      { timeout: 30_000 },
    )
  })

  it('gives a small blob back to whoever may publish, as the dictionary of the next version', async () => {
    const octets = randomBytes(5000)
    const path = `/blobs/${hashOf(octets)}`
    expect((await call('GET', path)).status).toBe(404)
    await call('PUT', path, { octets })
    const url = new URL(`/.holo/api${path}`, edge.url)
    const ask = (bearer: string) =>
      fetch(url, {
        headers: { authorization: `Bearer ${bearer}` },
        signal: AbortSignal.timeout(10_000),
      })
    const given = await ask(token)
    expect(given.headers.get('content-type')).toBe('application/octet-stream')
    expect(Buffer.from(await given.arrayBuffer()).equals(octets)).toBe(true)
    expect((await ask(await edge.createToken(['read']))).status).toBe(403)
    const large = randomBytes(MAX_SERVED_BLOB_BYTES + 1)
    await call('PUT', `/blobs/${hashOf(large)}`, { octets: large })
    expect((await call('GET', `/blobs/${hashOf(large)}`)).status).toBe(404)
  })

  it('takes small blobs together, each with its hash checked, and again', async () => {
    const blobs = [Buffer.from('one'), Buffer.from(''), randomBytes(5_000)]
    const listed = blobs.map((bytes) => ({ sha256: hashOf(bytes), size: bytes.length }))
    const octets = Buffer.concat([toPackIndex(listed), ...blobs])
    const first = await edge.call('POST', '/.holo/api/blobs', { token, octets })
    expect([first.status, JSON.parse(first.body)]).toEqual([200, { created: 3, existing: 0 }])
    expect(first.headers['holo-store-operations']).toBe('a=3, b=0')
    const again = await call('POST', '/blobs', { octets })
    expect(again.body).toEqual({ created: 0, existing: 3 })

    const changed = Buffer.concat([toPackIndex(listed), ...blobs])
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    expect(await call('POST', '/blobs', { octets: changed })).toMatchObject({
      status: 422,
      body: { code: 'hash_mismatch' },
    })
    const cut = await call('POST', '/blobs', { octets: octets.subarray(0, -1) })
    expect([cut.status, cut.body.problems[0].message]).toEqual([
      400,
      'the pack: its first line lists 5003 bytes, and 5002 follow',
    ])
  })

  it('takes a large blob in parts', async () => {
    const octets = randomBytes(5_000_000)
    const hash = hashOf(octets)
    for (let part = 1; part <= 5; part++) {
      const piece = octets.subarray((part - 1) * 1_000_000, part * 1_000_000)
      await call('PUT', `/blobs/${hash}/parts/${part}`, { octets: piece })
    }
    const done = await call('POST', `/blobs/${hash}/complete`, { json: { parts: 5 } })
    expect(done.body).toEqual({ sha256: hash, size: 5_000_000, stored: 'created' })
  })

  it('has no body without a length', async () => {
    const answer = await edge.call('PUT', `/.holo/api/blobs/${'0'.repeat(64)}`, {
      token,
      headers: { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' },
    })
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([411, 'length_required'])
  })

  it('is collected, step by step, by an admin only', async () => {
    const asAdmin = (json: unknown) =>
      edge.call('POST', '/.holo/api/gc', { token: FIRST_TOKEN, json })
    expect((await call('POST', '/gc', { json: {} })).status).toBe(403)
    let cursor: string | undefined
    const phases: unknown[] = []
    for (let step = 0; step < 20; step++) {
      const { body } = await asAdmin({ dryRun: false, ...(cursor && { cursor }) })
      phases.push(cursor)
      cursor = JSON.parse(body).cursor
      if (JSON.parse(body).done) break
    }
    expect(phases).toEqual([undefined, 'records.', 'manifests.', 'blobs.', 'parts.'])
    expect((await edge.call('GET', '/hello.txt')).status).toBe(200)
  })
})

/** Isolates hear of a change within seconds; here they ask every 100 ms. */
const POLL = { timeout: 20_000, interval: 100 }

/** Sends the first half of a body that was announced whole, and hangs up. */
function leaveHalfWay(path: string, octets: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const sent = request({
      host: edge.url.hostname,
      port: edge.url.port,
      path,
      method: 'PUT',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/octet-stream',
        'content-length': String(octets.length),
      },
    })
    sent.on('error', () => resolve())
    sent.write(octets.subarray(0, octets.length / 2), () => {
      sent.destroy()
      resolve()
    })
  })
}

// What the collection takes away and what it leaves, with real R2 and a clock of the test's own.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { COLLECTION_GRACE_MS } from '../../src/control/releases/retention.ts'
import { UPLOAD_IDLE_MS, UPLOAD_LIFETIME_MS } from '../../src/control/releases/uploads.ts'
import { openManifest } from '../../src/core/site/manifest.ts'
import { env } from './control-world.ts'
import { type Client, listKeys, make, makeManifest, PublicationWorld } from './publication-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

const DAY = 86_400_000
const NOTHING = { versions: [], uploads: 0, records: 0, manifests: 0, blobs: 0, parts: 0, bytes: 0 }

const contentOf = (id: string) => make({ '/index.html': `page of ${id}`, '/app.js': 'shared' })

/** `main` pointed at each of `v0` to `v<count - 1>` in turn, a day apart. */
async function createHistory(count: number) {
  const world = await PublicationWorld.create()
  await world.live(async (client) => {
    for (let i = 0; i < count; i++) {
      const made = await contentOf(`v${i}`)
      const { answer } = await client.publish(`v${i}`, made)
      expect(answer.body.state).toBe('finalised')
      const pointed = await (i === 0 ? client.first('v0', made) : client.point('main', `v${i}`))
      expect(pointed.status).toBe(200)
      world.world.now += DAY
    }
  })
  return world
}

const versionsOf = async (client: Client) =>
  Object.keys((await client.call('GET', '/assignments')).body.versions)

async function hasAll(id: string) {
  const { manifest, blobs } = await contentOf(id)
  const keys = [
    `versions/${id}`,
    `manifests/${manifest}`,
    ...[...blobs.keys()].map((hash) => `blobs/${hash}`),
  ]
  const stored = new Set(await listKeys())
  return keys.every((key) => stored.has(key))
}

describe('retention', () => {
  it('keeps the last ten, and all that were pointed at within thirty days', async () => {
    const world = await createHistory(14)
    await world.live(async (client) => {
      expect(await client.collect(false)).toEqual(NOTHING)
      // v0 was left on day 1, v1 on day 2, and so on; v4 to v13 are the last ten.
      world.world.now += 18 * DAY
      expect((await client.collect(true)).versions).toEqual(['v0', 'v1'])
      world.world.now += 300 * DAY
      expect((await client.collect(true)).versions).toEqual(['v0', 'v1', 'v2', 'v3'])
    })
  })

  it('counts from when a version was last pointed at, not from when it came', async () => {
    const world = await createHistory(14)
    await world.live(async (client) => {
      world.world.now += 100 * DAY
      await client.point('canary', 'v1')
      world.world.now += 100 * DAY
      expect((await client.collect(true)).versions).toEqual(['v0', 'v2', 'v3', 'v4'])
      await client.call('DELETE', '/environments/canary', undefined, {
        'if-match': `"${(await client.call('GET', '/assignments')).body.revision}"`,
      })
      // Now it is one of the last ten, and was pointed at lately.
      world.world.now += 29 * DAY
      expect((await client.collect(true)).versions).not.toContain('v1')
    })
  })

  it('keeps a withdrawn version with all its files as long as any other', async () => {
    const world = await createHistory(3)
    await world.live(async (client) => {
      await client.change('POST', '/withdraw', { version: 'v0' })
      expect(await client.collect(false)).toEqual(NOTHING)
      expect(await hasAll('v0')).toBe(true)
    })
  })

  it('keeps what has only just come, however many came after it', async () => {
    const world = await createHistory(1)
    await world.live(async (client) => {
      for (let i = 0; i < 15; i++) await client.publish(`n${i}`, await contentOf(`n${i}`))
      expect(await client.collect(false)).toEqual(NOTHING)
      world.world.now += COLLECTION_GRACE_MS + 1
      // Nobody ever pointed at them: the last ten stay, of which one is pointed at.
      expect((await client.collect(true)).versions).toHaveLength(6)
    })
  })

  it('is told of every version', async () => {
    const world = await createHistory(12)
    await world.live(async (client) => {
      const { body } = await client.call('GET', '/versions')
      const told = Object.fromEntries(body.versions.map((one: { id: string }) => [one.id, one]))
      const now = world.world.now
      expect(told.v11).toMatchObject({
        environments: ['main'],
        retained: { why: 'pointed-at' },
        lastPointedAt: now,
        record: { files: 2, createdAt: '2026-11-23T12:00:00Z' },
      })
      expect(told.v5.retained).toEqual({ why: 'latest' })
      // Left when v1 came, eleven days ago.
      expect(told.v0).toMatchObject({
        retained: { why: 'lately-pointed-at', until: now - 11 * DAY + 30 * DAY },
        lastPointedAt: now - 11 * DAY,
      })
      const one = await client.call('GET', '/versions/v0')
      expect(one.body).toEqual({ ...told.v0, record: { id: 'v0', ...one.body.record } })
      expect(one.body.record.manifest).toBe(told.v0.manifest)
    })
  })
})

describe('a collection', () => {
  it('says in a dry run what it then does: document first, then records, manifests, blobs', async () => {
    const world = await createHistory(12)
    await world.live(async (client, life) => {
      world.world.now += 100 * DAY
      const before = await listKeys()
      const { revision } = await life.health()
      const listed = await client.collect(true)
      expect(listed).toEqual({
        ...NOTHING,
        versions: ['v0', 'v1'],
        records: 2,
        manifests: 2,
        blobs: 2,
        bytes: 'page of v0'.length + 'page of v1'.length,
      })
      expect(await listKeys()).toEqual(before)
      expect((await life.health()).revision).toBe(revision)

      world.r2.length = 0
      expect(await client.collect(false)).toEqual(listed)
      const deleted = world.r2.filter((step) => step.startsWith('delete'))
      expect(deleted.map((step) => step.slice(7, 12))).toEqual(['versi', 'manif', 'blobs'])
      expect(await versionsOf(client)).toEqual([
        'v2',
        'v3',
        'v4',
        'v5',
        'v6',
        'v7',
        'v8',
        'v9',
        'v10',
        'v11',
      ])
      expect((await life.health()).revision).toBe(revision + 1)
      expect((await life.actions())[0]).toBe('remove-versions')
      for (let i = 0; i < 12; i++) expect(await hasAll(`v${i}`)).toBe(i > 1)
      expect(await client.collect(false)).toEqual(NOTHING)
    })
  })

  it('is the only one that deletes: another one waits until it has ended', async () => {
    const world = await createHistory(12)
    await world.live(async (client) => {
      world.world.now += 100 * DAY
      const gate = Promise.withResolvers<void>()
      let deletions = 0
      world.around = async (step) => {
        if (!step.startsWith('before delete')) return
        deletions++
        await gate.promise
      }
      const first = client.collect(false)
      await vi.waitFor(() => expect(deletions).toBe(1), 20_000)
      const second = await client.call('POST', '/gc', { dryRun: false, cursor: 'records.' })
      expect(second.body).toMatchObject({ records: 0, cursor: 'records.' })
      expect(second.body.waitMs).toBeGreaterThan(0)
      expect(deletions).toBe(1)
      world.around = () => undefined
      gate.resolve()
      expect(await first).toMatchObject({ records: 2, manifests: 2, blobs: 2 })
    })
  })

  it('takes what no publication ever finished once it is old enough, and nothing sooner', async () => {
    const world = await createHistory(2)
    await world.live(async (client) => {
      const { missing } = await client.begin('v2', await contentOf('v2'))
      await client.putBlob(await contentOf('v2'), missing[0] ?? '')
      const orphan = await contentOf('orphan')
      await client.call('PUT', `/manifests/${orphan.manifest}`, orphan.bytes)
      for (const hash of orphan.blobs.keys()) await client.putBlob(orphan, hash)
      // Whose manifest has not come yet.
      const first = await make({ '/first.txt': 'first' })
      for (const hash of first.blobs.keys()) await client.putBlob(first, hash)
      await client.call('PUT', `/blobs/${'0'.repeat(64)}/parts/1`, new Uint8Array(5))
      expect(await client.collect(false)).toEqual(NOTHING)
      world.world.now += COLLECTION_GRACE_MS + 1
      const taken = await client.collect(false)
      expect(taken).toMatchObject({ uploads: 1, manifests: 2, blobs: 3, parts: 0 })
      world.world.now += UPLOAD_LIFETIME_MS
      expect(await client.collect(false)).toMatchObject({ uploads: 0, parts: 1 })
      expect(await hasAll('v0')).toBe(true)
      expect(await hasAll('v1')).toBe(true)
    })
  })

  it('keeps the files of a version that left the document while it may still be wanted', async () => {
    const world = await createHistory(3)
    await world.live(async (client) => {
      const { body } = await client.call('GET', '/assignments')
      const { v0: _, ...versions } = body.versions
      await client.change('PUT', '/assignments', { ...body, versions })
      world.world.now += 20 * DAY
      await client.collect(false)
      expect(await hasAll('v0')).toBe(true)
      world.world.now += 20 * DAY
      await client.collect(false)
      expect(await hasAll('v0')).toBe(false)
    })
  })

  it('keeps a version of the document that came another way than by an upload', async () => {
    const world = await createHistory(1)
    await world.live(async (client, life) => {
      // As in a control that began anew from an export, or from what KV had.
      life.state.storage.sql.exec('DELETE FROM uploads')
      world.world.now += 100 * DAY
      expect(await client.collect(false)).toEqual(NOTHING)
      expect(await hasAll('v0')).toBe(true)
    })
  })

  it('keeps what is still being uploaded, however long that takes', async () => {
    const world = await createHistory(1)
    await world.live(async (client) => {
      const made = await contentOf('slow')
      const { missing } = await client.begin('slow', made)
      expect(missing).toHaveLength(1)
      for (const hash of missing) await client.putBlob(made, hash)
      for (const from = world.world.now; world.world.now <= from + 2 * COLLECTION_GRACE_MS; ) {
        world.world.now += UPLOAD_IDLE_MS - 1
        await client.begin('slow', made)
      }
      expect(await client.collect(false)).toEqual(NOTHING)
      expect((await client.publish('slow', made)).uploaded).toBe(0)
      expect(await hasAll('slow')).toBe(true)
    })
  })

  it('keeps what a record names that has only just come, however old that is', async () => {
    const world = await createHistory(1)
    await world.live(async (client) => {
      const late = await contentOf('late')
      await client.call('PUT', `/manifests/${late.manifest}`, late.bytes)
      for (const hash of late.blobs.keys()) await client.putBlob(late, hash)
      world.world.now += 2 * COLLECTION_GRACE_MS
      const record = { id: 'late', manifest: late.manifest, services: [], files: 2, bytes: 18 }
      const bucket = world.watch(() => undefined)
      await bucket.put('versions/late', JSON.stringify({ ...record, createdAt: '' }))
      expect(await client.collect(false)).toEqual(NOTHING)
      expect(await hasAll('late')).toBe(true)
    })
  })

  it('keeps the encoded forms of what stays', async () => {
    const world = await createHistory(1)
    await world.live(async (client) => {
      const plain = await contentOf('encoded')
      const encoded = await make({ '/index.html.br': 'encoded' })
      const opened = openManifest(plain.bytes)
      const entries = opened.ok ? [...opened.value.entries()] : []
      const [blob = ''] = encoded.blobs.keys()
      const encodings = [{ encoding: 'br' as const, blob, size: 7 }]
      const forms = await makeManifest(entries.map((entry) => ({ ...entry, encodings })))
      const made = { ...forms, blobs: new Map([...plain.blobs, ...encoded.blobs]) }
      expect((await client.publish('encoded', made)).answer.body.state).toBe('finalised')
      await client.point('main', 'encoded')
      world.world.now += 100 * DAY
      expect(await client.collect(false)).toEqual(NOTHING)
      expect(await listKeys('blobs/')).toContain(`blobs/${blob}`)
    })
  })

  it('takes nothing while a manifest that should be there cannot be read', async () => {
    const world = await createHistory(2)
    await world.live(async (client) => {
      const { manifest } = await contentOf('v0')
      await env.STORE.delete(`manifests/${manifest}`)
      world.world.now += 100 * DAY
      const blobs = await listKeys('blobs/')
      const answer = await client.call('POST', '/gc', { dryRun: false, cursor: 'blobs.' })
      expect([answer.status, answer.body]).toEqual([
        409,
        expect.objectContaining({ code: 'manifest_missing', manifests: [manifest] }),
      ])
      expect(await listKeys('blobs/')).toEqual(blobs)
    })
  })

  it('leaves a rollback to what is gone refused by name, also when its id is used again', async () => {
    const world = await createHistory(12)
    await world.live(async (client) => {
      world.world.now += 100 * DAY
      await client.collect(false)
      const back = await client.change('POST', '/rollback', { to: 1 })
      expect(back.body.problems[0].message).toBe(
        'in revision 1 "main" points at version "v0", which is gone',
      )
      await client.publish('v0', await make({ '/index.html': 'something else' }))
      const other = await client.change('POST', '/rollback', { to: 1 })
      expect(other.body.problems[0].message).toMatch(/which had other content then$/)
      // The same content once more is what it was.
      const third = await client.publish('v1', await contentOf('v1'))
      expect(third.answer.body.state).toBe('finalised')
    })
  })

  it('has nothing to do without a document, and is for admins', async () => {
    const world = await PublicationWorld.create()
    await world.live(async (client) => {
      await client.publish('v0', await contentOf('v0'))
      world.world.now += 100 * DAY
      expect((await client.call('POST', '/gc', { cursor: 'blobs.' })).body.code).toBe('no_document')
      expect(await hasAll('v0')).toBe(true)
    })
  })
})

// A version on its way from a client to the document, over the API with real R2 and a real control.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { UPLOAD_IDLE_MS } from '../../src/control/releases/uploads.ts'
import { openManifest } from '../../src/core/site/manifest.ts'
import { ALICE, env } from './control-world.ts'
import {
  type Client,
  CREATED_AT,
  listKeys,
  make,
  makeManifest,
  PublicationWorld,
} from './publication-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

const OLD = { '/index.html': 'old', '/app.js': 'shared' }
const NEW = { '/index.html': 'new', '/app.js': 'shared', '/a b.txt': 'more' }

/** A world in which `1.0.0` is what everybody gets. */
async function createServing() {
  const world = await PublicationWorld.create()
  const old = await make(OLD)
  await world.live(async (client) => {
    expect((await client.publish('1.0.0', old)).answer.body.state).toBe('finalised')
    expect((await client.first('1.0.0', old)).status).toBe(200)
  })
  return { world, old, made: await make(NEW) }
}

const versionsOf = async (client: Client) =>
  Object.keys((await client.call('GET', '/assignments')).body.versions)

describe('publishing a version', () => {
  it('uploads what is missing, and then it can be pointed at', async () => {
    const { world, made } = await createServing()
    await world.live(async (client, life) => {
      const { answer, missing } = await client.begin('1.1.0', made)
      expect(answer.body).toMatchObject({
        version: '1.1.0',
        state: 'open',
        manifest: made.manifest,
        files: 3,
        bytes: 13,
        verified: 0,
        expiresAt: world.world.now + UPLOAD_IDLE_MS,
      })
      expect(missing).toHaveLength(2)
      for (const hash of missing) {
        const put = await client.putBlob(made, hash)
        const size = made.blobs.get(hash)?.length
        expect([put.status, put.body]).toEqual([200, { sha256: hash, size, stored: 'created' }])
      }
      expect(await client.missing('1.1.0')).toEqual([])
      expect(await versionsOf(client)).toEqual(['1.0.0'])
      const end = await client.finalise('1.1.0', made.manifest)
      const { revision } = await life.health()
      expect([end.status, end.body]).toEqual([
        200,
        { state: 'finalised', version: '1.1.0', manifest: made.manifest, revision },
      ])
      expect(await versionsOf(client)).toEqual(['1.0.0', '1.1.0'])
      expect(await life.actions()).toEqual(['add-version', 'replace'])
      const record = await (await env.STORE.get('versions/1.1.0'))?.json()
      expect(record).toEqual({
        schema: 1,
        id: '1.1.0',
        manifest: made.manifest,
        services: [],
        files: 3,
        bytes: 13,
        createdAt: CREATED_AT,
      })
      expect((await client.point('main', '1.1.0')).status).toBe(200)
    })
  })

  it('keeps commit and author, and the services as the document will have them', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      await client.call('PUT', `/manifests/${made.manifest}`, made.bytes)
      const services = [{ prefix: '/api/', origins: ['https://api.example.com'] }]
      const asked = { manifest: made.manifest, services, createdAt: CREATED_AT }
      const more = { commit: 'abc123', author: 'Ada <ada@example.com>' }
      await client.call('PUT', '/uploads/1.1.0', { ...asked, ...more })
      for (const hash of await client.missing('1.1.0')) await client.putBlob(made, hash)
      await client.finalise('1.1.0', made.manifest)
      const record = await (await env.STORE.get('versions/1.1.0'))?.json()
      expect(record).toMatchObject({ services, ...more })
      const { body } = await client.call('GET', '/assignments')
      expect(body.versions['1.1.0']).toEqual({
        manifest: made.manifest,
        services,
        published: CREATED_AT,
      })
    })
  })

  it('uploads nothing the second time, and changes nothing', async () => {
    const { world, old, made } = await createServing()
    await world.live(async (client, life) => {
      await client.publish('1.1.0', made)
      const { revision } = await life.health()
      const keys = await listKeys()
      const again = await client.begin('1.1.0', made)
      expect(again).toMatchObject({ answer: { body: { state: 'finalised' } }, missing: [] })
      const end = await client.finalise('1.1.0', made.manifest)
      expect([end.status, end.body.state]).toEqual([200, 'finalised'])
      const oldAgain = await client.publish('1.0.0', old)
      expect(oldAgain).toMatchObject({ uploaded: 0, answer: { body: { state: 'finalised' } } })
      expect((await life.health()).revision).toBe(revision)
      expect(await listKeys()).toEqual(keys)
    })
  })

  it('takes other encodings of the same content for the same', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      await client.publish('1.1.0', made)
      const opened = openManifest(made.bytes)
      const entries = opened.ok ? [...opened.value.entries()] : []
      const [blob = ''] = made.blobs.keys()
      const encodings = [{ encoding: 'br' as const, blob, size: 3 }]
      const withEncodings = await makeManifest(entries.map((entry) => ({ ...entry, encodings })))
      const encoded = { ...withEncodings, blobs: made.blobs }
      expect(encoded.manifest).not.toBe(made.manifest)
      const { answer } = await client.begin('1.1.0', encoded)
      expect(answer.body).toMatchObject({ state: 'finalised', manifest: made.manifest })
    })
  })

  it('refuses other content under the same id, with what differs', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      await client.publish('1.1.0', made)
      const other = await make({ '/index.html': 'newer', '/app.js': 'shared', '/z.txt': '' })
      const services = [{ prefix: '/api/', origins: ['https://api.example.com'] }]
      const { answer } = await client.begin('1.1.0', other, services)
      expect(answer.status).toBe(409)
      expect(answer.body).toMatchObject({ code: 'version_differs', more: 0 })
      expect(answer.body.differences.sort()).toEqual([
        '/a b.txt: removed',
        '/index.html: content changed (3 → 5 bytes)',
        '/z.txt: added',
        expect.stringMatching(/^services: none became .*api\.example\.com/),
      ])
      expect((await client.call('GET', '/uploads/1.1.0')).body.manifest).toBe(made.manifest)
    })
  })

  it('refuses it also where somebody else has published the id since the store was asked', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      world.around = async (step) => {
        if (step !== 'after get versions/1.1.0') return
        world.around = () => undefined
        expect((await client.publish('1.1.0', made)).answer.body.state).toBe('finalised')
      }
      const { answer } = await client.begin('1.1.0', await make({ '/index.html': 'newer' }))
      expect([answer.status, answer.body.code]).toEqual([409, 'version_differs'])
      expect(answer.body.differences).toContain('/index.html: content changed (3 → 5 bytes)')
      const { body } = await client.call('GET', '/assignments')
      expect(body.versions['1.1.0'].manifest).toBe(made.manifest)
    })
  })

  it('never writes over a record that is in the store at the last moment', async () => {
    const { world, old, made } = await createServing()
    await world.live(async (client) => {
      const theirs = { id: '1.1.0', manifest: old.manifest, services: [], files: 2, bytes: 9 }
      const text = JSON.stringify({ ...theirs, createdAt: CREATED_AT })
      world.around = async (step) => {
        if (step === 'before put versions/1.1.0') await env.STORE.put('versions/1.1.0', text)
      }
      const { answer } = await client.publish('1.1.0', made)
      expect([answer.status, answer.body.code]).toEqual([409, 'version_differs'])
      expect(await (await env.STORE.get('versions/1.1.0'))?.text()).toBe(text)
      expect(await versionsOf(client)).toEqual(['1.0.0'])
    })
  })

  it('refuses it also while nobody knows whether the record was written', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      world.around = (step) => {
        if (step === 'before put versions/1.1.0') throw new Error('R2 did not say')
      }
      const lost = await client.publish('1.1.0', made)
      expect([lost.answer.status, lost.answer.body.code]).toEqual([503, 'store_unavailable'])
      world.around = () => undefined
      const other = await client.publish('1.1.0', await make({ '/index.html': 'newer' }))
      expect([other.answer.status, other.answer.body.code]).toEqual([409, 'version_differs'])
      expect((await client.publish('1.1.0', made)).answer.body.state).toBe('finalised')
    })
  })

  it('lists fifty differences and counts the rest', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      await client.publish('1.1.0', made)
      const many = Array.from({ length: 80 }, (_, i) => [`/new-${i}.txt`, ''])
      const { answer } = await client.begin(
        '1.1.0',
        await make({ ...NEW, ...Object.fromEntries(many) }),
      )
      expect(answer.body.differences).toHaveLength(50)
      expect(answer.body.more).toBe(30)
    })
  })

  it('needs no document: the first one names the version', async () => {
    const world = await PublicationWorld.create()
    const made = await make(NEW)
    await world.live(async (client) => {
      const { answer } = await client.publish('0.1.0', made)
      expect(answer.body).toEqual({
        state: 'finalised',
        version: '0.1.0',
        manifest: made.manifest,
      })
      expect((await client.publish('0.1.0', made)).uploaded).toBe(0)
      expect((await client.first('0.1.0', made)).status).toBe(200)
    })
  })

  it('names what the document would not take before anything is uploaded', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      const services = [{ prefix: '/api/', origins: ['http://10.0.0.1'] }]
      const { answer } = await client.begin('1.1.0', made, services)
      expect([answer.status, answer.body.code]).toEqual([422, 'invalid_change'])
      expect(answer.body.problems[0].path).toContain('origins')
      const bad = await client.begin('1.1.0', made, [{ prefix: 'api' }])
      expect([bad.answer.status, bad.answer.body.code]).toEqual([400, 'invalid_request'])
    })
  })
})

describe('an upload that was broken off', () => {
  it('goes on where it was, for another client and another life of the control', async () => {
    const { world, made } = await createServing()
    const half = await world.live(async (client) => {
      const { missing } = await client.begin('1.1.0', made)
      await client.putBlob(made, missing[0] ?? '')
      return missing[1]
    })
    await world.live(async (client) => {
      expect((await client.call('GET', '/uploads/1.1.0')).body.state).toBe('open')
      const { missing } = await client.begin('1.1.0', made)
      expect(missing).toEqual([half])
      expect((await client.publish('1.1.0', made)).uploaded).toBe(1)
    })
  })

  it('says at the end which blobs are missing, and goes on when they are there', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      const { missing } = await client.begin('1.1.0', made)
      const end = await client.finalise('1.1.0', made.manifest)
      expect([end.status, end.body.code]).toEqual([409, 'blobs_missing'])
      const named = end.body.blobs.map((blob: { sha256: string }) => blob.sha256)
      expect(named.sort()).toEqual(missing.toSorted())
      expect(end.body.blobs[0].problem).toBe('is not stored')
      expect(await versionsOf(client)).toEqual(['1.0.0'])
      expect((await client.publish('1.1.0', made)).answer.body.state).toBe('finalised')
    })
  })

  it('gives way to other content of the same id, and whoever meant the first is told', async () => {
    const { world, old, made } = await createServing()
    await world.live(async (client) => {
      await client.begin('1.1.0', made)
      expect((await client.publish('1.1.0', old)).answer.body.state).toBe('finalised')
      const late = await client.finalise('1.1.0', made.manifest)
      expect([late.status, late.body.code]).toEqual([409, 'upload_replaced'])
    })
  })

  it('is given up after an hour without progress, and can be begun anew', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      await client.begin('1.1.0', made)
      world.world.now += UPLOAD_IDLE_MS - 1
      expect((await client.collect(false)).uploads).toBe(0)
      await client.begin('1.1.0', made)
      world.world.now += UPLOAD_IDLE_MS
      expect((await client.call('GET', '/uploads/1.1.0')).status).toBe(404)
      expect((await client.call('GET', '/uploads/1.1.0/missing')).status).toBe(404)
      const end = await client.call('POST', '/uploads/1.1.0/finalise', { manifest: made.manifest })
      expect(end.status).toBe(404)
      expect((await client.collect(false)).uploads).toBe(1)
      expect((await client.publish('1.1.0', made)).answer.body.state).toBe('finalised')
    })
  })
})

describe('a version that was not finalised', () => {
  it('cannot be pointed at, neither by name nor by a document that names it', async () => {
    const { world, made } = await createServing()
    await world.live(async (client) => {
      await client.begin('1.1.0', made)
      const named = await client.point('main', '1.1.0')
      expect([named.status, named.body.problems[0].message]).toEqual([
        422,
        expect.stringContaining('no version "1.1.0"'),
      ])
      const { body } = await client.call('GET', '/assignments')
      const environments = { ...body.environments, canary: { version: '1.1.0' } }
      const versions = { ...body.versions, '1.1.0': { manifest: made.manifest } }
      const whole = await client.change('PUT', '/assignments', { ...body, environments, versions })
      expect([whole.status, whole.body.problems]).toEqual([
        422,
        [
          {
            path: 'environments.canary.version',
            message: 'version "1.1.0" was never finalised: upload it first',
          },
        ],
      ])
      // To be known is not to be served.
      const known = await client.change('PUT', '/assignments', { ...body, versions })
      expect(known.status).toBe(200)
      expect((await client.point('canary', '1.1.0')).status).toBe(422)
      // What is in the document already is no version yet, either.
      expect((await client.publish('1.1.0', made)).uploaded).toBe(2)
      expect((await client.point('canary', '1.1.0')).status).toBe(200)
    })
  })

  it('is not finished by a call of the control before its blobs were looked at', async () => {
    const { world, made } = await createServing()
    await world.live(async (client, life) => {
      await client.begin('1.1.0', made)
      const opened = await life.control.upload(ALICE, '1.1.0')
      if (!opened.ok || !opened.value) throw new Error('not open')
      const finished = await life.control.finishUpload(ALICE, opened.value)
      expect(finished).toEqual({ ok: false, error: { kind: 'unverified' } })
      expect(await listKeys('versions/')).toEqual(['versions/1.0.0'])
    })
  })

  it('cannot be pointed at with another manifest than it was finalised with', async () => {
    const { world, old, made } = await createServing()
    await world.live(async (client) => {
      await client.publish('1.1.0', made)
      const { body } = await client.call('GET', '/assignments')
      const answer = await client.change('PUT', '/assignments', {
        ...body,
        environments: { main: { version: '1.1.0' } },
        versions: { ...body.versions, '1.1.0': { manifest: old.manifest } },
      })
      expect(answer.body.problems[0].message).toMatch(/finalised with another manifest/)
    })
  })

  it('is pointed at all the same while R2 does not answer: nobody shall be kept from a way out', async () => {
    const { world } = await createServing()
    await world.live(async (client) => {
      const { body } = await client.call('GET', '/assignments')
      const versions = { ...body.versions, unknown: { manifest: '0'.repeat(64) } }
      await client.change('PUT', '/assignments', { ...body, versions })
      world.around = (step) => {
        if (step.startsWith('before get versions/')) throw new Error('R2 is down')
      }
      expect((await client.point('main', 'unknown')).status).toBe(200)
    })
  })
})

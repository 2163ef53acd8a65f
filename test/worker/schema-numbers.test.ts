// What is done with a storage of the control, and with records in R2, that an earlier or a newer Holo has
// written. test/document/schema-numbers.test.ts has the other stored forms.

import { createExecutionContext, evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { CONTROL_NAME } from '../../src/control/contract.ts'
import { createRouter } from '../../src/router.ts'
import chain from '../fixtures/audit/form-1.json'
import storage from '../fixtures/schemas/control-storage-1.json'
import { exampleDocument } from '../support/document.ts'
import { publishVersion } from '../support/published.ts'
import { ALICE, env, namespace, toChange, World } from './control-world.ts'
import { make, PublicationWorld } from './publication-world.ts'

beforeEach(() => {
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(console, level)
      .mockReset()
      .mockImplementation(() => undefined)
  }
})

const NEWER = { ok: false, error: { kind: 'denied', denial: 'newer_schema' } }
const DAY = 86_400_000

const numberOf = ({ storage: { sql } }: DurableObjectState) =>
  sql.exec('SELECT number FROM storage_schema').one().number

describe('the storage of the control', () => {
  it('has its number from the first start on', async () => {
    const world = await World.create()
    await world.live(async ({ state }) => expect(numberOf(state)).toBe(1))
  })

  it('of the first release gets what it lacks, keeps its rows, and has the number then', async () => {
    const world = await World.create()
    await runInDurableObject(world.stub, (_, { storage: { sql } }) => {
      for (const statement of storage.tables) sql.exec(statement)
      const { revisions, audit, state } = chain
      const rows = { revisions, audit, state: state.map((row) => ({ id: 1, ...row })) }
      for (const [table, all] of Object.entries(rows)) {
        for (const row of all) {
          const names = Object.keys(row)
          sql.exec(
            `INSERT OR REPLACE INTO ${table} (${names}) VALUES (${names.map(() => '?')})`,
            ...Object.values(row),
          )
        }
      }
    })
    await evictDurableObject(world.stub)
    await world.live(async (life) => {
      expect(numberOf(life.state)).toBe(1)
      expect((await life.verify()).problems).toEqual([])
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      expect((await life.verify()).problems).toEqual([])
    })
  })

  it('with a lower number is migrated, and gets the number of this release', async () => {
    const world = await World.create()
    await world.live(async ({ state }) => {
      state.storage.sql.exec('UPDATE storage_schema SET number = 0')
    })
    await world.live(async ({ state }) => expect(numberOf(state)).toBe(1))
  })

  it('of a newer Holo is neither read nor changed: each call says so, and visitors are served', async () => {
    const document = exampleDocument()
    for (const [id, version] of Object.entries(document.versions)) {
      const files = { '/index.html': { body: `page of ${id}`, type: 'text/html; charset=utf-8' } }
      version.manifest = (await publishVersion(env.STORE, id, files)).manifest
    }
    await env.ASSIGNMENTS.put('assignments', JSON.stringify(document))
    const stub = namespace.getByName(CONTROL_NAME)
    await stub.watch()
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      sql.exec('UPDATE storage_schema SET number = 2')
      sql.exec('ALTER TABLE state RENAME TO status')
    })
    await evictDurableObject(stub)

    const later = () => namespace.getByName(CONTROL_NAME)
    const command = { kind: 'shift', weights: { canary: 20 } } as const
    expect(await later().change(ALICE, toChange(command, 1))).toEqual(NEWER)
    expect(await later().document(ALICE)).toEqual(NEWER)
    expect(await later().watch()).toBeUndefined()
    const refused = later().sync({ held: undefined, kv: undefined })
    expect(await Promise.resolve(refused).then(() => undefined, String)).toContain(
      'a newer Holo has written the storage of the control: deploy that release again',
    )
    await runInDurableObject(later(), async (control, { storage: { sql } }) => {
      await control.alarm()
      const names = [...sql.exec<{ name: string }>('SELECT name FROM sqlite_master')]
      expect(names.map(({ name }) => name)).not.toContain('state')
    })

    const router = createRouter({ ...env, CACHE_NAME: crypto.randomUUID() })
    const ask = (path: string, more: RequestInit = {}) =>
      router(new Request(`https://shop.example.com${path}`, more), createExecutionContext())
    const authorization = `Bearer ${'x'.repeat(40)}`
    for (const [method, path, more] of [
      ['GET', '/traffic', {}],
      ['PUT', '/freeze', { body: '{"reason":"no"}' }],
    ] as const) {
      const headers = { authorization, 'if-match': '"1"', 'content-type': 'application/json' }
      const response = await ask(`/.holo/api${path}`, { method, headers, ...more })
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({
        code: 'newer_schema',
        title: expect.stringMatching(/newer Holo .+ deploy that release again/),
      })
    }
    const page = await ask('/', { headers: { accept: 'text/html', 'sec-fetch-dest': 'document' } })
    expect([page.status, await page.text()]).toEqual([200, expect.stringMatching(/^page of /)])
  })
})

describe('a record of a version', () => {
  it('without a number is the same version as one that is published again', async () => {
    const world = await PublicationWorld.create()
    await world.live(async (client) => {
      const made = await make({ '/index.html': 'old' })
      await client.publish('1.0.0', made)
      expect((await client.first('1.0.0', made)).status).toBe(200)
      const { schema, ...record } = JSON.parse((await readRecord('1.0.0')) ?? '')
      expect(schema).toBe(1)
      await env.STORE.put('versions/1.0.0', JSON.stringify(record))
      expect((await client.publish('1.0.0', made)).answer.body.state).toBe('finalised')
      expect((await client.call('GET', '/versions/1.0.0')).body.record).toEqual(record)
    })
  })

  it('of a newer Holo is refused wherever it is read, and nothing is deleted', async () => {
    const world = await PublicationWorld.create()
    await world.live(async (client) => {
      const made = await make({ '/index.html': 'old' })
      await client.publish('1.0.0', made)
      await client.first('1.0.0', made)
      const other = await make({ '/index.html': 'other' })
      const text = JSON.stringify({ schema: 2, later: true })
      await env.STORE.put('versions/1.0.0', text)
      const shown = await client.call('GET', '/versions/1.0.0')
      expect([shown.status, shown.body.code]).toEqual([503, 'newer_schema'])

      // Beside the record that was found when the upload began, and one that came at the last moment.
      world.around = async (step) => {
        if (step === 'before put versions/1.1.0') await env.STORE.put('versions/1.1.0', text)
      }
      for (let i = 0; i < 2; i++) {
        const { answer } = await client.publish('1.1.0', other)
        expect([answer.status, answer.body.code]).toEqual([503, 'newer_schema'])
      }
      world.around = () => undefined

      world.world.now += 2 * DAY
      const orphan = await make({ '/index.html': 'of no known version' })
      await env.STORE.put(`manifests/${orphan.manifest}`, orphan.bytes)
      await world.watch(() => undefined).put('versions/1.2.0', text)
      const before = (await env.STORE.list()).objects.map(({ key }) => key)
      const answer = await client.call('POST', '/gc', { dryRun: false, cursor: 'manifests.' })
      expect([answer.status, answer.body.code]).toEqual([503, 'newer_schema'])
      expect((await env.STORE.list()).objects.map(({ key }) => key)).toEqual(before)
    })
  })
})

const readRecord = async (id: string) => (await env.STORE.get(`versions/${id}`))?.text()

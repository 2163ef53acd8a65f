// The audit log rings when something is wrong and never otherwise: a month of honest use with restarts, a
// chain from before digests were canonical, and every single byte of a history changed in turn.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { toCanonicalJson } from '../../src/core/canonical-json.ts'
import { digestText } from '../../src/loading/sync.ts'
import type { Command } from '../../src/wire/commands.ts'
import chain from '../fixtures/audit/form-1.json'
import { exampleDocument } from '../support/document.ts'
import { generator } from '../support/mutations.ts'
import { ALICE, type Life, WITHOUT_RECORDS, World } from './control-world.ts'

beforeEach(() => {
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(console, level)
      .mockReset()
      .mockImplementation(() => undefined)
  }
})

/** A world whose versions are published as the API does it, but for the files in R2. */
async function createWorld(): Promise<World> {
  const world = await World.create()
  world.records = WITHOUT_RECORDS
  return world
}

async function publish({ control }: Life, id: string): Promise<void> {
  const record = {
    id,
    manifest: id.at(-1)?.repeat(64) ?? '',
    files: 1,
    bytes: 1,
    services: [{ prefix: '/api/', origins: ['https://api.example.com'] }],
    createdAt: '2026-11-23T12:00:00Z',
  }
  const opened = await control.openUpload(ALICE, record, false)
  if (!opened.ok || !('serial' in opened.value)) throw new Error(JSON.stringify(opened))
  const upload = { version: id, serial: opened.value.serial }
  await control.beginVerification(ALICE, id, record.manifest)
  await control.recordVerified(ALICE, upload, 0, 1)
  const finished = await control.finishUpload(ALICE, upload)
  if (!finished.ok) throw new Error(JSON.stringify(finished))
}

async function findProblems(life: Life, copy?: string) {
  return (await life.verify(copy)).problems
}

describe('honest use', () => {
  it('never rings when a control that starts anew changes what it has published', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      await publish(life, '1.0.1')
      await publish(life, '1.0.2')
      await life.change({ kind: 'set-environment', name: 'beta', version: '1.0.2' })
    })
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      expect(await findProblems(life)).toEqual([])
    })
  })

  it('makes no revision of a command that says nothing new, before and after a restart', async () => {
    const world = await createWorld()
    const command = { kind: 'set-environment', name: 'beta', version: '1.0.2' } as const
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      await publish(life, '1.0.2')
      expect((await life.change(command)).changed).toBe(true)
      expect((await life.change(command)).changed).toBe(false)
    })
    await world.live(async (life) => {
      expect((await life.change(command)).changed).toBe(false)
      // The order of environments says who is the first: another one is a change.
      const document = JSON.parse((await life.document())?.text ?? '')
      const environments = Object.fromEntries(Object.entries(document.environments).toReversed())
      const reordered = { ...document, environments }
      expect((await life.change({ kind: 'replace', document: reordered })).changed).toBe(true)
    })
  })

  it('has digests that anybody can compute from the document that KV has', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      await publish(life, '1.0.1')
      await life.change({ kind: 'set-environment', name: 'beta', version: '1.0.1' })
      await life.runAlarms()
      const { audit: _, ...bare } = JSON.parse((await world.read()) ?? '')
      const log = await life.control.audit(ALICE, { before: undefined, limit: 1 })
      if (!log.ok) throw new Error('denied')
      expect(log.value[0]?.after).toBe(await digestText(toCanonicalJson(bare)))
    })
  })

  it('never rings in a month of every kind of change, with restarts, hand edits and collections', async () => {
    const world = await createWorld()
    const random = generator(11)
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
    const texts: string[] = []
    const done: Record<string, number> = {}
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
    })
    let published = 0
    const HOURS = 30 * 24
    for (let hour = 0; hour < HOURS; ) {
      // A control that nobody asks for two minutes is evicted: a few changes in each life.
      await world.live(async (life) => {
        for (let turn = 0; turn < 1 + Math.floor(random() * 3); turn++) {
          const hours = 1 + Math.floor(random() * 6)
          hour += hours
          world.now += hours * 3_600_000
          const text = (await life.document())?.text ?? ''
          const document = JSON.parse(text)
          const versions = Object.keys(document.versions)
          const environments = Object.keys(document.environments)
          const commands: readonly (() => Command)[] = [
            () => ({ kind: 'set-environment', name: pick(environments), version: pick(versions) }),
            () => ({
              kind: 'set-environment',
              name: `e${hour % 7}`,
              version: pick(versions),
              restricted: random() < 0.5,
              hosts: [`e${hour % 7}.example.com`],
            }),
            () => ({ kind: 'remove-environment', name: `e${Math.floor(random() * 7)}` }),
            () => ({ kind: 'shift', weights: { canary: Math.floor(random() * 50) } }),
            () => ({ kind: 'swap', environments: ['main', 'canary'] }),
            () => ({
              kind: 'set-rules',
              rules: [
                { when: { '==': [{ var: 'path' }, `/${hour}`] }, environment: 'main', name: 'é' },
              ],
            }),
            () => ({
              kind: 'set-services',
              version: pick(versions),
              services: [
                { timeoutMs: 50 + hour, origins: ['https://b.example.com'], prefix: '/api/' },
              ],
            }),
            () => ({ kind: 'rollback', to: 1 + Math.floor(random() * document.revision) }),
            () => ({ kind: 'withdraw', version: pick(versions), restore: random() < 0.5 }),
            () => ({
              kind: 'replace',
              document: { ...document, visitor: { cookie: `c${hour % 3}` } },
            }),
          ]
          const kind = Math.floor(random() * 14)
          try {
            if (kind < commands.length) await life.change((commands[kind] as () => Command)())
            else if (kind === 10) await publish(life, `1.0.${++published}`)
            else if (kind === 11) {
              const actor = pick(['ci', 'żółw 🐢', 'a\ud800b', 'a\u0000b'])
              const principal = { actor, token: 'id', scopes: ['admin'] } as const
              await life.record(
                'token-create',
                { id: '\ud800', name: 'x' },
                principal,
                'r',
                () => undefined,
              )
            } else if (kind === 12) {
              // Somebody writes into KV, in an order of keys of their own.
              const { schema, revision, audit, ...rest } = document
              await world.write({ ...rest, revision: revision + 1, schema })
              await life.report(undefined, (await world.read()) ?? undefined)
            } else {
              const author = await life.control.retire(ALICE, false)
              if (!author.ok) throw new Error('denied')
            }
            done[kind] = (done[kind] ?? 0) + 1
          } catch (cause) {
            // A change that is refused leaves everything as it is.
            if (!/"kind":"invalid"/.test(String(cause))) throw cause
          }
          if (random() < 0.7) await life.runAlarms()
          texts.push((await life.document())?.text ?? '')
        }
        expect(await findProblems(life), `hour ${hour}`).toEqual([])
      })
    }
    await world.live(async (life) => {
      expect((await life.health()).revision).toBeGreaterThan(60)
      expect(Object.keys(done)).toHaveLength(14)
      // What anybody has kept of it is in the record, in whatever spelling.
      for (const text of texts.filter((_, i) => i % 5 === 0)) {
        expect(await findProblems(life, text)).toEqual([])
        expect(await findProblems(life, JSON.stringify(JSON.parse(text)))).toEqual([])
      }
    })
  }, 120_000)
})

/** Puts the recorded rows into the tables as the control of then had them. */
async function restoreOld(world: World): Promise<void> {
  await world.live(async ({ state }) => {
    const { sql } = state.storage
    const insert = (table: string, row: Readonly<Record<string, unknown>>) =>
      sql.exec(
        `INSERT INTO ${table} (${Object.keys(row)}) VALUES (${Object.keys(row).map(() => '?')})`,
        ...(Object.values(row) as SqlStorageValue[]),
      )
    // The table as it was made then.
    sql.exec('ALTER TABLE audit DROP COLUMN form')
    sql.exec('ALTER TABLE audit DROP COLUMN text_digest')
    for (const row of chain.revisions) insert('revisions', row)
    for (const row of chain.audit) insert('audit', row)
    const [end] = chain.state
    sql.exec('UPDATE state SET audit_seq = ?, audit_hash = ?', end?.audit_seq, end?.audit_hash)
  })
}

describe('a chain from before digests were canonical', () => {
  it('is whole, though its control had started anew, and goes on', async () => {
    const world = await createWorld()
    await restoreOld(world)
    await world.live(async (life) => {
      expect(await life.verify()).toMatchObject({ rows: chain.audit.length, problems: [] })
      for (const { text } of chain.revisions) expect(await findProblems(life, text)).toEqual([])
      await life.change({ kind: 'shift', weights: { canary: 3 } })
      expect(await findProblems(life)).toEqual([])
    })
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 4 } })
      const { rows, problems } = await life.verify()
      expect([rows, problems]).toEqual([chain.audit.length + 2, []])
      const kept = [...life.state.storage.sql.exec('SELECT * FROM audit WHERE form = 1')]
      expect(kept.map(({ form: _, text_digest: __, ...row }) => row)).toEqual(chain.audit)
    })
  })

  it('rings for each changed byte all the same', async () => {
    const world = await createWorld()
    await restoreOld(world)
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 3 } })
      expect(await changeEachByte(life, 997)).toBeGreaterThan(150)
    })
  })
})

/** Every `step`th byte of every value, one after the other. @returns how many were changed. */
async function changeEachByte(life: Life, step: number): Promise<number> {
  const { sql } = life.state.storage
  for (const name of ['revisions_stay', 'audit_stays']) sql.exec(`DROP TRIGGER IF EXISTS ${name}`)
  let changes = 0
  for (const [table, key] of [
    ['audit', 'seq'],
    ['revisions', 'revision'],
  ] as const) {
    for (const row of [...sql.exec(`SELECT * FROM ${table}`)]) {
      for (const [name, value] of Object.entries(row)) {
        for (const other of toOthers(value, step)) {
          const update = `UPDATE ${table} SET ${name} = ? WHERE ${key} = ?`
          const at = name === key ? other : (row[key] ?? null)
          try {
            sql.exec(update, other, row[key] ?? null)
          } catch (cause) {
            // SQLite itself refuses what is no value of the column, or a number that is taken.
            expect(String(cause)).toMatch(/constraint|datatype/i)
            continue
          }
          const problems = await findProblems(life)
          expect(problems, `${table}.${name} of ${row[key]}: ${value} → ${other}`).not.toEqual([])
          sql.exec(update, value, at)
          changes++
        }
      }
    }
  }
  expect(await findProblems(life)).toEqual([])
  return changes
}

function toOthers(value: SqlStorageValue, step: number): SqlStorageValue[] {
  if (value === null) return ['x', '', 7]
  if (typeof value === 'number') return [value + 1, value - 1, value + 256, -value, 0]
  if (typeof value !== 'string') throw new Error('no column holds bytes')
  const others: string[] = [`${value} `, value.slice(1)]
  for (let at = 0; at < value.length; at += step) {
    const flipped = String.fromCharCode(value.charCodeAt(at) ^ (1 << (at % 5)))
    others.push(value.slice(0, at) + flipped + value.slice(at + 1))
  }
  return others.filter((other) => other !== value)
}

describe('a single changed byte', () => {
  it('rings wherever it is', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      await publish(life, '1.0.1')
      const principal = { actor: 'alice', token: undefined, scopes: ['admin'] } as const
      await life.record('token-create', { id: '1', name: 'x' }, principal, 'r', () => undefined)
      await life.change({ kind: 'set-environment', name: 'beta', version: '1.0.1' })
      await life.change({ kind: 'shift', weights: { canary: 1 } })
      expect(await changeEachByte(life, 13)).toBeGreaterThan(800)
    })
  }, 120_000)

  it('rings for every byte of a small record', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      const versions = { v1: { manifest: 'a'.repeat(64) } }
      const environments = { main: { version: 'v1' } }
      const document = { schema: 1, salt: 's', environments, traffic: { main: 100 }, versions }
      await life.change({ kind: 'replace', document })
      const [row] = [...life.state.storage.sql.exec('SELECT text FROM revisions')]
      expect(String(row?.text).length).toBeLessThan(500)
      expect(await changeEachByte(life, 1)).toBeGreaterThan(String(row?.text).length + 300)
    })
  }, 120_000)

  it('rings in a document that is too large to be indented, and before and after it was', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      const few = exampleDocument()
      const origins = ['https://api.example.com']
      const services = ['/a/', '/b/', '/c/'].map((prefix) => ({ prefix, origins }))
      const many = Array.from({ length: 300 }, (_, n) => [
        `old-${n}`,
        { manifest: (n % 10).toString().repeat(64), services },
      ])
      const versions = { ...few.versions, ...Object.fromEntries(many) }
      await life.change({ kind: 'replace', document: few })
      await life.change({ kind: 'replace', document: { ...few, versions } })
      await life.change({ kind: 'shift', weights: { canary: 1 } })
      await life.change({ kind: 'replace', document: few })
      const { sql } = life.state.storage
      const texts = [...sql.exec<{ text: string }>('SELECT text FROM revisions ORDER BY revision')]
      const isIndented = texts.map(({ text }) => text.startsWith('{\n'))
      expect(isIndented).toEqual([true, false, false, true])
      expect(await changeEachByte(life, 31_607)).toBeGreaterThan(100)
      // Nor does another spelling of the same words pass.
      const text = `${JSON.stringify(JSON.parse(texts[1]?.text ?? ''), null, 2)}\n`
      sql.exec('UPDATE revisions SET text = ? WHERE revision = 2', text)
      expect(await findProblems(life)).not.toEqual([])
    })
  }, 120_000)

  it('rings for environments in another order, though the digest of the text was made anew', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      const { sql } = life.state.storage
      sql.exec('DROP TRIGGER IF EXISTS revisions_stay')
      const document = JSON.parse((await life.document())?.text ?? '')
      const environments = Object.fromEntries(Object.entries(document.environments).toReversed())
      const text = `${JSON.stringify({ ...document, environments }, null, 2)}\n`
      const digest = await digestText(text)
      sql.exec('UPDATE revisions SET text = ?, digest = ?', text, digest)
      expect(await findProblems(life)).toEqual([
        { seq: 1, message: 'the text of revision 1 is not the one that row 1 was made of' },
      ])
    })
  })

  it('rings for a text that is nested too deeply to be read, without an error', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      const deep = `{"revision":1,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
      expect(await findProblems(life, deep)).toHaveLength(1)
      const { sql } = life.state.storage
      sql.exec('DROP TRIGGER IF EXISTS revisions_stay')
      sql.exec('UPDATE revisions SET text = ?', deep)
      expect(await findProblems(life)).not.toEqual([])
    })
  })
})

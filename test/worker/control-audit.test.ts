import { beforeEach, describe, expect, it, vi } from 'vitest'
import { hashRow } from '../../src/control/document/audit.ts'
import { toText } from '../../src/control/document/content.ts'
import type { AuditTableRow } from '../../src/control/tables.ts'
import { digestText } from '../../src/loading/sync.ts'
import { exampleDocument } from '../support/document.ts'
import { generator } from '../support/mutations.ts'
import { ALICE, type Life, toChange, World } from './control-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

/** A control with some history, of which all documents are told. */
async function createHistory(world: World): Promise<string[]> {
  return world.live(async (life) => {
    const texts = [(await life.change({ kind: 'replace', document: exampleDocument() })).text]
    for (const weight of [10, 20, 30]) {
      texts.push((await life.change({ kind: 'shift', weights: { canary: weight } })).text)
    }
    texts.push((await life.change({ kind: 'rollback', to: 2 })).text)
    return texts
  })
}

/** Does what SQLite refuses to do while the triggers are there, and undoes it. */
async function withTampered(
  life: Life,
  statements: readonly (readonly [sql: string, ...values: SqlStorageValue[]])[],
  check: () => Promise<void>,
) {
  const { storage } = life.state
  const tables = ['revisions', 'audit', 'state'] as const
  const before = tables.map((table) => [...storage.sql.exec(`SELECT * FROM ${table}`)])
  for (const name of ['revisions_stay', 'revisions_remain', 'audit_stays', 'audit_remains']) {
    storage.sql.exec(`DROP TRIGGER IF EXISTS ${name}`)
  }
  try {
    for (const [sql, ...values] of statements) storage.sql.exec(sql, ...values)
    await check()
  } finally {
    for (const [i, table] of tables.entries()) {
      storage.sql.exec(`DELETE FROM ${table}`)
      for (const row of before[i] ?? []) {
        const names = Object.keys(row)
        storage.sql.exec(
          `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
          ...Object.values(row),
        )
      }
    }
  }
}

function change(value: SqlStorageValue, random: () => number): SqlStorageValue {
  if (typeof value === 'number') return value + 1000 + Math.floor(random() * 1000)
  if (typeof value !== 'string' || value === '') return 'x'
  const at = Math.floor(random() * value.length)
  const other = value[at] === '0' ? '1' : '0'
  const how = Math.floor(random() * 3)
  if (how === 0) return value.slice(0, at) + other + value.slice(at + 1)
  if (how === 1) return value.slice(0, at) + value.slice(at + 1)
  return `${value.slice(0, at)} ${value.slice(at)}`
}

describe('the audit log', () => {
  it('says who did what, why, with which token, and what it came to', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      const reason = 'errors on canary, see https://status.example.com/7'
      const answer = await life.control.change(ALICE, {
        ...toChange({ kind: 'shift', weights: { canary: 0 } }, 1),
        reason,
      })
      expect(answer.ok).toBe(true)
      const page = await life.control.audit(ALICE, { before: undefined, limit: 10 })
      if (!page.ok) throw new Error('denied')
      const [second, first] = page.value
      expect(second).toMatchObject({
        seq: 2,
        at: world.now,
        actor: 'alice',
        token: 'id of alice',
        action: 'shift',
        detail: { weights: { canary: 0 } },
        reason,
        revision: 2,
        before: first?.after,
        requestId: 'request of alice',
        previous: first?.hash,
      })
      expect(first).toMatchObject({ seq: 1, previous: '0'.repeat(64), before: undefined })
      expect(first?.detail).toEqual({})
      expect(JSON.parse((await life.document())?.text ?? '').audit).toBe(second?.hash)
    })
  })

  it('takes what others write in the same transaction, or neither', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      const { record } = life
      const principal = { actor: 'alice', token: 'id', scopes: ['admin'] } as const
      const write = () => life.state.storage.sql.exec('CREATE TABLE other (id INTEGER)')
      const all = Array.from({ length: 5 }, (_, i) =>
        record('token-create', { id: String(i), name: 'x' }, principal, 'r', () => {
          if (i === 0) write()
        }),
      )
      const between = life.change({ kind: 'shift', weights: { canary: 50 } })
      await Promise.all([...all, between])
      await expect(
        record('token-revoke', { id: '0', name: 'x' }, principal, 'r', () => {
          throw new Error('no such token')
        }),
      ).rejects.toThrow('no such token')
      expect((await life.actions()).toSorted()).toEqual([
        'replace',
        'shift',
        ...Array.from({ length: 5 }, () => 'token-create'),
      ])
      expect(await life.verify((await between).text)).toMatchObject({ rows: 7, problems: [] })
    })
  })

  it('cannot be changed or cut by a statement that slips in', async () => {
    const world = await World.create()
    await createHistory(world)
    await world.live(async ({ state }) => {
      const run = (sql: string) => () => state.storage.sql.exec(sql)
      expect(run("UPDATE audit SET actor = 'mallory'")).toThrow('never changed')
      expect(run('DELETE FROM audit WHERE seq = 3')).toThrow('never cut')
      expect(run("UPDATE revisions SET text = ''")).toThrow('never changed')
      expect(run('DELETE FROM revisions')).toThrow('never removed')
    })
  })
})

describe('verify', () => {
  it('finds nothing in a whole history, against every document that was ever published', async () => {
    const world = await World.create()
    const texts = await createHistory(world)
    await world.live(async (life) => {
      expect(await life.verify()).toMatchObject({ rows: 5, problems: [] })
      for (const text of texts) {
        expect((await life.verify(text)).problems).toEqual([])
        // Somebody's copy may be spelt otherwise.
        expect((await life.verify(JSON.stringify(JSON.parse(text)))).problems).toEqual([])
      }
    })
  })

  it('finds any change of any field of any row', async () => {
    const world = await World.create()
    await createHistory(world)
    // A row of something else than a document, too.
    const principal = { actor: 'alice', token: undefined, scopes: ['admin'] } as const
    await world.live(({ record }) =>
      record('token-create', { id: '1', name: 'x' }, principal, 'r', () => undefined),
    )
    const random = generator(4)
    let changes = 0
    await world.live(async (life) => {
      const { sql } = life.state.storage
      for (const [table, key] of [
        ['audit', 'seq'],
        ['revisions', 'revision'],
      ] as const) {
        for (const row of [...sql.exec(`SELECT * FROM ${table}`)]) {
          for (const [name, value] of Object.entries(row)) {
            const isNullable = value !== null && name !== key && !NOT_NULL.has(name)
            const nulled = isNullable ? [null] : []
            for (const other of [change(value, random), change(value, random), ...nulled]) {
              // SQLite takes a text for a number only where it is one.
              const typed = value === null && name === 'revision' ? 77 : other
              const sql = `UPDATE ${table} SET ${name} = ? WHERE ${key} = ?`
              await withTampered(life, [[sql, typed, row[key] ?? null]], async () => {
                const { problems } = await life.verify()
                expect(problems, `${table}.${name} = ${typed}`).not.toEqual([])
              })
              changes++
            }
          }
        }
      }
      expect((await life.verify()).problems).toEqual([])
    })
    console.log(`${changes} changed fields, all found`)
  })

  it('finds a removed row, the last one too, and names what is missing', async () => {
    const world = await World.create()
    await createHistory(world)
    await world.live(async (life) => {
      for (let seq = 1; seq <= 5; seq++) {
        await withTampered(life, [['DELETE FROM audit WHERE seq = ?', seq]], async () => {
          const { problems } = await life.verify()
          expect(problems).toContainEqual({
            seq: undefined,
            message: `revision ${seq} has no row in the log`,
          })
          const named = seq < 5 ? seq + 1 : undefined
          expect(problems.map((problem) => problem.seq)).toContain(named)
        })
        await withTampered(life, [['DELETE FROM revisions WHERE revision = ?', seq]], async () => {
          expect((await life.verify()).problems).toEqual([
            { seq, message: `revision ${seq} is missing from the history` },
          ])
        })
      }
    })
  })

  it('finds a last row that was removed, also one that made no revision', async () => {
    const world = await World.create()
    await createHistory(world)
    await world.live(async (life) => {
      const principal = { actor: 'alice', token: undefined, scopes: ['admin'] } as const
      await life.record('token-create', { id: '1', name: 'x' }, principal, 'r', () => undefined)
      await withTampered(life, [['DELETE FROM audit WHERE seq = 6']], async () => {
        expect((await life.verify()).problems).toEqual([
          {
            seq: undefined,
            message: expect.stringMatching(/^the log ends with row 5, but row 6 /),
          },
        ])
      })
    })
  })

  it('finds a last row that says another document was before it, though all hashes were made anew', async () => {
    const world = await World.create()
    await createHistory(world)
    await world.live(async (life) => {
      const { sql } = life.state.storage
      const { hash: _, ...row } = sql.exec<AuditTableRow>('SELECT * FROM audit WHERE seq = 5').one()
      const forged = { ...row, before: 'f'.repeat(64) }
      const hash = await hashRow(forged)
      const document = JSON.parse((await life.document())?.text ?? '')
      const text = toText({ ...document, audit: hash })
      const statements = [
        ['UPDATE audit SET before = ?, hash = ? WHERE seq = 5', forged.before, hash],
        [
          'UPDATE revisions SET text = ?, digest = ? WHERE revision = 5',
          text,
          await digestText(text),
        ],
        ['UPDATE state SET audit_hash = ?', hash],
      ] as const
      await withTampered(life, statements, async () => {
        expect((await life.verify()).problems).toEqual([
          { seq: 5, message: 'its "before" is not what revision 4 was' },
        ])
      })
    })
  })

  it('finds two rows that changed places', async () => {
    const world = await World.create()
    await createHistory(world)
    await world.live(async (life) => {
      const swap = [
        ['UPDATE audit SET seq = 99 WHERE seq = 2'],
        ['UPDATE audit SET seq = 2 WHERE seq = 3'],
        ['UPDATE audit SET seq = 3 WHERE seq = 99'],
      ] as const
      await withTampered(life, swap, async () => {
        const { problems } = await life.verify()
        expect(new Set(problems.map(({ seq }) => seq))).toEqual(new Set([2, 3, 4, undefined]))
      })
    })
  })

  it('finds by any later copy that the end of the log was cut, cleanly and with all its traces', async () => {
    const world = await World.create()
    const texts = await createHistory(world)
    await world.live(async (life) => {
      const hash = [...life.state.storage.sql.exec('SELECT hash FROM audit WHERE seq = 3')][0]?.hash
      const cut = [
        ['DELETE FROM audit WHERE seq > 3'],
        ['DELETE FROM revisions WHERE revision > 3'],
        ['UPDATE state SET audit_seq = 3, audit_hash = ?', hash ?? null],
      ] as const
      await withTampered(life, cut, async () => {
        expect((await life.verify()).problems).toEqual([])
        expect((await life.verify(texts[2])).problems).toEqual([])
        for (const text of texts.slice(3)) {
          expect((await life.verify(text)).problems[0]?.message).toMatch(/newer than the history/)
        }
      })
    })
  })

  it('finds by a copy that history was written anew', async () => {
    const world = await World.create()
    const texts = await createHistory(world)
    const other = await World.create()
    await other.live(async (life) => {
      for (const weight of [1, 2, 3, 4, 5]) {
        const document = { ...exampleDocument(), traffic: { main: 100 - weight, canary: weight } }
        await life.change({ kind: 'replace', document })
      }
      expect((await life.verify()).problems).toEqual([])
      for (const text of texts) {
        expect((await life.verify(text)).problems.map(({ message }) => message)).toEqual([
          expect.stringMatching(/the "audit" of the copy of revision \d is not the hash of row \d/),
          expect.stringMatching(/the content of the copy of revision \d is not what row \d says/),
        ])
      }
    })
  })

  it('says of what is no document that it is none', async () => {
    const world = await World.create()
    await createHistory(world)
    await world.live(async (life) => {
      for (const copy of ['', '{', '[]', 'null', '{}', '{"revision":"1"}', ' '.repeat(300_000)]) {
        expect((await life.verify(copy)).problems).toHaveLength(1)
      }
    })
  })
})

/** Columns that cannot be emptied. */
const NOT_NULL = new Set([
  ...['seq', 'at', 'actor', 'action', 'detail', 'request_id', 'previous', 'hash'],
  ...['digest', 'text', 'form'],
])

describe('a damaged row', () => {
  it('never keeps the control from starting, and is stepped over', async () => {
    const damages = [
      "UPDATE revisions SET text = '{' WHERE revision = 5",
      "UPDATE revisions SET text = '' WHERE revision >= 3",
      "UPDATE revisions SET text = 'null'",
      "UPDATE audit SET detail = '{', hash = '', previous = ''",
      'DELETE FROM state',
      "UPDATE state SET last_put_at = 9e15, retry_at = 9e15, alarm_debt = 9e15, audit_hash = ''",
      'DELETE FROM audit',
    ]
    for (const damage of damages) {
      const world = await World.create()
      await createHistory(world)
      await world.live(async ({ state }) => {
        for (const name of ['revisions_stay', 'revisions_remain', 'audit_stays', 'audit_remains']) {
          state.storage.sql.exec(`DROP TRIGGER ${name}`)
        }
        state.storage.sql.exec(damage)
      })
      await world.live(async (life) => {
        const before = await life.health()
        const made = await life.change({
          kind: 'replace',
          document: { ...exampleDocument(), rules: [] },
        })
        expect(made.revision, damage).toBe(6)
        expect(before.revision, damage).toBeLessThan(6)
        await life.runAlarms()
        expect(await world.read(), damage).toBe(made.text)
        if (damage !== 'DELETE FROM state') {
          expect((await life.verify()).problems, damage).not.toEqual([])
        }
      })
    }
  })
})

// Errors of browsers in the real control: what it adds up, what it calls new, what it keeps and what it costs.

import { describe, expect, it } from 'vitest'
import type { ErrorsQuery } from '../../src/control/errors/contract.ts'
import {
  ERRORS_STORED_EVERY_MS,
  MAX_ERROR_ENVIRONMENTS,
  MAX_ERROR_GROUPS_PER_VERSION,
  MAX_NEW_ERROR_GROUPS_PER_HOUR,
} from '../../src/control/errors/limits.ts'
import type { ErrorGroup } from '../../src/core/browser/error-groups.ts'
import { toBatch } from '../control/counting/batches.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, type Life, toCaller, World } from './control-world.ts'

const HOUR_MS = 3_600_000
const NONE = { held: undefined, kv: undefined }
const ALL: ErrorsQuery = {
  version: undefined,
  environment: undefined,
  isNew: undefined,
  limit: 100,
}

const group = (more: Partial<ErrorGroup> = {}): ErrorGroup => ({
  environment: 'main',
  version: '1.0.0',
  kind: 'error',
  message: 'TypeError: total is undefined',
  frame: '/assets/app-3f9c1478.js:1:20',
  count: 1,
  stack: 'sum@/assets/app-3f9c1478.js:1:20\npay@/assets/app-3f9c1478.js:1:80',
  ...more,
})

function toDocument() {
  const manifest = 'a'.repeat(64)
  return {
    ...exampleDocument(),
    environments: { main: { version: '1.0.0' }, canary: { version: '2.0.0' } },
    traffic: { main: 90, canary: 10 },
    rules: [],
    versions: {
      '1.0.0': { manifest, published: '2026-11-01T00:00:00Z' },
      '2.0.0': { manifest: 'b'.repeat(64), published: '2026-11-02T00:00:00Z' },
    },
  }
}

let sequence = 0
async function tell(life: Life, ...errorGroups: ErrorGroup[]): Promise<void> {
  sequence += 1
  await life.control.sync({ ...NONE, batch: { ...toBatch('isolate', sequence, {}), errorGroups } })
}

async function list(life: Life, query: Partial<ErrorsQuery> = {}) {
  const answer = await life.control.errors(ALICE, { ...ALL, ...query })
  if (!answer.ok) throw new Error('denied')
  return answer.value
}

async function createWorld(): Promise<World> {
  const world = await World.create()
  await world.live((life) => life.change({ kind: 'replace', document: toDocument() }))
  return world
}

describe('errors that browsers report', () => {
  it('are added up by group, and told by environment, hour and day', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await tell(life, group({ count: 2 }), group({ environment: 'canary', count: 5 }))
      world.now += 2 * HOUR_MS
      await tell(life, group(), group({ message: 'other' }))
      const { groups, found, lost } = await list(life)
      expect({ found, lost }).toEqual({ found: 2, lost: 0 })
      expect(groups[0]).toMatchObject({
        version: '1.0.0',
        count: 8,
        lastHour: 1,
        lastDay: 8,
        environments: { main: 3, canary: 5 },
        firstAt: world.now - 2 * HOUR_MS,
        lastAt: world.now,
      })
      const [one] = (await list(life, { environment: 'canary' })).groups
      expect(one).toMatchObject({ count: 5, environments: { canary: 5 } })
      const detail = await life.control.error(ALICE, one?.id ?? '')
      expect(detail).toMatchObject({ ok: true, value: { stack: group().stack } })
      expect(await life.control.error(ALICE, '0'.repeat(16))).toEqual({
        ok: true,
        value: undefined,
      })
    })
  })

  it('are new when no other version had them, whatever the hashes in their files', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      const later = {
        environment: 'canary',
        version: '2.0.0',
        frame: '/assets/app-77aa01be.js:1:9',
      }
      await tell(life, group())
      await tell(life, group(later), group({ ...later, message: 'only here' }))
      const news = (await list(life, { isNew: true })).groups
      expect(news.map(({ message }) => message)).toEqual(['only here'])
      expect((await list(life)).groups.map((one) => one.new)).toEqual([true, false, false])
      // Nothing can be new in the first version: there is none to compare it with.
      expect((await list(life, { version: '1.0.0' })).groups[0]?.new).toBe(false)
      // The earlier version has it as well, so that it did not come with the later one.
      await tell(life, group({ message: 'only here' }))
      expect((await list(life, { isNew: true })).groups).toEqual([])
    })
  })

  it('of versions and environments that there are not are dropped, and counted as lost', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await tell(life, group({ version: '9.9.9', count: 3 }), group({ environment: 'gone' }))
      expect(await list(life)).toEqual({ groups: [], found: 0, lost: 4 })
    })
    await world.live(async (life) => {
      sequence += 1
      const batch = { ...toBatch('isolate', sequence, {}), lostErrors: 7 }
      await life.control.sync({ ...NONE, batch })
      expect(await list(life)).toMatchObject({ found: 0, lost: 7 })
    })
    const empty = await World.create()
    await empty.live(async (life) => {
      await tell(life, group())
      expect(await list(life)).toMatchObject({ groups: [], lost: 1 })
    })
  })

  it('are told apart by as many environments as there is room for', async () => {
    const world = await World.create()
    const names = Array.from({ length: MAX_ERROR_ENVIRONMENTS }, (_, i) => `pr-${i}`)
    const environments = Object.fromEntries(names.map((name) => [name, { version: '2.0.0' }]))
    const document = {
      ...toDocument(),
      environments: { ...toDocument().environments, ...environments },
      traffic: { main: 90, canary: 10, ...Object.fromEntries(names.map((name) => [name, 0])) },
    }
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document })
      await tell(life, ...[...names, 'main'].map((environment) => group({ environment })))
      const { groups, lost } = await list(life)
      expect(groups[0]?.count).toBe(MAX_ERROR_ENVIRONMENTS)
      expect(Object.keys(groups[0]?.environments ?? {})).toEqual(names)
      expect(lost).toBe(1)
    })
  })

  it('come once, also when a batch is sent again', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await tell(life, group())
      sequence -= 1
      await tell(life, group())
      expect((await list(life)).groups[0]?.count).toBe(1)
    })
  })

  it('cannot steer the screen of whoever reads them', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await tell(life, group({ message: 'a\u001b[2Jb', stack: 'x@/a.js:1:1\ny\u202e@/b.js:1:1' }))
      const [one] = (await list(life)).groups
      expect(one?.message).toBe('a\ufffd[2Jb')
      const detail = await life.control.error(ALICE, one?.id ?? '')
      expect(detail).toMatchObject({ value: { stack: 'x@/a.js:1:1\ny\ufffd@/b.js:1:1' } })
    })
  })
})

describe('the table of errors', () => {
  it('survives the end of the control, and costs a row a minute and one for each new group', async () => {
    const world = await createWorld()
    const timers: { run: () => unknown; ms: number }[] = []
    world.later = (run, ms) => void timers.push({ run, ms })
    await world.live(async (life) => {
      const before = world.rowsWritten
      for (let i = 0; i < 50; i++) await tell(life, group(), group({ message: 'other' }))
      expect(world.rowsWritten - before).toBe(0)
      expect(timers.map(({ ms }) => ms)).toEqual([ERRORS_STORED_EVERY_MS])
      timers.shift()?.run()
      expect(world.rowsWritten - before).toBe(3)
      for (let i = 0; i < 50; i++) await tell(life, group())
      timers.shift()?.run()
      expect(world.rowsWritten - before).toBe(4)
      expect(timers).toEqual([])
    })
    await world.live(async (life) => {
      const { groups } = await list(life)
      expect(groups.map(({ count }) => count)).toEqual([100, 50])
      expect(groups[0]).toMatchObject({ environments: { main: 100 }, lastHour: 100 })
    })
  })

  it('keeps what happens often when messages are made up, and writes few rows for them', async () => {
    const world = await createWorld()
    const timers: (() => unknown)[] = []
    world.later = (run) => void timers.push(run)
    await world.live(async (life) => {
      await tell(life, group({ count: 10 }))
      const before = world.rowsWritten
      for (let i = 0; i < 30; i++) {
        const made = Array.from({ length: 50 }, (_, j) => group({ message: `made up ${i} ${j}` }))
        await tell(life, ...made)
      }
      for (const run of timers.splice(0)) run()
      const { groups, found, lost } = await list(life)
      expect(found).toBe(MAX_ERROR_GROUPS_PER_VERSION)
      expect(groups[0]).toMatchObject({ message: group().message, count: 10 })
      expect(lost).toBeGreaterThan(1500 - MAX_NEW_ERROR_GROUPS_PER_HOUR)
      expect(world.rowsWritten - before).toBeLessThanOrEqual(2 * MAX_NEW_ERROR_GROUPS_PER_HOUR)
    })
    await world.live(async (life) => {
      expect((await list(life)).groups[0]?.count).toBe(10)
      // What has not happened for a day goes before what is rare.
      world.now += 2 * 24 * HOUR_MS
      await tell(life, group({ message: 'of today' }))
      const messages = (await list(life)).groups.map(({ message }) => message)
      expect(messages).toContain('of today')
      expect(messages).toHaveLength(MAX_ERROR_GROUPS_PER_VERSION)
    })
  })

  it('forgets a version that leaves the document', async () => {
    const world = await createWorld()
    const timers: (() => unknown)[] = []
    world.later = (run) => void timers.push(run)
    const stored = (life: Life) => [
      ...life.state.storage.sql.exec<{ version: string }>('SELECT version FROM error_groups'),
    ]
    await world.live(async (life) => {
      await tell(life, group(), group({ environment: 'canary', version: '2.0.0' }))
      for (const run of timers.splice(0)) run()
      expect(stored(life)).toHaveLength(2)
      await life.change({ kind: 'set-environment', name: 'canary', version: '1.0.0' })
      const { versions } = toDocument()
      const document = {
        ...toDocument(),
        environments: { main: { version: '1.0.0' }, canary: { version: '1.0.0' } },
        versions: { '1.0.0': versions['1.0.0'] },
      }
      await life.change({ kind: 'replace', document })
      expect((await list(life)).groups.map(({ version }) => version)).toEqual(['1.0.0'])
      expect(stored(life)).toEqual([{ version: '1.0.0' }])
    })
  })

  it('is not read without a credential', async () => {
    const world = await createWorld()
    await world.live(async (life) => {
      await life.control.errors(toCaller('bob'), ALL)
      await life.control.error(toCaller('bob'), '0'.repeat(16))
      expect(world.asked.slice(-2)).toEqual(['read', 'read'])
    })
  })
})

// The way back always fits: each row fills one limit as far as it goes, by honest or by hostile use, and
// then takes everything back. docs/storage.md lists the limits, and names these rows.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/api/http/app.ts'
import { ROUTES } from '../../src/api/routes.ts'
import { MAX_PUBLISHED_DATABASE_BYTES } from '../../src/control/document/room.ts'
import { MAX_OPEN_UPLOADS_PER_TOKEN } from '../../src/control/releases/uploading.ts'
import { UPLOAD_IDLE_MS } from '../../src/control/releases/uploads.ts'
import { MAX_RUNNING_ROLLOUTS } from '../../src/control/rollouts/begin.ts'
import { type Batch, COUNTING_FORM, type Group, isBatch } from '../../src/core/counting/batch.ts'
import {
  MAX_BATCH_OUTCOMES,
  MAX_BATCH_VISITORS,
  MAX_BATCH_WINDOWS,
  MAX_GROUPS,
  MAX_NAMES,
  MAX_ROUTE_CHARACTERS,
  toWindow,
} from '../../src/core/counting/limits.ts'
import { pushOutcome } from '../../src/core/counting/outcomes.ts'
import { noTotals } from '../../src/core/counting/totals.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../../src/document/limits.ts'
import type { VersionRecord } from '../../src/document/version-record.ts'
import { ALICE, type Life, toCaller, toChange, WITHOUT_RECORDS } from './control-world.ts'
import { make, PublicationWorld } from './publication-world.ts'
import { createRollingWorld, FAILING, Rolling, releasedDocument } from './rollout-world.ts'

beforeEach(() => {
  for (const level of ['error', 'warn'] as const) {
    vi.spyOn(console, level)
      .mockReset()
      .mockImplementation(() => undefined)
  }
})

const record = (id: string, services: VersionRecord['services'] = []): VersionRecord => ({
  id,
  manifest: 'a'.repeat(64),
  services,
  files: 0,
  bytes: 0,
  createdAt: '2026-11-23T12:00:00Z',
})

/** Twenty services of a dozen origins each: some 14 KB. */
const LARGE: VersionRecord['services'] = Array.from({ length: 20 }, (_, i) => ({
  prefix: `/service-${i}/`,
  origins: Array.from({ length: 12 }, (_, j) => `https://origin-${j}-of-${i}.backend.example.com`),
}))

/** The refusal of a publication; `undefined` where it succeeds. */
async function publish(life: Life, one: VersionRecord, caller = ALICE) {
  const opened = await life.control.openUpload(caller, one, false)
  if (!opened.ok) return opened.error
  if ('kind' in opened.value) throw new Error('taken')
  const finished = await life.control.finishUpload(caller, opened.value)
  return finished.ok ? undefined : finished.error
}

/** How many were published before one was refused, and why that was. */
async function publishUntilRefused(life: Life, services: VersionRecord['services']) {
  for (let i = 0; ; i++) {
    const refused = await publish(life, record(`1.${services.length}.${i}`, services))
    if (refused) return { published: i, refused: JSON.stringify(refused) }
  }
}

async function tryChange(life: Life, command: Parameters<typeof toChange>[0]) {
  const { revision } = await life.health()
  return life.control.change(ALICE, toChange(command, revision))
}

/** Everything that takes back. @throws Error where one of it is refused. */
async function takeBack(life: Life, rolling: Rolling) {
  const { environments } = await rolling.content()
  await rolling.command('abort', 1)
  await life.change({ kind: 'shift', weights: { canary: 5 } })
  await life.change({ kind: 'shift', weights: { canary: 0 } })
  await life.change({ kind: 'set-environment', name: 'main', version: '0.0.5' })
  await life.change({ kind: 'set-environment', name: 'main', version: '0.0.3' })
  await life.change({ kind: 'swap', environments: ['main', 'canary'] })
  await life.change({ kind: 'swap', environments: ['main', 'canary'] })
  await life.change({ kind: 'set-environment', name: 'dev', version: '0.0.3' })
  const withdrawn = Object.keys((await rolling.content()).versions)
    .filter((id) => !['0.0.3', '0.0.5', '0.0.6-dev', environments.canary?.version].includes(id))
    .slice(0, 3)
  for (const version of withdrawn) await life.change({ kind: 'withdraw', version })
  const back = await life.change({ kind: 'rollback', to: 1 })
  expect(new TextEncoder().encode(back.text).length).toBeLessThanOrEqual(MAX_ASSIGNMENTS_BYTES)
  // Isolates have it at once, and KV with the next alarm.
  expect((await life.control.sync({ held: undefined, kv: undefined })).text).toBe(back.text)
  expect((await life.verify(back.text)).problems).toEqual([])
}

const OUTCOMES_PER_GROUP = Math.floor(MAX_BATCH_OUTCOMES / (MAX_GROUPS * MAX_BATCH_WINDOWS))

/** Its part of all outcomes of a batch, each on another route. */
function toOutcomes(isolate: number, group: number): number[] {
  const words: number[] = []
  const count = OUTCOMES_PER_GROUP
  for (let i = 0; i < count; i++) {
    const visitor = (((isolate * 320 + group) * count + i) * 2654435) >>> 0
    const from = { site: i + 1, network: i + 1, operator: 0, segment: 0 }
    pushOutcome(words, { visitor, kind: i, level: 1, ...from })
  }
  return words
}

/** Every window, group, visitor and name that a batch may have; other groups in each batch, but for the rollout's. */
function toFullBatch(isolate: number, newest: number): Batch {
  const names = Object.fromEntries(
    Array.from({ length: MAX_NAMES }, (_, i) => [`name_${isolate}_${i}`, 1000]),
  )
  const totals = { ...noTotals(), requests: 1_000_000, failures: names, sources: names }
  const groups = MAX_GROUPS * MAX_BATCH_WINDOWS
  const visitors = Math.floor(MAX_BATCH_VISITORS / groups)
  const toGroup = (window: number, group: number): Group => ({
    environment: ['main', 'canary'][group] ?? `environment-${isolate}-${group}`,
    version: ['0.0.3', '0.0.5'][group] ?? '0.0.3',
    revision: 2,
    totals,
    visitors: Uint32Array.from({ length: 2 * visitors }, (_, i) =>
      i % 2 === 0 ? ((isolate * groups + window * MAX_GROUPS + group) * visitors + i) * 2654435 : 0,
    ),
    kinds: Array.from({ length: OUTCOMES_PER_GROUP }, (_, i) => ({
      metric: 'errors',
      route: `GET /${isolate}/${i}`.padEnd(MAX_ROUTE_CHARACTERS, 'x'),
      code: '503',
    })),
    outcomes: Uint32Array.from(toOutcomes(isolate, window * MAX_GROUPS + group)),
  })
  return {
    form: COUNTING_FORM,
    isolate: `isolate ${isolate}`,
    sequence: 1,
    windows: Array.from({ length: MAX_BATCH_WINDOWS }, (_, window) => ({
      window: newest - window,
      groups: Array.from({ length: MAX_GROUPS }, (_, group) => toGroup(window, group)),
    })),
    dropped: 0,
  }
}

type Fill = (life: Life, rolling: Rolling) => Promise<unknown>

const ROWS: readonly (readonly [name: string, fill: Fill])[] = [
  [
    'small versions',
    async (life) => {
      const { published, refused } = await publishUntilRefused(life, [])
      expect(published).toBeGreaterThan(400)
      expect(refused).toMatch(/no room.*RETAIN_VERSIONS.*holo gc/)
    },
  ],
  [
    'large versions',
    async (life) => {
      const { published, refused } = await publishUntilRefused(life, LARGE)
      expect(published).toBeGreaterThan(5)
      expect(refused).toContain('no room')
    },
  ],
  [
    'large versions, environments and rules',
    async (life) => {
      await fillEnvironments(life)
      await publishUntilRefused(life, LARGE)
      await publishUntilRefused(life, [])
    },
  ],
  ['environments of previews', fillEnvironments],
  [
    'rules',
    async (life) => {
      for (let count = 50; ; count += 50) {
        const rules = Array.from({ length: count }, (_, i) => ({
          name: `rule ${i}`,
          environment: 'canary',
          when: { in: [{ var: 'visitor' }, ['somebody', 'x'.repeat(150)]] },
        }))
        const set = await tryChange(life, { kind: 'set-rules', rules })
        if (set.ok) continue
        expect(JSON.stringify(set.error)).toMatch(/no room.*Remove environments/)
        return
      }
    },
  ],
  [
    'ranges of the traffic',
    async (life, rolling) => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        await life.change({ kind: 'set-environment', name, version: '0.0.3' })
      }
      for (let i = 0; i < 400; i++) {
        const name = 'abcde'[(i * 7) % 5] as string
        await life.change({ kind: 'shift', weights: { [name]: ((i * 37) % 190) / 10 } })
      }
      const { traffic, spent } = await rolling.content()
      expect(JSON.stringify([traffic, spent]).length).toBeLessThan(16 * 1024)
      await life.change({ kind: 'shift', weights: { a: 0, b: 0, c: 0, d: 0, e: 0 } })
    },
  ],
  [
    'open uploads of crashed pipelines',
    async (life) => {
      for (let i = 0; i < 200; i++) {
        const opened = await life.control.openUpload(ALICE, record(`crashed-${i}`), false)
        expect(opened.ok).toBe(true)
      }
      expect(await publish(life, record('2.0.0'))).toBeUndefined()
      expect(await publish(life, record('2.0.1'), toCaller('bob'))).toBeUndefined()
    },
  ],
  [
    'documents put into KV by hand',
    async (life, rolling) => {
      for (let i = 0; i < 120; i++) {
        const { revision: _, ...content } = await rolling.content()
        const text = i % 2 === 0 ? `garbage ${i}` : { ...content, revision: i, audit: undefined }
        await life.world.write(text as object)
        life.world.now += 200_000
        await life.control.watch()
        await life.settle()
        await life.runAlarms(3)
      }
    },
  ],
  [
    'revisions, with reasons and commands as long as they may be',
    async (life) => {
      for (let i = 0; i < 300; i++) {
        const { revision } = await life.health()
        const made = await life.control.change(ALICE, {
          ...toChange({ kind: 'shift', weights: { canary: (i % 2) + 1 } }, revision),
          reason: 'r'.repeat(500),
        })
        expect(made.ok).toBe(true)
      }
    },
  ],
  [
    'running rollouts',
    async (life, rolling) => {
      for (let i = 2; ; i++) {
        for (const name of [`new-${i}`, `old-${i}`]) {
          await life.change({ kind: 'set-environment', name, version: '0.0.3' })
        }
        await life.change({ kind: 'shift', weights: { [`old-${i}`]: 1 } })
        const started = await rolling.tryStart({ environment: `new-${i}`, base: `old-${i}` })
        if (started.ok) continue
        expect(i).toBe(MAX_RUNNING_ROLLOUTS + 1)
        return
      }
    },
  ],
  [
    'what isolates report',
    async (life) => {
      const sides = Array.from({ length: 64 }, (_, i) => `environment-${i}`)
      for (let i = 0; i < 300; i++) {
        const report = {
          held: { revision: 2 ** 38 + i, digest: 'f'.repeat(64) },
          kv: { revision: 2 ** 38 + i, digest: 'e'.repeat(64) },
          batch: { isolate: crypto.randomUUID(), sequence: i, windows: [], names: sides },
        }
        await life.control.sync(report as never).catch(() => undefined)
      }
      await life.settle()
    },
  ],
  [
    'batches of isolates, each as full as it may be',
    async (life) => {
      const { world } = life
      for (let i = 0; i < 48; i++) {
        const batch = toFullBatch(i, toWindow(world.now))
        expect(isBatch(batch)).toBe(true)
        const report = { held: undefined, kv: undefined, batch }
        expect(await life.control.sync(report)).toHaveProperty('nextMs')
        if (i % 12 === 11) world.now += 60_000
      }
      await life.control.sync({ held: undefined, kv: undefined })
      await life.settle()
      const rows = life.state.storage.sql.exec('SELECT count(*) AS count FROM metric_windows').one()
      expect(rows.count).toBeGreaterThan(5)
    },
  ],
  [
    'the database',
    async (life) => {
      const { sql } = life.state.storage
      Object.defineProperty(sql, 'databaseSize', { get: () => MAX_PUBLISHED_DATABASE_BYTES + 1 })
      expect(JSON.stringify(await publish(life, record('2.0.0')))).toMatch(/A full history/)
      const added = await tryChange(life, { kind: 'set-environment', name: 'n', version: '0.0.3' })
      expect(added.ok).toBe(false)
    },
  ],
]

/** One for each pull request, with a host name, until no more are taken. */
async function fillEnvironments(life: Life) {
  for (let i = 0; ; i++) {
    const name = `preview-${i}`
    const hosts = Array.from({ length: 20 }, (_, j) => `${'h'.repeat(200)}-${i}-${j}.example.com`)
    const command = { kind: 'set-environment', name, version: '0.0.3', hosts } as const
    const made = await tryChange(life, command)
    if (made.ok) continue
    expect(JSON.stringify(made.error)).toMatch(/no room.*holo env remove/)
    return
  }
}

describe('what takes back is never refused', () => {
  it.each(ROWS)('when the limit is filled with %s', { timeout: 120_000 }, async (_, fill) => {
    const { world, script } = await createRollingWorld()
    world.records = WITHOUT_RECORDS
    await world.live(async (life) => {
      const rolling = new Rolling(life, script)
      await rolling.start()
      await fill(life, rolling)
      await takeBack(life, rolling)
    })
  })

  it('nor is a rollback to a revision as large as any may be, when all else is as large now', async () => {
    const { world } = await createRollingWorld()
    world.records = WITHOUT_RECORDS
    await world.live(async (life) => {
      const rolling = new Rolling(life, undefined as never)
      const small = await rolling.content()
      await fillEnvironments(life)
      const { environments } = await rolling.content()
      const owners = Object.keys(environments).filter((name) => name.startsWith('preview-'))
      // 4,000 ranges in turn, and the last range takes the rest: some 50 KB.
      const traffic: Record<string, [number, number][]> = Object.fromEntries(
        owners.slice(0, 2).map((name) => [name, []]),
      )
      for (let i = 0; i < 4000; i++) {
        traffic[owners[i % 2] as string]?.push([i * 2, i === 3999 ? 10_000 : i * 2 + 2])
      }
      const spent = Array.from({ length: 4000 }, (_, i) => [i * 2, i * 2 + 1])
      const large = { ...(await rolling.content()), traffic }
      const { revision } = await life.change({ kind: 'replace', document: large })
      await life.change({ kind: 'replace', document: { ...small, spent } })
      await publishUntilRefused(life, LARGE)
      await publishUntilRefused(life, [])
      const fill = new Map(
        (await life.health()).fill.map(({ part, used, limit }) => [part, used / limit]),
      )
      expect(fill.get('versions')).toBeGreaterThan(0.99)
      expect(fill.get('traffic')).toBeGreaterThan(0.7)
      expect(fill.get('settings')).toBeLessThan(0.1)

      const back = await life.change({ kind: 'rollback', to: revision })
      expect(new TextEncoder().encode(back.text).length).toBeLessThanOrEqual(MAX_ASSIGNMENTS_BYTES)
      const content = JSON.parse(back.text)
      expect([content.environments, content.traffic]).toEqual([environments, traffic])
      expect(content.spent.length).toBeGreaterThan(100)
      expect(content.spent.at(-1)).toEqual(spent.at(-1))
      expect((await life.verify(back.text)).problems).toEqual([])
    })
  })

  it('a revision of before the bounds that fits no more is refused by name', async () => {
    const { world } = await createRollingWorld()
    world.records = WITHOUT_RECORDS
    await world.live(async (life) => {
      const rolling = new Rolling(life, undefined as never)
      const small = await rolling.content()
      const rules = Array.from({ length: 400 }, (_, i) => ({
        name: `rule ${i}`,
        environment: 'canary',
        when: { in: [{ var: 'visitor' }, ['x'.repeat(380)]] },
      }))
      const { revision } = await life.health()
      const large = { ...small, revision: revision + 1, rules }
      await world.write(large)
      world.now += 200_000
      await life.control.watch()
      await life.settle()
      await life.runAlarms(3)
      const adopted = (await life.health()).revision
      expect(adopted).toBe(revision + 2)
      await life.change({ kind: 'replace', document: small })
      // As long as there is room for the whole of it, a part that is too full keeps nobody from going back.
      const back = await life.change({ kind: 'rollback', to: adopted })
      expect(JSON.parse(back.text).rules).toHaveLength(rules.length)
      await life.change({ kind: 'replace', document: small })
      await publishUntilRefused(life, LARGE)
      await publishUntilRefused(life, [])
      const refused = await tryChange(life, { kind: 'rollback', to: adopted })
      expect(JSON.stringify(refused)).toMatch(
        new RegExp(`revision ${adopted} has \\d+ bytes of environments and rules.*65536.*holo gc`),
      )
      await life.change({ kind: 'rollback', to: revision })
    })
  })

  it('neither is a rollout that takes itself back, nor one that goes on', async () => {
    const { world, script } = await createRollingWorld()
    world.records = WITHOUT_RECORDS
    script.load = FAILING
    await world.live(async (life) => {
      const rolling = new Rolling(life, script)
      await rolling.start()
      await fillEnvironments(life)
      await publishUntilRefused(life, LARGE)
      await publishUntilRefused(life, [])
      await rolling.command('advance', 1)
      for (let i = 0; i < 60 && (await rolling.status()).endedAt === undefined; i++) {
        await rolling.closeWindows()
        await life.runAlarm()
      }
      expect((await rolling.buckets()).canary).toBe(0)
    })
  })
})

/** `count` versions as a site that releases often has them: with a service, visitors and a time. */
function makeVersions(count: number, services: (i: number) => VersionRecord['services']) {
  const one = (i: number) => ({
    manifest: i.toString(16).padStart(64, '0'),
    services: services(i),
    open: { main: 'bucket' },
    published: new Date(Date.UTC(2026, 0, 1, i)).toISOString(),
  })
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`1.0.${i}`, one(i)]))
}

/** Those whose time has come: the next one may take out versions a day later. */
async function runDueAlarms(life: Life) {
  for (;;) {
    const time = await life.state.storage.getAlarm()
    if (time === null || time > life.world.now) return
    await life.runAlarm()
  }
}

const small = (i: number) => [{ prefix: '/api/', origins: [`https://api-${i}.example.com`] }]

describe('what filled the document before there was a reserve', () => {
  const setUp = async () => {
    const { world, script } = await createRollingWorld()
    world.records = WITHOUT_RECORDS
    return { world, script }
  }

  /** Puts them into KV by hand, where nothing but the size of the whole is asked, and lets it be adopted. */
  async function adopt(life: Life, rolling: Rolling, versions: object) {
    const { audit: _, ...content } = await rolling.content()
    const { revision } = await life.health()
    const document = { ...content, revision: revision + 1 }
    await life.world.write({ ...document, versions: { ...content.versions, ...versions } })
    life.world.now += 200_000
    await life.control.watch()
    await life.settle()
    await runDueAlarms(life)
    expect(Object.keys((await rolling.content()).versions)).toEqual(
      expect.arrayContaining(Object.keys(versions)),
    )
  }

  const KINDS = [
    ['800 versions', makeVersions(800, small)],
    ['17 large versions', makeVersions(17, () => LARGE)],
  ] as const

  it.each(KINDS)(
    '%s: everything that takes back is done',
    { timeout: 300_000 },
    async (...kind) => {
      const { world, script } = await setUp()
      await world.live(async (life) => {
        const rolling = new Rolling(life, script)
        await adopt(life, rolling, kind[1])
        const versions = (await life.health()).fill.find(({ part }) => part === 'versions')
        expect((versions?.used ?? 0) / (versions?.limit ?? 1)).toBeGreaterThan(1)
        expect(JSON.stringify(await publish(life, record('2.0.0')))).toMatch(/no room.*holo gc/)
        await rolling.start()
        await life.change({ kind: 'set-environment', name: 'main', version: '1.0.3' })
        await takeBack(life, rolling)
        expect(Object.keys((await rolling.content()).versions)).toEqual(
          expect.arrayContaining(Object.keys(kind[1])),
        )
      })
    },
  )

  it.each(KINDS)(
    '%s: a canary that fails goes back by itself',
    { timeout: 300_000 },
    async (...kind) => {
      const { world, script } = await setUp()
      script.load = FAILING
      await world.live(async (life) => {
        const rolling = new Rolling(life, script)
        await adopt(life, rolling, kind[1])
        await rolling.start()
        await rolling.command('advance', 1)
        expect((await rolling.buckets()).canary).toBeGreaterThan(0)
        for (let i = 0; i < 60 && (await rolling.status()).endedAt === undefined; i++) {
          await rolling.closeWindows()
          await life.runAlarm()
        }
        expect((await rolling.buckets()).canary).toBe(0)
      })
    },
  )

  it.each([
    ['800 versions, one an hour', 800, 3_600_000, small(0), undefined],
    ['17 large versions, one a day', 17, 86_400_000, LARGE, '5'],
  ] as const)(
    '%s: none is refused, as those that nobody needs leave by themselves',
    { timeout: 300_000 },
    async (_, count, everyMs, services, retained) => {
      const { world, script } = await setUp()
      if (retained !== undefined) world.variables = { RETAIN_VERSIONS: retained }
      await world.live(async (life) => {
        const rolling = new Rolling(life, script)
        await rolling.start()
        for (let i = 0; i < count; i++) {
          expect(await publish(life, record(`1.0.${i}`, services)), `1.0.${i}`).toBeUndefined()
          world.now += everyMs
          await runDueAlarms(life)
        }
        const { versions } = await rolling.content()
        expect(Object.keys(versions).length).toBeLessThan(50)
        expect(Object.keys(versions)).toContain(`1.0.${count - 1}`)
        await takeBack(life, rolling)
      })
    },
  )
})

describe('open uploads', () => {
  const setUp = async () => {
    const { world } = await createRollingWorld(releasedDocument())
    world.records = {
      read: async () => 'missing',
      create: async () => 'created',
      remove: async () => undefined,
    }
    return world
  }

  it('of one token push out nobody else: its own longest idle one gives way', async () => {
    const world = await setUp()
    await world.live(async (life) => {
      const bob = toCaller('bob')
      await life.control.openUpload(bob, record('of-bob'), false)
      for (let i = 0; i <= MAX_OPEN_UPLOADS_PER_TOKEN; i++) {
        world.now += 1
        await life.control.openUpload(ALICE, record(`a-${i}`), false)
      }
      const states = await Promise.all(
        ['of-bob', 'a-0', 'a-1'].map(async (id) => {
          const found = await life.control.upload(ALICE, id)
          return found.ok ? found.value?.state : 'denied'
        }),
      )
      expect(states).toEqual(['open', undefined, 'open'])
    })
  })

  it('is given up after an hour without progress, and verified anew when it is begun again', async () => {
    const world = await setUp()
    await world.live(async (life) => {
      const long = { ...record('long'), files: 2 }
      const opened = await life.control.openUpload(ALICE, long, false)
      if (!opened.ok || 'kind' in opened.value) throw new Error('not opened')
      await life.control.recordVerified(ALICE, opened.value, 0, 1)
      world.now += UPLOAD_IDLE_MS
      const begun = await life.control.beginVerification(ALICE, 'long', long.manifest)
      expect(begun).toEqual({ ok: false, error: { kind: 'none' } })
      expect(await life.control.openUpload(ALICE, long, false)).toMatchObject({
        ok: true,
        value: { verified: 0 },
      })
    })
  })
})

describe('over HTTP', () => {
  it('an upload is given up by who opened it, and a version is not', async () => {
    const world = await PublicationWorld.create()
    await world.live(async (client) => {
      const made = await make({ '/index.html': 'page' })
      await client.begin('1.0.0', made)
      const given = await client.call('DELETE', '/uploads/1.0.0')
      expect([given.status, given.body]).toEqual([
        200,
        expect.objectContaining({ version: '1.0.0', state: 'open', files: 1 }),
      ])
      expect((await client.call('DELETE', '/uploads/1.0.0')).status).toBe(404)
      const end = await client.call('POST', '/uploads/1.0.0/finalise', { manifest: made.manifest })
      expect([end.status, end.body.code]).toEqual([404, 'not_found'])
      await client.publish('1.0.0', made)
      const late = await client.call('DELETE', '/uploads/1.0.0')
      expect([late.status, late.body.code]).toEqual([409, 'upload_finalised'])
    })
  })

  it('verify is served once at a time for each token, while others and changes go on', async () => {
    const { world } = await createRollingWorld()
    await world.live(async (life) => {
      const [first, second, other, changed] = await Promise.all([
        life.control.verify(ALICE, undefined),
        life.control.verify(ALICE, undefined),
        life.control.verify(toCaller('bob'), undefined),
        tryChange(life, { kind: 'shift', weights: { canary: 1 } }),
      ])
      expect([first.ok, other.ok, changed.ok]).toEqual([true, true, true])
      expect(second).toEqual({ ok: false, error: { kind: 'denied', denial: 'one_at_a_time' } })
      expect((await life.control.verify(ALICE, undefined)).ok).toBe(true)
    })
  })

  it.each([
    ['explain', 'POST', '/explain', { url: 'https://shop.example.com/' }, 'document'],
    ['verify', 'POST', '/audit/verify', {}, 'verify'],
  ] as const)(
    '%s is answered 429 until the last one of the token has its answer',
    async (...row) => {
      const [, method, path, body, slowCall] = row
      const gate = Promise.withResolvers<never>()
      let asked = 0
      const principal = { actor: 'alice', token: 'id', scopes: ['read'] }
      const control = {
        authenticate: async () => ({ ok: true, value: principal }),
        [slowCall]: () => {
          asked++
          return gate.promise
        },
      }
      const app = createApp(ROUTES)
      const call = () =>
        app.fetch(
          new Request(`https://shop.example.com/.holo/api${path}`, {
            method,
            headers: {
              authorization: `Bearer ${'x'.repeat(40)}`,
              'content-type': 'application/json',
            },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          }),
          {
            path: `/.holo/api${path}`,
            requestId: 'r1',
            getControl: () => control as never,
            store: undefined as never,
            now: 0,
          },
        )
      const first = call()
      await vi.waitFor(() => expect(asked).toBe(1), 20_000)
      const second = await call()
      expect([second.status, second.headers.get('retry-after')]).toEqual([429, '2'])
      expect(await second.json()).toMatchObject({ code: 'one_at_a_time' })
      gate.reject(new Error('down'))
      expect((await first).status).toBe(503)
      expect((await call()).status).toBe(503)
      expect(asked).toBe(2)
    },
  )

  it('health says how full everything is', async () => {
    const { world } = await createRollingWorld()
    world.records = {
      read: async () => 'missing',
      create: async () => 'created',
      remove: async () => undefined,
    }
    await world.live(async (life) => {
      await publishUntilRefused(life, LARGE)
      const { fill } = await life.health()
      const versions = fill.find(({ part }) => part === 'versions')
      expect((versions?.used ?? 0) / (versions?.limit ?? 1)).toBeGreaterThan(0.8)
      expect(fill.map(({ part }) => part)).toEqual([
        'versions',
        'settings',
        'traffic',
        'history',
        'revisions',
      ])
    })
  })
})

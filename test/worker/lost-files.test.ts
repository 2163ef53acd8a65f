// Manifests and blobs that the store has lost or damaged: how they are found, told, and healed.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_PART_BYTES } from '../../src/api/http/limits.ts'
import { examineFile, MAX_EXAMINED_BYTES } from '../../src/control/releases/examine.ts'
import { MAX_LOST_FILES } from '../../src/control/releases/lost-files.ts'
import { MAX_SAMPLE_READS_PER_DAY, SAMPLE_EVERY_MS } from '../../src/control/releases/sampling.ts'
import { type Batch, COUNTING_FORM } from '../../src/core/counting/batch.ts'
import { WINDOW_MS } from '../../src/core/counting/limits.ts'
import { noTotals } from '../../src/core/counting/totals.ts'
import { sha256 } from '../support/published.ts'
import { ALICE, env, type Life } from './control-world.ts'
import { type Client, type Made, make, PublicationWorld } from './publication-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

afterEach(() => {
  vi.useRealTimers()
})

const toSite = (id: string) => make({ '/index.html': `page of ${id}`, '/app.js': 'the same' })

const hashOf = (made: Made, text: string) =>
  [...made.blobs].find(([, bytes]) => new TextDecoder().decode(bytes) === text)?.[0] ?? ''

async function createShop() {
  const world = await PublicationWorld.create()
  const made = { one: await toSite('1'), two: await toSite('2') }
  await world.live(async (client) => {
    await client.publish('1', made.one)
    await client.first('1', made.one)
    await client.publish('2', made.two)
  })
  return { world, made }
}

/** All steps of a check. */
async function verify(client: Client, body: object = {}) {
  const lost = []
  let checked = 0
  let cursor: string | undefined
  do {
    const step = await client.call('POST', '/files/verify', { ...body, ...(cursor && { cursor }) })
    if (step.status !== 200) return { ...step, lost, checked }
    lost.push(...step.body.lost)
    checked += step.body.checked
    cursor = step.body.cursor
  } while (cursor !== undefined)
  return { status: 200, lost, checked }
}

/** The steps of `holo publish` for a version that is published already. */
async function publishAgain(client: Client, version: string, made: Made) {
  const { answer } = await client.begin(version, made)
  expect(answer.body.state).toBe('finalised')
  const { body } = await client.call('GET', `/uploads/${version}/missing`)
  for (const { sha256, damaged } of body.missing) {
    const query = damaged ? '?replace=true' : ''
    const put = await client.call('PUT', `/blobs/${sha256}${query}`, made.blobs.get(sha256))
    expect(put.body.stored).toBe('created')
  }
  const end = await client.finalise(version, made.manifest)
  expect(end.body.state).toBe('finalised')
  return body.missing.length
}

const eventsOf = async (client: Client) =>
  (await client.call('GET', '/events?after=0')).body.events.filter(({ kind }: { kind: string }) =>
    kind.startsWith('files.'),
  )

describe('a check of the files', () => {
  it('finds nothing in a whole store, and reads what versions share once', async () => {
    const { world } = await createShop()
    await world.live(async (client) => {
      expect(await verify(client)).toEqual({ status: 200, lost: [], checked: 2 + 3 })
      expect(await verify(client, { versions: ['1'] })).toMatchObject({ checked: 1 + 2, lost: [] })
      expect((await verify(client, { versions: ['9'] })).status).toBe(400)
      expect(await eventsOf(client)).toEqual([])
    })
  })

  it.each([
    ['is not stored', undefined, true],
    ['is stored with 4 bytes instead of 8', 'four', true],
    ['is stored with other bytes than its hash says', 'the sane', false],
  ])('finds a blob that %s, and publishing again heals it', async (problem, text, isQuick) => {
    const { world, made } = await createShop()
    const sha256 = hashOf(made.one, 'the same')
    const key = `blobs/${sha256}`
    if (text === undefined) await env.STORE.delete(key)
    else await env.STORE.put(key, text)
    const lost = {
      ...{ kind: 'blob', sha256, size: 8, problem },
      ...{ versions: ['1', '2'], paths: ['/app.js'] },
    }
    await world.live(async (client, life) => {
      expect((await verify(client, { quick: true })).lost).toEqual(isQuick ? [lost] : [])
      expect((await verify(client)).lost).toEqual([lost])
      expect((await life.health()).lost).toEqual({ files: 1, versions: ['1', '2'] })
      expect(await publishAgain(client, '1', made.one)).toBe(1)
      expect((await life.health()).lost.files).toBe(0)
      expect(await (await env.STORE.get(key))?.text()).toBe('the same')
      expect((await verify(client)).lost).toEqual([])
      expect(await eventsOf(client)).toMatchObject([
        { kind: 'files.lost', files: 1, versions: ['1', '2'] },
        { kind: 'files.healed', files: 1, left: 0 },
      ])
    })
  })

  it('makes a new version bring what the store has lost, though older versions have it', async () => {
    const { world, made } = await createShop()
    await env.STORE.put(`blobs/${hashOf(made.one, 'the same')}`, 'the sane')
    await world.live(async (client) => {
      await verify(client)
      const three = await toSite('3')
      const { missing } = await client.begin('3', three)
      expect(missing).toHaveLength(2)
      for (const hash of missing) {
        await client.call('PUT', `/blobs/${hash}?replace=true`, three.blobs.get(hash))
      }
      expect((await client.finalise('3', three.manifest)).body.state).toBe('finalised')
      expect((await verify(client)).lost).toEqual([])
    })
  })

  it.each([
    ['lost', undefined],
    ['damaged', 'rubbish'],
  ])('finds a %s manifest, and publishing again heals it', async (_, text) => {
    const { world, made } = await createShop()
    const { manifest } = made.two
    const key = `manifests/${manifest}`
    if (text === undefined) await env.STORE.delete(key)
    else await env.STORE.put(key, text)
    await world.live(async (client, life) => {
      expect((await verify(client)).lost).toMatchObject([
        { kind: 'manifest', sha256: manifest, versions: ['2'] },
      ])
      expect(await publishAgain(client, '2', made.two)).toBe(0)
      expect((await life.health()).lost.files).toBe(0)
      expect((await verify(client)).lost).toEqual([])
    })
  })

  it('reads every blob that can be sent whole, and of larger ones compares the noted hash', async () => {
    const { made } = await createShop()
    expect(MAX_EXAMINED_BYTES).toBeGreaterThan(MAX_PART_BYTES)
    const file = { kind: 'blob', sha256: hashOf(made.one, 'the same'), size: 8 } as const
    await env.STORE.put(`blobs/${file.sha256}`, 'the sane')
    expect(await examineFile(env.STORE, file, 8)).toHaveProperty('problem')
    expect(await examineFile(env.STORE, file, 7)).toBe('whole')
    const other = await sha256(Uint8Array.from(new TextEncoder().encode('the sane')))
    await env.STORE.put(`blobs/${file.sha256}`, 'the sane', { sha256: other })
    expect(await examineFile(env.STORE, file, 7)).toHaveProperty('problem')
  })

  it('remembers so many lost files, and no more', async () => {
    const { world } = await createShop()
    const toLost = (i: number) => ({
      ...({ kind: 'blob', size: 1, problem: 'is not stored', paths: ['/a'] } as const),
      ...{ sha256: String(i).padStart(64, '0'), versions: ['1'] },
    })
    const lost = Array.from({ length: MAX_LOST_FILES }, (_, i) => toLost(i))
    await world.live(async (_, life) => {
      const { control } = life
      await control.recordFiles(ALICE, { lost, whole: [] })
      await control.recordFiles(ALICE, { lost: [toLost(MAX_LOST_FILES)], whole: [] })
      expect((await life.health()).lost.files).toBe(MAX_LOST_FILES)
      await control.recordFiles(ALICE, { lost: [], whole: lost })
      expect((await life.health()).lost.files).toBe(0)
    })
  })

  it('says so when R2 does not answer, and takes nothing for lost', async () => {
    const { world } = await createShop()
    await world.live(async (client, life) => {
      world.around = (step) => {
        if (step.startsWith('before get blobs/')) throw new Error('R2 is down')
      }
      expect(await verify(client)).toMatchObject({ status: 503, lost: [] })
      expect((await life.health()).lost.files).toBe(0)
    })
  })
})

/** A visitor, as an isolate reports it; the window of counts is stored with the next call. */
async function comeTo(life: Life): Promise<void> {
  const { world, control } = life
  const group = {
    ...{ environment: 'main', version: '1', revision: 1, kinds: [] },
    totals: { ...noTotals(), requests: 1 },
    visitors: new Uint32Array(),
    outcomes: new Uint32Array(),
  }
  const windows = [{ window: Math.floor(world.now / WINDOW_MS), groups: [group] }]
  const batch = { form: COUNTING_FORM, isolate: 'i', sequence: 1, windows, dropped: 0 } as Batch
  await control.sync({ held: undefined, kv: undefined, batch })
  world.now += 10 * WINDOW_MS
  await control.sync({
    held: undefined,
    kv: undefined,
    batch: { ...batch, sequence: 2, windows: [] },
  })
  await control.metricsSince(ALICE)
}

describe('the sample of the alarm', () => {
  it('finds what is damaged an hour after visitors came, and sleeps without visitors', async () => {
    const { world, made } = await createShop()
    world.world.sampled = world.watch(() => undefined)
    for (const text of ['page of 1', 'page of 2', 'the same']) {
      const version = text === 'page of 2' ? made.two : made.one
      await env.STORE.delete(`blobs/${hashOf(version, text)}`)
    }
    await world.live(async (_, life) => {
      await life.runAlarms()
      world.world.now += 10 * SAMPLE_EVERY_MS
      await life.runAlarms()
      expect((await life.health()).lost.files).toBe(0)
      await comeTo(life)
      const from = world.world.now
      world.r2.length = 0
      await life.runAlarms()
      expect(world.world.now - from).toBeGreaterThanOrEqual(SAMPLE_EVERY_MS)
      await life.settle()
      expect(world.r2).toHaveLength(2 + 2)
      expect(world.r2.length).toBeLessThanOrEqual(MAX_SAMPLE_READS_PER_DAY / 24)
      const { files, sampledAt } = (await life.health()).lost
      expect(files).toBe(2)
      expect(sampledAt).toBe(world.world.now)
      expect(await life.state.storage.getAlarm()).toBeNull()
    })
  })
})

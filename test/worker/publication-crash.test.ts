// The control is killed at every step of a publication and of a collection, with all that it has not
// stored; what is left is whole, and whoever asks again comes to the end.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { DELETION_SETTLES_MS } from '../../src/control/releases/deletions.ts'
import { env, type Life } from './control-world.ts'
import { type Client, listKeys, type Made, make, PublicationWorld } from './publication-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

const OLD = { '/index.html': 'old', '/app.js': 'shared' }
const NEW = { '/index.html': 'new', '/app.js': 'shared', '/more.txt': 'more' }
const DAY = 86_400_000

async function createServing(): Promise<PublicationWorld> {
  const world = await PublicationWorld.create()
  const old = await make(OLD)
  await world.live(async (client) => {
    await client.publish('1.0.0', old)
    await client.first('1.0.0', old)
  })
  return world
}

/** Calls `onStep` at each step of R2 and of the control's storage. */
function watch(world: PublicationWorld, onStep: (step: string, life: Life | undefined) => void) {
  let life: Life | undefined
  world.around = (step) => onStep(step, life)
  world.world.onStep = (step) => onStep(step, life)
  return (of: Life) => {
    life = of
  }
}

/** All steps of `work`, in the order in which they happen. */
async function listSteps(
  world: PublicationWorld,
  work: (client: Client) => Promise<unknown>,
): Promise<string[]> {
  const steps: string[] = []
  const use = watch(world, (step) => steps.push(step))
  await world.live(async (client, life) => {
    use(life)
    await work(client)
  })
  return steps
}

/** Does `work` up to a step, and ends the control there. */
async function killAt(
  world: PublicationWorld,
  number: number,
  work: (client: Client) => Promise<unknown>,
): Promise<string | undefined> {
  let left = number
  let killed: string | undefined
  const use = watch(world, (step, life) => {
    if (left-- > 0) return
    killed ??= step
    life?.state.abort('killed')
    throw new Error('killed')
  })
  await world
    .live(async (client, life) => {
      use(life)
      await work(client)
    })
    .catch(() => undefined)
  world.around = () => undefined
  world.world.onStep = () => undefined
  return killed
}

/** Whether a version has its record, its manifest and all its blobs. */
async function isWhole(id: string, { manifest, blobs }: Made): Promise<boolean> {
  const stored = new Set(await listKeys())
  const keys = [`versions/${id}`, `manifests/${manifest}`]
  return [...keys, ...[...blobs.keys()].map((hash) => `blobs/${hash}`)].every((key) =>
    stored.has(key),
  )
}

async function readVersions(client: Client): Promise<string[]> {
  return Object.keys((await client.call('GET', '/assignments')).body.versions)
}

describe('a publication that is killed', () => {
  it('at any step leaves the old state whole, and goes on to the end when it is done again', async () => {
    const made = await make(NEW)
    const old = await make(OLD)
    const publish = (client: Client) => client.publish('1.1.0', made)
    const steps = await listSteps(await createServing(), publish)
    expect(steps).toContain('after put versions/1.1.0')
    expect(steps).toContain('before UPDATE uploads SET')
    expect(steps).toContain('before INSERT INTO revisions')
    const blobs = steps.filter((step) => step.startsWith('after put blobs/'))
    expect(blobs).toHaveLength(2)
    for (const [number, step] of steps.entries()) {
      const world = await createServing()
      expect(await killAt(world, number, publish)).toBe(step)
      const done = steps.slice(0, number + 1).filter((one) => one.startsWith('after put blobs/'))
      await world.live(async (client, life) => {
        expect(await isWhole('1.0.0', old)).toBe(true)
        // Known means whole: there is nothing between.
        const isKnown = (await readVersions(client)).includes('1.1.0')
        if (isKnown) expect(await isWhole('1.1.0', made)).toBe(true)
        const { answer, uploaded } = await client.publish('1.1.0', made)
        expect([step, answer.status, answer.body.state]).toEqual([step, 200, 'finalised'])
        expect([step, uploaded]).toEqual([step, 2 - done.length])
        expect(await isWhole('1.1.0', made)).toBe(true)
        expect(await readVersions(client)).toEqual(['1.0.0', '1.1.0'])
        expect(await life.actions()).toEqual(['add-version', 'replace'])
        expect(await life.verify()).toMatchObject({ problems: [] })
      })
    }
  }, 120_000)

  it('and goes on with its last call alone is told that it is finalised only where the version is whole', async () => {
    const made = await make(NEW)
    const publish = (client: Client) => client.publish('1.1.0', made)
    const steps = await listSteps(await createServing(), publish)
    const ends: string[] = []
    const last = steps.lastIndexOf('before UPDATE uploads SET')
    const recorded = steps.indexOf('before put versions/1.1.0')
    expect(recorded).toBeGreaterThan(0)
    for (const [number, step] of steps.entries()) {
      // What comes before the last look at the blobs is the same for all of them.
      if (number < recorded - 4 || number > last + 4) continue
      const world = await createServing()
      expect(await killAt(world, number, publish)).toBe(step)
      await world.live(async (client) => {
        const upload = await client.call('GET', '/uploads/1.1.0')
        const { body } = await client.finalise('1.1.0', made.manifest)
        const end = body.state ?? body.code
        ends.push(end)
        if (end !== 'finalised' && upload.body.state !== 'finalised') return
        expect([step, end, await isWhole('1.1.0', made)]).toEqual([step, 'finalised', true])
        expect([step, await readVersions(client)]).toEqual([step, ['1.0.0', '1.1.0']])
      })
    }
    expect(new Set(ends)).toEqual(new Set(['finalised']))
  }, 60_000)

  it('once it is being recorded takes no other content any more', async () => {
    const made = await make(NEW)
    const publish = (client: Client) => client.publish('1.1.0', made)
    const steps = await listSteps(await createServing(), publish)
    const world = await createServing()
    await killAt(world, steps.indexOf('after put versions/1.1.0'), publish)
    await world.live(async (client) => {
      const { answer } = await client.publish('1.1.0', await make({ '/index.html': 'other' }))
      expect([answer.status, answer.body.code]).toEqual([409, 'version_differs'])
      expect((await client.publish('1.1.0', made)).answer.body.state).toBe('finalised')
    })
  })
})

describe('a collection that is killed', () => {
  const KEPT = 2

  /** Two versions that would go, and two that stay. */
  async function createHistory() {
    const world = await createServing()
    world.world.variables = { RETAIN_VERSIONS: String(KEPT) }
    await world.live(async (client) => {
      for (let i = 0; i < KEPT + 1; i++) {
        await client.publish(`2.${i}`, await make({ ...OLD, '/index.html': `page ${i}` }))
        await client.point('main', `2.${i}`)
      }
    })
    world.world.now += 100 * DAY
    return world
  }

  it('at any step has taken nothing that is retained, and takes the rest when it is done again', async () => {
    const collect = (client: Client) => client.collect(false)
    const first = await createHistory()
    const steps = await listSteps(first, collect)
    const left = await listKeys()
    expect(steps.filter((step) => step.startsWith('before delete'))).toHaveLength(3)
    const kept = await Promise.all(
      Array.from({ length: KEPT }, (_, i) => make({ ...OLD, '/index.html': `page ${i + 1}` })),
    )
    // The steps between deletions are reads, which leave nothing behind: every change is killed at.
    const changing = steps.flatMap((step, number) =>
      / (get|list|head) /.test(step) ? [] : [number],
    )
    for (const number of changing) {
      const world = await createHistory()
      const step = steps[number]
      expect(await killAt(world, number, collect)).toBe(step)
      await world.live(async (client) => {
        for (const [i, made] of kept.entries()) {
          expect([step, await isWhole(`2.${i + 1}`, made)]).toEqual([step, true])
        }
        // Nobody knows whether a deletion that was broken off is over, until it must be.
        world.world.now += DELETION_SETTLES_MS
        await client.collect(false)
        expect([step, await listKeys()]).toEqual([step, left])
      })
    }
  }, 120_000)

  it('holds up the end of an upload that was begun meanwhile, until its deletion must be over', async () => {
    const collect = (client: Client) => client.collect(false)
    const steps = await listSteps(await createHistory(), collect)
    const number = steps.findIndex((step) => step.startsWith('after delete blobs/'))
    const world = await createHistory()
    await killAt(world, number, collect)
    const made = await make(OLD)
    await world.live(async (client) => {
      const { missing } = await client.begin('3.0', made)
      expect(missing).toHaveLength(1)
      for (const hash of missing) await client.putBlob(made, hash)
      const waiting = await client.call('POST', '/uploads/3.0/finalise', {
        manifest: made.manifest,
      })
      expect([waiting.status, waiting.body]).toEqual([
        202,
        { state: 'verifying', verified: 0, files: 2, waitMs: 500 },
      ])
      const busy = await client.call('POST', '/gc', { dryRun: false, cursor: 'parts.' })
      expect(busy.body.done).toBe(true)
      // The deletion comes through once more, and late.
      for (const hash of missing) await env.STORE.delete(`blobs/${hash}`)
      world.world.now += DELETION_SETTLES_MS
      const end = await client.finalise('3.0', made.manifest)
      expect([end.status, end.body.code]).toEqual([409, 'blobs_missing'])
      const { answer, uploaded } = await client.publish('3.0', made)
      expect([answer.body.state, uploaded]).toEqual(['finalised', 1])
      expect(await isWhole('3.0', made)).toBe(true)
    })
  })
})

// A collection of garbage against whoever needs what it takes: at every step of one the other runs, and
// in seeded orders both in turns. R2 and the control are real, and everything in R2 is so old that no
// grace helps.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { generator } from '../support/mutations.ts'
import { env, type Life } from './control-world.ts'
import { type Client, listKeys, type Made, make, PublicationWorld } from './publication-world.ts'
import { preempt, type Schedule, shuffle, Turns } from './turns.ts'

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
})

const GONE = { '/a.js': 'of the version that goes', '/b.js': 'this, too' }
const LIVE = { '/index.html': 'live' }
/** Of the version that goes, of nobody, of the live one, and of its own. */
const NEXT = { '/a.js': GONE['/a.js'], '/lost.js': 'lost', '/index.html': 'live', '/new.js': 'new' }

/** `gone` is no longer retained, `live` is pointed at, and one blob belongs to nobody. */
async function createWorld(): Promise<PublicationWorld> {
  const world = await PublicationWorld.create()
  world.isAllOld = true
  world.world.variables = { RETAIN_VERSIONS: '1', RETAIN_DAYS: '1' }
  const [gone, live, lost] = [await make(GONE), await make(LIVE), await make({ '/x': 'lost' })]
  await world.live(async (client) => {
    await client.publish('gone', gone)
    await client.first('gone', gone)
    await client.publish('live', live)
    await client.point('main', 'live')
    for (const hash of lost.blobs.keys()) await client.putBlob(lost, hash)
  })
  world.world.now += 100 * 86_400_000
  return world
}

async function expectWhole(id: string, { manifest, blobs }: Made, trace: readonly string[]) {
  const stored = new Set(await listKeys())
  const hashes = [...blobs.keys()].map((hash) => `blobs/${hash}`)
  const lacking = [`versions/${id}`, `manifests/${manifest}`, ...hashes].filter(
    (key) => !stored.has(key),
  )
  if (lacking.length > 0) throw new Error(`${id} lacks ${lacking}\n${trace.join('\n')}`)
}

type Task = (client: Client, life: Life) => Promise<unknown>

/** Runs the collector beside `task`, and gives what each came to, and how many steps it had. */
async function race(task: Task, toSchedule: (turns: Turns) => Schedule) {
  const world = await createWorld()
  const turns = new Turns()
  // What the control itself asks of R2 it does for one of the two.
  world.around = (step) => turns.step(step.includes('delete') ? 'collector' : 'other', step)
  const steps = { collector: 0, other: 0 }
  await world.live(async (_, life) => {
    const connect = (name: 'collector' | 'other') => {
      const client = world.connect(life, (step) => turns.step(name, step))
      client.pause = () => turns.step(name, 'wait')
      return client
    }
    const schedule = toSchedule(turns)
    await turns.run(
      {
        collector: () => connect('collector').collect(false),
        other: () => task(connect('other'), life),
      },
      (ready, counted) => {
        Object.assign(steps, counted)
        return schedule(ready, counted)
      },
    )
    world.around = () => undefined
    const document = (await world.connect(life, () => undefined).call('GET', '/assignments')).body
    for (const { version } of Object.values<{ version: string }>(document.environments)) {
      const content = { gone: GONE, live: LIVE, next: NEXT }[version]
      await expectWhole(version, await make(content ?? {}), turns.trace)
    }
  })
  return { steps, trace: turns.trace }
}

/** Every step of each at which the other may come in between, and then to its end. */
async function raceAtEveryStep(task: Task, betweens: readonly number[]) {
  const { steps } = await race(task, (turns) => preempt(turns, 'collector', Number.MAX_VALUE))
  const alone = await race(task, (turns) => preempt(turns, 'other', Number.MAX_VALUE))
  for (let after = 0; after <= steps.collector; after++) {
    await race(task, (turns) => preempt(turns, 'collector', after))
    // What it has found out may be true no longer when it goes on.
    for (const between of betweens) {
      await race(task, (turns) => preempt(turns, 'collector', after, between))
    }
  }
  for (let after = 0; after <= alone.steps.other; after++) {
    await race(task, (turns) => preempt(turns, 'other', after))
  }
  return { collector: steps.collector, other: alone.steps.other }
}

/** Publishes what shares blobs with garbage, and points at it. */
const publish: Task = async (client, life) => {
  const made = await make(NEXT)
  const { answer } = await client.publish('next', made)
  expect([answer.status, answer.body.state]).toEqual([200, 'finalised'])
  await expectWhole('next', made, [])
  for (let attempt = 0; attempt < 5; attempt++) {
    const pointed = await client.point('canary', 'next')
    if (pointed.status === 200) return
    // The collection has made a revision meanwhile.
    expect([pointed.status, (await life.health()).revision]).toEqual([412, expect.any(Number)])
  }
}

/** Points at what is about to go. */
const pointByName: Task = async (client) => {
  const { status } = await client.point('canary', 'gone')
  expect([200, 412, 422]).toContain(status)
}

/** Brings what is about to go, or has gone, back into the document, and points at it. */
const pointByDocument: Task = async (client) => {
  const { body } = await client.call('GET', '/assignments')
  const { manifest } = await make(GONE)
  const answer = await client.change('PUT', '/assignments', {
    ...body,
    environments: { ...body.environments, canary: { version: 'gone' } },
    versions: { ...body.versions, gone: { manifest } },
  })
  expect([200, 412, 422]).toContain(answer.status)
}

describe('a collection never takes what is live, or what is being uploaded', () => {
  it.each([
    ['published', publish, [], 25],
    ['pointed at by name', pointByName, [], 0],
    ['pointed at by a whole document', pointByDocument, [2, 3], 0],
  ])(
    'whatever is %s at any step of it',
    async (_, task, betweens, least) => {
      const steps = await raceAtEveryStep(task, betweens)
      expect(steps.collector).toBeGreaterThan(20)
      expect(steps.other).toBeGreaterThan(least)
    },
    240_000,
  )

  it('in any order of the steps of both', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      await race(publish, () => shuffle(generator(seed)))
      await race(pointByDocument, () => shuffle(generator(seed)))
    }
  }, 240_000)

  it('which is found out: with blobs that vanish unseen a version would not be whole', async () => {
    const world = await createWorld()
    const made = await make(NEXT)
    await world.live(async (client) => {
      await client.publish('next', made)
      const [hash] = made.blobs.keys()
      await env.STORE.delete(`blobs/${hash}`)
      await expect(expectWhole('next', made, [])).rejects.toThrow(`next lacks blobs/${hash}`)
    })
  })
})

// Large flags in a KV key of their own, from the control to isolates: what KV holds, what becomes of a document whose
// flags are lost or other ones, and when old ones go.

import { beforeEach, expect, it, vi } from 'vitest'
import { manyFlags } from '../../scripts/bench/many-flags.ts'
import { toCheckedForm } from '../../src/loading/checked.ts'
import { createKvReader, readAssignments } from '../../src/loading/kv-source.ts'
import { digestText } from '../../src/loading/sync.ts'
import { exampleDocument } from '../support/document.ts'
import { env, type Life, World } from './control-world.ts'
import { controlWith, setUp } from './loader.ts'

const kv = env.ASSIGNMENTS
/** KV's cache would hide what happens to a key. */
const fresh = {
  get: (key: string) => kv.get(key, { type: 'stream' }),
  getWithMetadata: (key: string) => kv.getWithMetadata(key, { type: 'stream' }),
}

beforeEach(async () => {
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation(() => undefined)
  }
  const { keys } = await kv.list({ prefix: 'flags-' })
  for (const { name } of keys) await kv.delete(name)
})

const listKeys = async () => (await kv.list({ prefix: 'flags-' })).keys

async function publish(life: Life, flags: number): Promise<string> {
  await life.change({
    kind: 'replace',
    document: { ...exampleDocument(), flags: manyFlags(flags) },
  })
  await life.runAlarms()
  life.world.now += 3_600_000
  return (await life.document())?.text ?? ''
}

it('is published in two keys that give one text, and read once', async () => {
  const world = await World.create()
  await world.live(async (life) => {
    const text = await publish(life, 200)
    expect((await world.read())?.length).toBeLessThan(5000)
    const asked: string[] = []
    const read = createKvReader({
      get: (key) => {
        asked.push(key)
        return fresh.get(key)
      },
      getWithMetadata: (key) => {
        asked.push(key)
        return fresh.getWithMetadata(key)
      },
    })
    const mark = { form: toCheckedForm(false), digest: await digestText(text) }
    expect(await read()).toEqual({ text, mark })
    expect(await read()).toEqual({ text, mark })
    const [{ name = '' } = {}] = await listKeys()
    expect(asked).toEqual(['assignments', name, 'assignments'])
    // A change of traffic does not write the flags again.
    const before = world.puts.length
    await life.change({ kind: 'shift', weights: { canary: 50 } })
    await life.runAlarms()
    expect(world.puts.length - before).toBe(1)
    expect(await readAssignments(fresh)).toBe((await life.document())?.text)
  })
})

it('keeps the last good document where the flags are lost or other ones, and asks the control in a cold isolate', async () => {
  const world = await World.create()
  await world.live(async (life) => {
    const text = await publish(life, 200)
    const isolate = setUp({ readKv: createKvReader(fresh) })
    expect((await isolate.load()).assignments?.flags?.definitions.size).toBe(200)
    const later = await publish(life, 201)
    const [lost] = (await listKeys()).filter(({ expiration }) => expiration === undefined)
    for (const wrong of [undefined, '{}', JSON.stringify(manyFlags(200))]) {
      if (wrong === undefined) await kv.delete(lost?.name ?? '')
      else await kv.put(lost?.name ?? '', wrong)
      isolate.pass(2000)
      await isolate.load()
      await isolate.settle()
      const { assignments } = await isolate.load()
      expect(assignments?.revision).toBe(JSON.parse(text).revision)
      expect(assignments?.flags?.definitions.size).toBe(200)
      const cold = setUp({ readKv: createKvReader(fresh) })
      expect((await cold.load(true)).assignments).toBeUndefined()
      const told = setUp({ readKv: createKvReader(fresh), askControl: controlWith(() => later) })
      expect((await told.load(true)).assignments?.flags?.definitions.size).toBe(201)
    }
    // The control looks at KV every minute, and writes them again.
    expect(await readAssignments(fresh)).toBe('torn')
    await kv.delete(lost?.name ?? '')
    await life.control.watch()
    await life.settle()
    await life.runAlarms()
    expect(await readAssignments(fresh)).toBe(later)
  })
})

it('leaves old flags to readers of the old document for a week, and takes them back by a rollback', async () => {
  const world = await World.create()
  await world.live(async (life) => {
    await publish(life, 200)
    const [first] = await listKeys()
    await publish(life, 201)
    const inAWeek = Date.now() / 1000 + 7 * 86_400
    const old = (await listKeys()).filter(({ name }) => name === first?.name)
    expect(old[0]?.expiration).toBeGreaterThan(inAWeek - 600)
    expect(old[0]?.expiration).toBeLessThan(inAWeek + 600)
    await publish(life, 200)
    const [back] = (await listKeys()).filter(({ expiration }) => expiration === undefined)
    expect(back?.name).toBe(first?.name)
    expect(await readAssignments(fresh)).toBe((await life.document())?.text)
    await publish(life, 3)
    expect((await listKeys()).every(({ expiration }) => expiration !== undefined)).toBe(true)
  })
})

import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env.ts'
import { toCheckedForm } from '../../src/loading/checked.ts'
import { createColo } from '../../src/loading/colo.ts'
import { readAssignments } from '../../src/loading/kv-source.ts'
import type { LoaderOptions } from '../../src/loading/load.ts'
import { mutations } from '../support/mutations.ts'
import { hang, KV_REFRESH_MS as REFRESH_MS, setUp, textOf, watchWarnings } from './loader.ts'

const FORM = toCheckedForm(false)

const kv = (env as Env).ASSIGNMENTS

const warn = watchWarnings()

describe('the ladder', () => {
  it('reads KV once, then answers from memory and reloads behind the reply', async () => {
    const { loader, load, pass, settle } = setUp({ readKv: async () => textOf(42) })
    expect(await load()).toMatchObject({ origin: 'kv', assignments: { revision: 42 } })
    for (let i = 0; i < 100; i++) expect(await load()).toMatchObject({ origin: 'memory' })
    expect(loader.counters.kvReads).toBe(1)
    pass(REFRESH_MS + 1)
    for (let i = 0; i < 100; i++) expect(await load()).toMatchObject({ origin: 'memory' })
    await settle()
    expect(loader.counters.kvReads).toBe(2)
  })

  it('says that there is nothing when KV has no document, and does not ask for every request', async () => {
    const { loader, load, settle } = setUp({ readKv: async () => null })
    for (let i = 0; i < 50; i++) {
      expect(await load()).toMatchObject({ origin: 'default', assignments: undefined })
    }
    await settle()
    expect(loader.counters.kvReads).toBe(1)
  })

  it('finds a document published after it had found none', async () => {
    let text: string | null = null
    const { load, pass } = setUp({ readKv: async () => text })
    await load()
    text = textOf(1)
    pass(REFRESH_MS)
    expect(await load()).toMatchObject({ origin: 'kv', assignments: { revision: 1 } })
  })

  it('shares what one request loads with all that wait for it', async () => {
    const { loader, load } = setUp({
      readKv: () => new Promise((resolve) => setTimeout(() => resolve(textOf(42)), 50)),
    })
    const all = await Promise.all(Array.from({ length: 20 }, () => load()))
    expect(all.every(({ assignments }) => assignments?.revision === 42)).toBe(true)
    expect(loader.counters.kvReads).toBe(1)
  })

  it('keeps the last good document of the colo for isolates that start while KV is down', async () => {
    const colo = createColo(await caches.open(crypto.randomUUID()), FORM)
    const before = setUp({ readKv: async () => textOf(42), colo })
    await before.load()
    await before.settle()
    for (const readKv of [
      async () => Promise.reject(new Error('KV is down')),
      hang,
      async () => null,
    ]) {
      const after = setUp({ readKv, colo })
      expect(await after.load()).toMatchObject({ origin: 'cache', assignments: { revision: 42 } })
      expect(await after.load()).toMatchObject({ origin: 'memory', assignments: { revision: 42 } })
    }
  })

  it('waits once for the copy of the colo, however its time is divided between headers and body', async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, 70))
    const slow = {
      put: async () => undefined,
      match: async () => {
        await pause()
        const body = new ReadableStream({
          start: async (controller) => {
            await pause()
            controller.enqueue(new TextEncoder().encode(textOf(42)))
            controller.close()
          },
        })
        return new Response(body)
      },
    }
    expect(await createColo(slow, FORM).loadDocument()).toBeUndefined()
  })

  it('never replaces the last good document of the colo by an older one', async () => {
    const colo = createColo(await caches.open(crypto.randomUUID()), FORM)
    await colo.storeDocument(textOf(50), { revision: 50, digest: 'of 50' })
    await colo.storeDocument(textOf(49), { revision: 49, digest: 'of 49' })
    const kept = await colo.loadDocument()
    expect(JSON.parse(kept?.text ?? '').revision).toBe(50)
    expect(kept?.mark).toEqual({ form: FORM, digest: 'of 50' })
  })

  it.each([
    ['throws', () => Promise.reject(new Error('cache is down'))],
    ['hangs', hang],
  ])('starts without the last good copy when the Cache API %s', async (_, fail) => {
    const colo = createColo({ match: fail, put: fail }, FORM)
    const up = setUp({ readKv: async () => textOf(42), colo })
    expect(await up.load()).toMatchObject({ origin: 'kv' })
    const down = setUp({ readKv: () => Promise.reject(new Error('KV is down')), colo })
    expect(await down.load()).toMatchObject({ origin: 'default' })
  })
})

describe('what KV may do to a warm isolate', () => {
  const lies: [string, LoaderOptions['readKv'], string][] = [
    ['throws', () => Promise.reject(new Error('KV is down')), 'unreadable'],
    ['answers null', async () => null, 'missing'],
    ['answers nothing', async () => '', 'invalid'],
    ['answers garbage', async () => '<html>502</html>', 'invalid'],
    ['answers null as JSON', async () => 'null', 'invalid'],
    ['answers an older revision', async () => textOf(41), 'older'],
    [
      'answers the same revision with other content',
      async () => textOf(42, { salt: 'x' }),
      'same-revision',
    ],
    ['answers more than may be read', async () => 'oversize', 'oversize'],
    ['answers wrong weights', async () => textOf(43, { traffic: { main: 99 } }), 'invalid'],
  ]
  it.each(lies)('keeps the good document when KV %s, and counts it', async (_, lie, reason) => {
    let readKv: LoaderOptions['readKv'] = async () => textOf(42)
    const { loader, load, pass, settle } = setUp({ readKv: () => readKv() })
    await load()
    readKv = lie
    for (let i = 0; i < 5; i++) {
      pass(60_000)
      expect((await load(true)).assignments?.revision).toBe(42)
      await settle()
    }
    expect(loader.refusals).toMatchObject({ [reason]: 5 })
    readKv = async () => textOf(43)
    pass(60_000)
    await load(true)
    await settle()
    expect((await load(true)).assignments?.revision).toBe(43)
  })

  it('keeps the good document when KV hangs, and lets nobody but the first document wait', async () => {
    let readKv: LoaderOptions['readKv'] = async () => textOf(42)
    const { loader, load, pass } = setUp({ readKv: () => readKv() })
    await load()
    readKv = hang
    pass(60_000)
    for (let i = 0; i < 500; i++) {
      expect((await load(true)).assignments?.revision).toBe(42)
    }
    expect(loader.counters.kvReads).toBe(2)
    // Past the reload's own bound it is tried again.
    readKv = async () => textOf(43)
    pass(60_000)
    await load()
    await vi.waitFor(async () => expect((await load()).assignments?.revision).toBe(43), 20_000)
  })

  it('lets a slow old reply overwrite nothing', async () => {
    const replies: ((text: string) => void)[] = []
    const { load, pass } = setUp({
      readKv: () => new Promise((resolve) => replies.push(resolve)),
    })
    const first = load()
    replies[0]?.(textOf(42))
    await first
    pass(REFRESH_MS * 1.5)
    await load()
    pass(10_000)
    await load()
    replies[2]?.(textOf(44))
    await vi.waitFor(async () => expect((await load()).assignments?.revision).toBe(44), 20_000)
    replies[1]?.(textOf(43))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await load()).assignments?.revision).toBe(44)
  })

  it('replaces a good document by none of two hundred damaged ones', async () => {
    let text = textOf(1_000_000)
    const { load, pass, settle } = setUp({ readKv: async () => text })
    const good = (await load()).assignments
    const damaged = mutations(300)
    for (text of damaged) {
      pass(REFRESH_MS * 2)
      expect((await load()).assignments).toBe(good)
      await settle()
    }
  })
})

describe('a hand edit in KV', () => {
  it('is picked up when it raises the revision', async () => {
    await kv.put('assignments', textOf(42))
    const { load, pass } = setUp({ readKv: () => readAssignments(kv) })
    expect((await load(true)).assignments?.revision).toBe(42)
    await kv.put('assignments', textOf(43, { traffic: { main: 0, canary: 100 } }))
    pass(60_000)
    const { assignments } = await load(true)
    expect(assignments?.revision).toBe(43)
    expect(assignments?.buckets[0]?.name).toBe('canary')
  })

  it('is refused, counted, and told to raise the revision when it forgets', async () => {
    await kv.put('assignments', textOf(42))
    const { loader, load, pass, settle } = setUp({ readKv: () => readAssignments(kv) })
    await load()
    await kv.put('assignments', textOf(42, { traffic: { main: 0, canary: 100 } }))
    for (let i = 0; i < 3; i++) {
      pass(60_000)
      await load(true)
      await settle()
    }
    expect((await load()).assignments?.buckets[0]?.name).toBe('main')
    expect(loader.refusals['same-revision']).toBe(3)
    expect(warn.mock.calls).toEqual([[expect.stringContaining('raise "revision" to 43')]])
  })

  it('of more than 256 KiB is not even read to its end', async () => {
    await kv.put('assignments', `"${'x'.repeat(300 * 1024)}"`)
    expect(await readAssignments(kv)).toBe('oversize')
  })
})

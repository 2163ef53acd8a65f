import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FileFilter } from '../../src/assets/lookup.ts'
import { createCounters, createR2Store, type Store } from '../../src/assets/store.ts'
import type { Version } from '../../src/core/types.ts'
import type { Env } from '../../src/env.ts'
import { publishVersion } from '../support/published.ts'
import { startSearch } from './assets-search.ts'

const { STORE } = env as Env
const store = createR2Store(STORE)

/** Twelve versions, newest first; each has `/assets/<n>.js` hashed and `/plain.js` not. */
let versions: Version[]

beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  versions = []
  for (let n = 0; n < 12; n++) {
    versions.push(
      await publishVersion(STORE, `1.0.${n}`, {
        [`/assets/${n}.js`]: { body: crypto.randomUUID(), hashed: true },
        '/assets/shared a.js': { body: 'shared', hashed: true },
        '/plain.js': { body: 'plain' },
      }),
    )
  }
})
afterEach(() => vi.restoreAllMocks())

/** A search among these versions, unless a test names others. */
function startFinding(from: Store = store, maxBytes?: number) {
  const { find, counters } = startSearch(from, maxBytes)
  const findAmong = (path: string, among = versions, revision?: number, wanted?: FileFilter) =>
    find(path, among, revision, wanted)
  return { find: findAmong, counters }
}

const found = (path: string) => ({
  kind: 'file',
  status: 200,
  isElsewhere: true,
  entry: { path },
})

describe('a file of another version', () => {
  it('is found, whichever of the versions has it', async () => {
    const { find } = startFinding()
    for (const n of [9, 0, 4]) {
      expect(await find(`/assets/${n}.js`)).toMatchObject(found(`/assets/${n}.js`))
    }
  })

  it('is taken from the newest that has it, and the older ones are not opened', async () => {
    const { find, counters } = startFinding()
    expect(await find('/assets/shared%20a.js')).toMatchObject(found('/assets/shared a.js'))
    expect(counters.r2Gets).toBe(1)
  })

  it('is looked for in ten versions at most', async () => {
    const { find, counters } = startFinding()
    expect(await find('/assets/10.js')).toBeUndefined()
    expect(counters.r2Gets).toBe(10)
  })

  it('is found whatever its name', async () => {
    expect(await startFinding().find('/plain.js')).toMatchObject(found('/plain.js'))
  })

  it('is taken from the first version whose file the request takes', async () => {
    const { find } = startFinding()
    const [first, second] = versions.map(({ id }) => id)
    const asked: string[] = []
    const taken = await find('/plain.js', versions, 7, {
      accepts: (entry, { id }) => {
        asked.push(`${id} ${entry.path}`)
        return id === second
      },
    })
    expect(taken).toMatchObject(found('/plain.js'))
    expect(asked).toEqual([`${first} /plain.js`, `${second} /plain.js`])
  })

  it('that one request does not take is still found for another', async () => {
    const { find } = startFinding()
    expect(await find('/plain.js', versions, 7, { accepts: () => false })).toBeUndefined()
    expect(await find('/plain.js')).toMatchObject(found('/plain.js'))
  })

  it.each(['/assets%2F1.js', '/%FF', '/assets/', '/'])('is not meant by %s', async (path) => {
    expect(await startFinding().find(path)).toBeUndefined()
  })

  it('is not looked for where there is no other version', async () => {
    const { find, counters } = startFinding()
    expect(await find('/assets/1.js', [])).toBeUndefined()
    expect(counters).toEqual(createCounters())
  })
})

describe('what was not found', () => {
  it('is not looked for again in the same revision', async () => {
    const { find, counters } = startFinding()
    await find('/assets/gone.js')
    const { r2Gets, cacheGets } = counters
    expect(await find('/assets/gone.js')).toBeUndefined()
    expect(counters).toMatchObject({ r2Gets, cacheGets, negativeHits: 1 })
  })

  it('is looked for again in the next revision', async () => {
    const { find } = startFinding()
    expect(await find('/assets/0.js', versions.slice(1), 7)).toBeUndefined()
    expect(await find('/assets/0.js', versions, 8)).toMatchObject(found('/assets/0.js'))
  })

  it('for one request is still found for another that may see more versions', async () => {
    const { find } = startFinding()
    expect(await find('/assets/0.js', versions.slice(1))).toBeUndefined()
    expect(await find('/assets/0.js', versions)).toMatchObject(found('/assets/0.js'))
  })
})

describe('the byte budget', () => {
  it('bounds the search alike in a cold and in a warm isolate', async () => {
    const sizes = await Promise.all(
      versions.map(async ({ manifest }) => (await STORE.head(`manifests/${manifest}`))?.size ?? 0),
    )
    const budget = sizes.slice(0, 3).reduce((sum, size) => sum + size)
    const { find } = startFinding(store, budget)
    const search = async () => [await find('/assets/2.js'), await find('/assets/3.js')]
    const cold = await search()
    expect(cold).toMatchObject([found('/assets/2.js'), undefined])
    await find('/assets/3.js', versions.slice(3))
    expect(await search()).toEqual(cold)
  })

  it('asks only once for a manifest that is too large, and does not read it', async () => {
    const { find, counters } = startFinding(store, 10)
    expect(await find('/assets/0.js', versions.slice(0, 1))).toBeUndefined()
    expect(await find('/assets/other.js', versions.slice(0, 1))).toBeUndefined()
    expect(counters.r2Gets).toBe(1)
  })
})

describe('while a manifest cannot be had', () => {
  const without = (lost: Version): Store => ({
    ...store,
    getManifest: async (hash) => (hash === lost.manifest ? 'unavailable' : store.getManifest(hash)),
  })
  const lost = () => versions[2] as Version

  it('what is found before it is served', async () => {
    const { find } = startFinding(without(lost()))
    expect(await find('/assets/1.js')).toMatchObject(found('/assets/1.js'))
  })

  it('nobody knows whether the rest exists, and nothing is waited for twice', async () => {
    const { find, counters } = startFinding(without(lost()))
    expect(await find('/assets/gone.js')).toBe('unavailable')
    expect(counters.r2Gets).toBe(3)
  })

  it('what is in memory is still found', async () => {
    const { find } = startFinding(without(lost()))
    await find('/assets/5.js', versions.slice(5))
    expect(await find('/assets/5.js')).toMatchObject(found('/assets/5.js'))
  })

  it('not having found it is not remembered', async () => {
    let isBroken = true
    const { find } = startFinding({
      ...store,
      getManifest: async (hash) => (isBroken ? 'unavailable' : store.getManifest(hash)),
    })
    expect(await find('/assets/3.js')).toBe('unavailable')
    isBroken = false
    expect(await find('/assets/3.js')).toMatchObject(found('/assets/3.js'))
  })
})

// What is counted for each version and environment in advance is enough: a document that is as full as it
// may be has room for everything that takes back, whatever that adds to each of them.

import { describe, expect, it } from 'vitest'
import { type Content, countBytes, toBare, toText } from '../../src/control/document/content.ts'
import {
  findFullDatabase,
  findOverfull,
  MAX_DATABASE_BYTES,
  measureRoom,
  RESERVED_BYTES,
} from '../../src/control/document/room.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../../src/document/limits.ts'
import { MAX_WRITTEN_REVISION } from '../../src/document/schema.ts'

const LONGEST_ID = 'v'.repeat(64)
const manifest = 'a'.repeat(64)

type Size = { readonly environments: number; readonly versions: number; readonly name: number }

/** So many environments with names of a length, each at a version with a short id. */
function makeContent({ environments, versions, name }: Size): Content {
  const names = Array.from({ length: environments }, (_, i) => `e${i}`.padEnd(name, 'x'))
  const ids = Array.from({ length: versions }, (_, i) => `${i}`)
  return {
    schema: 1,
    salt: 's',
    environments: Object.fromEntries(names.map((one) => [one, { version: '0' }])),
    traffic: Object.fromEntries(names.slice(0, 1).map((one) => [one, [[0, 10_000]] as const])),
    versions: Object.fromEntries(
      [...ids, LONGEST_ID].map((id) => [id, { manifest, services: [] }]),
    ),
  } as unknown as Content
}

/** As many environments and versions as are not refused. */
function fill(name: number): Content {
  const fits = (size: Size) => findOverfull(undefined, makeContent(size)).length === 0
  const most = (test: (count: number) => boolean) => {
    let [low, high] = [1, 8192]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (test(middle)) low = middle
      else high = middle
    }
    return low
  }
  const environments = most((count) => fits({ environments: count, versions: 1, name }))
  const versions = most((count) => fits({ environments, versions: count, name }))
  return makeContent({ environments, versions, name })
}

/** After each environment was pointed at the longest id, all are in `traffic`, and every version is withdrawn. */
function takeAllBack(content: Content): Content {
  const names = Object.keys(content.environments)
  const all = Object.entries(content.versions)
  return {
    ...content,
    environments: Object.fromEntries(
      names.map((one) => [one, { version: LONGEST_ID, restricted: true }]),
    ),
    traffic: Object.fromEntries(names.map((one) => [one, []])),
    versions: Object.fromEntries(
      all.map(([id, version]) => {
        const seenBy = id === LONGEST_ID ? names : names.slice(0, 1)
        const open = Object.fromEntries(seenBy.map((one) => [one, 'bucket'] as const))
        return [id, { ...version, open, withdrawn: true }]
      }),
    ),
  } as unknown as Content
}

describe('a document that is as full as it may be', () => {
  it.each([6, 24, 63])('has room for what takes back, with names of %i characters', (name) => {
    const full = fill(name)
    const { versions, settings } = measureRoom(full)
    expect(findOverfull(undefined, full)).toEqual([])
    expect(Math.min(versions, settings)).toBeGreaterThan(62 * 1024)
    const back = takeAllBack(full)
    // Ranges and spent buckets stay below a quarter of the reserve by themselves.
    const bytes = countBytes(toText(toBare(back, MAX_WRITTEN_REVISION + 1))) + RESERVED_BYTES / 4
    expect(bytes).toBeLessThanOrEqual(MAX_ASSIGNMENTS_BYTES)
  })

  it.each([
    { environments: 10, versions: 1, name: 1 },
    { environments: 100, versions: 1, name: 24 },
    { environments: 100, versions: 1, name: 63 },
    { environments: 1, versions: 300, name: 24 },
    { environments: 1, versions: 300, name: 62 },
  ])(
    'has counted in advance whatever going back writes: $environments environments, $versions versions, names of $name characters',
    (size) => {
      const full = makeContent(size)
      const { versions, settings, traffic } = measureRoom(full)
      const back = JSON.stringify(toBare(takeAllBack(full), MAX_WRITTEN_REVISION + 1))
      // So the room for ranges is there for ranges alone. A revision is the control's, as is its mark.
      const own = countBytes(JSON.stringify({ revision: MAX_WRITTEN_REVISION + 1, reserve: true }))
      expect(countBytes(back)).toBeLessThanOrEqual(versions + settings + traffic + own)
    },
  )
})

describe('the database', () => {
  it('keeps a tenth of its room for what takes back', () => {
    const most = MAX_DATABASE_BYTES * 0.9
    expect(findFullDatabase(most - 1)).toEqual([])
    expect(findFullDatabase(most)[0]?.message).toMatch(
      /^the history of this Holo has 9\.0 of 10 GB/,
    )
  })
})

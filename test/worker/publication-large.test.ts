// A version of thousands of files: its blobs are looked for in slices, by R2's list.

import { describe, expect, it } from 'vitest'
import { toSlice, toVerified } from '../../src/api/content/look-for-blobs.ts'
import { LIST_PAGE_KEYS } from '../../src/api/http/limits.ts'
import { env } from './control-world.ts'
import { make, PublicationWorld } from './publication-world.ts'

const FILES = 4100
/** Left out when the others are put into R2. */
const LEFT_OUT = 100

describe('the slices of a version', () => {
  it('are found again from how many files were verified', () => {
    for (const files of [1, 2, 3, 7, 99, 100, 20_000, 100_000]) {
      for (const slices of [1, 2, 3, 7, 25, 100].filter((count) => count <= files)) {
        let verified = 0
        for (let slice = 0; slice < slices; slice++) {
          expect(toSlice(verified, slices, files)).toBe(slice)
          verified = toVerified(slice + 1, slices, files)
        }
        expect(verified).toBe(files)
      }
    }
  })
})

describe('a version of thousands of files', () => {
  it('is looked for in few calls, resumed, and finalised in steps', async () => {
    const world = await PublicationWorld.create()
    const files = Array.from({ length: FILES }, (_, i) => [`/files/${i}.txt`, `file ${i}`])
    const made = await make(Object.fromEntries(files))
    const hashes = [...made.blobs.keys()]
    await world.live(async (client) => {
      const { missing } = await client.begin('1.0.0', made)
      expect(missing.toSorted()).toEqual(hashes.toSorted())
      for (let i = LEFT_OUT; i < FILES; i += 50) {
        const some = hashes.slice(i, i + 50)
        await Promise.all(
          some.map((hash) => env.STORE.put(`blobs/${hash}`, made.blobs.get(hash) ?? '')),
        )
      }
      world.r2.length = 0
      const rest = await client.missing('1.0.0')
      expect(rest.toSorted()).toEqual(hashes.slice(0, LEFT_OUT).toSorted())
      const calls = world.r2.filter((step) => /^(head|list)/.test(step))
      expect(calls.length).toBeLessThan(FILES / LIST_PAGE_KEYS + 5)

      const early = await client.finalise('1.0.0', made.manifest)
      expect(early.body.code).toBe('blobs_missing')
      // Those of the first slice, which is half of all.
      expect(early.body.blobs.length).toBeGreaterThan(20)
      expect(early.body.blobs.length).toBeLessThanOrEqual(50)
      for (const hash of rest) await client.putBlob(made, hash)
    })
    await world.live(async (client) => {
      const finalise = () =>
        client.call('POST', '/uploads/1.0.0/finalise', { manifest: made.manifest })
      const first = await finalise()
      expect([first.status, first.body]).toEqual([
        202,
        { state: 'verifying', verified: FILES / 2, files: FILES, waitMs: 0 },
      ])
    })
    // What was verified stays so, for another life of the control.
    await world.live(async (client) => {
      expect((await client.call('GET', '/uploads/1.0.0')).body.verified).toBe(FILES / 2)
      const last = await client.call('POST', '/uploads/1.0.0/finalise', { manifest: made.manifest })
      expect([last.status, last.body.state]).toEqual([200, 'finalised'])
      expect((await client.first('1.0.0', made)).status).toBe(200)
      // The next one shares all but two files with it, and looks for these only.
      const next = await make({ ...Object.fromEntries(files), '/a': 'a', '/b': 'b' })
      world.r2.length = 0
      const { missing } = await client.begin('1.1.0', next)
      expect(missing).toHaveLength(2)
      expect(world.r2.filter((step) => /^(head|list)/.test(step))).toHaveLength(2)
    })
  }, 120_000)
})

import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/publish/sha256.ts'
import { optionsFor, useStore } from './store.ts'

const store = useStore()

describe('the local target', () => {
  const bytes = new TextEncoder().encode('content')

  it('stores nothing under a hash that is not its own', async () => {
    const { keys, target } = store()
    await expect(target.putBlob('0'.repeat(64), bytes)).rejects.toThrow(TypeError)
    await expect(target.putManifest('0'.repeat(64), bytes)).rejects.toThrow(TypeError)
    expect(await keys()).toEqual([])
  })

  it('says which blobs are missing', async () => {
    const { target } = store()
    const hash = sha256(bytes)
    const absent = '0'.repeat(64)
    await target.putBlob(hash, bytes)
    expect(await target.findMissingBlobs([hash, absent])).toEqual(new Set([absent]))
  })

  it('writes a record once, also when many write it at the same time', async () => {
    const { target } = store()
    const recordOf = (author: string) => ({
      ...optionsFor(''),
      manifest: '1'.repeat(64),
      files: 0,
      bytes: 0,
      author,
    })
    const authors = ['a', 'b', 'c', 'd', 'e']
    const outcomes = await Promise.all(
      authors.map((author) => target.createVersion('2.0.0', recordOf(author))),
    )
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
    const winner = await target.readVersion('2.0.0')
    for (const outcome of outcomes) {
      if (outcome !== 'created') expect(outcome).toEqual(winner)
    }
  })

  it('has no manifest and no version that nobody put there', async () => {
    const { target } = store()
    expect(await target.getManifest('0'.repeat(64))).toBeUndefined()
    expect(await target.readVersion('9.9.9')).toBeUndefined()
  })
})

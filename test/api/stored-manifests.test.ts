// Which manifests of other versions are in memory beside that of an upload: an isolate has 128 MB.

import { describe, expect, it } from 'vitest'
import type { ContentStore } from '../../src/api/content/content-store.ts'
import { loadKnown, MAX_COMPARED_BYTES } from '../../src/api/content/stored-manifests.ts'
import type { StoreAsker } from '../../src/api/http/route.ts'
import { ok } from '../../src/core/result.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { type Manifest, openManifest } from '../../src/core/site/manifest.ts'

const MIB = 2 ** 20

/** A manifest of some more than `bytes`. */
function makeManifest(bytes: number): Uint8Array<ArrayBuffer> {
  const held = new Map([['ab'.repeat(32), new Uint8Array(bytes)]])
  const config = { htmlHandling: 'none', notFound: 'none' } as const
  return Uint8Array.from(encodeManifest([], config, held))
}

function open(bytes: Uint8Array): Manifest {
  const opened = openManifest(bytes)
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

/** How many of three such manifests are loaded for an upload whose own is as large. */
async function countLoaded(bytes: number): Promise<number> {
  const made = makeManifest(bytes)
  let reads = 0
  const store: Pick<ContentStore, 'getManifest'> = {
    getManifest: async () => {
      reads++
      return made
    },
  }
  const asker = {
    ask: async () => ok(['1', '2', '3']),
    openStore: async () => ok(store),
  } as unknown as StoreAsker
  const known = await loadKnown(asker, open(made))
  if (!known.ok) throw new Error(known.error.kind)
  expect(known.value).toHaveLength(reads)
  return reads
}

describe('MAX_COMPARED_BYTES', () => {
  it('small versions are all compared, of large ones as many as fit, and one in any case', async () => {
    expect(await countLoaded(1000)).toBe(3)
    expect(await countLoaded(7 * MIB)).toBe(3)
    expect(await countLoaded(9 * MIB)).toBe(2)
    expect(await countLoaded(MAX_COMPARED_BYTES - 1000)).toBe(1)
  })
})

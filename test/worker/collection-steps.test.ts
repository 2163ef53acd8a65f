// What a step of the collection looks at, over a store in memory: which blobs are garbage, however the manifests name
// them, and how many operations of the store a step needs.

import { expect, it } from 'vitest'
import type { ContentStore, ListResult } from '../../src/api/content/content-store.ts'
import { findGarbage } from '../../src/api/content/garbage.ts'
import { LIST_PAGE_KEYS } from '../../src/api/http/limits.ts'
import { murmur3 } from '../../src/core/murmur3.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import type { EncodedForm } from '../../src/core/site/manifest-entry.ts'

const FILES = 3000
const VERSIONS = 4
const encoder = new TextEncoder()

/** 64 hex digits for each text, spread as those of a hash are. Nothing here reads the bytes. */
const toHash = (text: string) =>
  Array.from({ length: 8 }, (_, part) =>
    murmur3(encoder.encode(`${part} ${text}`))
      .toString(16)
      .padStart(8, '0'),
  ).join('')

/** Every version has most files of the one before, in three forms, and some with a delta. */
function toFile(version: number, index: number) {
  const name = `${index % VERSIONS < version ? index % VERSIONS : 0} ${index}`
  const form = (encoding: 'br' | 'gzip') => ({ encoding, blob: toHash(name + encoding), size: 5 })
  const delta = { encoding: 'dcb', blob: toHash(`${name}dcb`), size: 2, dictionary: toHash('old') }
  const encodings = [form('br'), form('gzip'), ...(index % 9 === 0 ? [delta] : [])]
  return {
    path: `/${index}.html`,
    type: 'text/html',
    hashed: false,
    blob: toHash(name),
    size: 9,
    encodings: encodings as EncodedForm[],
  }
}

it('proposes exactly the blobs that no manifest names, in steps of few operations', async () => {
  const named = new Set<string>()
  const manifests = new Map<string, Uint8Array<ArrayBuffer>>()
  for (let version = 0; version < VERSIONS; version++) {
    const files = Array.from({ length: FILES }, (_, index) => toFile(version, index))
    for (const { blob, encodings } of files) {
      for (const one of [blob, ...encodings.map((form) => form.blob)]) named.add(one)
    }
    const bytes = encodeManifest(files, { htmlHandling: 'none', notFound: 'none' })
    manifests.set(toHash(`manifest ${version}`), Uint8Array.from(bytes))
  }
  // The dictionary of a delta is needed by nobody: who has the delta decoded has it. A name that is no hash is
  // garbage, too.
  const garbage = new Set([toHash('old'), 'no-hash'])
  for (let i = 0; i < 500; i++) garbage.add(toHash(`garbage ${i}`))
  const stored = { blobs: [...named, ...garbage].sort(), manifests: [...manifests.keys()].sort() }

  let operations = 0
  const list = async (folder: string, _: string, after: string) => {
    operations++
    const names = stored[folder as keyof typeof stored].filter((name) => name > after)
    const items = names
      .slice(0, LIST_PAGE_KEYS)
      .map((name): ListResult => ({ name, size: 1, uploadedAt: 0 }))
    return { items, isLast: names.length <= LIST_PAGE_KEYS }
  }
  const getManifest = async (hash: string) => {
    operations++
    return manifests.get(hash) ?? 'missing'
  }
  const store = { list, getManifest } as Partial<ContentStore> as ContentStore
  const kept = { versions: [], manifests: stored.manifests, before: 1, partsBefore: 1 }

  const found: string[] = []
  let after: string | undefined = ''
  while (after !== undefined) {
    operations = 0
    const step = await findGarbage({ store, protection: kept, dryRun: false }, 'blobs', after)
    if (!step.ok) throw new Error(step.error.kind)
    found.push(...step.value.items.map(({ name }) => name))
    after = step.value.after
    // Five pages of blobs, one of manifests, and each manifest once.
    expect(operations).toBeLessThanOrEqual(5 + 1 + VERSIONS)
  }
  expect(found.sort()).toEqual([...garbage].sort())
})

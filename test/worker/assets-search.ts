// The manifests of one isolate over a store, and the search among them for a file of another version, as
// tests drive them: all work after an answer is waited for.

import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { Elsewhere } from '../../src/assets/elsewhere.ts'
import type { FileFilter } from '../../src/assets/lookup.ts'
import { Manifests } from '../../src/assets/manifests.ts'
import { createCounters, createEdgeCache, type Store } from '../../src/assets/store.ts'
import { MAX_MANIFEST_BYTES } from '../../src/core/site/manifest-limits.ts'
import type { Version } from '../../src/core/types.ts'

const ANYTHING: FileFilter = { accepts: () => true }

/** Runs `work` in a request of its own, and waits until what it left behind is done. */
async function inRequest<T>(work: (ctx: ExecutionContext) => Promise<T>): Promise<T> {
  const ctx = createExecutionContext()
  const result = await work(ctx)
  await waitOnExecutionContext(ctx)
  return result
}

/** A fresh memory of manifests. */
export function startManifests(store: Store) {
  const counters = createCounters()
  const manifests = new Manifests(store, createEdgeCache(caches.default), counters)
  const load = (hash: string, maxBytes = MAX_MANIFEST_BYTES) =>
    inRequest((ctx) => manifests.load(hash, maxBytes, ctx))
  return { manifests, counters, load }
}

/** A search that remembers nothing yet; `maxBytes` bounds the manifests that it opens. */
export function startSearch(store: Store, maxBytes?: number) {
  const { manifests, counters } = startManifests(store)
  const elsewhere = new Elsewhere(manifests, counters, maxBytes)
  const find = (path: string, among: readonly Version[], revision = 7, wanted = ANYTHING) =>
    inRequest((ctx) => elsewhere.find(path, among, wanted, revision, ctx))
  return { find, counters }
}

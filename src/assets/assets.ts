// The assets of all versions as the router sees them: open a version's manifest, find an intent
// (in it, elsewhere, or its fallback), serve it. One per isolate: it holds the isolate's memories.

import { MAX_MANIFEST_BYTES, type Manifest } from '../core/site/manifest.ts'
import { resolveByRules } from '../core/site/redirects.ts'
import { type Intent, resolveFallback } from '../core/site/resolve.ts'
import type { RequestFacts, Version } from '../core/types.ts'
import { Blobs } from './blobs.ts'
import { Elsewhere, type ElsewhereFile } from './elsewhere.ts'
import type { FileFilter } from './lookup.ts'
import { Manifests } from './manifests.ts'
import { type ServeResult, serveIntent } from './serve.ts'
import { toApplyHeaders, withConfig } from './site-headers.ts'
import {
  type Background,
  type Counters,
  createCounters,
  type EdgeCache,
  type Store,
} from './store.ts'

export class Assets {
  readonly counters: Counters = createCounters()
  readonly #blobs: Blobs
  readonly #manifests: Manifests
  readonly #elsewhere: Elsewhere

  constructor({ store, cache }: { readonly store: Store; readonly cache: EdgeCache }) {
    this.#blobs = new Blobs(store, cache, this.counters)
    this.#manifests = new Manifests(store, cache, this.counters)
    this.#elsewhere = new Elsewhere(this.#manifests, this.counters)
  }

  /** The version's manifest; `unavailable` (a 503) when it cannot be had or cannot be used. */
  async open(
    version: Pick<Version, 'manifest'>,
    ctx: Background,
  ): Promise<Manifest | 'unavailable'> {
    const manifest = await this.#manifests.load(version.manifest, MAX_MANIFEST_BYTES, ctx)
    if (manifest !== 'too-large') return manifest
    console.error(`manifest ${version.manifest} has more than ${MAX_MANIFEST_BYTES} bytes`)
    return 'unavailable'
  }

  /** What the version itself has at a normalised path; what its `_redirects` says comes first. */
  findOwn(manifest: Manifest, path: string, request?: Request): Intent | undefined {
    const intent = resolveByRules(manifest, path, request)
    return intent && withConfig(manifest, intent)
  }

  /**
   * A file of another version. `versions` are those that may answer, in the order in which they are
   * asked, without the one that was looked in already; the first 10 are searched. `unavailable` is a 503.
   */
  findElsewhere(
    path: string,
    versions: readonly Version[],
    wanted: FileFilter,
    revision: number,
    ctx: Background,
  ): Promise<ElsewhereFile | undefined | 'unavailable'> {
    return this.#elsewhere.find(path, versions, wanted, revision, ctx)
  }

  /** The version's page for what it does not have; `undefined` is a plain 404. */
  findFallback(
    manifest: Manifest,
    facts: Pick<RequestFacts, 'method' | 'path' | 'kind'>,
  ): Intent | undefined {
    const intent = resolveFallback(manifest, facts)
    return intent && withConfig(manifest, intent)
  }

  /** The reply, and where its bytes came from (`none` when it has none of a blob's). */
  serve(
    intent: Intent,
    request: Request,
    requestId: string,
    ctx: Background,
  ): Promise<ServeResult> {
    const applyHeaders = toApplyHeaders(intent, request)
    return serveIntent(intent, request, requestId, this.#blobs, ctx, applyHeaders)
  }
}

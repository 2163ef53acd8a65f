// The assets of all versions, for the router: opens a version's manifest, finds an intent (in it,
// in other versions, or its fallback) and serves it. One per isolate, whose memories it holds.

import type { Manifest } from '../core/site/manifest.ts'
import { MAX_MANIFEST_BYTES } from '../core/site/manifest-limits.ts'
import { resolveByRules } from '../core/site/redirects.ts'
import { type Intent, resolveFallback } from '../core/site/resolve.ts'
import type { RequestFacts, Version } from '../core/types.ts'
import type { Insertion } from '../http/insertion.ts'
import type { Stamp } from '../http/stamp.ts'
import { Blobs } from './blobs.ts'
import { Elsewhere, type ElsewhereFile } from './elsewhere.ts'
import { createInsertedPages } from './inserted.ts'
import type { FileFilter } from './lookup.ts'
import { Manifests } from './manifests.ts'
import { OwnFiles } from './own-files.ts'
import { type ServeResult, serveIntent } from './serve.ts'
import { toApplyHeaders, withConfig } from './site-headers.ts'
import {
  type Background,
  type Counters,
  createCounters,
  type EdgeCache,
  type Store,
} from './store.ts'
import { listLoads, warmFiles } from './warm.ts'

export class Assets {
  readonly counters: Counters = createCounters()
  readonly #blobs: Blobs
  readonly #manifests: Manifests
  readonly #elsewhere: Elsewhere
  readonly #keepBlob = (hash: string, bytes: Uint8Array) => this.#blobs.keep(hash, bytes)
  readonly #pages = createInsertedPages()
  readonly #ownFiles = new OwnFiles()
  readonly #resolveOwn = (manifest: Manifest, path: string) =>
    this.#ownFiles.resolve(manifest, path)

  constructor({ store, cache }: { readonly store: Store; readonly cache: EdgeCache }) {
    this.#blobs = new Blobs(store, cache, this.counters)
    this.#manifests = new Manifests(store, cache, this.counters)
    this.#elsewhere = new Elsewhere(this.#manifests, this.counters)
  }

  /** The version's manifest; `unavailable` (a 503) if it cannot be loaded or is invalid. */
  async open(
    version: Pick<Version, 'manifest'>,
    ctx: Background,
  ): Promise<Manifest | 'unavailable'> {
    const { manifest: hash } = version
    const manifest = await this.#manifests.load(hash, MAX_MANIFEST_BYTES, ctx, this.#keepBlob)
    if (manifest !== 'too-large') return manifest
    console.error(`manifest ${version.manifest} has more than ${MAX_MANIFEST_BYTES} bytes`)
    return 'unavailable'
  }

  /** What `open` would return, if nothing has to be waited for. */
  peek(version: Pick<Version, 'manifest'>): Manifest | undefined {
    return this.#manifests.peekReady(version.manifest)
  }

  /**
   * Whether the version's service of this prefix decides alone, so that `findOwn` need not be asked for
   * paths below it. `false` also if the manifest is not in memory.
   */
  isServiceAlone(version: Pick<Version, 'manifest'>, prefix: string): boolean {
    if (prefix === '/') return false
    const manifest = this.#manifests.peek(version.manifest)
    return manifest !== undefined && !this.#ownFiles.mayAnswerBelow(manifest, prefix)
  }

  /** Finds the version's own answer for a normalised path. Its `_redirects` come first. */
  findOwn(manifest: Manifest, path: string, request?: Request): Intent | undefined {
    const intent = resolveByRules(manifest, path, request, this.#resolveOwn)
    return intent && withConfig(manifest, intent)
  }

  /**
   * A file of another version. `versions` are searched in their order, at most the first 10; they
   * should not include one that was looked at already. `unavailable` is a 503.
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

  /** Finds the version's page for paths that it does not have; `undefined` means a plain 404. */
  findFallback(
    manifest: Manifest,
    facts: Pick<RequestFacts, 'method' | 'path' | 'kind'>,
  ): Intent | undefined {
    const intent = resolveFallback(manifest, facts)
    return intent && withConfig(manifest, intent)
  }

  /**
   * Reads what a page loads at once, behind its reply: once for each version that the data centre
   * did not have. To be called after `serve`, whose reads come first then.
   */
  warm(manifest: Manifest, page: Intent, request: Request, ctx: Background): void {
    const paths = page.kind === 'file' ? listLoads(manifest, page.entry.path) : []
    if (paths.length === 0 || !this.#manifests.takeCold(manifest)) return
    ctx.waitUntil(warmFiles(manifest, paths, request, this.#blobs, ctx))
  }

  /**
   * The reply, and where its bytes came from (`none` if it has no blob). No promise if nothing has to be read.
   *
   * @param insertions for a page, if the request may get a page with them.
   */
  serve(
    intent: Intent,
    request: Request,
    requestId: string,
    ctx: Background,
    insertions: readonly Insertion[] = [],
    stamp?: Stamp,
  ): ServeResult | Promise<ServeResult> {
    const applyHeaders = toApplyHeaders(intent, request)
    const changes = insertions.length > 0 ? { insertions, pages: this.#pages } : undefined
    return serveIntent(intent, request, requestId, this.#blobs, ctx, applyHeaders, changes, stamp)
  }
}

// One isolate's assets as a test drives them: through open, find and serve, as the router does, with
// all work after the reply waited for.

import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { Assets } from '../../src/assets/assets.ts'
import type { ServeResult } from '../../src/assets/serve.ts'
import { createEdgeCache, type EdgeCache, type Store } from '../../src/assets/store.ts'
import type { RequestKind, Version } from '../../src/core/types.ts'
import { errorResponse } from '../../src/http/errors.ts'
import type { Insertion } from '../../src/http/insertion.ts'

export type Answer = ServeResult & { readonly bytes: Uint8Array }

export type Question = {
  readonly headers?: Record<string, string>
  readonly method?: string
  readonly kind?: RequestKind
  readonly insertions?: readonly Insertion[]
}

/** A fresh memory over a store; the cache is that of the data centre unless another is given. */
export function startIsolate(
  store: Store,
  cache: EdgeCache = createEdgeCache(caches.default),
): Assets {
  return new Assets({ store, cache })
}

/** Asks one version for a path, its query included. */
export async function ask(
  assets: Assets,
  version: Version,
  path: string,
  { headers = {}, method = 'GET', kind = 'document', insertions = [] }: Question = {},
): Promise<Answer> {
  const ctx = createExecutionContext()
  const request = new Request(`https://shop.example${path}`, { method, headers })
  const facts = { method, path: path.replace(/\?.*/, ''), kind }
  const served = await answer()
  const bytes = new Uint8Array(await served.response.arrayBuffer())
  await waitOnExecutionContext(ctx)
  return { ...served, bytes }

  async function answer(): Promise<ServeResult> {
    const manifest = await assets.open(version, ctx)
    if (manifest === 'unavailable') {
      return { response: errorResponse('storage_unavailable', 'r1'), source: 'none' }
    }
    const intent = assets.findOwn(manifest, facts.path) ?? assets.findFallback(manifest, facts)
    if (!intent) return { response: errorResponse('not_found', 'r1'), source: 'none' }
    return assets.serve(intent, request, 'r1', ctx, insertions)
  }
}

// A Worker that serves the assets of one version and nothing else, for tests that look at what goes
// over the wire. The version's manifest is named by a header.

import { Assets } from '../../src/assets/assets.ts'
import { createEdgeCache, createR2Store } from '../../src/assets/store.ts'
import type { Env } from '../../src/env.ts'
import { errorResponse } from '../../src/http/errors.ts'

/** Set to begin with an isolate's empty memory. */
const COLD_HEADER = 'x-cold'
const MANIFEST_HEADER = 'x-manifest'

let assets: Assets | undefined

// biome-ignore lint/style/noDefaultExport: the entry of a Worker
export default {
  fetch: async (request, { STORE }, ctx) => {
    if (!assets || request.headers.has(COLD_HEADER)) {
      assets = new Assets({
        store: createR2Store(STORE),
        cache: createEdgeCache(caches.default),
      })
    }
    const manifest = await assets.open(
      { manifest: request.headers.get(MANIFEST_HEADER) ?? '' },
      ctx,
    )
    if (manifest === 'unavailable') return errorResponse('storage_unavailable', 'r1')
    const intent = assets.findOwn(manifest, new URL(request.url).pathname)
    if (!intent) return errorResponse('not_found', 'r1')
    const { response, source } = await assets.serve(intent, request, 'r1', ctx)
    response.headers.set('x-source', source)
    return response
  },
} satisfies ExportedHandler<Env>

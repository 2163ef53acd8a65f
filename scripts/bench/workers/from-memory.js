// Holo's router with KV and R2 in memory and a Cache API that holds nothing, for a workerd without them. It runs in
// workerd without bundling, next to the bundled router.

import { env } from 'cloudflare:workers'
import { createControl } from './confirming-control.js'
import { createRouter } from './router.js'

const { ASSIGNMENTS, MARK, OBJECTS, COLLECTED } = env

// Without it, each use of the Cache API is an error that Holo logs, which takes as long as the rest of a first reply.
const emptyCache = { match: async () => undefined, put: async () => undefined }
globalThis.caches = { default: emptyCache, open: async () => emptyCache }

const control = createControl(() => ASSIGNMENTS, COLLECTED, MARK)
const router = createRouter({
  ...env,
  CONTROL: { getByName: () => control },
  ASSIGNMENTS: {
    getWithMetadata: async () => ({ value: new Blob([ASSIGNMENTS]).stream(), metadata: MARK }),
  },
  STORE: {
    get: async (key) => {
      const text = OBJECTS[key]
      if (text === undefined) return null
      const bytes = Uint8Array.fromBase64(text)
      return { body: new Blob([bytes]).stream(), size: bytes.length }
    },
  },
})

// biome-ignore lint/style/noDefaultExport: it is how a Worker is declared
export default {
  fetch: (request, _env, ctx) => router(request, ctx),
}

// Cloudflare's own static-asset Worker, for workerd without miniflare: the two Workers that miniflare's package
// brings for it, one that asks who answers and one that does, with a manifest and files as a deployment has them.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { SiteFiles } from './site.ts'
import type { BareWorker } from './workerd.ts'

const HEADER_BYTES = 20
const HASH_BYTES = 16
/** Two hashes, of the path and of the content, and eight bytes without use. */
const ENTRY_BYTES = 40

/** As miniflare runs them. */
const COMPATIBILITY_DATE = '2024-07-31'
const ROUTER_FLAGS = ['nodejs_compat', 'no_nodejs_compat_v2', 'enable_ctx_exports']
const ASSETS_FLAGS = ['nodejs_compat', 'enable_ctx_exports']

/** @throws Error when miniflare has other files than it had. */
export async function buildStaticAssets(
  files: SiteFiles,
  compatibilityDate: string,
): Promise<BareWorker> {
  const entries = [...files].map(([path, content]) => ({
    path: toHash(path),
    content: toHash(content),
    bytes: content,
  }))
  const assets: BareWorker = {
    modules: { 'assets.js': await readModule('assets.worker.js') },
    bindings: {
      ASSETS_MANIFEST: toManifest(entries),
      CONFIG: {
        compatibility_date: compatibilityDate,
        compatibility_flags: [],
        html_handling: 'auto-trailing-slash',
        not_found_handling: 'none',
        has_static_routing: false,
      },
    },
    namespaces: {
      ASSETS_KV_NAMESPACE: Object.fromEntries(
        entries.map(({ content, bytes }) => [content.toString('hex'), bytes]),
      ),
    },
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: ASSETS_FLAGS,
  }
  return {
    modules: { 'router.js': await readModule('router.worker.js') },
    bindings: { CONFIG: { has_user_worker: false } },
    services: { ASSET_WORKER: assets },
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: ROUTER_FLAGS,
  }
}

function readModule(name: string): Promise<string> {
  const miniflare = createRequire(import.meta.url).resolve('miniflare')
  return readFile(new URL(`workers/assets/${name}`, `file://${miniflare}`), 'utf8')
}

const toHash = (content: string | Uint8Array) =>
  createHash('sha256').update(content).digest().subarray(0, HASH_BYTES)

/** A header of zeros and then the entries, sorted by the hash of the path. */
function toManifest(entries: readonly { readonly path: Buffer; readonly content: Buffer }[]) {
  const manifest = Buffer.alloc(HEADER_BYTES + entries.length * ENTRY_BYTES)
  const sorted = entries.toSorted((one, other) => one.path.compare(other.path))
  for (const [i, { path, content }] of sorted.entries()) {
    path.copy(manifest, HEADER_BYTES + i * ENTRY_BYTES)
    content.copy(manifest, HEADER_BYTES + i * ENTRY_BYTES + HASH_BYTES)
  }
  return manifest
}

// Builds the front end of one of the shop's releases with Vite into a folder. What happens to
// the folder then (publishing, serving) is the caller's business.

import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'
import { type AnyRelease, toReleaseId } from './releases.ts'

/**
 * Builds a release into `outDir`, whose earlier content is removed: index.html, hashed files below
 * `assets/`, unhashed `logo.svg` and `favicon.svg`, and Vite's own list in `.vite/manifest.json`.
 * Rejects with Vite's error when the sources do not compile.
 */
export async function buildShop(release: AnyRelease, outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: fileURLToPath(new URL(`./${release}/`, import.meta.url)),
    mode: 'production',
    logLevel: 'warn',
    plugins: release === 'c' ? [renumber()] : [],
    define: { 'import.meta.env.SHOP_RELEASE': JSON.stringify(toReleaseId(release)) },
    // `development` would follow NODE_ENV and write the sources' paths into the chunks.
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: { outDir, emptyOutDir: true, manifest: true, target: 'es2022' },
  })
}

/** Release `c` is made of the sources of `b`, which shall find its number instead of their own. */
function renumber(): Plugin {
  const own = fileURLToPath(new URL('./c/release.ts', import.meta.url))
  return {
    name: 'renumber',
    enforce: 'pre',
    resolveId: (source) => (source === '../release.ts' ? own : undefined),
  }
}

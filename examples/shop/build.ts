// Builds the front end of one of the shop's two releases with Vite into a folder. What happens to
// the folder then (publishing, serving) is the caller's business.

import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { SHOP_RELEASES, type ShopRelease } from './releases.ts'

/**
 * Builds a release into `outDir`, whose earlier content is removed: index.html, hashed files below
 * `assets/`, unhashed `logo.svg` and `favicon.svg`, and Vite's own list in `.vite/manifest.json`.
 * Rejects with Vite's error when the sources do not compile.
 */
export async function buildShop(release: ShopRelease, outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: fileURLToPath(new URL(`./${release}/`, import.meta.url)),
    mode: 'production',
    logLevel: 'warn',
    define: { 'import.meta.env.SHOP_RELEASE': JSON.stringify(SHOP_RELEASES[release]) },
    // `development` would follow NODE_ENV and write the sources' paths into the chunks.
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: { outDir, emptyOutDir: true, manifest: true, target: 'es2022' },
  })
}

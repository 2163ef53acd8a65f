// Bundles the Worker as one module, because miniflare needs bundled code. It is minified as wrangler.toml says, so
// that a local run and the tests run what is deployed.

import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const NO_HASH = fileURLToPath(new URL('../../src/flags/no-hash.ts', import.meta.url))

/** Replaces the modules with a matching path by a text. */
export type Instead = { readonly path: RegExp; readonly text: string }

/** The source text of the bundled ES module. */
export async function bundleWorker(entry: string, instead?: Instead): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    minify: true,
    keepNames: false,
    external: ['cloudflare:*'],
    // As wrangler.toml says.
    alias: { 'object-hash': NO_HASH },
    logLevel: 'warning',
    plugins: instead ? [toPlugin(instead)] : [],
  })
  const [file] = outputFiles
  if (!file) throw new Error(`esbuild made nothing of ${entry}`)
  return file.text
}

function toPlugin({ path, text }: Instead): Plugin {
  return {
    name: 'instead',
    setup: ({ onLoad }) => onLoad({ filter: path }, () => ({ contents: text, loader: 'js' })),
  }
}

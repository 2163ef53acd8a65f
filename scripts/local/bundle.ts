// Bundles the Worker as one module, because miniflare needs bundled code. It is minified as wrangler.toml says, so
// that a local run and the tests run what is deployed.

import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'

const NO_HASH = fileURLToPath(new URL('../../src/flags/no-hash.ts', import.meta.url))

/** Replaces the modules with a matching path by a text. */
export type Instead = { readonly path: RegExp; readonly text: string }

/** As wrangler.toml says. */
const OPTIONS: BuildOptions = {
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2024',
  conditions: ['workerd', 'worker', 'browser'],
  minify: true,
  keepNames: false,
  external: ['cloudflare:*'],
  alias: { 'object-hash': NO_HASH },
  logLevel: 'warning',
}

/** The source text of the bundled ES module. */
export async function bundleWorker(entry: string, instead?: Instead): Promise<string> {
  const plugins = instead ? [toPlugin(instead)] : []
  const { outputFiles } = await build({ ...OPTIONS, write: false, entryPoints: [entry], plugins })
  const [file] = outputFiles
  if (!file) throw new Error(`esbuild made nothing of ${entry}`)
  return file.text
}

/**
 * Writes the bundle into a file, and its source map beside it. The map names the source and does not hold it.
 *
 * @returns what it is made of.
 */
export async function writeWorker(entry: string, outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...OPTIONS,
    write: true,
    metafile: true,
    entryPoints: [entry],
    outfile,
    sourcemap: true,
    sourcesContent: false,
  })
  return metafile
}

/** The part of a bundle that is evaluated before anything is imported dynamically, and its modules. */
export async function bundleStart(
  entry: string,
): Promise<{ readonly text: string; readonly modules: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    write: false,
    metafile: true,
    entryPoints: [entry],
    plugins: [WITHOUT_DYNAMIC],
  })
  const [file] = outputFiles
  if (!file) throw new Error(`esbuild made nothing of ${entry}`)
  return { text: file.text, modules: Object.keys(metafile.inputs) }
}

const WITHOUT_DYNAMIC: Plugin = {
  name: 'without-dynamic',
  setup: ({ onResolve }) => {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    )
  },
}

function toPlugin({ path, text }: Instead): Plugin {
  return {
    name: 'instead',
    setup: ({ onLoad }) => onLoad({ filter: path }, () => ({ contents: text, loader: 'js' })),
  }
}

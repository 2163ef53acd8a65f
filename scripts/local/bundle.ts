// Bundles the Worker as one module, because miniflare needs bundled code. It is minified as wrangler.toml says, so
// that a local run and the tests run what is deployed.

import { stat } from 'node:fs/promises'
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

type Made = { readonly text: string; readonly inputs: readonly string[]; readonly stamp: string }

/** The last bundle of each entry: a test run starts many edges in one process, and each bundle takes seconds. */
const last = new Map<string, Made>()

/** The source text of the bundled ES module. It is made anew when a file of it has changed since the last call. */
export async function bundleWorker(entry: string, instead?: Instead): Promise<string> {
  if (instead) return (await makeBundle(entry, [toPlugin(instead)])).text
  const known = last.get(entry)
  if (known && (await stampOf(known.inputs)) === known.stamp) return known.text
  const made = await makeBundle(entry, [])
  last.set(entry, made)
  return made.text
}

async function makeBundle(entry: string, plugins: Plugin[]): Promise<Made> {
  const startedAt = Date.now()
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    write: false,
    metafile: true,
    entryPoints: [entry],
    plugins,
  })
  const [file] = outputFiles
  if (!file) throw new Error(`esbuild made nothing of ${entry}`)
  const inputs = Object.keys(metafile.inputs)
  return { text: file.text, inputs, stamp: await stampOf(inputs, startedAt) }
}

/** Another text when one of the files is written. A file that was written after `before` never has the same again. */
async function stampOf(
  files: readonly string[],
  before = Number.POSITIVE_INFINITY,
): Promise<string> {
  const stamps = files.map(async (file) => {
    const { mtimeMs, size } = await stat(file).catch(() => ({ mtimeMs: 0, size: -1 }))
    return mtimeMs > before ? 'changed meanwhile' : `${mtimeMs} ${size}`
  })
  return (await Promise.all(stamps)).join()
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

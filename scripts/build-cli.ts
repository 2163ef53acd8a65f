// Builds the `holo` command as one file, dist/holo.js, which an installed package runs. A checkout runs the source
// and needs no build.

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { noteInputs, toInputs } from './notices.ts'

const pathOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

const { metafile } = await build({
  entryPoints: [pathOf('src/cli/main.ts')],
  outfile: pathOf('dist/holo.js'),
  bundle: true,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  // Optional packages, which are loaded when a command needs them.
  external: ['miniflare', 'wrangler'],
  // Some of the bundled packages are CommonJS and load modules of Node with `require`.
  banner: {
    js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)",
  },
  logLevel: 'warning',
})
noteInputs(pathOf(''), 'cli', toInputs(metafile))

// Builds the script that pins tabs, as the text of a TypeScript module.

import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export const TAB_SCRIPT_FILE = `${ROOT}src/client/tab-script.ts`

/** It holds up the first page of every visitor. */
export const MAX_GZIP_BYTES = 3_000

/** Enough digits that no two scripts have the same name. */
const HASH_DIGITS = 16

export async function buildTabScript(): Promise<{ text: string; gzipBytes: number }> {
  const { outputFiles } = await build({
    entryPoints: [`${ROOT}src/client/browser/tab.ts`],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2020',
    charset: 'ascii',
  })
  const script = outputFiles[0]?.text.trim()
  if (!script) throw new Error('esbuild made nothing of src/client/browser/tab.ts')
  const hash = createHash('sha256').update(script).digest('hex').slice(0, HASH_DIGITS)
  const text = `// Made by "npm run build:client" from src/client/browser. Do not edit it by hand.

export const TAB_SCRIPT_HASH = '${hash}'

export const TAB_SCRIPT = ${JSON.stringify(script)}
`
  return { text, gzipBytes: gzipSync(script, { level: 9 }).length }
}

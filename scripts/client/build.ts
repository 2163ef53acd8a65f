// Builds the scripts that pages load, as the texts of TypeScript modules.

import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { toInputs } from '../notices.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export type BuiltModule = {
  /** What it is called in messages. */
  readonly name: string
  /** The module, and the folder that it is made of. */
  readonly file: string
  readonly from: string
  readonly text: string
  /** The modules that are in it. */
  readonly inputs: readonly string[]
  /** Of all that a page loads. */
  readonly gzipBytes: number
  readonly maxGzipBytes: number
}

/** It holds up the first page of every visitor. */
const MAX_TAB_GZIP_BYTES = 3_000
/** It is loaded beside the page; most of it is web-vitals. */
const MAX_REPORT_GZIP_BYTES = 5_000
/** It stands in every page. */
const MAX_COLLECTOR_BYTES = 400

/** Enough digits that no two scripts have the same name. */
const HASH_DIGITS = 16

export async function buildModules(): Promise<readonly BuiltModule[]> {
  return [await buildTabModule(), await buildReportModule()]
}

async function buildTabModule(): Promise<BuiltModule> {
  const from = 'src/client/browser'
  const { script, inputs } = await buildScript(`${from}/tab.ts`)
  return {
    name: 'Tab script',
    file: `${ROOT}src/client/tab-script.ts`,
    from,
    inputs,
    text: toText(from, { TAB_SCRIPT_HASH: toHash(script), TAB_SCRIPT: script }),
    gzipBytes: toGzipBytes(script),
    maxGzipBytes: MAX_TAB_GZIP_BYTES,
  }
}

async function buildReportModule(): Promise<BuiltModule> {
  const from = 'src/client/report'
  const { script, inputs } = await buildScript(`${from}/report.ts`)
  const { script: collector } = await buildScript(`${from}/collector.ts`)
  if (collector.length > MAX_COLLECTOR_BYTES || /<\/script|<!--/i.test(collector)) {
    throw new Error(`${from}/collector.ts makes a script that must not stand in a page`)
  }
  return {
    name: 'Report script',
    file: `${ROOT}src/client/report-script.ts`,
    from,
    inputs,
    text: toText(from, {
      REPORT_SCRIPT_HASH: toHash(script + collector),
      REPORT_COLLECTOR: collector,
      REPORT_SCRIPT: script,
    }),
    gzipBytes: toGzipBytes(script),
    maxGzipBytes: MAX_REPORT_GZIP_BYTES,
  }
}

async function buildScript(
  path: string,
): Promise<{ readonly script: string; readonly inputs: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${ROOT}${path}`],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'iife',
    target: 'es2020',
    charset: 'ascii',
  })
  const script = outputFiles[0]?.text.trim()
  if (!script) throw new Error(`esbuild made nothing of ${path}`)
  return { script, inputs: toInputs(metafile) }
}

function toText(from: string, constants: Readonly<Record<string, string>>): string {
  const lines = Object.entries(constants).map(([name, value]) => {
    const isPlain = /^[0-9a-f]+$/.test(value)
    return `\nexport const ${name} = ${isPlain ? `'${value}'` : JSON.stringify(value)}\n`
  })
  return `// Made by "npm run build:client" from ${from}. Do not edit it by hand.\n${lines.join('')}`
}

function toHash(script: string): string {
  return createHash('sha256').update(script).digest('hex').slice(0, HASH_DIGITS)
}

function toGzipBytes(script: string): number {
  return gzipSync(script, { level: 9 }).length
}

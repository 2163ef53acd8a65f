// Builds the Worker as `npm run deploy` does, without uploading it, and checks two sizes: of the bundle, which every
// cold start loads, and of the edge's part, which every cold start also evaluates. It needs no account, no id in
// wrangler.toml and no network.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundleStart } from './local/bundle.ts'

/** A sixth of the 3 MB of free accounts. */
const MAX_GZIP_BYTES = 500_000

/** Half as much again as it is: a module that answers no visitor's request is loaded when it is used. */
const MAX_START_GZIP_BYTES = 110_000

/** What no isolate evaluates that only answers visitors with a document that is marked as checked. */
const LOADED_LATER =
  /node_modules\/(?:zod|hono|jose|@openfeature\/|@jridgewell\/)|^src\/(?:api\/|control\/control\.ts|control\/parts\.ts|wire\/commands\.ts|document\/schema\.ts)/

const WRANGLER = 'node_modules/wrangler/bin/wrangler.js'
const NOT_UPLOADED = /\.map$|^README\.md$/

function buildInto(directory: string): void {
  const run = spawnSync(
    process.execPath,
    [WRANGLER, 'deploy', '--dry-run', '--outdir', directory],
    {
      encoding: 'utf8',
      env: { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' },
    },
  )
  if (run.error) throw run.error
  if (run.status !== 0) throw new Error(`wrangler could not build:\n${run.stdout}${run.stderr}`)
}

function sizeOf(directory: string) {
  const modules = readdirSync(directory).filter((name) => !NOT_UPLOADED.test(name))
  if (modules.length === 0) throw new Error('wrangler built nothing')
  const contents = modules.map((name) => readFileSync(join(directory, name)))
  return {
    bytes: contents.reduce((sum, content) => sum + content.length, 0),
    gzipBytes: contents.reduce((sum, content) => sum + gzipSync(content).length, 0),
  }
}

const inKB = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`

function check(what: string, gzipBytes: number, allowed: number, plain: number): void {
  console.log(
    `${what}: ${inKB(gzipBytes)} gzipped of ${inKB(allowed)} allowed (${inKB(plain)} plain).`,
  )
  if (gzipBytes <= allowed) return
  console.error(`${what}: ${inKB(gzipBytes - allowed)} too large.`)
  process.exitCode = 1
}

const directory = mkdtempSync(join(tmpdir(), 'holo-bundle-'))
try {
  buildInto(directory)
  const { bytes, gzipBytes } = sizeOf(directory)
  check('Bundle', gzipBytes, MAX_GZIP_BYTES, bytes)
  const start = await bundleStart('src/worker.ts')
  const startBytes = Buffer.from(start.text)
  check(
    'Evaluated at the start',
    gzipSync(startBytes).length,
    MAX_START_GZIP_BYTES,
    startBytes.length,
  )
  const early = start.modules.filter((path) => LOADED_LATER.test(path))
  if (early.length > 0) {
    console.error(`These are to be loaded when they are used:\n${early.join('\n')}`)
    process.exitCode = 1
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

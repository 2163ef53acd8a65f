// Builds the Worker as `npm run deploy` does, without uploading it, and checks the size of the bundle. It needs no
// account, no id in wrangler.toml and no network.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** Every cold start loads and parses the bundle. The limit is a tenth of the 3 MB of free accounts. */
const MAX_GZIP_BYTES = 300_000

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

const directory = mkdtempSync(join(tmpdir(), 'holo-bundle-'))
try {
  buildInto(directory)
  const { bytes, gzipBytes } = sizeOf(directory)
  console.log(
    `Bundle: ${inKB(gzipBytes)} gzipped of ${inKB(MAX_GZIP_BYTES)} allowed (${inKB(bytes)} plain).`,
  )
  if (gzipBytes > MAX_GZIP_BYTES) {
    console.error(`The bundle is ${inKB(gzipBytes - MAX_GZIP_BYTES)} too large.`)
    process.exitCode = 1
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

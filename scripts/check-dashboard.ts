// Builds the dashboard and checks the size of everything that a browser may load of it.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DASHBOARD_FOLDER, ensureDashboard } from './dashboard/build.ts'

/** On a slow phone connection (1.6 Mbit/s) this takes less than a second. */
const MAX_GZIP_BYTES = 150_000

await ensureDashboard()
const files = globSync('**/*.*', { cwd: DASHBOARD_FOLDER })
const sizes = files.map((file) => gzipSync(readFileSync(join(DASHBOARD_FOLDER, file))).length)
const bytes = sizes.reduce((sum, size) => sum + size, 0)
const inKB = (count: number) => `${(count / 1000).toFixed(1)} KB`

console.log(
  `Dashboard: ${inKB(bytes)} gzipped of ${inKB(MAX_GZIP_BYTES)} allowed, in ${files.length} files.`,
)
if (files.length === 0 || bytes > MAX_GZIP_BYTES) {
  console.error(files.length === 0 ? 'The build is empty.' : 'The dashboard is too large.')
  process.exitCode = 1
}

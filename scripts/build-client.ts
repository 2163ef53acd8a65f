// `npm run build:client`: makes one small file of the script that pins tabs (src/client/browser), and writes it into
// src/client/tab-script.ts, which is a part of the Worker. With `--check` it only says whether that is up to date.

import { readFileSync, writeFileSync } from 'node:fs'
import { buildTabScript, MAX_GZIP_BYTES, TAB_SCRIPT_FILE } from './client/build.ts'

const { text, gzipBytes } = await buildTabScript()
const inKB = (bytes: number) => `${(bytes / 1000).toFixed(2)} KB`
console.log(`Tab script: ${inKB(gzipBytes)} gzipped of ${inKB(MAX_GZIP_BYTES)} allowed.`)
if (gzipBytes > MAX_GZIP_BYTES) {
  console.error('The script is too large: every page loads it.')
  process.exitCode = 1
} else if (!process.argv.includes('--check')) {
  writeFileSync(TAB_SCRIPT_FILE, text)
} else if (readFileSync(TAB_SCRIPT_FILE, 'utf8') !== text) {
  console.error(`${TAB_SCRIPT_FILE} is not what src/client/browser says: npm run build:client`)
  process.exitCode = 1
}

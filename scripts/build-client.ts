// `npm run build:client`: makes one small file of each script that pages load, and writes it into a module of
// src/client, which is a part of the Worker. With `--check` it only says whether they are up to date.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { buildModules } from './client/build.ts'

const inKB = (bytes: number) => `${(bytes / 1000).toFixed(2)} KB`
for (const { name, file, from, text, gzipBytes, maxGzipBytes } of await buildModules()) {
  console.log(`${name}: ${inKB(gzipBytes)} gzipped of ${inKB(maxGzipBytes)} allowed.`)
  if (gzipBytes > maxGzipBytes) {
    console.error(`The ${name.toLowerCase()} is too large: pages load it.`)
    process.exitCode = 1
  } else if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is not what ${from} says: npm run build:client`)
    process.exitCode = 1
  }
}
